"""The planes: which routes, whose authorisation and which dialect a host speaks."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from acrlab.domain.errors import Condition, NotEmulated
from acrlab.wire import dialects, hosts
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route, Router


class Plane(msgspec.Struct, frozen=True):
    """`enter` finds what the host and path address and returns the path to route by; `dress` adds headers."""

    name: str
    router: Router
    enter: Callable[[Call], str]
    authorize: Callable[[Call, Route], None]
    dialect: Callable[[Condition], Response]
    dress: Callable[[Call, Response], None]


def path(call: Call) -> str:
    """Most planes route by the path as it is."""
    return call.request.path


def undressed(call: Call, response: Response) -> None:
    """Most planes add no headers."""


def open_to_all(call: Call, route: Route) -> None:
    """Sign-in endpoints: the credential is what the request brings."""


def _refuse(call: Call) -> str:
    raise NotEmulated(what=f"the host {call.request.host}").why(
        f"{call.request.host} is not part of this emulator",
        "acrlab never passes an Azure host on, so that no lab credential reaches the real service",
    )


class Planes(Mapping[str, Plane]):
    """The planes by name. Each is loaded when it is first asked for: a start waits for none of them."""

    def __init__(self, loaders: dict[str, Callable[[], Plane]]) -> None:
        self._loaders = loaders
        self._loaded: dict[str, Plane] = {}

    def __getitem__(self, name: str) -> Plane:
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = self._loaders[name]()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaders)

    def __len__(self) -> int:
        return len(self._loaders)


def _arm() -> Plane:
    from acrlab.wire import arm

    return Plane("arm", Router(arm.ROUTES, ignore_case=True), arm.enter, arm.authorize, dialects.arm, arm.dress)


def _entra() -> Plane:
    from acrlab.wire import entra

    return Plane("entra", Router(entra.ROUTES), path, open_to_all, entra.dialect, undressed)


def _graph() -> Plane:
    from acrlab.wire import graph

    return Plane("graph", Router(graph.ROUTES), path, graph.authorize, graph.dialect, undressed)


def _imds() -> Plane:
    from acrlab.wire import imds

    return Plane("imds", Router(imds.ROUTES), path, open_to_all, imds.dialect, undressed)


def _registry_routes() -> tuple[Route, ...]:
    from acrlab.wire import acr, acr_absent, acr_deleted, acr_streaming, oauth, oci

    return (*oauth.ROUTES, *oci.ROUTES, *acr_deleted.ROUTES, *acr_absent.ROUTES, *acr_streaming.ROUTES, *acr.ROUTES)


def _registry() -> Plane:
    from acrlab.wire import registry

    router = Router(_registry_routes())
    return Plane("registry", router, registry.enter, registry.authorize, dialects.oci, registry.dress)


def _local() -> Plane:
    from acrlab.wire import local, local_agents, local_git, local_looks, local_pipelines, registry

    own = (*local.ROUTES, *local_git.ROUTES, *local_looks.ROUTES, *local_pipelines.ROUTES, *local_agents.ROUTES)
    router = Router((*own, *_registry_routes()))
    return Plane("local", router, local.enter, local.authorize, dialects.oci, registry.dress)


def _vault() -> Plane:
    from acrlab.wire import vault

    return Plane("vault", Router(vault.ROUTES), vault.enter, vault.authorize, vault.dialect, vault.dress)


def _blob() -> Plane:
    from acrlab.wire import storage

    router = Router(storage.ROUTES)
    return Plane("blob", router, storage.enter, storage.authorize, storage.dialect, storage.dress)


def _github() -> Plane:
    from acrlab.wire.git import routes as git

    return Plane("github", Router(git.GITHUB_ROUTES), path, git.authorize, git.dialect, undressed)


def _github_api() -> Plane:
    from acrlab.wire.git import github, rest

    return Plane("github_api", Router(github.ROUTES), path, github.authorize, rest.dialect, undressed)


def _devops() -> Plane:
    from acrlab.wire.git import devops
    from acrlab.wire.git import routes as git

    return Plane("devops", Router(devops.ROUTES), path, devops.authorize, git.devops_dialect, devops.dress)


def _agents() -> Plane:
    from acrlab.wire import agents

    return Plane("agents", Router(agents.ROUTES), path, agents.authorize, dialects.oci, undressed)


def _foreign() -> Plane:
    return Plane(hosts.FOREIGN, Router(()), _refuse, open_to_all, dialects.arm, undressed)


PLANES = Planes(
    {
        "arm": _arm,
        "entra": _entra,
        "graph": _graph,
        "imds": _imds,
        "registry": _registry,
        "local": _local,
        "blob": _blob,
        "vault": _vault,
        "github": _github,
        "github_api": _github_api,
        "devops": _devops,
        "agents": _agents,
        hosts.FOREIGN: _foreign,
    }
)
