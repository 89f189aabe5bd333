"""The unpacked file system of a stage or a container."""

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

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
        self._known: dict[str, tuple[int, int]] = {}
        self._before: dict[str, Entry] | None = None

    def apply(self, layer: Path) -> None:
        """Put a layer on top. Raises: EngineFailed."""
        owners = self._owners if not self._privileged else None
        layers.apply(layer, self.root, owners=owners, windows=self._windows)
        self._before = None

    def unpack(self, archive: Path, place: str, owner: tuple[int, int] | None = None) -> set[str]:
        """Put an archive into a folder: its names mean nothing more than themselves. What it wrote.

        Raises: EngineFailed.
        """
        owners: dict[str, tuple[int, int]] = {}
        target, prefix = self.root / place, f"{place}/" if place else ""
        kept = None if self._privileged else owners
        names = {prefix + name for name in layers.apply(archive, target, owners=kept, marks=False)}
        self._before = None
        for name in names:
            if owner or not self._privileged:
                self.own(name, owner or owners.get(name.removeprefix(prefix), ROOT))
        return names

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

    @property
    def owners(self) -> dict[str, tuple[int, int]] | None:
        """By path, those that are not root; None when files have their owners."""
        return None if self._privileged else self._owners

    def mark(self) -> None:
        """Look at everything, so that `changed` can tell what a process did."""
        if self._before is None:
            self._before = snapshot(self.root)
        self._known = dict(self._owners)

    def restored(self, paths: Iterable[str]) -> None:
        """Files that were put aside since `mark`, and back: a change of nothing but their time."""
        for path in paths:
            with contextlib.suppress(OSError):  # its folder may have gone since
                if self._before and path in self._before:
                    time = os.lstat(self.root / path).st_ctime_ns
                    self._before[path] = msgspec.structs.replace(self._before[path], changed=time)

    def changed(self, *, gathered: bool = False) -> Changes:
        """What is different since `mark`; `gathered` when what is written down of owners is of now."""
        before, after = self._before or {}, snapshot(self.root)
        self._before = after
        if gathered:
            return changes(self._given(before, after), _owned(after, self._owners))
        found = changes(before, after)
        for path in found.written:
            if path in self._owners and before.get(path) and before[path].inode != after[path].inode:
                del self._owners[path]
        return found

    def _given(self, before: dict[str, Entry], after: dict[str, Entry]) -> dict[str, Entry]:
        """As it was, with owners: what was given away and taken back, to the same owner, has not changed by that."""
        same = [path for path, owner in self._owners.items() if self._known.get(path) == owner]
        times = {path: after[path].changed for path in same if path in before and path in after}
        back = {path: msgspec.structs.replace(before[path], changed=time) for path, time in times.items()}
        return _owned(before | back, self._known)

    def layer(self, found: Changes, blobs: Path) -> Layer:
        """The layer of changes."""
        return written(self.root, found, blobs, self.owners, windows=self._windows)

    def touched(self, paths: Iterable[str]) -> Changes:
        """The changes that a builder made itself."""
        self._before = None
        every = set(paths)
        for path in tuple(every):
            every.update(parents(path))
        return Changes(tuple(sorted(every)))


def discard(folder: Path) -> None:
    """Delete a folder, whatever modes a process has left in it."""
    shutil.rmtree(folder, onerror=_opened)


def _opened(call: Callable[[str], object], path: str, _: object) -> None:
    """A folder of ours may be closed to us, for who is not root."""
    try:
        for each in (os.path.dirname(path), path):
            if not os.path.islink(each) and os.path.isdir(each):
                os.chmod(each, stat.S_IRWXU)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
    except OSError:
        return


def _owned(found: dict[str, Entry], owners: Mapping[str, tuple[int, int]]) -> dict[str, Entry]:
    """With what is written down of owners."""
    given = {path: owner for path, owner in owners.items() if path in found}
    return found | {path: msgspec.structs.replace(found[path], uid=uid, gid=gid) for path, (uid, gid) in given.items()}
