"""The controls that pipelines are run by: connections, and the record of runs."""

from typing import Any, Literal

import msgspec

from acrlab.engine import connections
from acrlab.engine.state import Connection
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.local import decoded
from acrlab.wire.routes import Route

BODY = 64 * 1024  # bytes


class _Connect(msgspec.Struct):
    name: str
    registry: str
    role: str = connections.DEFAULT


class _Named(msgspec.Struct):
    name: str


class _Begin(msgspec.Struct):
    file: str
    system: Literal["azure", "jenkins"]
    branch: str = ""
    reason: str = "manual"


class _End(msgspec.Struct):
    number: int
    result: str


def _told(found: Connection) -> dict[str, Any]:
    return {
        "name": found.name, "registry": found.registry, "loginServer": found.login_server, "role": found.role,
        "principalId": found.principal, "appId": found.app_id,
    }  # fmt: skip


def listed(call: Call) -> Response:
    """The connections, without their secrets."""
    return http.json(200, [_told(each) for _, each in sorted(call.world.state.connections.items())])


def connect(call: Call) -> Response:
    """Make a connection, and the identity that it is."""
    asked = decoded(call, _Connect)
    return http.json(201, _told(connections.connect(call.world, asked.name, asked.registry, asked.role)))


def opened(call: Call) -> Response:
    """A connection with its secret, for the executor."""
    found = connections.find(call.world, decoded(call, _Named).name)
    state = call.world.state
    where = {"tenant": state.tenant, "subscription": state.subscription}
    return http.json(200, {**_told(found), **where, "secret": found.secret})


def disconnect(call: Call) -> Response:
    """Forget a connection."""
    name = decoded(call, _Named).name
    connections.disconnect(call.world, name)
    return http.json(200, {"removed": name})


def begin(call: Call) -> Response:
    """A pipeline begins."""
    asked = decoded(call, _Begin)
    number = connections.begin(call.world, asked.file, asked.system, asked.branch, asked.reason)
    return http.json(201, {"number": number, "now": call.world.now()})


def end(call: Call) -> Response:
    """A pipeline is over."""
    asked = decoded(call, _End)
    return http.json(200, connections.end(call.world, asked.number, asked.result))


def runs(call: Call) -> Response:
    """The runs there were."""
    return http.json(200, call.world.state.pipelines)


ROUTES = tuple(
    Route(method=method, path=f"/_acrlab/{path}", handler=handler, scope="control", body=body)
    for method, path, handler, body in (
        ("GET", "connections", listed, 0),
        ("POST", "connections", connect, BODY),
        ("POST", "connections/open", opened, BODY),
        ("POST", "connections/delete", disconnect, BODY),
        ("GET", "pipelines", runs, 0),
        ("POST", "pipelines", begin, BODY),
        ("POST", "pipelines/ended", end, BODY),
    )
)
