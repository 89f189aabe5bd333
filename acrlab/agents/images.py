"""The images of an agent: their content in its folder, their names, their way to and from registries."""

import contextlib
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from acrlab.agents.archive import packed
from acrlab.agents.bases.catalogue import RECIPES, why_not
from acrlab.agents.protocol import EngineFailed, Registries, Sink
from acrlab.agents.references import Reference

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_INDEXES = frozenset(
    {"application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json"}
)
_MANIFESTS = frozenset({DOCKER_MANIFEST, "application/vnd.oci.image.manifest.v1+json"})
_PACKERS = 2  # threads that compress
_MOMENT = 2.0  # seconds
_AT_ONCE = 5  # layers that docker sends at the same time; the log says that the others wait


class Stacked(msgspec.Struct, frozen=True):
    """A layer of an image: the blob to unpack, and what describes it in manifests, once it is packed for registries."""

    digest: str
    size: int
    descriptor: dict[str, Any] | None = None


class Image(msgspec.Struct, frozen=True):
    """An image of the agent: `id` is the digest of its configuration.

    One that was built here has its layers `stacked`, and no manifest before it is asked for.
    """

    id: str
    media_type: str
    manifest: bytes
    size: int
    stacked: tuple[Stacked, ...] = ()

    @property
    def layers(self) -> tuple[Stacked, ...]:
        """From the lowest."""
        if not self.manifest:
            return self.stacked
        described = _document(self.manifest)["layers"]
        return tuple(Stacked(str(each["digest"]), int(each.get("size", 0)), each) for each in described)


class Platform(msgspec.Struct, frozen=True):
    """What an image runs on."""

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def read(cls, text: str) -> "Platform":
        """From os[/architecture[/variant]]. Raises: EngineFailed."""
        parts = text.lower().split("/")
        if parts in (["linux"], ["windows"]):
            parts.append("amd64")
        if not 2 <= len(parts) <= 3 or not all(parts):
            raise EngineFailed(f'"{text}": unknown operating system or architecture: invalid argument')
        return cls(*parts)

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Platform":
        """What an image says of itself in its configuration."""
        said = [str(config.get(name) or "") for name in ("os", "architecture", "variant")]
        return cls(said[0] or "linux", said[1] or "amd64", said[2])

    def holds(self, config: dict[str, Any]) -> bool:
        """Whether an image will do where this platform was asked for."""
        other = Platform.of(config)
        return (self.os, self.architecture) == (other.os, other.architecture) and self.variant in ("", other.variant)

    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


