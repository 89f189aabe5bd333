"""The unpacked file system of a stage or a container."""

import functools
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable
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
        owners = None if self._privileged else {path: self._owners.get(path) or _mapped(self.root / path)
                                                for path in found.written}  # fmt: skip
        return written(self.root, found, blobs, owners, windows=self._windows)

    def touched(self, paths: Iterable[str]) -> Changes:
        """The changes that a builder made itself."""
        self._before = None
        every = set(paths)
        for path in tuple(every):
            every.update(parents(path))
        return Changes(tuple(sorted(every)))


def _mapped(path: Path) -> tuple[int, int]:
    """Whose a file is to those inside, where this process is root there and others are its subordinate ids."""
    if sys.platform != "linux":
        return ROOT
    found = os.lstat(path)
    users, groups = _subordinates()
    uid = 0 if found.st_uid == os.geteuid() else 1 + found.st_uid - users
    gid = 0 if found.st_gid == os.getegid() else 1 + found.st_gid - groups
    return max(uid, 0), max(gid, 0)


@functools.cache
def _subordinates() -> tuple[int, int]:
    """The first of the subordinate users and groups of this user."""
    from acrlab.agents.confine.users import login, subordinate  # knows Linux alone

    user = os.geteuid()
    try:
        return subordinate("/etc/subuid", login(user), user)[0], subordinate("/etc/subgid", login(user), user)[0]
    except OSError:
        return 0, 0


def discard(folder: Path) -> None:
    """Delete a folder, whatever modes a process has left in it, and whichever subordinate ids."""
    shutil.rmtree(folder, onerror=_opened)
    if sys.platform == "linux" and folder.exists() and not privileged() and any(_subordinates()):
        subprocess.run([sys.executable, "-c", _DISCARD, str(folder)], check=False, capture_output=True)


_DISCARD = (
    "import shutil, sys; from acrlab.agents.confine.users import many_users; many_users(); shutil.rmtree(sys.argv[1])"
)


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
