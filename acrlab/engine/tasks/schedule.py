"""scheduleRun: one more run, of what was sent or of a task."""

from typing import TYPE_CHECKING, Any

from acrlab.domain import events
from acrlab.domain.task_errors import AgentPoolUnknown, TaskDisabled, TaskInvalid, TaskUnknown
from acrlab.engine.ask import Ask
from acrlab.engine.state import Registry, Resource
from acrlab.engine.tasks import automatic, requests, runs, steps

if TYPE_CHECKING:
    from acrlab.engine.world import World


def perform(ask: Ask) -> Resource:
    """Queue a run. Raises: BodyInvalid, TaskInvalid, AgentPoolUnknown.

    Source: recorded, acr_task (2024-09): the run of a task by hand is a QuickRun.
    """
    world, registry = ask.world, ask.world.state.registries[ask.id.name.lower()]
    queued = queued_by(ask, registry, ask.given)
    world.commit(queued)
    return world.state.resources[queued.id.lower()]


def queued_by(ask: Ask, registry: Registry, given: Any, identity: dict[str, Any] | None = None) -> events.RunQueued:
    """The run that a request asks for.

    Raises: BodyInvalid, TaskInvalid, TaskUnknown, TaskDisabled, AgentPoolUnknown.
    """
    request, more = requests.request(given, ask.version), dict[str, Any]()
    if request["type"] == "TaskRunRequest":
        task = _task(ask.world, registry, request)
        more["task"] = task.id.rpartition("/")[2]
        request = steps.request(task, request)
    request |= {"identity": identity} if identity else {}
    pool = require_pool(ask.world, registry.resource, request.get("agentPoolName") or "")
    request |= {"agentConfiguration": {"cpu": requests.TIERS[pool.body["properties"]["tier"]]}} if pool else {}
    return runs.queued(ask.world, registry, request, ask.by, more=more)


def _task(world: "World", registry: Registry, request: dict[str, Any]) -> Resource:
    """Raises: TaskUnknown, TaskDisabled, TaskInvalid.

    Source: rest example RegistriesScheduleRun_Task (2025-03-01-preview): a name will do; older clients send only that.
    """
    given = str(request.get("taskId") or request.get("taskName") or "")
    text = given if "/" in given else f"{registry.resource}/tasks/{given}"
    found = world.state.resources.get(text.lower())
    if found is None or not text.lower().startswith(f"{registry.resource}/tasks/".lower()):
        raise TaskUnknown(id=text[:300])
    if found.body["properties"]["status"] != automatic.ENABLED:
        raise TaskDisabled(name=found.id.rpartition("/")[2])
    if "step" not in found.body["properties"]:
        raise TaskInvalid(what="runRequest", reason="Task:A system task is not run")
    return found


def require_pool(world: "World", registry: str, name: str) -> Resource | None:
    """The agent pool of that name; None when none is named. Raises: AgentPoolUnknown."""
    found = world.state.resources.get(f"{registry}/agentPools/{name}".lower())
    if name and found is None:
        raise AgentPoolUnknown(name=name[:60])
    return found
