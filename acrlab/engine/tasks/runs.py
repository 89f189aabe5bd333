"""Runs: queued, taken, ended; what a client may do to one."""

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from acrlab.domain import events
from acrlab.domain.registry import read
from acrlab.domain.task_errors import RunFinished
from acrlab.domain.tasks import filters, shapes
from acrlab.domain.tasks.run import Ending, Image
from acrlab.engine.ask import Ask
from acrlab.engine.state import Registry, Resource
from acrlab.engine.tasks import links

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
        properties=properties, request=request,
    )  # fmt: skip


def ended(world: "World", run: Resource, ending: Ending, seconds: float) -> tuple[events.Event, ...]:
    """What is recorded of a run that its agent has ended."""
    return (
        events.RunEnded(
            at=world.now(), id=run.id, status=ending.status, seconds=seconds, error=ending.error,
            images=[pictured(each) for each in ending.images],
        ),
    )  # fmt: skip


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


# Lists


def order(run: Resource) -> str:
    """Newest first. Source: azure-cli-protocol 5.3."""
    return f"{10**12 - run.body['number']:013d}"


def chosen(found: list[Resource], text: str) -> list[Resource]:
    """The runs that a $filter lets through. Raises: RunFilterInvalid."""
    test = filters.parse(text)
    return [each for each in found if test(_facts(each))]


def _facts(run: Resource) -> dict[str, str]:
    body, properties = run.body, run.body["properties"]
    images = ",".join(f"{each['repository']}@{each.get('digest', '')}" for each in body.get("images") or ())
    return {
        "RunId": run.id.rpartition("/")[2], "RunType": properties["runType"], "Status": body["status"],
        "TaskName": properties.get("task", ""), "CreateTime": _moment(body["created"]),
        "FinishTime": _moment(body["finished"]) if "finished" in body else "", "OutputImageManifests": images,
        "IsArchiveEnabled": str(properties["isArchiveEnabled"]), "AgentPoolName": properties.get("agentPoolName", ""),
    }  # fmt: skip


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# What a client may do


def desired(ask: Ask) -> dict[str, Any]:
    """The body after a PATCH: whether it is kept. Raises: BodyInvalid. Source: recorded, acr_task (2024-09)."""
    assert ask.known is not None
    given = read(shapes.RUN_UPDATE, ask.given, ask.version, kind=shapes.RUN)
    body = ask.known.body
    return {
        **body, "updated": ask.world.now(), "touched": True, "properties": {**body["properties"], **given}
    }  # fmt: skip


def log_link(ask: Ask) -> dict[str, Any]:
    """Where the log is read. Source: azure-cli-protocol 5.5; recorded, Azure/azure-cli#30033 (2024-10)."""
    assert ask.known is not None
    registry = registry_of(ask.world, ask.known)
    assert registry is not None
    return {"logLink": links.signed(ask.world, registry, f"logs/{ask.id.name}/rawtext.log", links.READ)}


def cancelled(ask: Ask) -> Resource:
    """End a run: at once when it waits, else as soon as its agent lets go of it. Raises: RunFinished."""
    run = ask.known
    assert run is not None
    if run.body["status"] not in UNFINISHED:
        raise RunFinished(run=ask.id.name, status=run.body["status"])
    ask.world.commit(events.RunEnded(at=ask.world.now(), by=ask.by, id=run.id, status="Canceled"))
    return ask.world.state.resources[run.id.lower()]
