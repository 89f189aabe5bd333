"""What the APIs of both hosts have in common: bodies, pages, errors."""

from typing import Any

import msgspec

from acrlab.domain.errors import Condition
from acrlab.domain.hosting_errors import HostedInvalid, HostedRefused
from acrlab.engine.hosting import repositories
from acrlab.engine.state import Hosted
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.dialects import extra
from acrlab.wire.git import routes
from acrlab.wire.http import Response

BODY = 1024 * 1024  # bytes
PAGE, LARGEST_PAGE = 30, 100  # items. Source: GitHub REST API, pagination (2022-11-28)
DOCUMENTATION = "https://docs.github.com/rest"


def hosted(call: Call) -> Hosted:
    """The repository that was addressed. Raises: HostedUnknown."""
    return repositories.find(call.world, routes.place(call))


def given(call: Call) -> dict[str, Any]:
    """The body. Raises: HostedRefused for what is no JSON object."""
    try:
        found = msgspec.json.decode(call.body) if call.body.strip() else {}
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise HostedRefused(reason="Problems parsing JSON") from None
    if not isinstance(found, dict):
        raise HostedRefused(reason="Body should be a JSON object")
    return found


def number(call: Call, name: str = "number") -> int:
    """A number in the path; 0, which nothing has, for what is none."""
    text = call.params[name]
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def page(call: Call, found: list[Any]) -> Response:
    """A page of a list, and where the next one is. Source: GitHub REST API, pagination (2022-11-28)."""
    query = call.request.parameters()
    size = _number(query.get("per_page", ""), PAGE, LARGEST_PAGE)
    at = _number(query.get("page", ""), 1, 10**6)
    shown = found[(at - 1) * size : at * size]
    headers = []
    if at * size < len(found):
        last = -(-len(found) // size)
        where = f"{call.request.base}{http.escaped(call.request.path)}?per_page={size}&page="
        headers.append(("link", f'<{where}{at + 1}>; rel="next", <{where}{last}>; rel="last"'))
    return http.json(200, shown, *headers)


def _number(text: str, default: int, most: int) -> int:
    fits = text.isascii() and text.isdecimal() and 0 < len(text) < 8 and int(text) > 0
    return min(int(text), most) if fits else default


def dialect(condition: Condition) -> Response:
    """`{"message","documentation_url","status"}`, with `errors` where fields are wrong. Source: GitHub REST API."""
    body: dict[str, Any] = {
        "message": condition.text, "documentation_url": DOCUMENTATION, "status": str(condition.status)
    }  # fmt: skip
    if isinstance(condition, HostedInvalid) and "resource" in condition.fields:
        fields = condition.fields
        error = {name: fields[name] for name in ("resource", "field", "code") if name in fields}
        body["errors"] = [{**error, **({"message": fields["told"]} if fields.get("told") else {})}]
    return http.json(condition.status, body, *extra(condition))
