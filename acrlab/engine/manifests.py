"""Manifests: pushed, found, deleted, referred to."""

import msgspec

from acrlab.domain import content, events, names
from acrlab.domain.content import Descriptor, Manifest
from acrlab.domain.errors import (
    DigestInvalid,
    DisallowedOperation,
    ManifestBlobUnknown,
    ManifestUnknown,
    TagUnknown,
    TooLarge,
)  # fmt: skip
from acrlab.domain.policies import QUARANTINED
from acrlab.engine import collection, locks, space, uploads
from acrlab.engine.lifecycle import quarantine, soft_delete
from acrlab.engine.state import Entry, Registry, Repository, Tag
from acrlab.engine.world import World

LARGEST_CONFIG = 4 * 1024 * 1024  # bytes of an image config that are read for its platform


class _Platform(msgspec.Struct):
    architecture: str = ""
    os: str = ""


def put(
    world: World, registry: Registry, name: str, reference: str, raw: bytes, content_type: str, by: str,
    tags: tuple[str, ...] = (),
) -> events.ManifestPushed:  # fmt: skip
    """Push a manifest by tag, or by digest with any number of tags.

    Raises: NameInvalid, TagInvalid, DigestInvalid, ManifestInvalid, ManifestBlobUnknown, DisallowedOperation, TooLarge.
    Source: OCI distribution-spec v1.1 end-7; locks: container-registry-image-lock (2023-10-31).
    """
    names.repository(name)
    if len(raw) > content.LARGEST_MANIFEST:
        raise TooLarge(limit=content.LARGEST_MANIFEST)
    digest = _digest(reference, raw)
    wanted = tuple(names.tag(each) for each in ((*tags,) if names.is_digest(reference) else (reference, *tags)))
    manifest, media_type = content.parse(raw, content_type)
    repository = registry.repositories.get(name)
    _require_held(manifest, repository)
    require_pushable(registry, name, digest, wanted)
    if repository is None or digest not in repository.manifests:
        space.require(world, registry, len(raw))
    made = pushed(world, registry, name, digest, raw, manifest, media_type, by)
    first, *others = wanted or ("",)
    tagged = (msgspec.structs.replace(made, tag=each) for each in others)
    world.commit(msgspec.structs.replace(made, tag=first), *tagged)
    return made


def _digest(reference: str, raw: bytes) -> str:
    if not names.is_digest(reference):
        return names.digest_of(raw)
    actual = names.digest_of(raw, names.digest(reference).partition(":")[0])
    if actual != reference:
        raise DigestInvalid(digest=reference, actual=actual)
    return actual


def _require_held(manifest: Manifest, repository: Repository | None) -> None:
    blobs = repository.blobs if repository is not None else {}
    manifests = repository.manifests if repository is not None else {}
    for each in manifest.held():
        if each.digest not in blobs and not each.foreign:
            raise ManifestBlobUnknown(digest=each.digest)
    for each in manifest.manifests or ():
        if each.digest not in manifests:
            raise ManifestBlobUnknown(digest=each.digest)


def require_pushable(registry: Registry, name: str, digest: str, tags: tuple[str, ...]) -> None:
    """Let a manifest and its tags be written. Raises: DisallowedOperation, ManifestSoftDeleted."""
    uploads.require_writable(registry, name)
    repository = registry.repositories.get(name)
    if repository is None:
        return
    soft_delete.require_fresh(repository, digest)
    for each in filter(None, map(repository.tags.get, tags)):
        if not each.attributes.write:
            raise DisallowedOperation().why(f"tag {each.name} of {name} has writeEnabled=false")
    entry = repository.manifests.get(digest)
    if entry is not None and not entry.attributes.write:
        raise DisallowedOperation().why(f"manifest {digest} of {name} has writeEnabled=false")


