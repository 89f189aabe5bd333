"""What a row of the table of resource types says."""

from collections.abc import Callable
from typing import Any

import msgspec

from acrlab.domain import events
from acrlab.domain.errors import Condition
from acrlab.domain.registry import Field
from acrlab.domain.resource_id import ResourceId
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

CRUD = ("PUT", "PATCH", "GET", "DELETE", "LIST")
CREATE_AND_DROP = ("PUT", "GET", "DELETE", "LIST")
WORDS = {"PUT": "write", "PATCH": "write", "GET": "read", "DELETE": "delete", "LIST": "read"}


def _nothing(*_: Any) -> tuple[events.Event, ...]:
    return ()


def _freely(*_: Any) -> None:
    return None


def _done(*_: Any) -> bool:
    return False


def _at_once(*_: Any) -> bool:
    return False


def _by_id(resource: Resource) -> str:
    return resource.id.lower()


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
    `releasing` refuses a DELETE of the resource alone; `slow` says whether a change is a long-running operation.
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
    absent: Callable[[ResourceId], Condition] | None = None  # what is said of one that is not there
    opening: Callable[[Ask, dict[str, Any]], tuple[events.Event, ...]] = _nothing
    changing: Callable[[Ask, dict[str, Any]], tuple[events.Event, ...]] = _nothing
    closing: Callable[[World, Resource, str], tuple[events.Event, ...]] = _nothing
    releasing: Callable[[World, Resource], None] = _freely
    slow: Callable[[Ask, dict[str, Any]], bool] = _at_once
    operation: str = ""  # what the ids of its operations begin with
    seconds: dict[str, float] = {}  # by verb: Creating, Updating, Deleting
    born: int = 201  # status of the PUT of a new resource that is there at once
    lingers: Callable[[World, Resource], bool] = _done  # whether a DELETE takes a while although others do not
    gone: int = 200  # status of a DELETE that is done at once
    vanishes: float = 0.0  # seconds that a deleted one is still shown as Deleting
    outcome: Callable[[Ask, dict[str, Any]], Any] = _freely  # what the operation of a change is about
    order: Callable[[Resource], str] = _by_id  # what a list is sorted by
    chosen: Callable[[list[Resource], str], list[Resource]] | None = None  # by the $filter of a list, where it has one
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
        return f"{self.path}/{action.name.partition('/')[0]}/{'read' if action.method == 'GET' else 'action'}"


def refused(
    path: str, *actions: str, methods: tuple[str, ...] = CRUD, feature: str = "", quota: str = "",
    versions: tuple[str, ...] = (),
) -> ResourceType:  # fmt: skip
    """A type that exists in Azure and is not emulated yet."""
    return ResourceType(
        path=path, methods=methods, feature=feature, quota=quota, versions=versions, truth="refused",
        actions=tuple(Action(name=name, truth="refused") for name in actions),
    )  # fmt: skip
