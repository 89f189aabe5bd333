"""Soft delete: what was deleted waits some days, can be listed and restored, and is then gone for good.

Source: container-registry-soft-delete-policy (2025, preview): a purge every 24 hours by the days of that moment.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from acrlab.domain import events, names
from acrlab.domain.errors import NameUnknown
from acrlab.domain.lifecycle_errors import (
    DeletedUnknown,
    ManifestSoftDeleted,
    RestoreSubjectFirst,
    RestoreTagTaken,
)  # fmt: skip
from acrlab.domain.policies import DAY, ENABLED
from acrlab.engine import collection
from acrlab.engine.lifecycle import rules
from acrlab.engine.state import Entry, Job, Registry, Repository

if TYPE_CHECKING:
    from acrlab.engine.world import World

JOB = "purge deleted"
DEFAULT_DAYS = 7
_OVER = "nothing of it waits among the deleted: it was restored, its days are over, or the policy was off at the time"


def on(world: "World", registry: Registry) -> bool:
    """Whether what is deleted from now on can be restored."""
    return bool(rules.rule(world, registry, "softDeletePolicy").get("status") == ENABLED)


def require_fresh(repository: Repository | None, digest: str) -> None:
    """Raises: ManifestSoftDeleted for a push of what lies among the deleted."""
    if repository is not None and digest in repository.trash:
        raise ManifestSoftDeleted(digest=digest)


def find(registry: Registry, name: str) -> Repository:
    """A repository with something deleted, or one that readers can see. Raises: NameUnknown."""
    repository = registry.repositories.get(names.repository(name))
    if repository is None or not (repository.visible or repository.trash or repository.lost):
        raise NameUnknown(name=name).why(_OVER)
    return repository


def catalog(registry: Registry) -> list[str]:
    """Repositories of which something can be restored, by name."""
    return sorted(each.name for each in registry.repositories.values() if each.trash or each.lost)


def restore(
    world: "World", registry: Registry, name: str, digest: str, tag: str, by: str, *, force: bool = False
) -> Entry:
    """Bring a manifest back, under one of its tags or none; its children and referrers stay where they are.

    Raises: NameUnknown, TagInvalid, DeletedUnknown, RestoreTagTaken, RestoreSubjectFirst.
    """
    repository = find(registry, name)
    _require_restorable(repository, digest, tag)
    known = repository.tags.get(names.tag(tag)) if tag else None
    if known is not None and known.digest != digest and not force:
        raise RestoreTagTaken(tag=tag)
    world.commit(
        events.ManifestRestored(
            at=world.now(), by=by, registry=registry.name, repository=name, digest=digest, tag=tag
        )
    )  # fmt: skip
    return repository.manifests[digest]


def _require_restorable(repository: Repository, digest: str, tag: str) -> None:
    trashed = repository.trash.get(digest)
    if trashed is None:
        lost = any((each.digest, each.tag) == (digest, tag) for each in repository.lost)
        if not lost or digest not in repository.manifests:
            raise DeletedUnknown(digest=digest).why(_OVER)
        return
    if trashed.entry.subject in repository.trash:
        raise RestoreSubjectFirst(digest=trashed.entry.subject)


def planned(world: "World", event: events.ManifestDeleted | events.TagDeleted) -> Iterator[events.Event]:
    """Something waits from now on: the next purge is planned, unless it is."""
    if event.kept:
        yield from _next(world, event.registry, event.at)


def _next(world: "World", registry: str, at: float) -> tuple[events.Event, ...]:
    if any(each.name == JOB and each.arguments["registry"] == registry for each in world.state.jobs):
        return ()
    id = f"{JOB} {registry} {at}"  # the same for all that is deleted in one moment: they share one purge
    return (events.JobScheduled(at=at, job=id, name=JOB, due=at + DAY, arguments={"registry": registry}),)


def purge(world: "World", job: Job) -> None:
    """Let go for good of what has waited long enough, and come back while anything waits."""
    now, registry = max(world.now(), job.due), world.state.registries.get(job.arguments["registry"])
    if registry is None:
        return
    days = rules.rule(world, registry, "softDeletePolicy").get("retentionDays", DEFAULT_DAYS)
    before = now - days * DAY
    held = [each for each in registry.repositories.values() if each.trash or each.lost]
    gone = [
        events.DeletedPurged(at=now, registry=registry.name, repository=each.name, before=before)
        for each in sorted(held, key=lambda found: found.name)
        if any(at <= before for at in each.deletions())
    ]
    waits = any(at > before for each in held for at in each.deletions())
    again = _next(world, registry.name, now) if waits else ()
    if gone or again:
        world.commit(*gone, *again, *(collection.planned(world, now) if gone else ()))
