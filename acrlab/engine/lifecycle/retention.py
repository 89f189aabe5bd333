"""The retention policy: manifests that have lost their last tag go after some days.

Source: container-registry-retention-policy (2025-12): Docker media types only, only what was untagged while the policy
was on, and nothing that is locked.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from acrlab.domain import events
from acrlab.domain.errors import DisallowedOperation
from acrlab.domain.policies import DAY, ENABLED, RETAINED
from acrlab.engine import collection, locks
from acrlab.engine.lifecycle import rules, soft_delete
from acrlab.engine.state import Entry, Job, Registry, Repository

if TYPE_CHECKING:
    from acrlab.engine.world import World

JOB = "retain"


def policy(world: "World", registry: Registry) -> dict[str, Any] | None:
    """The policy while it is on."""
    found = rules.rule(world, registry, "retentionPolicy")
    return found if found.get("status") == ENABLED else None


def waiting(registry: Registry, rule: dict[str, Any]) -> Iterator[tuple[float, Repository, Entry]]:
    """What the policy will delete, and when (epoch seconds)."""
    for repository in registry.repositories.values():
        for entry in repository.manifests.values():
            counts = entry.media_type in RETAINED and not entry.tags and entry.untagged >= rule["since"]
            if counts and not _locked(repository, entry):
                yield entry.untagged + rule["days"] * DAY, repository, entry


def _locked(repository: Repository, entry: Entry) -> bool:
    try:
        locks.require_deletable(repository, entry)
    except DisallowedOperation:
        return True
    return False


def untagged(world: "World", event: events.TagDeleted) -> Iterator[events.Event]:
    """A tag goes: its manifest may be without one from now on."""
    registry = world.state.registries[event.registry]
    yield from _planned(world, registry, policy(world, registry), event.at)


def moved(world: "World", event: events.ManifestPushed) -> Iterator[events.Event]:
    """A tag moves to another manifest: the one before may be without one from now on."""
    registry = world.state.registries[event.registry]
    repository = registry.repositories.get(event.repository)
    known = repository.tags.get(event.tag) if repository is not None and event.tag else None
    if known is not None and known.digest != event.digest:
        yield from _planned(world, registry, policy(world, registry), event.at)


def unlocked(world: "World", event: events.AttributesChanged) -> Iterator[events.Event]:
    """A lock may have gone that kept something."""
    registry = world.state.registries[event.registry]
    rule = policy(world, registry)
    if rule is not None:
        yield _scheduled(world, registry.name, event.at)


def changed(world: "World", event: events.ResourcePut) -> Iterator[events.Event]:
    """The policy itself changed: what it means is worked out at once."""
    registry = world.state.registries.get(event.id.rpartition("/")[2].lower())
    known = world.state.resources.get(event.id.lower())
    if registry is None or known is None or registry.resource.lower() != event.id.lower():
        return
    rule = rules.stated(event.body, "retentionPolicy")
    if rule.get("status") == ENABLED and rule != rules.stated(known.body, "retentionPolicy"):
        yield _scheduled(world, registry.name, event.at)


def _planned(world: "World", registry: Registry, rule: dict[str, Any] | None, at: float) -> Iterator[events.Event]:
    if rule is not None:
        yield _scheduled(world, registry.name, at + rule["days"] * DAY)


def _scheduled(world: "World", registry: str, due: float) -> events.JobScheduled:
    return events.JobScheduled(at=world.now(), job=world.uuid(), name=JOB, due=due, arguments={"registry": registry})


def retain(world: "World", job: Job) -> None:
    """Delete what is due, and come back for what will be."""
    now, registry = world.now(), world.state.registries.get(job.arguments["registry"])
    rule = policy(world, registry) if registry is not None else None
    if registry is None or rule is None:
        return
    kept = soft_delete.on(world, registry)
    found = sorted(waiting(registry, rule), key=lambda each: (each[0], each[1].name, each[2].digest))
    gone: list[events.Event] = [
        events.ManifestDeleted(
            at=now, registry=registry.name, repository=repository.name, digest=entry.digest, kept=kept
        )
        for due, repository, entry in found
        if due <= max(now, job.due)
    ]
    later = [due for due, _, _ in found if due > max(now, job.due)]
    planned = any(each.name == JOB and each.arguments["registry"] == registry.name for each in world.state.jobs)
    again = [_scheduled(world, registry.name, later[0])] if later and not planned else []
    if gone or again:
        world.commit(*gone, *again, *(collection.planned(world, now) if gone else ()))
