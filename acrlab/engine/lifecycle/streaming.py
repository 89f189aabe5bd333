"""Artifact streaming: which repositories convert what is pushed, and the conversions. Their outcome is modelled.

What a conversion makes is in `conversions`, which worlds do not load before there is one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from acrlab.domain import events, streaming
from acrlab.domain.streaming import CANCELED, PLATFORM, RUNNING, ConversionOver, ConversionUnknown
from acrlab.engine.state import Conversion, Job, Registry

if TYPE_CHECKING:
    from acrlab.engine.world import World

JOB = "convert"
SECONDS = 30.0  # what a conversion takes on Azure; inferred, no published figure


def started(world: "World", registry: Registry, repository: str, digest: str, by: str) -> tuple[events.Event, ...]:
    """The events of a conversion that begins."""
    id, now = world.uuid(), world.now()
    due = now + (SECONDS if world.realistic_timing else 0.0)
    return (
        events.ConversionStarted(
            at=now, by=by, id=id, registry=registry.name, repository=repository, digest=digest, due=due
        ),
        events.JobScheduled(at=now, job=world.uuid(), name=JOB, due=due, arguments={"conversion": id}),
    )


def pushed(world: "World", event: events.ManifestPushed) -> Iterator[events.Event]:
    """An image that comes into a repository which converts by itself. A streaming artifact is none."""
    registry = world.state.registries[event.registry]
    repository = registry.repositories.get(event.repository)
    if repository is None or not repository.streaming or not event.tag or event.subject:
        return
    if (event.os, event.architecture) == PLATFORM and last(world, registry, event.repository, event.digest) is None:
        yield from started(world, registry, event.repository, event.digest, event.by)


def last(world: "World", registry: Registry, repository: str, digest: str) -> Conversion | None:
    """The latest conversion of an image; None when there was none."""
    return next((each for each in _of(world, registry, repository) if each.digest == digest), None)


def find(world: "World", registry: Registry, repository: str, id: str) -> Conversion:
    """Raises: ConversionUnknown."""
    found = next((each for each in _of(world, registry, repository) if each.id == id), None)
    if found is None:
        raise ConversionUnknown(id=id[:60])
    return found


def _of(world: "World", registry: Registry, repository: str) -> Iterator[Conversion]:
    """The conversions of a repository, newest first. Those of an earlier one of its name are none of its own."""
    home = registry.repositories.get(repository)
    if home is None:
        return
    for each in reversed(world.state.conversions.values()):
        if (each.registry, each.repository) == (registry.name, repository) and each.started >= home.created:
            yield each


def cancel(world: "World", found: Conversion, by: str) -> None:
    """Call a conversion off. Raises: ConversionOver."""
    if found.status != RUNNING:
        raise ConversionOver(id=found.id, status=found.status)
    world.commit(events.ConversionEnded(at=world.now(), by=by, id=found.id, status=CANCELED))


def fall_due(world: "World", job: Job) -> None:
    """End a conversion that was not called off."""
    from acrlab.engine.lifecycle import conversions  # it pushes, which judges roles, which are about worlds

    found = world.state.conversions[job.arguments["conversion"]]
    if found.status == streaming.RUNNING:
        conversions.end(world, found)
