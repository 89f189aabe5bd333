"""Repositories: listed, described, locked, deleted."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from acrlab.domain import events
from acrlab.domain.content import Attributes
from acrlab.domain.errors import NameUnknown
from acrlab.engine import collection, locks, manifests
from acrlab.engine.lifecycle import soft_delete
from acrlab.engine.state import Entry, Registry, Repository, Tag
from acrlab.engine.world import World

Item = TypeVar("Item")


def find(registry: Registry, name: str) -> Repository:
    """A repository that readers can see. Raises: NameUnknown."""
    repository = registry.repositories.get(name)
    if repository is None or not repository.visible:
        raise NameUnknown(name=name)
    return repository


def catalog(registry: Registry) -> list[str]:
    """Names of the repositories that may be listed, sorted."""
    return [each.name for each in registry.visible() if each.attributes.list]


def page(
    items: Sequence[Item], key: Callable[[Item], str], last: str | None, limit: int | None
) -> tuple[list[Item], bool]:
    """One page of items sorted by key: those after `last`, at most `limit`. Says whether more follow."""
    first = bisect_right(items, last, key=key) if last else 0
    chosen = list(items[first:] if limit is None else items[first : first + limit])
    return chosen, first + len(chosen) < len(items)


def page_after(
    items: Sequence[Item], key: Callable[[Item], str], last: str | None, limit: int | None
) -> tuple[list[Item], bool]:
    """One page of items in an order of their own: those after the one called `last`."""
    first = next((index + 1 for index, item in enumerate(items) if key(item) == last), 0) if last else 0
    chosen = list(items[first:] if limit is None else items[first : first + limit])
    return chosen, first + len(chosen) < len(items)


def ordered(items: list[Item], updated: Callable[[Item], float], order: str) -> list[Item]:
    """Sort by the time of the last update: `timeasc`, `timedesc`; anything else keeps the order by name.

    Source: azure-containerregistry 1.2.0, ArtifactTagOrder.
    """
    if order not in ("timeasc", "timedesc"):
        return items
    return sorted(items, key=updated, reverse=order == "timedesc")


def tags(repository: Repository) -> list[Tag]:
    """The tags that may be listed, by name."""
    return sorted((each for each in repository.tags.values() if each.attributes.list), key=lambda each: each.name)


def entries(repository: Repository) -> list[Entry]:
    """The manifests that may be listed, by digest."""
    found = (each for each in repository.manifests.values() if each.attributes.list)
    return sorted(found, key=lambda each: each.digest)


def lock(
    world: World, registry: Registry, name: str, changes: dict[str, bool], by: str, *, tag: str = "", digest: str = ""
) -> None:
    """Change attributes of a repository, a tag or a manifest; those not named stay.

    Raises: NameUnknown, ManifestUnknown.
    """
    repository = find(registry, name)
    target: Repository | Tag | Entry = repository
    if tag or digest:
        entry, known = manifests.resolve(repository, tag or digest)
        target = known if tag and known is not None else entry
    attributes: Attributes = msgspec.structs.replace(target.attributes, **changes)
    world.commit(
        events.AttributesChanged(
            at=world.now(),
            by=by,
            registry=registry.name,
            repository=name,
            attributes=attributes,
            tag=tag,
            digest=digest,
        )
    )


def delete(world: World, registry: Registry, name: str, by: str) -> tuple[list[str], list[str]]:
    """Delete a repository. Returns the digests and the tags that went with it.

    Raises: NameUnknown, DisallowedOperation when it or anything in it is locked.
    Source: container-registry-image-lock (2023-10-31).
    """
    repository = find(registry, name)
    locks.require_whole_deletable(repository)
    gone = sorted(repository.manifests), sorted(repository.tags)
    now = world.now()
    world.commit(*_endings(world, registry, name, gone[0], by), *collection.planned(world, now))
    return gone


def _endings(world: World, registry: Registry, name: str, digests: list[str], by: str) -> list[events.Event]:
    """With soft delete every manifest waits for itself; without, all goes at once."""
    now = world.now()
    if not soft_delete.on(world, registry):
        return [events.RepositoryDeleted(at=now, by=by, registry=registry.name, repository=name)]
    return [
        events.ManifestDeleted(at=now, by=by, registry=registry.name, repository=name, digest=each, kept=True)
        for each in digests
    ]
