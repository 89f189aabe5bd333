"""Tars as they are sent to a daemon: made while they are read, never whole in memory."""

import io
import json
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from acrlab.agents.dockerfile.origin import Origin
from acrlab.agents.images import Image, Images

_BLOCK, _CHUNK = 512, 1 << 20
Member = tuple[tarfile.TarInfo, bytes | Path]


def tar(members: Iterable[Member]) -> Iterator[bytes]:
    """The archive of entries with their content."""
    for entry, content in members:
        yield entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        if entry.isreg():
            yield from _padded(content, entry.size)
    yield bytes(2 * _BLOCK)


def _padded(content: bytes | Path, size: int) -> Iterator[bytes]:
    """Exactly as much as was announced, whatever has become of the file since."""
    left = size
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        while left and (chunk := file.read(min(left, _CHUNK))):
            left -= len(chunk)
            yield chunk
    yield bytes(left + -size % _BLOCK)


def member(name: str, content: bytes | Path) -> Member:
    """A plain file."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content) if isinstance(content, bytes) else content.stat().st_size
    return entry, content


def context(origin: Origin, without: frozenset[str], folder: str = "") -> Iterator[Member]:
    """The files of a build's context, as the command line of docker sends them: everything belongs to root."""
    for name in origin.children(folder):
        path = f"{folder}/{name}".lstrip("/")
        seen = os.lstat(origin.root / path)
        if path in without or not (entry := _entry(origin.root / path, path, seen)):
            continue
        yield entry, origin.root / path
        if entry.isdir():
            yield from context(origin, without, path)


def _entry(place: Path, name: str, seen: os.stat_result) -> tarfile.TarInfo | None:
    """Sockets and pipes are left out."""
    entry = tarfile.TarInfo(name)
    entry.mode, entry.mtime = stat.S_IMODE(seen.st_mode), int(seen.st_mtime)
    if stat.S_ISDIR(seen.st_mode):
        entry.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(seen.st_mode):
        entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(place)
    elif stat.S_ISREG(seen.st_mode):
        entry.size = seen.st_size
    else:
        return None
    return entry


def image(images: Images, which: Image, tag: str) -> Iterator[Member]:
    """An image as `docker save` writes it and `docker load` takes it."""
    config = f"{which.id.partition(':')[2]}.json"
    layers = {layer.digest.partition(":")[2]: images.blob(layer.digest) for layer in which.layers}
    yield member(config, images.blob(which.id))
    for name, path in layers.items():
        yield member(f"{name}.tar", path)
    listed = [f"{layer.digest.partition(':')[2]}.tar" for layer in which.layers]
    yield member("manifest.json", json.dumps([{"Config": config, "RepoTags": [tag], "Layers": listed}]).encode())


class Saved:
    """What `docker save` wrote of one image."""

    def __init__(self, path: Path) -> None:
        self._archive = tarfile.open(path)  # noqa: SIM115 - closed with this
        manifest = json.loads(self._content("manifest.json"))[0]
        self.config = self._content(str(manifest["Config"]))
        self._layers = [str(name) for name in manifest["Layers"]]
        self.diffs = [str(each) for each in json.loads(self.config)["rootfs"]["diff_ids"]]

    def layer(self, number: int) -> Any:
        """A layer's file, plain or compressed."""
        return self._archive.extractfile(self._layers[number])

    def close(self) -> None:
        self._archive.close()

    def _content(self, name: str) -> bytes:
        file = self._archive.extractfile(name)
        if file is None:
            raise KeyError(name)
        return file.read()
