"""State is a fold of events: one function per event, and nothing else changes state."""

import heapq
from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.domain.content import UNLOCKED
from acrlab.engine.state import Entry, Identity, Job, Link, Operation, Registry, Repository, Resource, State, Tag


def apply(state: State, event: events.Event) -> None:
    """Change state as the event says. Never fails for an event that was decided."""
    FOLD[type(event)](state, event)


def _world_created(state: State, event: events.WorldCreated) -> None:
    state.profile, state.tenant, state.subscription = event.profile, event.tenant, event.subscription


def _clock_advanced(state: State, event: events.ClockAdvanced) -> None:
    state.advanced += event.seconds


def _principal_added(state: State, event: events.PrincipalAdded) -> None:
    state.principals[event.id] = Identity(
        event.id, event.kind, event.name, event.app_id, event.tenant, dict(event.secrets), dict(event.properties)
    )


def _principal_removed(state: State, event: events.PrincipalRemoved) -> None:
    state.principals.pop(event.id, None)


def _resource_put(state: State, event: events.ResourcePut) -> None:
    key = event.id.lower()
    known = state.resources.get(key)
    if known is None:
        state.resources[key] = Resource(event.id, event.body, event.at, event.by, event.at, event.by)
        return
    known.body, known.modified, known.modified_by = event.body, event.at, event.by


def _resource_deleted(state: State, event: events.ResourceDeleted) -> None:
    state.resources.pop(event.id.lower(), None)


def _operation_started(state: State, event: events.OperationStarted) -> None:
    state.operations[event.operation] = Operation(
        event.operation, event.resource, event.verb, event.at, event.due, event.result
    )


def _registry_opened(state: State, event: events.RegistryOpened) -> None:
    state.registries[event.registry] = Registry(
        event.registry, event.login_server, event.resource, list(event.passwords), event.at
    )
    state.login_servers[event.login_server] = event.registry


def _registry_closed(state: State, event: events.RegistryClosed) -> None:
    registry = state.registries[event.registry]
    for name in list(registry.repositories):
        _forget_repository(state, registry, name)
    del state.registries[event.registry]
    del state.login_servers[registry.login_server]


def _credential_regenerated(state: State, event: events.CredentialRegenerated) -> None:
    state.registries[event.registry].passwords[event.index] = event.password


def _repository(state: State, event: Any) -> tuple[Registry, Repository]:
    registry = state.registries[event.registry]
    repository = registry.repositories.get(event.repository)
    if repository is None:
        repository = registry.repositories[event.repository] = Repository(event.repository, event.at, event.at)
    return registry, repository


def _blob_linked(state: State, event: events.BlobLinked) -> None:
    registry, repository = _repository(state, event)
    if event.digest in repository.blobs:
        repository.blobs[event.digest].at = event.at
        return
    repository.blobs[event.digest] = Link(event.size, event.at)
    held = registry.held.get(event.digest, 0)
    registry.held[event.digest] = held + 1
    registry.stored += 0 if held else event.size
    state.links[event.digest] = state.links.get(event.digest, 0) + 1


def _blob_unlinked(state: State, event: events.BlobUnlinked) -> None:
    registry, repository = _repository(state, event)
    _unlink(state, registry, repository, event.digest)


def _unlink(state: State, registry: Registry, repository: Repository, digest: str) -> None:
    link = repository.blobs.pop(digest)
    if _lower(registry.held, digest):
        registry.stored -= link.size
    _lower(state.links, digest)


def _lower(counts: dict[str, int], key: str) -> bool:
    counts[key] -= 1
    if counts[key]:
        return False
    del counts[key]
    return True


def _manifest_pushed(state: State, event: events.ManifestPushed) -> None:
    registry, repository = _repository(state, event)
    entry = repository.manifests.get(event.digest)
    if entry is None:
        entry = repository.manifests[event.digest] = Entry(
            event.digest, event.media_type, event.raw, event.at, event.at, event.architecture, event.os, event.size,
            event.config_media_type, event.subject,
        )  # fmt: skip
        registry.stored += len(event.raw)
    entry.updated = repository.updated = event.at
    if event.subject and event.referrer is not None:
        repository.referrers.setdefault(event.subject, {})[event.digest] = event.referrer
    if event.tag:
        _point(repository, event.tag, entry, event.at)


def _point(repository: Repository, name: str, entry: Entry, at: float) -> None:
    tag = repository.tags.get(name)
    if tag is None:
        repository.tags[name] = Tag(name, entry.digest, at, at)
    else:
        if tag.digest != entry.digest:
            repository.manifests[tag.digest].tags.pop(name, None)
        tag.digest, tag.updated = entry.digest, at
    entry.tags[name] = None


def _manifest_deleted(state: State, event: events.ManifestDeleted) -> None:
    registry, repository = _repository(state, event)
    _drop_manifest(registry, repository, event.digest)
    repository.updated = event.at


def _drop_manifest(registry: Registry, repository: Repository, digest: str) -> None:
    entry = repository.manifests.pop(digest)
    registry.stored -= len(entry.raw)
    for name in entry.tags:
        del repository.tags[name]
    if entry.subject:
        known = repository.referrers[entry.subject]
        known.pop(digest, None)
        if not known:
            del repository.referrers[entry.subject]


def _tag_deleted(state: State, event: events.TagDeleted) -> None:
    _, repository = _repository(state, event)
    tag = repository.tags.pop(event.tag)
    entry = repository.manifests[tag.digest]
    entry.tags.pop(event.tag)
    entry.updated = repository.updated = event.at


def _repository_deleted(state: State, event: events.RepositoryDeleted) -> None:
    _forget_repository(state, state.registries[event.registry], event.repository)


def _forget_repository(state: State, registry: Registry, name: str) -> None:
    repository = registry.repositories[name]
    for digest in list(repository.manifests):
        _drop_manifest(registry, repository, digest)
    for digest in list(repository.blobs):
        _unlink(state, registry, repository, digest)
    del registry.repositories[name]


def _attributes_changed(state: State, event: events.AttributesChanged) -> None:
    _, repository = _repository(state, event)
    target: Repository | Tag | Entry = repository
    if event.tag:
        target = repository.tags[event.tag]
    elif event.digest:
        target = repository.manifests[event.digest]
    target.attributes, target.updated = event.attributes or UNLOCKED, event.at


def _job_scheduled(state: State, event: events.JobScheduled) -> None:
    state.scheduled += 1
    heapq.heappush(state.jobs, Job(event.due, state.scheduled, event.job, event.name, dict(event.arguments)))


def _job_ended(state: State, event: events.JobEnded) -> None:
    state.jobs = [job for job in state.jobs if job.id != event.job]
    heapq.heapify(state.jobs)


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.WorldCreated: _world_created,
    events.ClockAdvanced: _clock_advanced,
    events.PrincipalAdded: _principal_added,
    events.PrincipalRemoved: _principal_removed,
    events.ResourcePut: _resource_put,
    events.ResourceDeleted: _resource_deleted,
    events.OperationStarted: _operation_started,
    events.RegistryOpened: _registry_opened,
    events.RegistryClosed: _registry_closed,
    events.CredentialRegenerated: _credential_regenerated,
    events.BlobLinked: _blob_linked,
    events.BlobUnlinked: _blob_unlinked,
    events.ManifestPushed: _manifest_pushed,
    events.ManifestDeleted: _manifest_deleted,
    events.TagDeleted: _tag_deleted,
    events.RepositoryDeleted: _repository_deleted,
    events.AttributesChanged: _attributes_changed,
    events.JobScheduled: _job_scheduled,
    events.JobEnded: _job_ended,
}
