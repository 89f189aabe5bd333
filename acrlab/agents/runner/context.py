"""The context of a run, put into its workspace: nothing outside of it, and no more than an agent has room for.

Source: moby, pkg/archive (what an entry may not do, and in which words), which the service's engine unpacks with;
inferred for the limits, the service tells none: an agent's disk is what ends a context there.
"""

import os
import shutil
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from acrlab.agents.headers import BROKEN, Header
from acrlab.agents.runner.services import Services, SourceFailed
from acrlab.domain.tasks.run import Source

_CHUNK = 1 << 20


class Room(msgspec.Struct, frozen=True):
    """What a context may grow to. Whatever unpacks to less than `free` may be of any ratio. Units: bytes."""

    unpacked: int = 32 << 30
    entries: int = 500_000
    free: int = 4 << 30
    ratio: int = 200


ROOM = Room()


def prepare(source: Source, services: Services, folder: Path) -> str:
    """Fetch or unpack it; the commit it is of, or nothing. Raises: SourceFailed."""
    folder.mkdir(parents=True, exist_ok=True)
    if source.upload:
        unpack(services.upload(source.upload), folder)
        return source.commit
    return services.fetch(source, folder) if source.url else ""


def unpack(archive: Path, folder: Path, room: Room = ROOM) -> None:
    """Unpack a tar; nothing lands outside the folder. Raises: SourceFailed."""
    try:
        with tarfile.open(archive, "r:*", tarinfo=Header) as tar:
            _Unpacking(tar, folder.resolve(), archive.stat().st_size, room).all()
    except BROKEN as error:
        raise SourceFailed(f"failed to extract the context: {error}") from error


class _Unpacking:
    def __init__(self, tar: tarfile.TarFile, root: Path, packed: int, room: Room) -> None:
        self._tar, self._root, self._packed, self._room = tar, root, packed, room
        self._size = self._count = 0
        self._folders: list[tuple[str, int, float]] = []  # their modes and times: last, so that all fits in

    def all(self) -> None:
        for entry in self._tar:
            self._fits(entry)
            self._entry(entry)
            self._tar.members.clear()  # type: ignore[attr-defined]  # there may be half a million
        for path, mode, modified in reversed(self._folders):
            if os.path.isdir(path) and not os.path.islink(path):
                os.chmod(path, mode)
                os.utime(path, (modified, modified))

    def _fits(self, entry: tarfile.TarInfo) -> None:
        """Told from the headers, before anything is written."""
        self._count += 1
        self._size += entry.size if entry.isreg() else 0
        if self._count > self._room.entries:
            raise tarfile.TarError(f"acrlab: it has more than {self._room.entries} entries")
        if self._size > self._room.unpacked:
            raise tarfile.TarError(f"write {entry.name}: no space left on device")
        if self._size > self._room.free and self._size > self._room.ratio * self._packed:
            raise tarfile.TarError(
                f"acrlab: {self._packed} bytes unpack to {self._size} and more: no honest context does"
            )

    def _entry(self, entry: tarfile.TarInfo) -> None:
        path = self._path(entry.name)
        make = next((make for test, make in _MAKERS if test(entry)), None)
        if make is None:
            raise tarfile.TarError(f"acrlab: {entry.name} is neither a file, a folder nor a link")
        if path == self._root:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (entry.isdir() and path.is_dir() and not path.is_symlink()):
            _deleted(path)
        make(self, entry, path)

    def _path(self, name: str) -> Path:
        """Where an entry goes, with no link on the way out. Raises: TarError."""
        path = self._root / name
        plain = os.path.normpath(path)
        place = Path(os.path.realpath(os.path.dirname(plain))) / os.path.basename(plain)
        if plain == str(self._root):
            return self._root
        if not _inside(Path(plain), self._root) or not _inside(place, self._root):
            raise tarfile.TarError(f'"{name}" is outside of the context')
        return place

    def folder(self, entry: tarfile.TarInfo, path: Path) -> None:
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
        self._folders.append((str(path), stat.S_IMODE(entry.mode), entry.mtime))

    def file(self, entry: tarfile.TarInfo, path: Path) -> None:
        source = self._tar.extractfile(entry)
        with path.open("xb") as file:
            if source:
                shutil.copyfileobj(source, file, _CHUNK)
        path.chmod(stat.S_IMODE(entry.mode))
        os.utime(path, (entry.mtime, entry.mtime))

    def symlink(self, entry: tarfile.TarInfo, path: Path) -> None:
        """One that climbs out is refused; one from the root is taken, as a build follows it inside of the context."""
        there = os.path.normpath(os.path.join(os.path.dirname(path), entry.linkname.lstrip("/")))
        if not _inside(Path(there), self._root):
            raise tarfile.TarError(f'invalid symlink "{entry.name}" -> "{entry.linkname}"')
        path.symlink_to(entry.linkname)

    def hard_link(self, entry: tarfile.TarInfo, path: Path) -> None:
        try:
            target = self._path(entry.linkname)
        except tarfile.TarError:
            raise tarfile.TarError(f'invalid hardlink "{entry.name}" -> "{entry.linkname}"') from None
        os.link(target, path, follow_symlinks=False)


_MAKERS: tuple[tuple[Callable[[tarfile.TarInfo], bool], Callable[[_Unpacking, tarfile.TarInfo, Path], None]], ...] = (
    (tarfile.TarInfo.isdir, _Unpacking.folder),
    (tarfile.TarInfo.isreg, _Unpacking.file),
    (tarfile.TarInfo.issym, _Unpacking.symlink),
    (tarfile.TarInfo.islnk, _Unpacking.hard_link),
)


def _inside(path: Path, root: Path) -> bool:
    return path.is_relative_to(root)


def _deleted(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
