"""Blob Storage, `<account>.blob.core.windows.net`: accounts of this world, and those behind ACR Tasks.

Source: Blob service REST reference (2024).
"""

import re
from xml.sax.saxutils import escape

from acrlab.domain.errors import Condition, NotEmulated
from acrlab.domain.task_errors import StorageCondition
from acrlab.engine.accounts import account
from acrlab.engine.tasks import links
from acrlab.wire import storage_access, storage_blobs, storage_containers, storage_tasks
from acrlab.wire.call import Call
from acrlab.wire.dialects import extra
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ERRORS = {405: "UnsupportedHttpVerb", 413: "RequestBodyTooLarge", 404: "ResourceNotFound", 501: "NotEmulated"}


def enter(call: Call) -> str:
    """The path to route by, with the operation that the query names where the account is a resource of this world.

    Raises: NotEmulated.
    """
    world, host = call.world, call.request.host
    if host in {links.host(world, each) for each in world.state.registries.values()}:
        return f"/managed{call.request.path}"
    if account.find(world, host) is None:
        refusal = NotEmulated(what=f"the storage account {host}")
        raise refusal.why("no storage account of this world has that name: az storage account create")
    return f"/accounts{call.request.path}?{storage_access.operation(call)}"


def authorize(call: Call, route: Route) -> None:
    """Hold a request to its credential. Raises: StorageUnauthorized, StoragePermission, and their kin."""
    if route in storage_tasks.ROUTES:
        links.require(call.world, call.request.host, call.request.path, call.request.parameters(), route.scope)
    else:
        storage_access.require(call, route.scope)


def dress(call: Call, response: Response) -> None:
    """The headers of every answer."""
    asked = call.request.headers.get("x-ms-version", links.VERSION)
    own = call.world.uuid()
    response.headers += [
        ("server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"), ("x-ms-request-id", own),
        ("x-ms-version", asked if _VERSION.fullmatch(asked) else links.VERSION),
    ]  # fmt: skip
    client = call.request.headers.get("x-ms-client-request-id", "")
    if client.isascii() and client.isprintable() and 0 < len(client) <= 1024:
        response.headers.append(("x-ms-client-request-id", client))


def dialect(condition: Condition) -> Response:
    """`<Error><Code>…</Code><Message>…</Message></Error>`. Source: Blob service REST reference, error response."""
    code = condition.oci if isinstance(condition, StorageCondition) else _ERRORS.get(condition.status, "InvalidInput")
    more = (
        f"<AuthenticationErrorDetail>{escape(condition.detail)}</AuthenticationErrorDetail>" if condition.detail else ""
    )
    text = f"<Code>{code}</Code><Message>{escape(condition.text)}</Message>{more}"
    headers = [("content-type", "application/xml"), ("x-ms-error-code", code), *extra(condition)]
    body = f"<?xml version='1.0' encoding='utf-8'?><Error>{text}</Error>"
    return Response(condition.status, headers, body.encode(errors="replace"))


ROUTES = (*storage_tasks.ROUTES, *storage_containers.ROUTES, *storage_blobs.ROUTES)
