"""Which runs may start now: the agents of the service, those of pools."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from acrlab.domain import events
from acrlab.engine.state import Resource
from acrlab.engine.tasks import expiry, runs

if TYPE_CHECKING:
    from acrlab.engine.world import World

AGENTS = 10  # runs of one registry at a time outside of pools; inferred, no published figure


def startable(
    world: "World", running: int, most: int, offered: Collection[str] = frozenset()
) -> list[Resource]:
    """The runs that an agent may take now, oldest first; `most` is how many are worked on at a time.

    `offered` are those that wait for their agent already, by lower-case id.
    """
    open_runs = runs.unfinished(world)
    taken = [each for each in open_runs if each.body["status"] == runs.RUNNING or each.id.lower() in offered]
    busy = Counter(place(each) for each in taken)
    found: list[Resource] = []
    for run in open_runs:
        where = place(run)
        waits = run.body["status"] == runs.QUEUED and run.id.lower() not in offered
        if waits and running + len(found) < most and busy[where] < capacity(world, where):
            busy[where] += 1
            found.append(run)
    return found


def waiting(world: "World", pool: str) -> int:
    """How many runs wait for an agent of a pool."""
    return sum(place(each) == pool.lower() and each.body["status"] == runs.QUEUED for each in runs.unfinished(world))


def orphaned(world: "World", event: events.ResourceDeleted) -> Iterator[events.Event]:
    """An agent pool is gone: what waits for it never comes to an agent."""
    if "/agentpools/" not in event.id.lower():
        return
    gone = f"the agent pool {event.id.rpartition('/')[2]} was deleted"
    for run in runs.unfinished(world):
        if place(run) == event.id.lower() and run.body["status"] == runs.QUEUED:
            yield events.RunEnded(at=event.at, id=run.id, status="Error", error=gone)
            yield expiry.planned(world, run.id, event.at)


def place(run: Resource) -> str:
    """What a run waits for: its agent pool, or the service's agents for its registry."""
    registry = run.id.rpartition("/runs/")[0]
    pool = run.body["properties"].get("agentPoolName")
    return f"{registry}/agentPools/{pool}".lower() if pool else registry.lower()


def capacity(world: "World", where: str) -> int:
    """How many runs at a time. Source: tasks-agent-pools (2026-08): a pool of no instances runs nothing."""
    if "/agentpools/" not in where:
        return AGENTS
    pool = world.state.resources.get(where)
    return int(pool.body["properties"]["count"]) if pool is not None else 0
