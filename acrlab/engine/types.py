"""THE TABLE: one row per ARM resource type. Routing, authorisation, tiers and the coverage page read it."""

from collections.abc import Callable
from typing import Any

import msgspec

from acrlab.domain import events, projection
from acrlab.domain.registry import REGISTRY, Field
from acrlab.domain.resource_id import GROUP_TYPE
from acrlab.engine import admin_user, assignments, groups, login_servers, registries
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

CRUD = ("PUT", "PATCH", "GET", "DELETE", "LIST")
WORDS = {"PUT": "write", "PATCH": "write", "GET": "read", "DELETE": "delete", "LIST": "read"}


def _nothing(*_: Any) -> tuple[events.Event, ...]:
    return ()


def _at_once(*_: Any) -> bool:
    return False


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something a resource, or the subscription for its type, can be told to do. `perform` None: refused."""

    name: str
    method: str = "POST"
    perform: Callable[[Ask], Any] | None = None
    truth: str = "real"
    title: str = ""


class ResourceType(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `feature` and `quota` are names in tiers.toml; `seconds` is what a change takes on Azure.

    `desired` decides the body or refuses; `opening` and `closing` are the events beside the resource's own;
    `slow` says whether a change is a long-running operation.
    """

    path: str
    model: Field | None = None
    desired: Callable[[Ask], dict[str, Any]] | None = None
    check_name: Callable[[str], None] | None = None
    versions: tuple[str, ...] = ()
    methods: tuple[str, ...] = CRUD
    feature: str = ""
    quota: str = ""
    located: bool = False
    scopes: tuple[str, ...] = ()  # where it is listed from above its parent: subscription, group
    extension: bool = False
    opening: Callable[[Ask, dict[str, Any]], tuple[events.Event, ...]] = _nothing
    changing: Callable[[Ask, dict[str, Any]], tuple[events.Event, ...]] = _nothing
    closing: Callable[[World, Resource, str], tuple[events.Event, ...]] = _nothing
    slow: Callable[[Ask, dict[str, Any]], bool] = _at_once
    operation: str = ""  # what the ids of its operations begin with
    seconds: dict[str, float] = {}  # by verb: Creating, Updating, Deleting
    gone: int = 200  # status of a DELETE that is done at once
    actions: tuple[Action, ...] = ()
    scope_actions: tuple[Action, ...] = ()
    parameters: dict[str, str] = {}  # types whose name is called otherwise in a route
    truth: str = "real"

    def __post_init__(self) -> None:
        if (self.truth == "refused") == (self.desired is not None) and "PUT" in self.methods:
            raise ValueError(f"{self.path}: a row is refused, or decides its bodies")

    @property
    def namespace(self) -> str:
        """The resource provider."""
        return self.path.partition("/")[0]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types on the way down: registries, tokens."""
        return tuple(self.path.split("/")[1:])

    def allows(self, method: str) -> str:
        """The action a caller needs: Microsoft.ContainerRegistry/registries/write."""
        return f"{self.path}/{WORDS[method]}"

    def needs(self, action: "Action") -> str:
        """The same for an action: Microsoft.ContainerRegistry/registries/listCredentials/action."""
        return f"{self.path}/{action.name}/{'read' if action.method == 'GET' else 'action'}"


_ACR = projection.versions()
_TASKS = ("2019-06-01-preview", "2025-03-01-preview")
_R = "Microsoft.ContainerRegistry/registries"


def _refused(
    path: str, *actions: str, methods: tuple[str, ...] = CRUD, feature: str = "", quota: str = "",
    versions: tuple[str, ...] = _ACR,
) -> ResourceType:  # fmt: skip
    """A type that exists in Azure and arrives here with a later issue."""
    return ResourceType(
        path=f"{_R}/{path}", methods=methods, feature=feature, quota=quota, versions=versions, truth="refused",
        actions=tuple(Action(name=name, truth="refused") for name in actions),
    )  # fmt: skip


_CREATE_AND_DROP = ("PUT", "GET", "DELETE", "LIST")
TABLE: dict[str, ResourceType] = {
    row.path.lower(): row
    for row in (
        ResourceType(
            path=GROUP_TYPE, model=groups.GROUP, desired=groups.desired, check_name=groups.check_name, gone=202,
            operation="groups", seconds={"Deleting": 40.0},
        ),
        ResourceType(
            path=_R, model=REGISTRY, desired=registries.desired, check_name=login_servers.check_name, versions=_ACR,
            located=True, scopes=("subscription", "group"), opening=registries.opening, changing=registries.changing,
            closing=registries.closing, slow=registries.slow, operation="registries",
            seconds={"Creating": 8.0, "Updating": 4.0, "Deleting": 6.0},
            actions=(
                Action(name="listCredentials", perform=admin_user.credentials),
                Action(name="regenerateCredential", perform=admin_user.regenerate),
                Action(name="listUsages", method="GET", perform=registries.usages),
                Action(name="importImage", truth="refused"),
                Action(name="generateCredentials", truth="refused"),
                Action(name="scheduleRun", truth="refused"),
                Action(name="listBuildSourceUploadUrl", truth="refused"),
                Action(name="privateLinkResources", method="GET", truth="refused"),
            ),
            scope_actions=(Action(name="checkNameAvailability", perform=login_servers.check_availability),),
        ),
        ResourceType(
            path="Microsoft.Authorization/roleAssignments", desired=assignments.desired,
            check_name=assignments.check_name, extension=True,
        ),
        ResourceType(
            path="Microsoft.Authorization/roleDefinitions", extension=True, methods=("GET", "LIST"),
        ),
        _refused("replications", feature="geo_replication", quota="replications"),
        _refused("webhooks", "ping", "listEvents", "getCallbackConfig", quota="webhooks"),
        _refused("scopeMaps", quota="scope_maps"),
        _refused("tokens", quota="tokens"),
        _refused("cacheRules", feature="artifact_cache", quota="cache_rules"),
        _refused("credentialSets", feature="artifact_cache"),
        _refused(
            "connectedRegistries", "deactivate", "resync", feature="connected_registries", quota="connected_registries",
        ),
        _refused(
            "privateEndpointConnections", methods=_CREATE_AND_DROP, feature="private_link", quota="private_endpoints",
        ),
        _refused("privateLinkResources", methods=("GET",)),
        _refused("exportPipelines", methods=_CREATE_AND_DROP, feature="transfer"),
        _refused("importPipelines", methods=_CREATE_AND_DROP, feature="transfer"),
        _refused("pipelineRuns", methods=_CREATE_AND_DROP, feature="transfer"),
        _refused("packages/archives"),
        _refused("packages/archives/versions", methods=_CREATE_AND_DROP),
        _refused("tasks", "listDetails", feature="tasks", versions=_TASKS),
        _refused("runs", "listLogSasUrl", "cancel", methods=("PATCH", "GET", "LIST"), feature="tasks", versions=_TASKS),
        _refused("taskRuns", "listDetails", feature="tasks", versions=_TASKS),
        _refused("agentPools", "listQueueStatus", feature="agent_pools", versions=_TASKS),
    )
}  # fmt: skip


def row(path: str) -> ResourceType | None:
    """The row of a type; case does not matter."""
    return TABLE.get(path.lower())
