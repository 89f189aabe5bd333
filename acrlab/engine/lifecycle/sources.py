"""Where content is copied from: a registry of this world, or one outside it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from acrlab.domain import names
from acrlab.domain.errors import BlobUnknown, Condition, ManifestUnknown
from acrlab.engine import manifests
from acrlab.engine.state import Registry
from acrlab.engine.upstream import Upstream

if TYPE_CHECKING:
    from acrlab.engine.world import World


class Source:
    """A repository to copy from."""

    def manifest(self, reference: str) -> tuple[bytes, str]:
        """Bytes and media type. Raises: ManifestUnknown, DisallowedOperation."""
        raise NotImplementedError

    def hold(self, digest: str) -> int:
        """Make sure that the world's store has the blob; its size in bytes. Raises: BlobUnknown."""
        raise NotImplementedError


class Neighbour(Source):
    """A repository of this world: its blobs are in the store already."""

    def __init__(self, world: "World", registry: Registry, name: str) -> None:
        self._world, self._registry, self._name = world, registry, name

    def manifest(self, reference: str) -> tuple[bytes, str]:
        found = manifests.get(self._registry, self._name, reference)
        return found.raw, found.media_type

    def hold(self, digest: str) -> int:
        repository = self._registry.repositories.get(self._name)
        link = repository.blobs.get(digest) if repository is not None else None
        if link is None:
            raise BlobUnknown(digest=digest)
        return link.size


class Outside(Source):
    """A repository of a registry outside: its blobs are fetched, and count only once their digest is proven."""

    def __init__(self, world: "World", upstream: Upstream, name: str) -> None:
        self._world, self._upstream, self._name = world, upstream, name

    def manifest(self, reference: str) -> tuple[bytes, str]:
        found = self._upstream.manifest(self._name, reference)
        if found is None:
            raise ManifestUnknown(reference=reference, name=self._name)
        if names.is_digest(reference) and names.digest_of(found[0], reference.partition(":")[0]) != reference:
            raise ManifestUnknown(reference=reference, name=self._name).why("the upstream's bytes have another digest")
        return found

    def hold(self, digest: str) -> int:
        known = self._world.blobs.size(digest)
        return known if known is not None else self._fetched(digest)

    def _fetched(self, digest: str) -> int:
        pieces = self._upstream.blob(self._name, digest)
        if pieces is None:
            raise BlobUnknown(digest=digest)
        return self._kept(digest, pieces)

    def _kept(self, digest: str, pieces: Iterable[bytes]) -> int:
        upload = self._world.blobs.begin(self._world.uuid())
        try:
            for piece in pieces:
                upload.write(piece)
            received = upload.received
            upload.seal(digest)
        except (Condition, OSError):
            self._world.blobs.cancel(upload.id)
            raise
        return received
