"""Small images, made of bytes: the same digests on every machine and every day."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from acrlab.client import display, program
from acrlab.client.blob import Blob, Files, archive, compressed, digest, encoded
from acrlab.client.blob import raw as as_bytes

EMPTY = "application/vnd.oci.empty.v1+json"
TITLE = "org.opencontainers.image.title"
WINDOWS_SERVER_2022 = "10.0.20348.2700"


class Format(NamedTuple):
    """The media types of one family."""

    manifest: str
    index: str
    config: str
    layer: str
    foreign: str


FORMATS = {
    "oci": Format(
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ),
    "docker": Format(
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ),
}
INDEXES = tuple(each.index for each in FORMATS.values())


@dataclass(frozen=True)
class Image:
    """An image, an index of images, or any other artifact: a manifest's bytes and what they point to."""

    raw: bytes = field(repr=False)
    media_type: str
    config: Blob | None = None
    layers: tuple[Blob, ...] = ()
    images: tuple["Image", ...] = ()

    @classmethod
    def build(
        cls,
        files: Files,
        *,
        base: "Image | None" = None,
        platform: str = "linux/amd64",
        os_version: str = "",
        format: str = "oci",
        config: Mapping[str, Any] | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> "Image":
        """An image with one layer that holds the files, on top of the layers of `base`.

        `config` is what a container starts with: Cmd, Env, WorkingDir, Labels …
        """
        below = base.settings if base is not None else {}
        kind = _family(base) if base is not None else FORMATS[format]
        tar = archive(files)
        layer = Blob.of(compressed(tar), kind.layer)
        os, architecture, *variant = platform.split("/")
        settings = {
            "created": "1970-01-01T00:00:00Z",
            "architecture": architecture,
            **({"variant": variant[0]} if variant else {}),
            "os": os,
            **({"os.version": os_version} if os_version else {}),
            "config": {**below.get("config", {}), **(config or {})},
            "rootfs": {"type": "layers", "diff_ids": [*below.get("rootfs", {}).get("diff_ids", ()), digest(tar)]},
        }
        layers = (*(base.layers if base is not None else ()), layer)
        return cls.assembled(kind.manifest, Blob.of(encoded(settings), kind.config), layers, annotations=annotations)

    @classmethod
    def hello(cls, platform: str = "linux/amd64", *, text: str = "Hello from acrlab\n", format: str = "oci") -> "Image":
        """An image of a few hundred bytes that runs: it prints a text. Raises: ValueError for other processors."""
        binary = program.printing(text.encode(), platform.split("/")[1])
        return cls.build({"hello": binary}, platform=platform, format=format, config={"Cmd": ["/hello"]})

    @classmethod
    def windows(
        cls, files: Files | None = None, *, os_version: str = WINDOWS_SERVER_2022, format: str = "docker"
    ) -> "Image":
        """A small Windows image: a base layer that stays with Microsoft, and a layer of our own.

        The base is a stand-in: its descriptor has the form of a real one, with a URL, and its bytes are nowhere.
        Source: OCI image-spec v1.1, Windows layers and non-distributable layers; container-registry-faq (2026-02).
        """
        kind = FORMATS[format]
        tar = archive({"Files/Windows/System32/license.txt": "stand-in of a Windows base layer\r\n", "Hives/": b""})
        data = compressed(tar)
        url = f"https://mcr.microsoft.com/v2/windows/nanoserver/blobs/{digest(data)}"
        foreign = Blob(kind.foreign, digest(data), len(data), urls=(url,))
        settings = Blob.of(encoded({"rootfs": {"type": "layers", "diff_ids": [digest(tar)]}}), kind.config)
        base = cls.assembled(kind.manifest, settings, (foreign,))
        given = files if files is not None else {"hello.txt": "Hello from acrlab\r\n"}
        return cls.build(
            {"Files/": b"", **{f"Files/{name}": data for name, data in given.items()}, "Hives/": b""},
            base=base,
            platform="windows/amd64",
            os_version=os_version,
            config={"Cmd": ["cmd", "/c", "type", "hello.txt"]},
        )

    @classmethod
    def index(cls, images: Iterable["Image"], *, annotations: Mapping[str, str] | None = None) -> "Image":
        """One name for several images: each client takes the one for its platform."""
        held = tuple(images)
        kind = _family(held[0]) if held else FORMATS["oci"]
        body: dict[str, Any] = {"schemaVersion": 2, "mediaType": kind.index}
        body["manifests"] = [each.descriptor() | _platform(each.settings) for each in held]
        return cls(encoded(body | ({"annotations": dict(annotations)} if annotations else {})), kind.index, images=held)

    @classmethod
    def artifact(
        cls,
        artifact_type: str,
        files: Files | None = None,
        *,
        subject: "Image | None" = None,
        media_type: str = "application/octet-stream",
        annotations: Mapping[str, str] | None = None,
    ) -> "Image":
        """Anything that is no image: a chart, a signature, a list of parts. `subject` is what it is about.

        Source: OCI image-spec v1.1, Guidelines for Artifact Usage.
        """
        layers = tuple(
            Blob.of(as_bytes(data), media_type, annotations={TITLE: name}) for name, data in (files or {}).items()
        )
        empty = Blob.of(b"{}", EMPTY)
        return cls.assembled(
            FORMATS["oci"].manifest,
            empty,
            layers or (empty,),
            artifact_type=artifact_type,
            subject=subject,
            annotations=annotations,
        )

    @classmethod
    def assembled(
        cls,
        media_type: str,
        config: Blob,
        layers: tuple[Blob, ...],
        *,
        artifact_type: str = "",
        subject: "Image | None" = None,
        annotations: Mapping[str, str] | None = None,
    ) -> "Image":
        """An image of parts that exist already."""
        body: dict[str, Any] = {"schemaVersion": 2, "mediaType": media_type}
        body |= {"artifactType": artifact_type} if artifact_type else {}
        body |= {"config": config.descriptor(), "layers": [each.descriptor() for each in layers]}
        body |= {"subject": subject.descriptor()} if subject is not None else {}
        body |= {"annotations": dict(annotations)} if annotations else {}
        return cls(encoded(body), media_type, config, layers)

    @classmethod
    def read(
        cls, raw: bytes, media_type: str, blob: Callable[[str], bytes], image: Callable[[str], "Image"]
    ) -> "Image":
        """The image of a manifest: `blob` and `image` fetch what it points to by digest."""
        body = json.loads(raw)
        if "manifests" in body:
            return cls(raw, media_type, images=tuple(image(each["digest"]) for each in body["manifests"]))

        def fetched(found: Mapping[str, Any]) -> Blob:
            urls = tuple(found.get("urls", ()))
            data = None if urls else blob(found["digest"])
            notes = found.get("annotations", {})
            return Blob(found["mediaType"], found["digest"], found["size"], data, urls, notes)

        config = fetched(body["config"]) if "config" in body else None
        parts = body.get("layers") or body.get("blobs") or ()
        return cls(raw, media_type, config, tuple(fetched(each) for each in parts))

    @cached_property
    def digest(self) -> str:
        """The hash of the manifest's bytes: the image's true name."""
        return digest(self.raw)

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest, parsed."""
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def settings(self) -> dict[str, Any]:
        """The config blob, parsed; empty for an index and for artifacts without one."""
        data = self.config.data if self.config is not None else None
        found = json.loads(data) if data and self.config and "json" in self.config.media_type else {}
        return found if isinstance(found, dict) else {}

    @property
    def platform(self) -> str:
        """The operating system and processor it is for; empty when it is for none."""
        found = _platform(self.settings).get("platform", {})
        named = (found.get("os"), found.get("architecture"), found.get("variant"))
        return " ".join(filter(None, ("/".join(filter(None, named)), found.get("os.version"))))

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """What has to be in the repository before the manifest, each once: config and layers that have bytes."""
        parts = (*((self.config,) if self.config is not None else ()), *self.layers)
        return tuple({each.digest: each for each in parts if each.data is not None}.values())

    @property
    def size(self) -> int:
        """Units: bytes of config and layers, and of the images of an index."""
        own = sum(each.size for each in ((self.config, *self.layers) if self.config is not None else self.layers))
        return own + sum(each.size for each in self.images)

    def descriptor(self) -> dict[str, Any]:
        """The pointer that an index or a subject holds."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.raw)}

    def files(self) -> dict[str, int]:
        """What a container sees: the files of all layers, and their sizes in bytes."""
        seen: dict[str, int] = {}
        for layer in self.layers:
            seen |= {name: size for name, size in layer.members().items() if not name.endswith("/")}
        return dict(sorted(seen.items()))

    def annotated(self, **annotations: str) -> "Image":
        """The same image with annotations: other bytes, so another digest."""
        body = self.manifest
        body["annotations"] = {**body.get("annotations", {}), **annotations}
        return replace(self, raw=encoded(body))

    def __repr__(self) -> str:
        return display.image(self).text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return display.image(self).bundle()


def _family(image: Image) -> Format:
    return next(each for each in FORMATS.values() if image.media_type in each)


def _platform(settings: Mapping[str, Any]) -> dict[str, Any]:
    names = ("architecture", "os", "os.version", "variant")
    found = {name: settings[name] for name in names if settings.get(name)}
    return {"platform": found} if found else {}
