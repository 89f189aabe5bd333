"""Files put into a tree by COPY and ADD."""

import os
import shutil
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from acrlab.agents.dockerfile.ignore import Ignored
from acrlab.agents.dockerfile.origin import Origin
from acrlab.agents.headers import BROKEN, Header
from acrlab.agents.paths import resolved
from acrlab.agents.protocol import EngineFailed
from acrlab.agents.snapshot import parents
from acrlab.agents.tree import ROOT, Tree, privileged


class Source(msgspec.Struct, frozen=True):
    """One thing to copy: a path of an origin, and whether an archive is to be unpacked."""

    origin: Origin
    path: str
    unpack: bool = False

    @property
    def folder(self) -> bool:
        return (self.origin.root / resolved(self.origin.root, self.path)).is_dir()


class Transfer:
    """Puts sources into a tree and keeps account of what it wrote.

    Source: Dockerfile reference, COPY and ADD; docker's two builders and buildah, beside each other (tests/peers).
    A new folder that a folder's content goes to is like any other new one. One that was there stays as it was.
    Its mode is not that of --chmod: so buildah and BuildKit 0.8; BuildKit 0.25 gives it that mode.
    """

    def __init__(
        self, tree: Tree, *, owner: tuple[int, int] | None = None, mode: int | None = None,
        excluded: Ignored | None = None,
    ) -> None:  # fmt: skip
        self._tree, self._owner, self._mode, self._excluded = tree, owner, mode, excluded
        self._linked: dict[tuple[int, int], str] = {}  # of the source under way: two sources share no file
        self._start = ""  # of the source under way: what is excluded is told from there
        self.written: set[str] = set()

    def put(self, source: Source, target: str, name: str = "") -> None:
        """Copy to an absolute path; one with a slash at its end is a folder. Raises: EngineFailed, OSError."""
        place = source.origin.root / resolved(source.origin.root, source.path)
        self._start, self._linked = source.path, {}
        if self._excluded and not place.is_dir() and self._excluded(place.name):
            return
        if place.is_dir():
            self._folder_at(source, target)
        elif source.unpack and _is_archive(place):
            self._unpacked(place, target)
        else:
            self._file_at(source, target, name or source.path.rpartition("/")[2])

    def _folder_at(self, source: Source, target: str) -> None:
        place = self._tree.place(target)
        self._parents(place if target.endswith("/") else place.rpartition("/")[0])
        self._folder(source.origin, resolved(source.origin.root, source.path), source.path, place, top=True)

    def _file_at(self, source: Source, target: str, name: str) -> None:
        place = self._tree.place(target)
        if target.endswith("/") or (self._tree.root / place).is_dir():
            place = f"{place}/{name}".lstrip("/")
        self._parents(place.rpartition("/")[0])
        self._copy(source.origin, resolved(source.origin.root, source.path), place)

    def _parents(self, place: str) -> None:
        for path in filter(None, [*parents(place), place]):
            if not (self._tree.root / path).is_dir() and (self._tree.root / path).exists():
                raise EngineFailed(f"cannot copy to non-directory: /{path}")
        self.written.update(self._tree.make(f"/{place}", self._owner or ROOT))

    def _folder(self, origin: Origin, path: str, shown: str, place: str, *, top: bool) -> None:
        target, new = self._tree.root / place, False
        if not target.is_dir() or (target.is_symlink() and not top):
            if target.exists() or target.is_symlink():
                raise EngineFailed(f"cannot copy to non-directory: /{place}")
            target.mkdir()
            new = True
        for name in origin.children(shown):
            below = f"{shown}/{name}".lstrip("/")
            if self._excluded and self._excluded(below[len(self._start) :]):
                continue
            self._any(origin, f"{path}/{name}".lstrip("/"), below, f"{place}/{name}".lstrip("/"))
        if not place:
            return
        self.written.add(place)
        if not top:
            self._dress(origin, path, place)
        elif new:
            self._tree.own(place, self._owner or ROOT)
            target.chmod(0o755)

    def _any(self, origin: Origin, path: str, shown: str, place: str) -> None:
        found = origin.root / path
        if found.is_dir() and not found.is_symlink():
            self._folder(origin, path, shown, place, top=False)
        else:
            self._copy(origin, path, place)

    def _copy(self, origin: Origin, path: str, place: str) -> None:
        source, target = origin.root / path, self._tree.root / place
        if target.is_dir() and not target.is_symlink():
            raise EngineFailed(f"cannot overwrite directory with non-directory: /{place}")
        target.unlink(missing_ok=True)
        found = os.lstat(source)
        key = (found.st_dev, found.st_ino)
        if found.st_nlink > 1 and key in self._linked:
            os.link(self._tree.root / self._linked[key], target, follow_symlinks=False)
            self.written.add(place)
            return
        make = _MAKERS.get(stat.S_IFMT(found.st_mode))
        if make is None:
            return
        make(source, target)
        self._linked[key] = place
        self._dress(origin, path, place)
        self.written.add(place)

    def _dress(self, origin: Origin, path: str, place: str) -> None:
        """Owner before mode: a change of owner takes set-uid away."""
        source, target = origin.root / path, self._tree.root / place
        found = os.lstat(source)
        self._tree.own(place, self._owner or origin.owner(path))
        if not stat.S_ISLNK(found.st_mode):
            target.chmod(stat.S_IMODE(found.st_mode) if self._mode is None else self._mode)
            _attributes(source, target)
        if os.utime in os.supports_follow_symlinks or not target.is_symlink():
            os.utime(target, ns=(found.st_mtime_ns, found.st_mtime_ns), follow_symlinks=not target.is_symlink())

    def _unpacked(self, archive: Path, target: str) -> None:
        """The entries keep their owners unless --chown says otherwise."""
        place = self._tree.place(target)
        self._parents(place)
        self.written |= self._tree.unpack(archive, place, self._owner)


def _file(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _link(source: Path, target: Path) -> None:
    target.symlink_to(os.readlink(source))


def _pipe(source: Path, target: Path) -> None:
    os.mkfifo(target)


def _device(source: Path, target: Path) -> None:
    if privileged():
        found = os.lstat(source)
        os.mknod(target, found.st_mode, found.st_rdev)


_MAKERS: dict[int, Callable[[Path, Path], None]] = {
    stat.S_IFREG: _file,
    stat.S_IFLNK: _link,
    stat.S_IFIFO: _pipe,
    stat.S_IFCHR: _device,
    stat.S_IFBLK: _device,
}


def _attributes(source: Path, target: Path) -> None:
    if not hasattr(os, "listxattr"):
        return
    for name in os.listxattr(source, follow_symlinks=False):
        if name.startswith(("security.capability", "user.")):
            try:
                os.setxattr(target, name, os.getxattr(source, name, follow_symlinks=False), follow_symlinks=False)
            except OSError:  # who is not root may not give capabilities
                continue


def _is_archive(path: Path) -> bool:
    try:
        with tarfile.open(path, "r:*", tarinfo=Header) as archive:
            return archive.next() is not None
    except BROKEN:
        return False
