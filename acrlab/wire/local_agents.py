"""The controls of agents elsewhere: who may come to work, and who may not any more."""

import msgspec

from acrlab.domain.errors import BodyInvalid
from acrlab.domain.tasks import workers
from acrlab.wire import http
from acrlab.wire.agents import desk
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.local import decoded
from acrlab.wire.routes import Route

BODY = 64 * 1024  # bytes


class _Enrol(msgspec.Struct):
    name: str
    pools: list[str] = []
    life: float = workers.LIFE


class _Named(msgspec.Struct):
    name: str


def enrol(call: Call) -> Response:
    """Make a credential for a worker: it is told this once."""
    asked = decoded(call, _Enrol)
    if not 0 < len(asked.name) <= 64 or not asked.name.isprintable():
        raise BodyInvalid(reason="a worker's name has 1 to 64 printable characters")
    return http.json(201, desk(call).enrol(asked.name, asked.pools, asked.life))


def enrolled(call: Call) -> Response:
    """The workers that may come."""
    return http.json(200, desk(call).enrolled())


def revoke(call: Call) -> Response:
    """Send the workers of a name away."""
    return http.json(200, {"revoked": desk(call).revoke(decoded(call, _Named).name)})


ROUTES = (
    Route(method="GET", path="/_acrlab/agents", handler=enrolled, scope="control"),
    Route(method="POST", path="/_acrlab/agents", handler=enrol, scope="control", body=BODY),
    Route(method="POST", path="/_acrlab/agents/revoke", handler=revoke, scope="control", body=BODY),
)
