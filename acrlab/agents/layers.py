"""The tar of a layer put over a tree of files, never outside of it."""

import os
import shutil
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

from acrlab.agents.headers import BROKEN, Header
from acrlab.agents.paths import resolved
from acrlab.agents.protocol import EngineFailed
from acrlab.agents.windows import FILES

_WHITEOUT, _OPAQUE, _XATTR = ".wh.", ".wh..wh..opq", "SCHILY.xattr."
ROOM = 32 * 1024**3  # bytes that one layer may unpack to, so that a few kilobytes of gzip cannot fill the disk


Owners = dict[str, tuple[int, int]]  # path -> uid, gid; what is not in it is root's


def apply(
    layer: Path, root: Path, *, owners: Owners | None, windows: bool = False, marks: bool = True, room: int = ROOM
) -> set[str]:
    """Put a layer over a tree. `owners` is None when this process may give files away and make devices.

    Else it is told whose they are. Of a layer for Windows the files are taken, and no registry hives. Without `marks`
    it is an archive and no layer: the names of whiteouts are names, and links on the way are followed, inside the tree.
    Tells what it wrote.

    Units: `room` is bytes.
    Raises: EngineFailed.
    Source: OCI image specification 1.1, layer.md (whiteouts, opaque folders, representation of changes).
    """
    try:
        with tarfile.open(layer, "r:*", tarinfo=Header) as archive:
            return _Applied(archive, root, owners, windows, marks, room).all()
    except BROKEN as error:
        raise EngineFailed(f"failed to register layer: {error}") from error


class _Applied:
    def __init__(
        self, archive: tarfile.TarFile, root: Path, owners: Owners | None, windows: bool, marks: bool, room: int
    ) -> None:
        self._archive, self._root, self._owners, self._room = archive, root, owners, room
        self._privileged, self._windows, self._marks = owners is None, windows, marks
        self._folders: list[tuple[Path, float]] = []
        self._sound: Path | None = None  # a folder that was looked at and has not been touched since
        self._mine: set[Path] = set()  # what this layer put there: an opaque folder does not hide it

    def all(self) -> set[str]:
        for entry in self._archive:
            self._entry(entry)
            self._archive.members.clear()  # type: ignore[attr-defined]  # a layer may have a million entries
        for folder, modified in reversed(self._folders):
            if folder.is_dir() and not folder.is_symlink():
                os.utime(folder, (modified, modified))
        return {path.relative_to(self._root).as_posix() for path in self._mine}

    def _entry(self, entry: tarfile.TarInfo) -> None:
        if self._windows:
            head, _, entry.name = entry.name.removeprefix("./").partition("/")
            if head != FILES:
                return None
            entry.linkname = entry.linkname.removeprefix(f"{FILES}/")
        path = self._path(entry.name)
        if path == self._root:
            return None
        self._parents(path)
        if self._marks and path.name.startswith(_WHITEOUT):
            return self._mark(entry, path)
        if not (entry.isdir() and path.is_dir() and not path.is_symlink()):
            if path.is_dir():
                self._sound = None
            _deleted(path)
        make = next((make for test, make in self._makers() if test(entry)), None)
        if make:
            make(entry, path)
            self._mine.add(path)
            self._dress(entry, path)
        return None

    def _mark(self, entry: tarfile.TarInfo, path: Path) -> None:
        self._sound = None
        if path.name == _OPAQUE:
            return self._empty(path.parent)
        name = path.name.removeprefix(_WHITEOUT)
        if name in ("", ".", ".."):
            raise ValueError(f"invalid whiteout {entry.name!r}")
        return _deleted(path.with_name(name))

    def _makers(self) -> list[tuple[Callable[[tarfile.TarInfo], bool], Callable[[tarfile.TarInfo, Path], None]]]:
        return [
            (tarfile.TarInfo.isdir, lambda entry, path: path.mkdir(exist_ok=True)),
            (tarfile.TarInfo.issym, lambda entry, path: path.symlink_to(entry.linkname)),
            (tarfile.TarInfo.islnk, self._link),
            (tarfile.TarInfo.isreg, self._file),
            (tarfile.TarInfo.isfifo, lambda entry, path: os.mkfifo(path)),
            (lambda entry: entry.isdev() and self._privileged, self._device),
        ]

    def _path(self, name: str) -> Path:
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise ValueError(f"invalid path {name!r}: outside of the layer")
        if not self._marks and parts:
            return self._root / resolved(self._root, "/".join(parts), last=False)
        return self._root.joinpath(*parts)

    def _parents(self, path: Path) -> None:
        """The folders above are folders of this tree: a link on the way is replaced, not followed."""
        if path.parent == self._sound:
            return
        folder = self._root
        for part in path.relative_to(self._root).parts[:-1]:
            folder /= part
            if folder.is_symlink() or not folder.is_dir():
                _deleted(folder)
                folder.mkdir()
                self._mine.add(folder)
        self._sound = folder

    def _empty(self, folder: Path) -> None:
        for child in folder.iterdir():
            if child not in self._mine:
                _deleted(child)

    def _link(self, entry: tarfile.TarInfo, path: Path) -> None:
        target = self._path(entry.linkname)
        self._no_links(target)
        os.link(target, path, follow_symlinks=False)

    def _no_links(self, target: Path) -> None:
        if any(parent.is_symlink() for parent in target.parents if self._root in parent.parents):
            raise ValueError(f"invalid hard link to {target.relative_to(self._root)}: outside of the layer")

    def _file(self, entry: tarfile.TarInfo, path: Path) -> None:
        self._room -= entry.size
        if self._room < 0:
            raise ValueError(f"{entry.name!r} does not fit: the layer unpacks to more than an agent takes")
        source = self._archive.extractfile(entry)
        with path.open("xb") as file:
            if source:
                shutil.copyfileobj(source, file, 1 << 20)

    def _device(self, entry: tarfile.TarInfo, path: Path) -> None:
        kind = stat.S_IFCHR if entry.ischr() else stat.S_IFBLK
        os.mknod(path, kind | 0o600, os.makedev(entry.devmajor, entry.devminor))

    def _dress(self, entry: tarfile.TarInfo, path: Path) -> None:
        """Owner before mode: a change of owner takes set-uid and capabilities away."""
        if entry.islnk():
            return
        self._own(entry, path)
        if entry.isdir():
            self._folders.append((path, entry.mtime))
        if entry.issym():
            os.utime(path, (entry.mtime, entry.mtime), follow_symlinks=False)
            return
        path.chmod(stat.S_IMODE(entry.mode))
        for key, value in entry.pax_headers.items():
            if key.startswith(_XATTR) and self._privileged:
                os.setxattr(path, key.removeprefix(_XATTR), value.encode("utf-8", "surrogateescape"))
        os.utime(path, (entry.mtime, entry.mtime))

    def _own(self, entry: tarfile.TarInfo, path: Path) -> None:
        if self._owners is None:
            os.chown(path, entry.uid, entry.gid, follow_symlinks=False)
            return
        name = path.relative_to(self._root).as_posix()
        self._owners.pop(name, None)
        if entry.uid or entry.gid:
            self._owners[name] = (entry.uid, entry.gid)


def _deleted(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
