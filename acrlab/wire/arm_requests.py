"""What every ARM request carries: an api-version, a body, filters, pages."""

import base64
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from acrlab.domain import json_text, projection
from acrlab.domain.arm_errors import (
    ApiVersionInvalid,
    ApiVersionMissing,
    ApiVersionUnsupported,
    FilterInvalid,
    PropertyInvalid,
)  # fmt: skip
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.tasks import shapes
from acrlab.engine import groups
from acrlab.wire import http
from acrlab.wire.call import Call

BODY = 4 * 1024 * 1024  # bytes. Source: ARM limits, request size
PAGE = 100  # items of a page
PROVIDER = "microsoft.containerregistry"
# What has api-versions of its own, older ones than registries have.
TASKS = re.compile(
    r"/registries/[^/]+/(tasks|runs|taskRuns|agentPools|scheduleRun|listBuildSourceUploadUrl)(/|$)", re.IGNORECASE
)
_VERSION = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(-[a-zA-Z]+)?")
_CORE = "2024-11-01,2024-07-01,2024-03-01,2023-07-01,2022-12-01,2022-09-01,2021-04-01,2020-06-01,2019-10-01"
_TEXT = r"'((?:[^']|'')*)'"
_TERM = re.compile(rf"\s*(?:(\w+)\s+eq\s+{_TEXT}|(\w+)\(\s*(?:{_TEXT})?\s*\))\s*(?:and\s+|$)", re.IGNORECASE)
Item = TypeVar("Item")


def version(call: Call, kind: str = "", namespace: str = PROVIDER) -> str:
    """The api-version that answers. `kind` is the last type on the path, for the registry provider's own types.

    Its neighbours answer in whichever api-version they are asked: their bodies do not differ here.

    Raises: ApiVersionMissing, ApiVersionInvalid, ApiVersionUnsupported.
    """
    asked = next((value for name, value in call.request.parameters().items() if name.lower() == "api-version"), "")
    if not asked:
        raise ApiVersionMissing()
    if not _VERSION.fullmatch(asked):
        raise ApiVersionInvalid(version=asked[:60], supported=_CORE)
    if not kind or namespace.lower() != PROVIDER:
        return asked.lower()
    if asked.lower() in shapes.VERSIONS and TASKS.search(call.request.path):
        return asked.lower()
    found = projection.resolve(asked)
    if not found.supported:
        raise ApiVersionUnsupported(
            location=groups.regions()[0], version=asked, type=kind, supported=", ".join(projection.versions()),
            locations=", ".join(groups.regions()),
        )  # fmt: skip
    return found.served


def body(call: Call) -> Any:
    """The body as JSON; None when there is none.

    Raises: BodyInvalid.
    """
    if not call.body.strip():
        return None
    try:
        return json_text.decode(call.body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BodyInvalid(reason=str(error)) from None


def required(call: Call) -> Any:
    """The body, which must be there. Raises: BodyInvalid."""
    found = body(call)
    if found is None:
        raise BodyInvalid(reason="The request content is empty")
    return found


def conditions(call: Call, known: Sequence[str]) -> dict[str, str]:
    """The terms of $filter by lower-case name: `a eq 'x' and atScope()`; a function without argument is "".

    Raises: FilterInvalid for anything else, and for a name outside `known`.
    Source: ARM REST reference, resources list and role assignments list.
    """
    text = call.request.parameters().get("$filter", "").strip()
    found: dict[str, str] = {}
    end = 0
    while end < len(text):
        term = _TERM.match(text, end)
        if term is None or (term[1] or term[3]).lower() not in known:
            raise FilterInvalid(filter=text)
        found[(term[1] or term[3]).lower()] = (term[2] if term[1] else term[4] or "").replace("''", "'")
        end = term.end()
    return found


def top(call: Call) -> int:
    """How many items a page may hold. Raises: PropertyInvalid."""
    text = call.request.parameters().get("$top", "")
    if not text:
        return PAGE
    if not text.isdecimal() or len(text) > 6 or not int(text):
        raise PropertyInvalid(reason=f"The value '{text[:20]}' of $top is not a positive number.")
    return min(int(text), PAGE)


def page(
    call: Call, items: Sequence[Item], key: Callable[[Item], str], shown: Callable[[Item], Any], more: bool = True
) -> http.Response:
    """One page of a list sorted by key, with the address of the next. `more` False: what $top leaves out stays out.

    Source: azure-core, ItemPaged: nextLink is absolute, with the host that the client used; azure-cli 2.91.0 shows the
    latest runs by $top and would follow any nextLink.
    """
    query = call.request.parameters()
    last, limit = _token(query.get("$skiptoken", "")), top(call)
    waiting = [each for each in items if key(each) > last] if last else list(items)
    chosen = waiting[:limit]
    answer: dict[str, Any] = {"value": [shown(each) for each in chosen]}
    if len(waiting) > limit and (more or "$top" not in query):
        token = base64.urlsafe_b64encode(key(chosen[-1]).encode()).decode()
        following = urlencode({**query, "$skiptoken": token}, safe="$'")
        answer["nextLink"] = f"{call.request.base}{http.escaped(call.request.path)}?{following}"
    return http.json(200, answer)


def _token(text: str) -> str:
    try:
        return base64.b64decode(text, b"-_", validate=True).decode()
    except ValueError:
        raise PropertyInvalid(reason="The provided $skiptoken is invalid.") from None
