"""The fold of registries and what they hold."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events, scope_maps
from acrlab.domain.content import UNLOCKED, Descriptor
from acrlab.engine.state import Entry, Link, LostTag, Registry, Repository, Resource, State, Tag, Trashed


def _registry_opened(state: State, event: events.RegistryOpened) -> None:
    """A registry with its system scope maps: also one of a journal that is older than they are.

    Source: container-registry-token-based-repository-permissions (2025-05-01), list of system-defined maps.
    """
    state.registries[event.registry] = Registry(
        event.registry, event.login_server, event.resource, list(event.passwords), event.at
    )
    state.login_servers[event.login_server] = event.registry
    for name, (text, actions) in scope_maps.PROVIDED.items():
        id = f"{event.resource}/scopeMaps/{name}"
        body = {"properties": {"description": text, "type": scope_maps.SYSTEM, "actions": list(actions)}}
        state.resources[id.lower()] = Resource(id, body, event.at, event.by, event.at, event.by)


def _registry_closed(state: State, event: events.RegistryClosed) -> None:
    registry = state.registries[event.registry]
    for name in list(registry.repositories):
        _forget_repository(state, registry, name)
    del state.registries[event.registry]
    for key in [each for each in state.counted if each.partition("/")[0] == event.registry]:
        del state.counted[key]
    state.runs.pop(event.registry, None)  # a registry of the same name counts its runs anew
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
            event.config_media_type, event.subject, quarantine=event.quarantine,
        )  # fmt: skip
        registry.stored += len(event.raw)
    entry.updated = repository.updated = event.at
    if event.subject and event.referrer is not None:
        repository.referrers.setdefault(event.subject, {})[event.digest] = event.referrer
    if event.tag:
        point(repository, event.tag, entry, event.at)


def point(repository: Repository, name: str, entry: Entry, at: float) -> None:
    """Let a tag name a manifest; the one it named before may be without tag from now on."""
    tag = repository.tags.get(name)
    if tag is None:
        repository.tags[name] = Tag(name, entry.digest, at, at)
    else:
        if tag.digest != entry.digest:
            _untag(repository.manifests[tag.digest], name, at)
        tag.digest, tag.updated = entry.digest, at
    entry.tags[name] = None


def _untag(entry: Entry, name: str, at: float) -> None:
    entry.tags.pop(name, None)
    if not entry.tags:
        entry.untagged = at


def _manifest_deleted(state: State, event: events.ManifestDeleted) -> None:
    registry, repository = _repository(state, event)
    if event.kept:
        _keep_deleted(repository, event)
    else:
        _drop_manifest(registry, repository, event.digest)
    repository.updated = event.at


def _keep_deleted(repository: Repository, event: events.ManifestDeleted) -> None:
    entry, referrer = _take_out(repository, event.digest)
    repository.lost.extend(LostTag(name, event.digest, event.at) for name in sorted(entry.tags))
    entry.tags = {}
    repository.trash[event.digest] = Trashed(entry, event.at, referrer)


def _drop_manifest(registry: Registry, repository: Repository, digest: str) -> None:
    entry, _ = _take_out(repository, digest)
    registry.stored -= len(entry.raw)


def _take_out(repository: Repository, digest: str) -> tuple[Entry, Descriptor | None]:
    """The manifest, with its tags and its place among the referrers removed."""
    entry = repository.manifests.pop(digest)
    for name in entry.tags:
        del repository.tags[name]
    known = repository.referrers.get(entry.subject, {})
    referrer = known.pop(digest, None)
    if referrer is not None and not known:
        del repository.referrers[entry.subject]
    return entry, referrer


def _tag_deleted(state: State, event: events.TagDeleted) -> None:
    _, repository = _repository(state, event)
    tag = repository.tags.pop(event.tag)
    entry = repository.manifests[tag.digest]
    _untag(entry, event.tag, event.at)
    entry.updated = repository.updated = event.at
    if event.kept:
        repository.lost.append(LostTag(event.tag, tag.digest, event.at))


def _repository_deleted(state: State, event: events.RepositoryDeleted) -> None:
    _forget_repository(state, state.registries[event.registry], event.repository)


def _forget_repository(state: State, registry: Registry, name: str) -> None:
    repository = registry.repositories[name]
    for digest in list(repository.manifests):
        _drop_manifest(registry, repository, digest)
    registry.stored -= sum(len(each.entry.raw) for each in repository.trash.values())
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


FOLD: dict[type, Callable[[State, Any], None]] = {
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
}
