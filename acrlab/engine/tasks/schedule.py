"""scheduleRun: one more run, of what was sent or of a task."""

from typing import TYPE_CHECKING, Any

from acrlab.domain.task_errors import AgentPoolUnknown
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.tasks import requests, runs

if TYPE_CHECKING:
    from acrlab.engine.world import World


def perform(ask: Ask) -> Resource:
    """Queue a run. Raises: BodyInvalid, TaskInvalid, AgentPoolUnknown.

    Source: recorded, acr_task (2024-09): the run of a task by hand is a QuickRun.
    """
    world, registry = ask.world, ask.world.state.registries[ask.id.name.lower()]
    request = requests.request(ask.given, ask.version)
    require_pool(world, registry.resource, request.get("agentPoolName") or "")
    queued = runs.queued(world, registry, request, ask.by)
    world.commit(queued)
    return world.state.resources[queued.id.lower()]


def require_pool(world: "World", registry: str, name: str) -> None:
    """Raises: AgentPoolUnknown."""
    if name and f"{registry}/agentPools/{name}".lower() not in world.state.resources:
        raise AgentPoolUnknown(name=name[:60])


def shown(request: dict[str, Any]) -> dict[str, Any]:
    """A request without its secrets, as the record of a task run shows it."""
    return {
        name: [_masked(each) for each in value] if name in ("arguments", "values") else value
        for name, value in request.items()
        if name not in ("identity", "contextAccessToken", "credentials")
    }


def _masked(pair: dict[str, Any]) -> dict[str, Any]:
    """Source: azure-mgmt-containerregistrytasks 1.0.0b1: the value of a secret argument is not returned (inferred)."""
    return {"name": pair["name"], "isSecret": True} if pair.get("isSecret") else pair
