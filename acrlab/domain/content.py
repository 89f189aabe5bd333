"""What a repository holds: manifests, descriptors, tags, attributes."""

from collections.abc import Iterator

import msgspec

from acrlab.domain import names
from acrlab.domain.errors import DigestInvalid, ManifestInvalid

LARGEST_MANIFEST = 4 * 1024 * 1024  # bytes; data/tiers.toml max_manifest says the same, and a test holds them together
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
ARTIFACT_MANIFEST = "application/vnd.cncf.oras.artifact.manifest.v1+json"
SCHEMA_1 = (
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
)
INDEXES = (OCI_INDEX, DOCKER_INDEX)
# Layers that may stay outside the registry: Windows base layers, fetched from the URL they carry.
FOREIGN = ("application/vnd.docker.image.rootfs.foreign", "application/vnd.oci.image.layer.nondistributable")


class Descriptor(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A pointer to content. `size` is in bytes."""

    media_type: str = ""
    digest: str = ""
    size: int = 0
    artifact_type: str | None = None
    annotations: dict[str, str] | None = None
    urls: list[str] | None = None

    @property
    def foreign(self) -> bool:
        """Whether the content may be absent from the registry."""
        return self.media_type.startswith(FOREIGN)


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """A parsed view over a manifest's bytes; the bytes themselves are what is kept and served."""

    schema_version: int | None = None
    media_type: str = ""
    artifact_type: str | None = None
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None
    manifests: list[Descriptor] | None = None
    blobs: list[Descriptor] | None = None
    subject: Descriptor | None = None
    annotations: dict[str, str] | None = None

    def held(self) -> Iterator[Descriptor]:
        """The blobs that the manifest keeps alive."""
        if self.config is not None:
            yield self.config
        yield from self.layers or ()
        yield from self.blobs or ()

    @property
    def kind(self) -> str | None:
        """The artifact type that referrers lists show: the manifest's own, or its config's media type.

        Source: OCI distribution-spec v1.1, Listing Referrers.
        """
        if self.artifact_type:
            return self.artifact_type
        return self.config.media_type if self.config is not None and self.config.media_type else None


_DECODE = msgspec.json.Decoder(Manifest)


def parse(raw: bytes, content_type: str) -> tuple[Manifest, str]:
    """Read a manifest. Returns the view and its media type.

    The media type is the Content-Type without parameters, else the document's own.
    Raises: ManifestInvalid, DigestInvalid.
    Source: OCI distribution-spec v1.1 end-7; image-spec manifest.md and image-index.md.
    """
    claimed = content_type.partition(";")[0].strip()
    if claimed in SCHEMA_1:
        raise ManifestInvalid(reason="schema 1 manifests are not taken any more: push schema 2 or OCI").why(
            "Docker schema 1 is refused by acrlab; the service still lists it as a format (image-formats, 2023)"
        )
    try:
        manifest = _DECODE.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ManifestInvalid(reason=str(error)) from None
    media_type = claimed or manifest.media_type
    if not media_type:
        raise ManifestInvalid(reason="neither Content-Type nor mediaType names the media type")
    if manifest.media_type and claimed and manifest.media_type != claimed:
        raise ManifestInvalid(reason=f"mediaType {manifest.media_type} is not the Content-Type {claimed}")
    if manifest.schema_version != 2 and media_type != ARTIFACT_MANIFEST:
        raise ManifestInvalid(reason="schemaVersion must be 2")
    _check_shape(manifest, media_type)
    for descriptor in (*manifest.held(), *(manifest.manifests or ()), *filter(None, (manifest.subject,))):
        _check_descriptor(descriptor)
    return manifest, media_type


def _check_shape(manifest: Manifest, media_type: str) -> None:
    if media_type in INDEXES and manifest.manifests is None:
        raise ManifestInvalid(reason="an index needs manifests")
    if media_type in (OCI_MANIFEST, DOCKER_MANIFEST) and (manifest.config is None or manifest.layers is None):
        raise ManifestInvalid(reason="an image manifest needs config and layers")


def _check_descriptor(descriptor: Descriptor) -> None:
    if descriptor.size < 0:
        raise ManifestInvalid(reason=f"descriptor {descriptor.digest} has a negative size")
    try:
        names.digest(descriptor.digest)
    except DigestInvalid as error:
        raise ManifestInvalid(reason=error.text) from None


class Attributes(msgspec.Struct, frozen=True):
    """What may be done with a repository, a tag or a manifest: the locks of ACR.

    Source: container-registry-image-lock (2023-10-31).
    """

    delete: bool = True
    write: bool = True
    list: bool = True
    read: bool = True

    @property
    def protects(self) -> bool:
        """Whether the content may not be deleted: either lock does that."""
        return not (self.delete and self.write)


UNLOCKED = Attributes()
