"""How long runs are kept: their records and logs go after some days, unless they are archived.

Source: container-registry-tasks-logs (2023-10): 30 days, or az acr task update-run --no-archive false;
tutorial-customer-managed-keys (2023-10): 24 hours in a registry with a key of its own.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from acrlab.domain import events
from acrlab.engine.state import Job, Resource

if TYPE_CHECKING:
    from acrlab.engine.world import World

JOB = "run-expiry"
DAYS, OWN_KEY = 30 * 86400.0, 86400.0  # seconds


def ended(world: "World", event: events.RunEnded) -> Iterator[events.Event]:
    """A run is over: it is looked at again when its time has come."""
    yield planned(world, event.id, event.at)


def planned(world: "World", run: str, finished: float) -> events.JobScheduled:
    """The look at a run, or at once when its time has passed. `finished` is epoch seconds."""
    due = max(world.now(), finished + _life(world, run))
    return events.JobScheduled(at=world.now(), job=world.uuid(), name=JOB, due=due, arguments={"run": run.lower()})


def _life(world: "World", run: str) -> float:
    registry = world.state.resources.get(run.rpartition("/runs/")[0].lower())
    encryption = registry.body["properties"].get("encryption") or {} if registry is not None else {}
    return OWN_KEY if encryption.get("status") == "enabled" else DAYS


def expire(world: "World", job: Job) -> None:
    """Forget a run, unless it is archived. Its log lies in the account until somebody sweeps there."""
    run = world.state.resources.get(job.arguments["run"])
    if run is not None and not kept(run):
        world.commit(events.RunForgotten(at=world.now(), id=run.id))


def kept(run: Resource) -> bool:
    """Whether a run is archived, or not over."""
    return bool(run.body["properties"]["isArchiveEnabled"]) or "finished" not in run.body
