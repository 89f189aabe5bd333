"""Garbage collection: blobs that nothing refers to any more."""

from typing import TYPE_CHECKING

from acrlab.domain import content, events
from acrlab.engine.state import Job, Repository

if TYPE_CHECKING:
    from acrlab.engine.world import World

JOB = "collect"
GRACE = 24 * 3600.0  # seconds a blob may wait for its manifest; inferred, no published figure
UPLOAD_LIFE = 7 * 24 * 3600.0  # seconds an unfinished upload is kept; inferred, no published figure


def planned(world: "World", at: float) -> tuple[events.Event, ...]:
    """The event that schedules the next collection, or none when one is scheduled already."""
    if any(job.name == JOB for job in world.state.jobs):
        return ()
    return (events.JobScheduled(at=at, job=world.uuid(), name=JOB, due=at + GRACE),)


def unreferenced(repository: Repository, before: float) -> list[str]:
    """Blobs linked before that moment which no manifest of the repository refers to, soft-deleted ones included."""
    candidates = {digest for digest, link in repository.blobs.items() if link.at <= before}
    for entry in (*repository.manifests.values(), *(each.entry for each in repository.trash.values())):
        if not candidates:
            break
        manifest, _ = content.parse(entry.raw, entry.media_type)
        candidates.difference_update(each.digest for each in manifest.held())
    return sorted(candidates)


def collect(world: "World", job: Job) -> None:
    """Unlink what is unreferenced, plan the next round while anything waits, then free the bytes."""
    now = world.now()
    happened: list[events.Event] = []
    waiting = False
    for registry in world.state.registries.values():
        for repository in registry.repositories.values():
            gone = unreferenced(repository, now - GRACE)
            waiting = waiting or bool(set(unreferenced(repository, now)) - set(gone))
            happened.extend(
                events.BlobUnlinked(at=now, registry=registry.name, repository=repository.name, digest=digest)
                for digest in gone
            )
    if waiting:
        happened.extend(planned(world, now))
    if happened:
        world.commit(*happened)
    sweep(world)


def sweep(world: "World") -> int:
    """Delete the bytes of blobs that no state, fork or snapshot holds, and of forgotten uploads. Says how many blobs.

    The journal is flushed first: a blob may go only when its unlinking survives a crash.
    """
    for upload, _, changed in list(world.blobs.uploads()):
        if world.clock.now() - changed > UPLOAD_LIFE and upload not in world.writing:
            world.blobs.cancel(upload)
    world.journal.flush()
    held = set(world.arriving).union(*(state.links for state in world.states()))
    gone = [digest for digest in world.blobs.digests() if digest not in held]
    for digest in gone:
        world.blobs.delete(digest)
    return len(gone)
