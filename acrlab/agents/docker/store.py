"""The images of a run in a daemon. They have names of the run's own there: what else the daemon has stays as it is."""

import contextlib
import gzip
import hashlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from acrlab.agents.docker import archives
from acrlab.agents.docker.daemon import Daemon
from acrlab.agents.images import DOCKER_LAYER, Image, Images, Platform, Stacked
from acrlab.agents.protocol import EngineFailed, Sink
from acrlab.agents.references import Reference

_LEVEL, _CHUNK, _GZIP = 6, 1 << 20, b"\x1f\x8b"
_TRIES, _PAUSE = 50, 0.1  # seconds


class Store:
    """Names as the run knows them, over ids as the daemon knows them."""

    def __init__(self, daemon: Daemon, images: Images, folder: Path, platform: Platform) -> None:
        self._daemon, self._images, self._folder, self.platform = daemon, images, folder, platform
        self.prefix = f"localhost/acrlab-{secrets.token_hex(6)}"
        self._names: dict[str, str] = {}  # complete reference -> id in the daemon
        self._tags: dict[str, str] = {}  # id -> its tag in the daemon
        self._packed: dict[str, Stacked] = {}  # a layer's content -> how it is compressed in a registry
        self._made = 0
        self.made: set[str] = set()  # ids that builds have named
        self._before = {str(each["Id"]) for each in daemon.ask("GET", "/images/json", {"all": 1})}
        self._lock = threading.Lock()

    def fresh(self) -> str:
        """A tag that nobody has."""
        with self._lock:
            self._made += 1
            return f"{self.prefix}:{self._made}"

    def tag(self, name: str) -> str:
        """The daemon's tag of an image that the run has; nothing when it does not. Raises: EngineFailed."""
        with self._lock:
            return self._tags.get(self._names.get(Reference.read(name).complete, name), "")

    def holds(self, name: str, platform: Platform | None) -> bool:
        """Whether the run has an image, of a platform where one is asked for. Raises: EngineFailed."""
        tag = self.tag(name)
        if not tag or platform is None:
            return bool(tag)
        said = self.inspect(tag)
        return platform.holds({"os": said["Os"], "architecture": said["Architecture"], "variant": said.get("Variant")})

    def id(self, name: str) -> str:
        """In the daemon. Raises: EngineFailed."""
        with self._lock:
            return self._names.get(Reference.read(name).complete, "")

    def keep(self, id: str, tag: str, names: tuple[str, ...]) -> None:
        """An image that the daemon has under a fresh tag. Raises: EngineFailed."""
        with self._lock:
            self._tags.setdefault(id, tag)
            self._names |= {Reference.read(name).complete: id for name in names}

    def name(self, source: str, target: str) -> None:
        """A second name. Raises: EngineFailed."""
        id = self.id(source)
        if not id:
            raise EngineFailed(f"Error response from daemon: No such image: {Reference.read(source).shown}")
        self.keep(id, "", (target,))

    def pull(self, name: str, sink: Sink, platform: Platform | None = None) -> str:
        """From its registry into the daemon; the manifest's digest. Raises: EngineFailed."""
        image = self._images.pull(name, platform or self.platform, sink)
        for layer, diff in zip(image.layers, _diffs(self._images.config(image)), strict=False):
            self._packed[diff] = layer
        tag = self.fresh()
        body = archives.tar(archives.image(self._images, image, tag))
        with self._daemon.open(
            "POST", "/images/load", {"quiet": 1}, body, {"Content-Type": "application/x-tar"}
        ) as said:
            for line in said.lines():
                if "error" in line:
                    raise EngineFailed(f"Error response from daemon: {line['error']}")
        self.keep(self.inspect(tag)["Id"], tag, (name,))
        return self._images.digest(name)

    def push(self, name: str, sink: Sink) -> tuple[str, int]:
        """From the daemon to its registry. Raises: EngineFailed."""
        if not (tag := self.tag(name)):
            raise EngineFailed(f"An image does not exist locally with the tag: {Reference.read(name).short}")
        known = self._images.find(name)
        if not known or known.id != self.id(name):
            self._images.name(name, self._taken(tag))
        return self._images.push(name, sink)

    def digest(self, name: str) -> str:
        """Of the manifest, once it was pulled or pushed. Raises: EngineFailed."""
        return self._images.digest(name)

    def inspect(self, tag: str) -> dict[str, Any]:
        """What the daemon knows of an image. Raises: EngineFailed."""
        return dict(self._daemon.ask("GET", f"/images/{tag}/json"))

    def listed(self) -> list[tuple[str, str, int]]:
        """Reference as docker shows it, id and bytes."""
        with self._lock:
            names, tags = sorted(self._names.items()), dict(self._tags)
        sizes = {id: int(self.inspect(tag)["Size"]) for id, tag in tags.items()}
        return [(Reference.read(name).shown, id, sizes[id]) for name, id in names]

    def close(self) -> None:
        """Take the run's tags away, then the images that have no other, those of unfinished builds too."""
        for _ in range(_TRIES):
            left = self._left()
            if not left:
                return
            done = [] if self._busy() else [name for name in left if self._deleted(name)]
            if not done:
                time.sleep(_PAUSE)  # a container of an abandoned build is on its way out

    def _left(self) -> list[str]:
        """What of this run the daemon still has: tags, else ids."""
        found = []
        for each in self._daemon.ask("GET", "/images/json", {"all": 1}):
            id, tags = str(each["Id"]), [tag for tag in each.get("RepoTags") or [] if "<none>" not in tag]
            found += [tag for tag in tags if tag.startswith(f"{self.prefix}:")]
            found += [id] if self._own(id) and not tags else []
        return found

    def _busy(self) -> bool:
        """Whether a container lives on one of the run's images."""
        containers = self._daemon.ask("GET", "/containers/json", {"all": 1})
        return any(self._own(str(each.get("ImageID", ""))) for each in containers)

    def _own(self, id: str) -> bool:
        made = id in self._tags or any(id.startswith(f"sha256:{digits}") for digits in self.made)
        return made and id not in self._before

    def _deleted(self, name: str) -> bool:
        try:
            self._daemon.ask("DELETE", f"/images/{name}", {"force": 1})
        except EngineFailed:
            return False
        return True

    def _taken(self, tag: str) -> Image:
        """Out of the daemon: a layer that came from a registry goes back as it was."""
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            path = Path(scratch, "image.tar")
            with self._daemon.open("GET", f"/images/{tag}/get") as said, path.open("wb") as file:
                for chunk in said.chunks():
                    file.write(chunk)
            try:
                saved = archives.Saved(path)
            except (OSError, KeyError, ValueError, IndexError) as error:
                raise EngineFailed(f"the engine saved what is no image: {error}") from error
            with contextlib.closing(saved):
                layers = [
                    self._packed.get(diff) or self._compressed(diff, saved.layer(number))
                    for number, diff in enumerate(saved.diffs)
                ]
                return self._images.create(saved.config, layers)

    def _compressed(self, diff: str, content: Any) -> Stacked:
        """As a blob. Compressed without a time in it: the same content has the same digest."""
        handle, path = tempfile.mkstemp(dir=self._images.blobs.parent)
        with os.fdopen(handle, "w+b") as file:
            start = content.read(2)
            content.seek(0)
            if start == _GZIP:
                shutil.copyfileobj(content, file, _CHUNK)
            else:
                with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed:
                    shutil.copyfileobj(content, packed, _CHUNK)
            size = file.tell()
            file.seek(0)
            digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        os.replace(path, self._images.blob(digest))
        self._packed[diff] = Stacked(digest, size, {"mediaType": DOCKER_LAYER, "size": size, "digest": digest})
        return self._packed[diff]


def _diffs(config: dict[str, Any]) -> list[str]:
    rootfs = config.get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    return [str(each) for each in found] if isinstance(found, list) else []
