"""What a check looks at: the registry as it is, and everything that happened since the lab began.

State is folded from the emulator's own events, so it does not matter which tool did the work, and looking leaves
no trace: no request is made to a registry.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from acrlab.client.control import Control
from acrlab.domain import events, roles
from acrlab.engine import fold
from acrlab.engine.state import Entry, Identity, Registry, Repository, State

BEGIN = "acrlab-begin"  # in the query of the request that begins a lab
BEGUN = "acrlab-begun"  # the tag of a lab's resource group that says so
GROUPS = "/resourcegroups/"
CAUSES = ("timerTrigger", "imageUpdateTrigger", "sourceTrigger")  # what a run that nobody asked for names
_UNTOLD: dict[str, Any] = {  # what the controls keep to themselves
    "raw": "", "passwords": ["", ""], "password": "", "request": {},
}  # fmt: skip
Happening = TypeVar("Happening", bound=events.Happening)


class Exchange(msgspec.Struct, frozen=True):
    """One request and its answer. `at` is epoch seconds on the world's clock, `principal` a name."""

    at: float
    method: str
    url: str
    status: int
    principal: str = ""

    @property
    def host(self) -> str:
        """The host that was asked."""
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(urlsplit(self.url).path)


class Ran(msgspec.Struct, frozen=True):
    """One run since the lab began: what it was queued as, and how it ended. `status` is empty while it has not."""

    id: str
    kind: str  # QuickBuild | QuickRun | AutoBuild | AutoRun
    task: str
    status: str
    error: str
    images: dict[str, str]  # repository:tag -> digest
    trigger: str  # timer | image | source | empty: asked for


class Assignment(msgspec.Struct, frozen=True):
    """Who holds which role where. `scope` is lower case."""

    role: str
    principal: str
    scope: str


class Evidence:
    """What the registry is, and what happened since the lab of this resource group began."""

    def __init__(self, group: str, told: list[dict[str, Any]], requests: list[dict[str, Any]]) -> None:
        self.group = group
        everything = [_event(each) for each in told]
        self._begin = _beginning(everything, group)
        self.begun = self._begin is not None
        self.state = _folded(everything)
        self.before = _folded(everything[: self._begin or 0])
        self.history = tuple(everything[self._begin or len(everything) :])
        self.exchanges = tuple(_since(msgspec.convert(requests, list[Exchange]), group)) if self.begun else ()

    @classmethod
    def taken(cls, control: Control, group: str) -> "Evidence":
        """Ask the running emulator. Raises: NotRunning, ControlRefused."""
        return cls(group, control.events(), control.requests())

    # What is

    def registry(self, name: str) -> Registry | None:
        """The content of a registry in the lab's own group; None when there is no such registry there."""
        found = self.state.registries.get(name)
        mine = f"{GROUPS}{self.group}/providers/".lower()
        return found if found is not None and mine in found.resource.lower() else None

    def resource(self, name: str) -> dict[str, Any]:
        """The ARM body of a registry, empty when there is none: sku, location, tags, properties."""
        found = self.registry(name)
        kept = self.state.resources.get(found.resource.lower()) if found is not None else None
        return kept.body if kept is not None else {}

    def repository(self, registry: str, name: str) -> Repository | None:
        """A repository that holds something."""
        found = self.registry(registry)
        repository = found.repositories.get(name) if found is not None else None
        return repository if repository is not None and repository.visible else None

    def digest(self, registry: str, reference: str) -> str:
        """The digest behind `team/app:1.0`; empty when there is none."""
        name, _, tag = reference.rpartition(":")
        repository = self.repository(registry, name)
        found = repository.tags.get(tag) if repository is not None else None
        return found.digest if found is not None else ""

    def manifest(self, registry: str, repository: str, digest: str) -> Entry | None:
        """A manifest by its digest."""
        found = self.repository(registry, repository)
        return found.manifests.get(digest) if found is not None else None

    def tags(self, registry: str) -> dict[str, str]:
        """The ARM tags of a registry."""
        return dict(self.resource(registry).get("tags") or {})

    def principal(self, name: str) -> Identity | None:
        """The service principal of that name; the newest, when there are several."""
        named = [
            each for each in self.state.principals.values() if each.name == name and each.kind == "servicePrincipal"
        ]
        return named[-1] if named else None

    def assignments(self, principal: str) -> list[Assignment]:
        """The roles of a service principal by name: everywhere, not in this lab alone."""
        holder = self.principal(principal)
        rows = (
            each.body.get("properties", {}) for id, each in self.state.resources.items() if "/roleassignments/" in id
        )
        return [
            Assignment(_role(row["roleDefinitionId"]), principal, row["scope"].lower())
            for row in rows
            if holder is not None and row.get("principalId") == holder.id
        ]

    # What happened

    def of(self, kind: type[Happening], **fields: Any) -> list[Happening]:
        """The events of a kind since the lab began, oldest first, whose fields have these values."""
        return [
            each for each in self.history
            if isinstance(each, kind) and all(getattr(each, name) == value for name, value in fields.items())
        ]  # fmt: skip

    def runs(self, registry: str, task: str = "") -> list[Ran]:
        """The runs of a registry since the lab began, or of one of its tasks, oldest first."""
        ended = {each.id: each for each in self.of(events.RunEnded)}
        queued = self.of(events.RunQueued, registry=registry)
        found = [_ran(each, ended.get(each.id)) for each in queued]
        return [each for each in found if not task or each.task == task]

    def task(self, registry: str, name: str) -> dict[str, Any]:
        """The properties of a task, empty when there is none."""
        found = self.registry(registry)
        kept = self.state.resources.get(f"{found.resource}/tasks/{name}".lower()) if found is not None else None
        return dict(kept.body["properties"]) if kept is not None else {}

    def resources_put(self, registry: str) -> Iterator[dict[str, Any]]:
        """Every body that a registry has had since the lab began, the one it had then first."""
        end = f"{GROUPS}{self.group}/providers/microsoft.containerregistry/registries/{registry}".lower()
        yield from (kept.body for id, kept in self.before.resources.items() if id.endswith(end))
        yield from (each.body for each in self.of(events.ResourcePut) if each.id.lower().endswith(end))

    def asked(self, method: str, host: str, ending: str) -> list[Exchange]:
        """The requests to a host since the lab began whose path ends so, oldest first."""
        return [
            each for each in self.exchanges
            if each.method == method and each.host == host and each.path.endswith(ending)
        ]  # fmt: skip

    @cached_property
    def idle(self) -> bool:
        """Whether nothing was changed since the lab began."""
        return not self.history


