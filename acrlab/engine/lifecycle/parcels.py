"""Artifacts packed into one blob, and taken out of it again."""

from typing import TYPE_CHECKING

import msgspec

from acrlab.domain import content, names, parcels
from acrlab.domain.content import INDEXES, LARGEST_MANIFEST, OCI_INDEX, Descriptor
from acrlab.domain.errors import BlobUnknown, Condition, ManifestUnknown
from acrlab.domain.imports import MOST_MANIFESTS
from acrlab.domain.lifecycle_errors import ImportTooLarge
from acrlab.domain.transfer_errors import ParcelInvalid, TransferFailed
from acrlab.engine.accounts.blobs import Arrival
from acrlab.engine.lifecycle.sources import Neighbour, Source
from acrlab.engine.state import Registry

if TYPE_CHECKING:
    from acrlab.engine.world import World

PIECE = 1024 * 1024  # bytes read at once
LARGEST_LAYER = 8 * 1024**3  # bytes. Source: container-registry-transfer-prerequisites (2026)


class Picked(msgspec.Struct):
    """An artifact with all that belongs to it: manifests by digest, sizes of blobs by digest."""

    artifact: str
    descriptor: Descriptor
    manifests: dict[str, bytes]
    blobs: dict[str, int]


def pick(world: "World", registry: Registry, artifact: str, repository: str, reference: str) -> Picked:
    """Everything that belongs to an artifact.

    Raises: ManifestUnknown, BlobUnknown, DisallowedOperation, ImportTooLarge, TransferFailed.
    """
    source = Neighbour(world, registry, repository)
    raw, media_type = source.manifest(reference)
    digest = reference if names.is_digest(reference) else names.digest_of(raw)
    own = Descriptor(media_type, digest, len(raw), annotations={parcels.REF: artifact})
    found = Picked(artifact, own, {}, {})
    _gather(source, digest, raw, media_type, found)
    return found


def _gather(source: Source, digest: str, raw: bytes, media_type: str, found: Picked) -> None:
    if digest in found.manifests:
        return
    if len(found.manifests) == MOST_MANIFESTS:
        raise ImportTooLarge(count=f"more than {MOST_MANIFESTS}", limit=MOST_MANIFESTS)
    found.manifests[digest] = raw
    manifest, kind = content.parse(raw, media_type)
    for each in manifest.manifests or () if kind in INDEXES else ():
        _gather(source, each.digest, *source.manifest(each.digest), found)
    for each in manifest.held():
        if not each.foreign:
            found.blobs[each.digest] = source.hold(each.digest)
            if found.blobs[each.digest] > LARGEST_LAYER:
                raise TransferFailed(reason=f"The layer {each.digest} has more than 8 GB, which no transfer takes.")


def pack(world: "World", picked: list[Picked]) -> Arrival:
    """Write the blob; the caller lets it go. Blobs that several artifacts share are in it once.

    Raises: BlobUnknown, OSError.
    """
    arrival = Arrival(world)
    try:
        _write(world, arrival, picked)
        arrival.seal()
    except BaseException:
        arrival.cancel()
        raise
    return arrival


def _write(world: "World", arrival: Arrival, picked: list[Picked]) -> None:
    index = {
        "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [each.descriptor for each in picked]
    }  # fmt: skip
    small = {parcels.MARK: parcels.LAYOUT, parcels.INDEX: msgspec.json.encode(index)}
    small |= {parcels.name_of(digest): raw for each in picked for digest, raw in sorted(each.manifests.items())}
    for name, data in small.items():
        arrival.write(b"".join((parcels.header(name, len(data)), data, parcels.filling(len(data)))))
    large = {digest: size for each in picked for digest, size in each.blobs.items()}
    for digest, size in sorted(large.items()):
        arrival.write(parcels.header(parcels.name_of(digest), size))
        for offset in range(0, size, PIECE):
            arrival.write(world.blobs.read(digest, offset, min(PIECE, size - offset)))
        arrival.write(parcels.filling(size))
    arrival.write(parcels.END)


