"""Metrics of a registry: what was counted, by time.

Pulls are answers to GET of a manifest, pushes are manifests that were put; a challenge counts as neither. A run counts
where it ends; storage is what there is at the end of an hour, in every region alike.
Source: azure-monitor supported-metrics (2026-04); which request counts as a pull is inferred.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from acrlab.data import load
from acrlab.domain import events
from acrlab.domain.resource_id import parse
from acrlab.domain.tasks.shapes import CPU
from acrlab.engine import fold, groups
from acrlab.engine.insight import tally
from acrlab.engine.reach import replications
from acrlab.engine.state import Registry, State
from acrlab.engine.world import World

PULL, PULL_FAILED, PUSH_FAILED = "pull", "pull_failed", "push_failed"


class Definition(msgspec.Struct, frozen=True):
    """A metric. `grain` is seconds between two values."""

    name: str
    title: str
    description: str
    unit: str
    aggregation: str
    grain: int
    dimensions: list[str]


class Span(msgspec.Struct, frozen=True):
    """What is asked for: from, to, and the length of a step. Units: epoch seconds, seconds."""

    start: float
    end: float
    step: int

    @property
    def count(self) -> int:
        """How many steps there are; what is over belongs to the last."""
        return max(1, int((self.end - self.start) // self.step))

    def steps(self) -> list[float]:
        """Where each step begins."""
        return [self.start + at * self.step for at in range(self.count)]


Sample = tuple[float, float]  # when, and how much
DEFINITIONS = {row["name"].lower(): msgspec.convert(row, Definition) for row in load("metrics")["metric"]}


def series(world: World, registry: Registry, metric: Definition, span: Span) -> list[list[float]]:
    """The values in every step; a step without values is an empty list."""
    steps = span.steps()
    found: list[list[float]] = [[] for _ in steps]
    for at, value in _SOURCES[metric.name](world, registry, span):
        if span.start <= at <= span.end:
            found[min(int((at - span.start) // span.step), len(steps) - 1)].append(value)
    return found


def regions(world: World, registry: Registry) -> list[str]:
    """Where a registry is, as the dimension Geolocation names it."""
    resource = world.state.resources[registry.resource.lower()]
    titles = {row["name"]: row["display"] for row in load("regions")["region"]}
    found = replications.regions(world, resource)
    return [titles.get(groups.region(each) or each, each) for each in found]


# Where the values come from


def _counted(*kinds: str) -> Callable[[World, Registry, Span], Iterator[Sample]]:
    def samples(world: World, registry: Registry, span: Span) -> Iterator[Sample]:
        tally.written(world)
        for kind in kinds:
            for minute, count in sorted(world.state.counted.get(f"{registry.name}/{kind}", {}).items()):
                at = minute * tally.MINUTE
                if at + tally.MINUTE > registry.created:
                    yield max(at, registry.created), float(count)

    return samples


def _pushed(world: World, registry: Registry, span: Span) -> Iterator[Sample]:
    for each in world.events():
        if isinstance(each, events.ManifestPushed) and each.registry == registry.name and each.at >= registry.created:
            yield each.at, 1.0


def _pushed_or_not(world: World, registry: Registry, span: Span) -> Iterator[Sample]:
    yield from _counted(PUSH_FAILED)(world, registry, span)
    yield from _pushed(world, registry, span)


def _runs(world: World, registry: Registry) -> Iterator[tuple[events.RunEnded, dict[str, Any]]]:
    """The runs that have ended, with what they were queued with."""
    queued: dict[str, dict[str, Any]] = {}
    for each in world.events():
        if isinstance(each, events.RunQueued) and each.registry == registry.name and each.at >= registry.created:
            queued[each.id.lower()] = each.properties
        elif isinstance(each, events.RunEnded) and each.id.lower() in queued:
            yield each, queued[each.id.lower()]


def _durations(world: World, registry: Registry, span: Span) -> Iterator[Sample]:
    for ended, _ in _runs(world, registry):
        yield ended.at, ended.seconds * 1000


def _pool_seconds(world: World, registry: Registry, span: Span) -> Iterator[Sample]:
    for ended, properties in _runs(world, registry):
        if properties.get("agentPoolName"):
            cpu = (properties.get("agentConfiguration") or {}).get("cpu") or CPU
            yield ended.at, ended.seconds * cpu


def _stored(world: World, registry: Registry, span: Span) -> Iterator[Sample]:
    """What is stored at the end of every hour, and of the span."""
    hour = float(DEFINITIONS["storageused"].grain)
    state, hours = State(), int(span.count * span.step // hour)
    ends = [span.start + hour * (at + 1) for at in range(hours)]
    ends[-1] = max(ends[-1], span.end)
    waiting = iter(ends)
    end = next(waiting, None)
    for each in world.events():
        while end is not None and end < each.at:
            yield from _held(state, registry, end - hour)
            end = next(waiting, None)
        fold.apply(state, each)
    while end is not None and end - hour < world.now():
        yield from _held(state, registry, end - hour)
        end = next(waiting, None)


def _held(state: State, registry: Registry, at: float) -> Iterator[Sample]:
    if _there(state, registry):
        yield at, float(state.registries[registry.name].stored)


def _there(state: State, registry: Registry) -> bool:
    found = state.registries.get(registry.name)
    return found is not None and found.resource == registry.resource and found.created == registry.created


_SOURCES: dict[str, Callable[[World, Registry, Span], Iterator[Sample]]] = {
    "TotalPullCount": _counted(PULL, PULL_FAILED), "SuccessfulPullCount": _counted(PULL),
    "TotalPushCount": _pushed_or_not, "SuccessfulPushCount": _pushed, "RunDuration": _durations,
    "AgentPoolCPUTime": _pool_seconds, "StorageUsed": _stored,
}  # fmt: skip


def registry_of(world: World, id: str) -> Registry | None:
    """The registry whose metrics are asked for; None where an id names anything else."""
    found = world.state.registries.get(parse(id).name.lower())
    return found if found is not None and found.resource.lower() == id.lower() else None
