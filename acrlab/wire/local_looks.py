"""Looks at a registry that only the emulator can give: who may do what, and what is left of a tier's rates."""

from acrlab.domain.errors import BodyInvalid, RegistryUnknown
from acrlab.engine.access import explorer
from acrlab.engine.state import Registry
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route


def access(call: Call) -> Response:
    """Who may do what, and why; with `repository` about that one. `from` is where they would stand.

    Raises: RegistryUnknown, BodyInvalid.
    """
    registry, asked = _registry(call), call.request.parameters()
    repository = asked.get("repository", "")
    if repository and repository not in registry.repositories:
        raise BodyInvalid(reason=f"{registry.name} has no repository {repository[:80]}")
    place = asked.get("from", "") or call.request.client
    return http.json(200, explorer.matrix(call.world, registry, repository, place))


def rates(call: Call) -> Response:
    """What is left of each rate of the registry this minute; nothing where requests are not counted.

    Raises: RegistryUnknown.
    """
    registry, buckets = _registry(call), call.world.buckets
    return http.json(200, buckets.left(call.world, registry) if buckets is not None else {})


def _registry(call: Call) -> Registry:
    name = call.request.parameters().get("registry", "").lower()
    found = call.world.state.registries.get(name)
    if found is None:
        raise RegistryUnknown(host=name[:80])
    return found


ROUTES = (
    Route(method="GET", path="/_acrlab/access", handler=access, scope="control"),
    Route(method="GET", path="/_acrlab/rates", handler=rates, scope="control"),
)
