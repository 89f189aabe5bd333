"""The images of an agent: their content in its folder, their names, their way to and from registries."""

import hashlib
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import msgspec

from acrlab.agents.protocol import EngineFailed, Registries, Sink

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_INDEXES = frozenset(
    {"application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json"}
)
_MANIFESTS = frozenset({DOCKER_MANIFEST, "application/vnd.oci.image.manifest.v1+json"})
_CHUNK = 1 << 20


class Image(msgspec.Struct, frozen=True):
    """An image of the agent: `id` is the digest of its configuration."""

    id: str
    media_type: str
    manifest: bytes
    size: int

    @property
    def digest(self) -> str:
        """Of its manifest."""
        return sha256(self.manifest)


class Platform(msgspec.Struct, frozen=True):
    """What an image runs on."""

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def read(cls, text: str) -> "Platform":
        """From os/architecture[/variant]. Raises: EngineFailed."""
        parts = text.lower().split("/")
        if not 2 <= len(parts) <= 3 or not all(parts):
            raise EngineFailed(f'"{text}": unknown operating system or architecture: invalid argument')
        return cls(*parts)


def sha256(raw: bytes) -> str:
    """The digest of bytes."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


class Images:
    """Blobs by digest and images by reference. Used by several threads at once."""

    def __init__(self, folder: Path, registries: Registries) -> None:
        self._blobs, self._registries = folder / "blobs" / "sha256", registries
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._named: dict[str, Image] = {}
        self._known: dict[str, str] = {}  # reference -> digest, once a registry has it
        self._lock = threading.Lock()

    def blob(self, digest: str) -> Path:
        """Where a blob lies. Raises: EngineFailed for what is no digest."""
        algorithm, _, digits = digest.partition(":")
        if algorithm != "sha256" or len(digits) != 64 or set(digits) - set("0123456789abcdef"):
            raise EngineFailed(f"invalid checksum digest format: {digest[:100]}")
        return self._blobs / digits

    def put(self, raw: bytes) -> str:
        """Keep bytes; their digest."""
        digest = sha256(raw)
        with tempfile.NamedTemporaryFile(dir=self._blobs.parent, delete=False) as file:
            file.write(raw)
        os.replace(file.name, self.blob(digest))
        return digest

    def name(self, reference: str, image: Image) -> None:
        """Give a reference to an image; an earlier image loses it."""
        with self._lock:
            self._named[reference] = image
            self._known.pop(reference, None)

    def find(self, reference: str) -> Image | None:
        """The image of a reference, or of an id."""
        with self._lock:
            named = self._named.get(reference)
            return named or next((each for each in self._named.values() if each.id == reference), None)

    def tag(self, source: str, target: str) -> None:
        """Name an image a second time. Raises: EngineFailed."""
        self.name(target, self._local(source, f"Error response from daemon: No such image: {source}"))

    def digest(self, reference: str) -> str:
        """Of the manifest, once it was pulled or pushed under this reference."""
        with self._lock:
            return self._known.get(reference, "")

    def listed(self) -> list[tuple[str, str, int]]:
        """Reference, id and bytes."""
        with self._lock:
            return [(reference, image.id, image.size) for reference, image in sorted(self._named.items())]

    def pull(self, reference: str, platform: Platform) -> Image:
        """Fetch an image for a platform, all of it checked. Raises: EngineFailed."""
        media_type, raw = self._registries.manifest(reference)
        found = sha256(raw)
        if (wanted := _pinned(reference)) and wanted != found:
            raise EngineFailed(f"manifest verification failed for digest {wanted}")
        if media_type in _INDEXES:
            chosen = _chosen(_document(raw), platform, reference)
            media_type, raw = self._registries.manifest(f"{_repository(reference)}@{chosen}")
            if sha256(raw) != chosen:
                raise EngineFailed(f"manifest verification failed for digest {chosen}")
        if media_type not in _MANIFESTS:
            raise EngineFailed(f"unsupported media type {media_type}")
        image = self._fetched(reference, media_type, raw)
        self.name(reference, image)
        with self._lock:
            self._known[reference] = found
        return image

    def push(self, reference: str, sink: Sink) -> tuple[str, int]:
        """Send an image, with docker's lines; digest and size of its manifest. Raises: EngineFailed."""
        repository, tag = _repository(reference), reference.rpartition("/")[2].partition(":")[2] or "latest"
        image = self._local(reference, f"An image does not exist locally with the tag: {repository}")
        document = _document(image.manifest)
        layers = [layer["digest"] for layer in document["layers"]]
        sink(f"The push refers to repository [{repository}]\n".encode())
        for layer in layers:
            sink(f"{layer[7:19]}: Preparing\n".encode())
        for layer in layers:
            new = self._registries.upload(reference, layer, self.blob(layer))
            sink(f"{layer[7:19]}: {'Pushed' if new else 'Layer already exists'}\n".encode())
        self._registries.upload(reference, image.id, self.blob(image.id))
        self._registries.publish(reference, image.media_type, image.manifest)
        with self._lock:
            self._known[reference] = image.digest
        sink(f"{tag}: digest: {image.digest} size: {len(image.manifest)}\n".encode())
        return image.digest, len(image.manifest)

    def _local(self, reference: str, error: str) -> Image:
        image = self.find(reference)
        if not image:
            raise EngineFailed(error)
        return image

    def _fetched(self, reference: str, media_type: str, raw: bytes) -> Image:
        document = _document(raw)
        try:
            config, layers = document["config"]["digest"], [layer["digest"] for layer in document["layers"]]
            size = sum(int(layer.get("size", 0)) for layer in document["layers"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise EngineFailed(f"invalid manifest for {reference}") from None
        for digest in (config, *layers):
            self._fetch(reference, digest)
        return Image(config, media_type, raw, size)

    def _fetch(self, reference: str, digest: str) -> None:
        target = self.blob(digest)
        if target.exists():
            return
        with tempfile.TemporaryDirectory(dir=self._blobs.parent) as folder:
            file = Path(folder, "blob")
            self._registries.fetch(reference, digest, file)
            if _file_digest(file) != digest:
                raise EngineFailed(f"filesystem layer verification failed for digest {digest}")
            os.replace(file, target)


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise EngineFailed("invalid manifest: not a JSON object") from None
    return document


def _chosen(index: dict[str, Any], platform: Platform, reference: str) -> str:
    """The manifest of a platform; without a variant of its own a request takes the first that fits."""
    for entry in index.get("manifests") or []:
        said = entry.get("platform") or {} if isinstance(entry, dict) else {}
        same = (said.get("os"), said.get("architecture")) == (platform.os, platform.architecture)
        if same and platform.variant in ("", said.get("variant", "")):
            return str(entry.get("digest", ""))
    wanted = "/".join(filter(None, (platform.os, platform.architecture, platform.variant)))
    raise EngineFailed(f"no matching manifest for {wanted} in the manifest list entries of {reference}")


def _pinned(reference: str) -> str:
    return reference.partition("@")[2]


def _repository(reference: str) -> str:
    """The reference without tag and digest."""
    path = reference.partition("@")[0]
    host, slash, name = path.rpartition("/")
    return f"{host}{slash}{name.partition(':')[0]}"


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
