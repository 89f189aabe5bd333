"""The unpacked file system of a stage or a container."""

import os
from collections.abc import Iterable
from pathlib import Path

from acrlab.agents import layers
from acrlab.agents.archive import Layer, written
from acrlab.agents.paths import resolved
from acrlab.agents.snapshot import Changes, Entry, changes, parents, snapshot

ROOT = (0, 0)


def privileged() -> bool:
    """Whether this process may give files away."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


class Tree:
    """Files below a root, and whose they are. Where this process may give nothing away, that is written down."""

    def __init__(self, root: Path, *, windows: bool = False) -> None:
        self.root, self._windows, self._privileged = root, windows, privileged()
        self._owners: dict[str, tuple[int, int]] = {}
        self._before: dict[str, Entry] | None = None

    def apply(self, layer: Path) -> None:
        """Put a layer on top. Raises: EngineFailed."""
        owners = self._owners if not self._privileged else None
        layers.apply(layer, self.root, owners=owners, windows=self._windows)
        self._before = None

    def unpack(self, archive: Path) -> None:
        """Put an archive on top that is no layer: its names mean nothing more than themselves. Raises: EngineFailed."""
        layers.apply(archive, self.root, owners=None if self._privileged else self._owners, marks=False)
        self._before = None

    def place(self, path: str) -> str:
        """What a path means: below the root, with links followed. Raises: EngineFailed."""
        return resolved(self.root, path)

    def make(self, path: str, owner: tuple[int, int] = ROOT, mode: int = 0o755) -> list[str]:
        """Make a folder with those above it; those that were not there. Raises: EngineFailed, OSError."""
        place = self.place(path)
        made = []
        for folder in [*parents(place), place]:
            if folder and not (self.root / folder).is_dir():
                (self.root / folder).mkdir()
                (self.root / folder).chmod(mode)
                self.own(folder, owner)
                made.append(folder)
        return made

    def own(self, path: str, owner: tuple[int, int]) -> None:
        """Give a file or link away."""
        if self._privileged:
            os.chown(self.root / path, *owner, follow_symlinks=False)
        elif owner == ROOT:
            self._owners.pop(path, None)
        else:
            self._owners[path] = owner

    def owner(self, path: str) -> tuple[int, int]:
        """Whose a file is."""
        if not self._privileged:
            return self._owners.get(path, ROOT)
        found = os.lstat(self.root / path)
        return found.st_uid, found.st_gid

    def mark(self) -> None:
        """Look at everything, so that `changed` can tell what a process did."""
        if self._before is None:
            self._before = snapshot(self.root)

    def changed(self) -> Changes:
        """What is different since `mark`."""
        before, after = self._before or {}, snapshot(self.root)
        found = changes(before, after)
        for path in found.written:
            if path in self._owners and before.get(path) and before[path].inode != after[path].inode:
                del self._owners[path]
        self._before = after
        return found

    def layer(self, found: Changes, blobs: Path) -> Layer:
        """The layer of changes."""
        return written(self.root, found, blobs, None if self._privileged else self._owners, windows=self._windows)

    def touched(self, paths: Iterable[str]) -> Changes:
        """The changes that a builder made itself."""
        self._before = None
        every = set(paths)
        for path in tuple(every):
            every.update(parents(path))
        return Changes(tuple(sorted(every)))
