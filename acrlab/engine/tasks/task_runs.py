"""Task runs: a run as a resource, so that a template can ask for one and wait for its end.

Source: azure-mgmt-containerregistrytasks 1.0.0b1; rest example TaskRuns_Create of 2025-03-01-preview.
"""

from collections.abc import Iterable
from typing import Any

from acrlab.domain import events
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.registry import read
from acrlab.domain.task_errors import TaskNameInvalid
from acrlab.domain.tasks import shapes
from acrlab.engine.ask import Ask
from acrlab.engine.identities import registry as identities
from acrlab.engine.state import Registry, Resource
from acrlab.engine.tasks import runs, schedule, task
from acrlab.engine.world import World


def check_name(name: str) -> None:
    """Raises: TaskNameInvalid."""
    if not task.NAME.fullmatch(name):
        raise TaskNameInvalid(what="Task run", low=5, high=50)


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a task run after a PUT or PATCH: a new run, unless nothing was changed.

    Raises: BodyInvalid, and what a run is refused for.
    """
    given = read(shapes.TASK_RUNS, ask.given, ask.version, kind=shapes.TASK_RUN)
    known = ask.known.body if ask.known is not None else None
    before: dict[str, Any] = known["properties"] if known is not None else {}
    sent = given.get("properties", {})
    found = {name: sent.get(name, before.get(name)) for name in ("runRequest", "forceUpdateTag")}
    if not found["runRequest"]:
        raise BodyInvalid(reason="Required property 'runRequest' not found in JSON. Path 'properties'.")
    identity = task.identity_of(ask, given, known)
    queued = schedule.queued_by(ask, _registry(ask), found["runRequest"], identity)
    same = bool(before) and all(found[name] == before.get(name) for name in found)
    run = before["run"] if same else queued.id
    body: dict[str, Any] = {"properties": {name: each for name, each in found.items() if each} | {"run": run}}
    location = given.get("location", known.get("location") if known is not None else None)
    body |= {"location": location} if location else {}
    return body | ({"identity": identity} if identity else {})


def _registry(ask: Ask) -> Registry:
    return ask.world.state.registries[ask.id.names[0].lower()]


def opening(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The run that it asks for, and its identity."""
    return (*identities.opened(ask, body), *_queued(ask, body))


def changing(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The same, where there is a new run."""
    gone = identities.closed(ask.world, ask.known, ask.by, body)
    return (*identities.opened(ask, body), *gone, *_queued(ask, body))


def _queued(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    if body["properties"]["run"].lower() in ask.world.state.resources:
        return ()
    request = body["properties"]["runRequest"]
    return (schedule.queued_by(ask, _registry(ask), request, body.get("identity")),)


def closing(world: World, resource: Resource, by: str) -> tuple[events.Event, ...]:
    """Its identity goes with it; the run stays."""
    return identities.closed(world, resource, by)


def slow(ask: Ask, body: dict[str, Any]) -> bool:
    """It takes as long as its run."""
    return True


def outcome(ask: Ask, body: dict[str, Any]) -> dict[str, list[str]]:
    """What its operation waits for."""
    return {"runs": [body["properties"]["run"]]}


def among(world: World, ids: Iterable[str]) -> list[str]:
    """The runs that the task runs among these resources stand for."""
    found = (world.state.resources.get(id.lower()) for id in ids if "/taskruns/" in id.lower())
    return [each.body["properties"]["run"] for each in found if each is not None]


def details(ask: Ask) -> Resource:
    """The task run with its secrets."""
    assert ask.known is not None
    return ask.known


def run_of(world: World, resource: Resource) -> Resource | None:
    """The run of a task run, as long as it is kept."""
    return world.state.resources.get(resource.body["properties"]["run"].lower())


def state_of(world: World, resource: Resource) -> str:
    """The provisioningState: Creating as long as the run is not over."""
    run = run_of(world, resource)
    if run is None:
        return "Succeeded"
    if run.body["status"] in runs.UNFINISHED:
        return "Creating"
    return {"Succeeded": "Succeeded", "Canceled": "Canceled"}.get(run.body["status"], "Failed")
