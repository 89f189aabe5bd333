"""Long-running operations: started, polled, over. By default they are over when first polled."""

from collections.abc import Sequence
from typing import Any

import msgspec

from acrlab.domain import events
from acrlab.domain.arm_errors import OperationNotFound
from acrlab.engine.state import Operation
from acrlab.engine.world import World

CHANGES = ("Creating", "Updating", "Deleting")  # the verbs that a provisioningState shows
LONGEST = 3600.0  # seconds; nothing takes longer, so the search for what is under way ends there


class Status(msgspec.Struct, frozen=True):
    """What a poll sees. `status` is Creating, Updating, Deleting, or a final word."""

    status: str
    done: bool
    result: Any = None


def started(
    world: World, resource: str, kind: str, verb: str, seconds: float, result: Any = None
) -> events.OperationStarted:
    """The event of an operation that takes `seconds` where timing is realistic, else no time at all.

    `kind` leads its id, as the service writes them: registries-<guid>.
    """
    now = world.now()
    due = now + (seconds if world.realistic_timing else 0.0)
    return events.OperationStarted(
        at=now, operation=f"{kind}-{world.uuid()}", resource=resource, verb=verb, due=due, result=result
    )


def find(world: World, operation: str) -> Operation:
    """Raises: OperationNotFound."""
    found = world.state.operations.get(operation.lower())
    if found is None:
        raise OperationNotFound(name=operation)
    return found


def poll(world: World, operation: str, resource: str = "") -> Status:
    """How an operation stands; with `resource`, only one that belongs to it or lies below.

    Raises: OperationNotFound.
    """
    found = find(world, operation)
    if resource and not f"{found.resource.lower()}/".startswith(f"{resource.lower()}/"):
        raise OperationNotFound(name=operation)
    if world.now() < found.due:
        return Status(found.verb, False)
    if isinstance(found.result, dict) and "runs" in found.result:
        return _of_runs(world, found)
    failed = isinstance(found.result, dict) and found.result.get("status") == "Failed"
    return Status("Failed" if failed else "Succeeded", True, found.result)


def _of_runs(world: World, found: Operation) -> Status:
    """An operation that is over when its runs are: of task runs, and of deployments that hold some."""
    state, failed = standing(world, found.result["runs"])
    if not state:
        return Status(found.verb, False)
    return Status("Failed", True, {"error": failed}) if failed else Status("Succeeded", True)


def standing(world: World, runs: Sequence[str]) -> tuple[str, dict[str, str]]:
    """How these runs stand, by their ids: nothing while one goes on, else Succeeded or Failed, and the error.

    Raises: Unready.
    """
    world.errands.require({each.lower() for each in runs})
    kept = [each for each in (world.state.resources.get(run.lower()) for run in runs) if each is not None]
    if any("request" in each.body for each in kept):
        return "", {}
    for each in kept:
        if each.body["status"] != "Succeeded":
            ended = f"The run {each.id.rpartition('/')[2]} ended with {each.body['status']}. {each.body['error']}"
            return "Failed", {"code": each.body.get("failure", "TaskRunFailed"), "message": ended.strip()}
    return "Succeeded", {}


def state_of(world: World, resource: str) -> str:
    """The provisioningState: what is under way with the resource, else Succeeded."""
    now, key = world.now(), resource.lower()
    for operation in reversed(world.state.operations.values()):
        if operation.started < now - LONGEST:
            break
        if operation.resource.lower() == key and operation.verb in CHANGES:
            return operation.verb if now < operation.due else "Succeeded"
    return "Succeeded"
