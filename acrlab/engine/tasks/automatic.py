"""Runs that nobody asked for: every trigger that was looked at says whether it fired, and why."""

from typing import TYPE_CHECKING, Any

from acrlab.domain import events
from acrlab.engine.state import Resource
from acrlab.engine.tasks import runs, steps

if TYPE_CHECKING:
    from acrlab.engine.world import World

ENABLED = "Enabled"


def judged(
    world: "World", task: Resource, trigger: str, kind: str, more: dict[str, Any], reason: str, ahead: int = 0
) -> tuple[events.Event, ...]:
    """A trigger whose event has come: a run, unless the task is switched off; and why."""
    registry = runs.registry_of_task(world, task)
    if task.body["properties"]["status"] != ENABLED or registry is None:
        disabled = "the task is disabled: az acr task update --status Enabled"
        return (declined(world, task, trigger, kind, reason, disabled),)
    request = steps.request(task, {})
    automatic = runs.AUTO_BUILD if request["type"] == "DockerBuildRequest" else runs.AUTO_RUN
    name = task.id.rpartition("/")[2]
    shown = {"runType": automatic, "task": name, **more}
    queued = runs.queued(world, registry, request, "", more=shown, ahead=ahead)
    fired = events.TriggerJudged(
        at=world.now(), task=task.id, trigger=trigger, kind=kind, run=queued.id, because=[reason]
    )
    return (queued, fired)


def declined(world: "World", task: Resource, trigger: str, kind: str, *because: str) -> events.TriggerJudged:
    """A trigger that did not fire, and why."""
    return events.TriggerJudged(at=world.now(), task=task.id, trigger=trigger, kind=kind, because=list(because))
