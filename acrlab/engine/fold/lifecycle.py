"""The fold of content that comes back, goes for good, or waits to be let in."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.fold.content import point
from acrlab.engine.state import Registry, Repository, State


def _found(state: State, event: Any) -> tuple[Registry, Repository]:
    registry = state.registries[event.registry]
    return registry, registry.repositories[event.repository]


def _manifest_restored(state: State, event: events.ManifestRestored) -> None:
    _, repository = _found(state, event)
    trashed = repository.trash.pop(event.digest, None)
    if trashed is not None:
        repository.manifests[event.digest] = trashed.entry
        if trashed.referrer is not None:
            repository.referrers.setdefault(trashed.entry.subject, {})[event.digest] = trashed.referrer
    entry = repository.manifests[event.digest]
    entry.updated = repository.updated = event.at
    if event.tag:
        point(repository, event.tag, entry, event.at)
        repository.lost = [each for each in repository.lost if (each.tag, each.digest) != (event.tag, event.digest)]


def _deleted_purged(state: State, event: events.DeletedPurged) -> None:
    registry, repository = _found(state, event)
    for digest in [key for key, each in repository.trash.items() if each.at <= event.before]:
        registry.stored -= len(repository.trash.pop(digest).entry.raw)
    repository.lost = [each for each in repository.lost if each.at > event.before]


def _quarantine_decided(state: State, event: events.QuarantineDecided) -> None:
    _, repository = _found(state, event)
    entry = repository.manifests[event.digest]
    entry.quarantine, entry.quarantine_details = event.state, event.details
    entry.updated = event.at


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.ManifestRestored: _manifest_restored,
    events.DeletedPurged: _deleted_purged,
    events.QuarantineDecided: _quarantine_decided,
}
