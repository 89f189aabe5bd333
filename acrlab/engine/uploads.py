"""Blobs: received, mounted, served, deleted."""

import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable
from contextlib import suppress

from acrlab.domain import events, names
from acrlab.domain.errors import BlobUnknown, BlobUploadInvalid, BlobUploadUnknown, DisallowedOperation, RangeInvalid
from acrlab.engine import collection, space
from acrlab.engine.blobs import Upload
from acrlab.engine.state import Registry, Repository
from acrlab.engine.world import World

_SPAN = re.compile(r"(?:bytes[ =])?([0-9]{1,19})-([0-9]{1,19})(?:/(?:[0-9]+|\*))?")


def start(world: World, registry: Registry, name: str) -> Upload:
    """Begin an upload. Its id proves by itself that it belongs to this repository.

    Raises: NameInvalid, DisallowedOperation.
    Source: OCI distribution-spec v1.1 end-4a.
    """
    require_writable(registry, names.repository(name))
    nonce = world.random(8)
    return world.blobs.begin(str(uuid.UUID(bytes=nonce + _proof(world, registry, name, nonce))))


def find(world: World, registry: Registry, name: str, upload: str) -> Upload:
    """The upload of that id, whether it began before or after the last restart.

    Raises: BlobUploadUnknown.
    """
    with suppress(ValueError):
        raw = uuid.UUID(upload).bytes
        if hmac.compare_digest(_proof(world, registry, name, raw[:8]), raw[8:]):
            found = world.blobs.resume(str(uuid.UUID(upload)))
            if found is not None:
                return found
    raise BlobUploadUnknown()


def _proof(world: World, registry: Registry, name: str, nonce: bytes) -> bytes:
    text = f"{registry.name}\0{registry.created}\0{name}\0".encode() + nonce
    return hmac.new(world.keys.secret("uploads"), text, hashlib.sha256).digest()[:8]


def expect_chunk(upload: Upload, content_range: str | None, length: str | None) -> None:
    """Check that a chunk continues where the upload stands.

    Raises: RangeInvalid, BlobUploadInvalid.
    Source: OCI distribution-spec v1.1 end-5, "Pushing a blob in chunks".
    """
    if content_range is None:
        return
    span = _SPAN.fullmatch(content_range)
    if span is None:
        raise RangeInvalid(reason=f"Content-Range {content_range!r} is not <first>-<last>")
    first, last = span.groups()
    if int(first) != upload.received:
        raise RangeInvalid(reason=f"the chunk begins at byte {first}, the upload stands at {upload.received}")
    if length is not None and length.isdecimal() and int(length) != int(last) - int(first) + 1:
        raise BlobUploadInvalid(reason=f"Content-Range {content_range!r} does not have {length} bytes")


def finish(world: World, registry: Registry, name: str, digest: str, by: str) -> None:
    """Link a sealed blob into the repository.

    Raises: BlobUploadInvalid when the registry was deleted meanwhile, DisallowedOperation when it is full.
    """
    if world.state.registries.get(registry.name) is not registry:
        raise BlobUploadInvalid(reason="the registry was deleted during the upload")
    size = world.blobs.size(digest)
    if size is None:
        raise BlobUnknown(digest=digest)
    _link(world, registry, name, digest, size, by)


def mount(world: World, registry: Registry, name: str, digest: str, sources: Iterable[str], by: str) -> str | None:
    """Link a blob that one of the source repositories holds. Returns the source that held it, or None.

    Raises: NameInvalid, DisallowedOperation.
    Source: OCI distribution-spec v1.1 end-11.
    """
    require_writable(registry, names.repository(name))
    for source in sources:
        origin = registry.repositories.get(source)
        link = origin.blobs.get(digest) if origin is not None and origin.attributes.read else None
        if link is not None:
            _link(world, registry, name, digest, link.size, by, source)
            return source
    return None


def holders(registry: Registry, digest: str) -> list[str]:
    """Repositories of the registry that hold a blob, by name."""
    if digest not in registry.held:
        return []
    return sorted(each.name for each in registry.repositories.values() if digest in each.blobs)


def _link(world: World, registry: Registry, name: str, digest: str, size: int, by: str, source: str = "") -> None:
    now = world.now()
    if digest not in registry.held:
        space.require(world, registry, size)
    world.commit(
        events.BlobLinked(
            at=now, by=by, registry=registry.name, repository=name, digest=digest, size=size, source=source
        ),
        *collection.planned(world, now),
    )


def size_of(registry: Registry, name: str, digest: str) -> int:
    """Bytes of a blob that the repository holds.

    Raises: BlobUnknown, DigestInvalid, DisallowedOperation.
    """
    repository = registry.repositories.get(name)
    link = repository.blobs.get(names.digest(digest)) if repository is not None else None
    if link is None or repository is None:
        raise BlobUnknown(digest=digest)
    require_readable(repository)
    return link.size


def delete(world: World, registry: Registry, name: str, digest: str, by: str) -> None:
    """Unlink a blob. Raises: BlobUnknown, DisallowedOperation. Source: OCI distribution-spec v1.1 end-10."""
    size_of(registry, name, digest)
    require_writable(registry, name)
    now = world.now()
    world.commit(
        events.BlobUnlinked(at=now, by=by, registry=registry.name, repository=name, digest=digest),
        *collection.planned(world, now),
    )


def require_writable(registry: Registry, name: str) -> None:
    """Raises: DisallowedOperation when the repository is locked against writing."""
    repository = registry.repositories.get(name)
    if repository is not None and not repository.attributes.write:
        raise DisallowedOperation().why(f"repository {name} has writeEnabled=false")


def require_readable(repository: Repository) -> None:
    """Raises: DisallowedOperation when the repository is locked against reading."""
    if not repository.attributes.read:
        raise DisallowedOperation().why(f"repository {repository.name} has readEnabled=false")