def _event(told: dict[str, Any]) -> events.Event:
    found: events.Event = msgspec.convert(_UNTOLD | told, events.Event)
    return found


def _ran(queued: events.RunQueued, ended: events.RunEnded | None) -> Ran:
    shown = queued.properties
    causes = (each.removesuffix("Trigger").removesuffix("Update") for each in CAUSES if each in shown)
    images = {f"{each['repository']}:{each['tag']}": each["digest"] for each in (ended.images if ended else ())}
    return Ran(
        queued.id.rpartition("/")[2], shown["runType"], shown.get("task", ""), ended.status if ended else "",
        ended.error if ended else "", images, next(causes, ""),
    )  # fmt: skip


def _folded(happened: list[events.Event]) -> State:
    state = State()
    for event in happened:
        fold.apply(state, event)
    return state


def _beginning(happened: list[events.Event], group: str) -> int | None:
    """Where the last beginning of the lab stands: after the request that marked its group anew."""
    found, mark = None, ""
    for place, event in enumerate(happened, 1):
        id = getattr(event, "id", "").lower()
        if not id.endswith(f"{GROUPS}{group}".lower()):
            continue
        if isinstance(event, events.ResourceDeleted):
            found, mark = None, ""
        elif isinstance(event, events.ResourcePut):
            given = (event.body.get("tags") or {}).get(BEGUN, "")
            found, mark = (place, given) if given != mark and given else (found, mark)
    return found


def _since(exchanges: list[Exchange], group: str) -> list[Exchange]:
    marks = [
        place for place, each in enumerate(exchanges, 1)
        if BEGIN in each.url and each.path.lower().endswith(f"{GROUPS}{group}".lower())
    ]  # fmt: skip
    return exchanges[marks[-1] if marks else 0 :]


def _role(definition: str) -> str:
    found = roles.find(definition.rpartition("/")[2])
    return found.name if found is not None else definition