class Parcel(Source):
    """A blob that an export has written, as a source to copy from. Nothing in it is believed before it is hashed.

    What was taken out counts for the collection until it is released.
    """

    def __init__(self, world: "World", blob: str, size: int) -> None:
        """Raises: ParcelInvalid."""
        self._world, self._blob = world, blob
        self._taken: dict[str, tuple[bytes, str]] = {}  # manifests, with their media types
        self._held: dict[str, int] = {}  # sizes of blobs
        self.refused: dict[str, Condition] = {}  # artifacts that cannot be taken, by digest
        read = lambda offset, length: world.blobs.read(blob, offset, length)  # noqa: E731
        self._members = {name: (offset, length) for name, offset, length in parcels.members(read, size)}
        if parcels.MARK not in self._members:
            raise ParcelInvalid(reason="it has no oci-layout")
        self._kinds: dict[str, str] = {}  # digest -> media type
        self.artifacts = self._listed()

    def take(self) -> None:
        """Take out everything that its artifacts need, so that copying from it reads nothing more. Raises: OSError."""
        for artifact, digest in self.artifacts:
            try:
                _gather(self, digest, *self.manifest(digest), Picked(artifact, Descriptor("", digest, 0), {}, {}))
            except Condition as refused:
                self.refused[digest] = refused

    def release(self) -> None:
        """The blobs have their events now, or nobody wants them."""
        for digest in self._held:
            self._world.expect(digest, -1)
        self._held.clear()

    def _listed(self) -> list[tuple[str, str]]:
        """Names and digests of what is in it."""
        found: list[tuple[str, str]] = []
        for each in self._index().manifests or ():
            self._kinds[each.digest] = each.media_type
            found.append(((each.annotations or {}).get(parcels.REF, ""), each.digest))
        return found

    def _index(self) -> content.Manifest:
        try:
            return content.parse(self._small(parcels.INDEX), OCI_INDEX)[0]
        except (Condition, ValueError) as error:
            raise ParcelInvalid(reason=f"its index cannot be read: {error}") from None

    def _small(self, name: str) -> bytes:
        """Raises: ParcelInvalid."""
        offset, length = self._members.get(name, (0, -1))
        if not 0 <= length <= LARGEST_MANIFEST:
            raise ParcelInvalid(reason=f"it has no {name[:200]} that could be read")
        return self._world.blobs.read(self._blob, offset, length)

    def manifest(self, reference: str) -> tuple[bytes, str]:
        if reference not in self._taken:
            self._taken[reference] = self._manifest(reference)
        return self._taken[reference]

    def _manifest(self, reference: str) -> tuple[bytes, str]:
        raw = self._small(parcels.name_of(reference))
        if names.digest_of(raw, reference.partition(":")[0]) != reference:
            raise ManifestUnknown(reference=reference, name="").why("the bytes in the blob have another digest")
        kind = self._kinds.get(reference, "")
        if kind in INDEXES:
            self._kinds |= {each.digest: each.media_type for each in content.parse(raw, kind)[0].manifests or ()}
        return raw, kind

    def hold(self, digest: str) -> int:
        if digest not in self._held:
            self._world.expect(digest, 1)  # first: what is in the store now is not to go meanwhile
            self._held[digest] = 0
            known = self._world.blobs.size(digest)
            self._held[digest] = known if known is not None else self._unpacked(digest)
        return self._held[digest]

    def _unpacked(self, digest: str) -> int:
        offset, length = self._members.get(parcels.name_of(digest), (0, -1))
        if length < 0:
            raise BlobUnknown(digest=digest)
        upload = self._world.blobs.begin(self._world.uuid())
        try:
            for start in range(0, length, PIECE):
                upload.write(self._world.blobs.read(self._blob, offset + start, min(PIECE, length - start)))
            upload.seal(digest)
        except (Condition, OSError):
            self._world.blobs.cancel(upload.id)
            raise
        return length