def sha256(raw: bytes) -> str:
    """The digest of bytes."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


class Images:
    """Blobs by digest and images by reference. Used by several threads at once."""

    def __init__(self, folder: Path, registries: Registries) -> None:
        self.blobs, self._registries = folder / "blobs" / "sha256", registries
        self.blobs.mkdir(parents=True, exist_ok=True)
        self._named: dict[str, Image] = {}
        self._made: dict[str, Image] = {}  # by id, named or not
        self._known: dict[str, str] = {}  # reference -> digest, once a registry has it
        self._manifests: dict[str, bytes] = {}  # by image id, of those that were built here
        self._packed: dict[str, dict[str, Any]] = {}  # diff id -> descriptor
        self._lock = threading.Lock()
        self._packing = threading.Lock()

    def blob(self, digest: str) -> Path:
        """Where a blob lies. Raises: EngineFailed for what is no digest."""
        algorithm, _, digits = digest.partition(":")
        if algorithm != "sha256" or len(digits) != 64 or set(digits) - set("0123456789abcdef"):
            raise EngineFailed(f"invalid checksum digest format: {digest[:100]}")
        return self.blobs / digits

    def put(self, raw: bytes) -> str:
        """Keep bytes; their digest."""
        digest = sha256(raw)
        with tempfile.NamedTemporaryFile(dir=self.blobs.parent, delete=False) as file:
            file.write(raw)
        os.replace(file.name, self.blob(digest))
        return digest

    def create(self, config: bytes, layers: Sequence[Stacked]) -> Image:
        """An image from its configuration and its layers."""
        return Image(self.put(config), DOCKER_MANIFEST, b"", sum(layer.size for layer in layers), tuple(layers))

    def manifest(self, image: Image) -> bytes:
        """Its manifest; packs the layers that registries have not seen. Raises: EngineFailed."""
        if image.manifest:
            return image.manifest
        with self._packing:
            if image.id not in self._manifests:
                with ThreadPoolExecutor(_PACKERS) as packers:
                    layers = list(packers.map(self._described, image.stacked))
                document = {
                    "schemaVersion": 2,
                    "mediaType": DOCKER_MANIFEST,
                    "config": {
                        "mediaType": DOCKER_CONFIG, "size": self.blob(image.id).stat().st_size, "digest": image.id
                    },
                    "layers": layers,
                }  # fmt: skip
                self._manifests[image.id] = msgspec.json.format(msgspec.json.encode(document), indent=3)
            return self._manifests[image.id]

    def _described(self, layer: Stacked) -> dict[str, Any]:
        if layer.descriptor:
            return layer.descriptor
        if layer.digest not in self._packed:
            digest, size = packed(self.blob(layer.digest), self.blobs)
            self._packed[layer.digest] = {"mediaType": DOCKER_LAYER, "size": size, "digest": digest}
        return self._packed[layer.digest]

    def keep(self, image: Image) -> None:
        """Find it by its id, named or not."""
        with self._lock:
            self._made[image.id] = image

    def name(self, reference: str, image: Image) -> None:
        """Give a reference to an image; an earlier image loses it. Raises: EngineFailed."""
        name = Reference.read(reference).complete
        with self._lock:
            self._named[name] = self._made[image.id] = image
            self._known.pop(name, None)

    def find(self, reference: str) -> Image | None:
        """The image of a reference, or of an id or the first digits of one. Raises: EngineFailed."""
        digits = reference.removeprefix("sha256:")
        with self._lock:
            if len(digits) >= 12 and not set(digits) - set("0123456789abcdef"):
                return next((image for id, image in self._made.items() if id.startswith(f"sha256:{digits}")), None)
            return self._named.get(Reference.read(reference).complete)

    def tag(self, source: str, target: str) -> None:
        """Name an image a second time. Raises: EngineFailed."""
        self.name(target, self._local(source, f"Error response from daemon: No such image: {source}"))

    def digest(self, reference: str) -> str:
        """Of the manifest, once it was pulled or pushed under this reference. Raises: EngineFailed."""
        with self._lock:
            return self._known.get(Reference.read(reference).complete, "")

    def listed(self) -> list[tuple[str, str, int]]:
        """Reference as docker shows it, id and bytes."""
        with self._lock:
            named = sorted(self._named.items())
        return [(Reference.read(reference).shown, image.id, image.size) for reference, image in named]

    def config(self, image: Image) -> dict[str, Any]:
        """The configuration of an image. Raises: EngineFailed."""
        return _document(self.blob(image.id).read_bytes())

    def pull(self, reference: str, platform: Platform, sink: Sink = lambda data: None) -> Image:
        """Fetch an image for a platform, all of it checked, with docker's lines. Raises: EngineFailed."""
        name = Reference.read(reference)
        media_type, raw = self._manifest(name, sink)
        found = sha256(raw)
        if name.digest and name.digest != found:
            raise EngineFailed(f"manifest verification failed for digest {name.digest}")
        sink(f"{name.end}: Pulling from {name.repository}\n".encode())
        if media_type in _INDEXES:
            media_type, raw = self._of_index(name, _document(raw), platform, reference, sink)
        if media_type not in _MANIFESTS:
            raise EngineFailed(f"unsupported media type {media_type}")
        with self._lock:
            new = self._known.get(name.complete) != found
        image = self._fetched(name, media_type, raw, sink)
        self.name(name.complete, image)
        with self._lock:
            self._known[name.complete] = found
        state = "Downloaded newer image" if new else "Image is up to date"
        sink(f"Digest: {found}\nStatus: {state} for {name.shown}\n".encode())
        return image

    def push(self, reference: str, sink: Sink) -> tuple[str, int]:
        """Send an image, with docker's lines; digest and size of its manifest. Raises: EngineFailed."""
        name = Reference.read(reference)
        image = self._local(reference, f"An image does not exist locally with the tag: {name.short}")
        sink(f"The push refers to repository [{name.name}]\n".encode())
        manifest = self.manifest(image)
        digests = [str(layer["digest"]) for layer in _document(manifest)["layers"]]
        shown = list(zip(self._diffs(image, digests), digests, strict=True))[::-1]
        for number, (diff, _) in enumerate(shown):
            sink(f"{diff}: Preparing\n".encode())
            if number >= _AT_ONCE:
                sink(f"{diff}: Waiting\n".encode())
        for diff, digest in shown:
            new = self._registries.upload(name.complete, digest, self.blob(digest))
            sink(f"{diff}: {'Pushed' if new else 'Layer already exists'}\n".encode())
        self._registries.upload(name.complete, image.id, self.blob(image.id))
        self._registries.publish(name.complete, image.media_type, manifest)
        digest = sha256(manifest)
        with self._lock:
            self._known[name.complete] = digest
        sink(f"{name.end}: digest: {digest} size: {len(manifest)}\n".encode())
        return digest, len(manifest)

    def _of_index(
        self, name: Reference, index: dict[str, Any], platform: Platform, reference: str, sink: Sink
    ) -> tuple[str, bytes]:
        """The manifest of a platform: as the index lists it, or of a stand-in that is made for it."""
        if chosen := _chosen(index, platform):
            media_type, raw = self._registries.manifest(f"{name.name}@{chosen}")
            if sha256(raw) != chosen:
                raise EngineFailed(f"manifest verification failed for digest {chosen}")
            return media_type, raw
        unmatched = f"no matching manifest for {platform} in the manifest list entries of {reference}"
        if name.name not in RECIPES:
            raise EngineFailed(unmatched)
        try:
            with _patience(name, str(platform), sink):
                media_type, raw = self._registries.manifest(name.complete, str(platform))
        except EngineFailed as failure:
            raise EngineFailed(f"{unmatched}\nacrlab: no stand-in for {name.short}: {failure.text}") from failure
        if media_type in _INDEXES:
            raise EngineFailed(unmatched)
        return media_type, raw

    def _manifest(self, name: Reference, sink: Sink) -> tuple[str, bytes]:
        """Without internet the registry's error is not all: why nothing stands in for the image follows it."""
        try:
            with _patience(name, "", sink):
                return self._registries.manifest(name.complete)
        except EngineFailed as failure:
            why = why_not(name.name)
            text = f"{failure.text}\nacrlab: nothing stands in for {name.short}: {why}" if why else failure.text
            raise EngineFailed(text, failure.code) from failure

    def _diffs(self, image: Image, layers: list[str]) -> list[str]:
        """What docker calls the layers in its lines: their content before it was compressed."""
        rootfs = self.config(image).get("rootfs")
        diffs = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
        known = diffs if isinstance(diffs, list) and len(diffs) == len(layers) else layers
        return [str(digest)[7:19] for digest in known]

    def _local(self, reference: str, error: str) -> Image:
        image = self.find(reference)
        if not image:
            raise EngineFailed(error)
        return image

    def _fetched(self, name: Reference, media_type: str, raw: bytes, sink: Sink) -> Image:
        document = _document(raw)
        try:
            config = str(document["config"]["digest"])
            layers = [str(layer["digest"]) for layer in document["layers"]]
            size = sum(int(layer.get("size", 0)) for layer in document["layers"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise EngineFailed(f"invalid manifest for {name.shown}") from None
        waiting = [layer for layer in layers if not self.blob(layer).exists()]
        for layer in layers:
            state = "Pulling fs layer" if layer in waiting else "Already exists"
            sink(f"{layer[7:19]}: {state}\n".encode())
        self._fetch(name, config)
        for layer in waiting:
            self._fetch(name, layer)
            for state in ("Verifying Checksum", "Download complete", "Pull complete"):
                sink(f"{layer[7:19]}: {state}\n".encode())
        return Image(config, media_type, raw, size)

    def _fetch(self, name: Reference, digest: str) -> None:
        target = self.blob(digest)
        if target.exists():
            return
        with tempfile.TemporaryDirectory(dir=self.blobs.parent) as folder:
            file = Path(folder, "blob")
            self._registries.fetch(name.complete, digest, file)
            if _file_digest(file) != digest:
                raise EngineFailed(f"filesystem layer verification failed for digest {digest}")
            os.replace(file, target)


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise EngineFailed("invalid manifest: not a JSON object") from None
    return document


def _chosen(index: dict[str, Any], platform: Platform) -> str:
    """The manifest of a platform, or nothing; without a variant of its own a request takes the first that fits."""
    for entry in index.get("manifests") or []:
        said = entry.get("platform") or {} if isinstance(entry, dict) else {}
        same = (said.get("os"), said.get("architecture")) == (platform.os, platform.architecture)
        if same and platform.variant in ("", said.get("variant", "")):
            return str(entry.get("digest", ""))
    return ""


@contextlib.contextmanager
def _patience(name: Reference, platform: str, sink: Sink) -> Iterator[None]:
    """While something is put together: whoever waits for longer than a moment is told what for."""
    said = f"acrlab: putting together a stand-in for {name.short}{' on ' + platform if platform else ''}\n"
    telling = threading.Timer(_MOMENT, sink, (said.encode(),))
    telling.daemon = True
    if name.name in RECIPES:
        telling.start()
    try:
        yield
    finally:
        telling.cancel()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
