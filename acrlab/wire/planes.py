"""The planes: which routes, whose authorisation and which dialect a host speaks."""

from collections.abc import Callable

import msgspec

from acrlab.domain.errors import Condition, NotEmulated
from acrlab.wire import (
    acr,
    acr_absent,
    acr_deleted,
    arm,
    dialects,
    entra,
    graph,
    hosts,
    imds,
    local,
    local_git,
    oauth,
    oci,
    registry,
    storage,
    vault,
)
from acrlab.wire.call import Call
from acrlab.wire.git import devops, github, rest
from acrlab.wire.git import routes as git
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


REGISTRY_ROUTES = (*oauth.ROUTES, *oci.ROUTES, *acr_deleted.ROUTES, *acr_absent.ROUTES, *acr.ROUTES)
LOCAL_ROUTES = (*local.ROUTES, *local_git.ROUTES, *REGISTRY_ROUTES)

PLANES: dict[str, Plane] = {
    "arm": Plane("arm", Router(arm.ROUTES, ignore_case=True), arm.enter, arm.authorize, dialects.arm, arm.dress),
    "entra": Plane("entra", Router(entra.ROUTES), path, open_to_all, entra.dialect, undressed),
    "graph": Plane("graph", Router(graph.ROUTES), path, graph.authorize, graph.dialect, undressed),
    "imds": Plane("imds", Router(imds.ROUTES), path, open_to_all, imds.dialect, undressed),
    "registry": Plane(
        "registry", Router(REGISTRY_ROUTES), registry.enter, registry.authorize, dialects.oci, registry.dress
    ),
    "local": Plane("local", Router(LOCAL_ROUTES), local.enter, local.authorize, dialects.oci, registry.dress),
    "blob": Plane("blob", Router(storage.ROUTES), storage.enter, storage.authorize, storage.dialect, storage.dress),
    "vault": Plane("vault", Router(vault.ROUTES), vault.enter, vault.authorize, vault.dialect, vault.dress),
    "github": Plane("github", Router(git.GITHUB_ROUTES), path, git.authorize, git.dialect, undressed),
    "github_api": Plane("github_api", Router(github.ROUTES), path, github.authorize, rest.dialect, undressed),
    "devops": Plane("devops", Router(devops.ROUTES), path, devops.authorize, git.devops_dialect, devops.dress),
    hosts.FOREIGN: Plane(hosts.FOREIGN, Router(()), _refuse, open_to_all, dialects.arm, undressed),
}
