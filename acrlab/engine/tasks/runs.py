"""Runs: queued, taken, ended."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from acrlab.domain import events
from acrlab.domain.tasks.run import Dependency, Ending, Image
from acrlab.engine.state import Registry, Resource

if TYPE_CHECKING:
    from acrlab.engine.world import World

QUEUED, RUNNING = "Queued", "Running"
UNFINISHED = (QUEUED, RUNNING)
QUICK_BUILD, QUICK_RUN, AUTO_BUILD, AUTO_RUN = "QuickBuild", "QuickRun", "AutoBuild", "AutoRun"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789" + _LETTERS


def named(registry: Registry, number: int) -> str:
    """The id of a registry's nth run. Source: recorded (cf1, cf2), public issues (dsm, cey): two letters, a counter."""
    seed = hashlib.sha256(registry.resource.lower().encode()).digest()
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return f"{'cd'[seed[0] % 2]}{_LETTERS[seed[1] % 26]}{text}"


def queued(
    world: "World", registry: Registry, request: dict[str, Any], by: str, *, more: dict[str, Any] | None = None,
    ahead: int = 0,
) -> events.RunQueued:  # fmt: skip
    """The event of one more run. `more` is what its record shows besides; `ahead` counts others of the same commit."""
    number = world.state.runs.get(registry.name, 0) + 1 + ahead
    properties = {
        "runType": QUICK_RUN, **(more or {}), "platform": request["platform"],
        "agentConfiguration": request["agentConfiguration"],
        "isArchiveEnabled": bool(request.get("isArchiveEnabled")),
    }  # fmt: skip
    if request.get("agentPoolName"):
        properties["agentPoolName"] = request["agentPoolName"]
    id = f"{registry.resource}/runs/{named(registry, number)}"
    return events.RunQueued(
        at=world.now(), by=by, id=id, registry=registry.name, number=number, log=f"logs/{world.uuid()}",
        properties=properties, request=request, ahead=world.ahead,
    )  # fmt: skip


def ended(world: "World", run: Resource, ending: Ending, seconds: float) -> tuple[events.Event, ...]:
    """What is recorded of a run that its agent has ended, and what its task learns from it."""
    over = events.RunEnded(
        at=world.now(), id=run.id, status=ending.status, seconds=seconds, error=ending.error,
        images=[pictured(each) for each in ending.images],
    )  # fmt: skip
    name = run.body["properties"].get("task")
    task = f"{run.id.rpartition('/runs/')[0]}/tasks/{name}"
    if ending.status != "Succeeded" or not ending.dependencies or task.lower() not in world.state.resources:
        return (over,)
    return (over, events.TaskLearned(at=world.now(), id=task, dependencies=learned(ending.dependencies)))


def learned(found: Sequence[Dependency]) -> list[dict[str, str]]:
    """What images are built from, as a task's step shows it. Source: recorded, acr_task (2024-09)."""
    rows: dict[str, dict[str, str]] = {}
    for each in found:
        kinds = [("Runtime", each.runtime), *(("BuildTime", other) for other in each.buildtime)]
        for kind, image in kinds:
            if image is not None and image.digest:
                rows.setdefault(f"{kind} {image}", {"type": kind, **pictured(image)})
    return list(rows.values())


def pictured(image: Image) -> dict[str, str]:
    """An image as records show it."""
    parts = {"registry": image.registry, "repository": image.repository, "tag": image.tag, "digest": image.digest}
    return {name: value for name, value in parts.items() if value}


def log(run: Resource) -> str:
    """The name of a run's log in the storage account."""
    return str(run.body["log"])


def of(world: "World", registry: str) -> list[Resource]:
    """The runs of a registry, by its ARM id, newest first."""
    return sorted(world.state.inside(registry, "runs"), key=lambda each: -each.body["number"])


def unfinished(world: "World") -> list[Resource]:
    """Every run of the world that is not over, oldest first."""
    found = [each for each in world.state.resources.values() if "/runs/" in each.id and _open(each)]
    return sorted(found, key=lambda each: (each.created, each.body["number"]))


def _open(resource: Resource) -> bool:
    return "log" in resource.body and resource.body["status"] in UNFINISHED


def registry_of(world: "World", run: Resource) -> Registry | None:
    """The registry that a run belongs to."""
    return world.state.registries.get(run.id.rpartition("/runs/")[0].rpartition("/")[2].lower())


def closing(world: "World", resource: Resource, by: str) -> tuple[events.Event, ...]:
    """A run that goes with its registry is called off. Its log goes when somebody next sweeps."""
    if not _open(resource):
        return ()
    return (events.RunEnded(at=world.now(), by=by, id=resource.id, status="Canceled"),)


def registry_of_task(world: "World", task: Resource) -> Registry | None:
    """The registry that a task belongs to."""
    return world.state.registries.get(task.id.split("/")[8].lower())