def pushed(
    world: World, registry: Registry, name: str, digest: str, raw: bytes, manifest: Manifest, media_type: str, by: str
) -> events.ManifestPushed:
    """The event of a manifest that comes into a repository, without tag."""
    platform = _platform(world, manifest)
    referrer = Descriptor(media_type, digest, len(raw), manifest.kind, manifest.annotations)
    return events.ManifestPushed(
        at=world.now(), by=by, registry=registry.name, repository=name, digest=digest, media_type=media_type, raw=raw,
        architecture=platform.architecture, os=platform.os, size=sum(each.size for each in manifest.held()),
        config_media_type=manifest.config.media_type if manifest.config else "",
        subject=manifest.subject.digest if manifest.subject else "",
        referrer=referrer if manifest.subject else None,
        quarantine=QUARANTINED if quarantine.on(world, registry) else "",
    )  # fmt: skip


def _platform(world: World, manifest: Manifest) -> _Platform:
    config = manifest.config
    if config is None or "image" not in config.media_type or config.size > LARGEST_CONFIG:
        return _Platform()
    try:
        return msgspec.json.decode(world.blobs.read(config.digest, 0, LARGEST_CONFIG), type=_Platform)
    except (msgspec.MsgspecError, OSError, RecursionError, UnicodeDecodeError):
        return _Platform()


def get(registry: Registry, name: str, reference: str) -> Entry:
    """The manifest under a tag or a digest.

    Raises: ManifestUnknown, DisallowedOperation.
    Source: OCI distribution-spec v1.1 end-3.
    """
    repository = registry.repositories.get(name)
    if repository is None:
        raise ManifestUnknown(reference=reference, name=name)
    entry, tag = resolve(repository, reference)
    uploads.require_readable(repository)
    for target, what in ((tag, f"tag {reference}"), (entry, f"manifest {entry.digest}")):
        if target is not None and not target.attributes.read:
            raise DisallowedOperation().why(f"{what} of {name} has readEnabled=false")
    return entry


def resolve(repository: Repository, reference: str) -> tuple[Entry, Tag | None]:
    """The manifest, and the tag it was asked by. Raises: ManifestUnknown."""
    tag = None if names.is_digest(reference) else repository.tags.get(reference)
    entry = repository.manifests.get(tag.digest if tag is not None else reference)
    if entry is None:
        raise ManifestUnknown(reference=reference, name=repository.name)
    return entry, tag


def delete(world: World, registry: Registry, name: str, reference: str, by: str) -> None:
    """Delete a manifest with all its tags; a tag given instead is only untagged.

    Raises: ManifestUnknown, DisallowedOperation.
    Source: OCI distribution-spec v1.1 end-9; container-registry-delete (2023-10-31).
    """
    repository = registry.repositories.get(name)
    if repository is None:
        raise ManifestUnknown(reference=reference, name=name)
    entry, tag = resolve(repository, reference)
    if tag is not None:
        untag(world, registry, name, tag.name, by)
        return
    locks.require_deletable(repository, entry)
    now = world.now()
    world.commit(
        events.ManifestDeleted(
            at=now, by=by, registry=registry.name, repository=name, digest=entry.digest,
            kept=soft_delete.on(world, registry),
        ),
        *collection.planned(world, now),
    )  # fmt: skip


def untag(world: World, registry: Registry, name: str, tag: str, by: str) -> None:
    """Remove a tag and keep its manifest. Raises: TagUnknown, DisallowedOperation."""
    repository = registry.repositories.get(name)
    known = repository.tags.get(tag) if repository is not None else None
    if repository is None or known is None:
        raise TagUnknown(tag=tag)
    if not repository.attributes.write or known.attributes.protects:
        raise DisallowedOperation().why(f"tag {tag} of {name} is locked: writeEnabled or deleteEnabled is false")
    kept = soft_delete.on(world, registry)
    world.commit(events.TagDeleted(at=world.now(), by=by, registry=registry.name, repository=name, tag=tag, kept=kept))


def referrers(registry: Registry, name: str, digest: str, artifact_type: str | None) -> list[Descriptor]:
    """What refers to a digest, by digest; filtered by artifact type when one is given.

    Raises: DigestInvalid. Source: OCI distribution-spec v1.1 end-12: an unknown subject has an empty list.
    """
    names.repository(name)
    repository = registry.repositories.get(name)
    known = repository.referrers.get(names.digest(digest), {}) if repository is not None else {}
    return [known[each] for each in sorted(known) if artifact_type in (None, known[each].artifact_type)]
