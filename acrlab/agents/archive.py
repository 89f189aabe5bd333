"""Layers as they are written: a tar of what changed, its digests, and nothing in it of the machine that wrote it."""

import hashlib
import os
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, BinaryIO, Self, cast

import msgspec

from acrlab.agents import windows
from acrlab.agents.snapshot import Changes

_BUFFER = 1 << 20  # bytes
_LEVEL = 1  # of gzip: layers are made often and read once
_GZIP = bytes.fromhex("1f8b080000000000" + "00ff")  # no name, no time, no operating system
_XATTR = "SCHILY.xattr."
_KEPT_XATTRS = ("security.capability", "user.")
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"

Owners = Mapping[str, tuple[int, int]]  # path -> uid, gid; what is not in it is root's


class Layer(msgspec.Struct, frozen=True):
    """A written layer: the digest of its tar, which is what docker calls its diff id, and its bytes."""

    diff: str
    size: int


class Archive:
    """A tar under construction, written into a folder and put into its place under its digest when it is closed.

    The same entries give the same bytes: they come in the order of their names, and with no name of an owner.
    """

    def __init__(self, blobs: Path) -> None:
        self._blobs = blobs
        handle, self._path = tempfile.mkstemp(dir=blobs.parent)
        self._out = _Hashing(os.fdopen(handle, "wb", _BUFFER))
        stream = cast(BinaryIO, self._out)
        self._tar = tarfile.TarFile(mode="w", fileobj=stream, format=tarfile.PAX_FORMAT, copybufsize=1 << 20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self._out.file.close()
            Path(self._path).unlink(missing_ok=True)

    def add(self, entry: tarfile.TarInfo, content: IO[bytes] | None = None) -> None:
        self._tar.addfile(entry, content)

    def close(self) -> Layer:
        self._tar.close()
        self._out.file.close()
        os.replace(self._path, self._blobs / self._out.hash.hexdigest())
        return Layer(f"sha256:{self._out.hash.hexdigest()}", self._out.size)


class _Hashing:
    """A file that is hashed as it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.hash, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        return self.file.write(data)

    def tell(self) -> int:
        return self.size


def packed(layer: Path, blobs: Path) -> tuple[str, int]:
    """A layer as registries keep it: gzip without a time; its digest and bytes."""
    deflate, crc, length = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS), 0, 0
    handle, path = tempfile.mkstemp(dir=blobs.parent)
    out = _Hashing(os.fdopen(handle, "wb", _BUFFER))
    with out.file, layer.open("rb", buffering=0) as plain:
        out.write(_GZIP)
        while data := plain.read(1 << 20):
            crc, length = zlib.crc32(data, crc), length + len(data)
            out.write(deflate.compress(data))
        out.write(deflate.flush())
        out.write(crc.to_bytes(4, "little") + (length & 0xFFFFFFFF).to_bytes(4, "little"))
    os.replace(path, blobs / out.hash.hexdigest())
    return f"sha256:{out.hash.hexdigest()}", out.size


def written(root: Path, changes: Changes, blobs: Path, owners: Owners | None = None, *, windows: bool = False) -> Layer:
    """The layer of what changed below a root; without `owners` its files say whose they are."""
    with Archive(blobs) as archive:
        _Written(root, archive, owners, windows).all(changes)
        return archive.close()


class _Written:
    def __init__(self, root: Path, archive: Archive, owners: Owners | None, windows: bool) -> None:
        self._root, self._archive, self._owners, self._windows = root, archive, owners, windows
        self._linked: dict[tuple[int, int], str] = {}

    def all(self, changes: Changes) -> None:
        if self._windows and (changes.written or changes.deleted):
            for entry in windows.heads():
                self._archive.add(entry)
        marked = {_whiteout(path): "" for path in changes.deleted}
        marked |= {f"{path}/{_OPAQUE}": "" for path in changes.opaque}
        for name in sorted({*changes.written, *marked}, key=lambda name: name.split("/")):
            if name in marked:
                self._archive.add(self._named(tarfile.TarInfo(self._place(name))))
            else:
                self._entry(name)

    def _place(self, name: str) -> str:
        return f"Files/{name}" if self._windows else name

    def _named(self, entry: tarfile.TarInfo) -> tarfile.TarInfo:
        if entry.name.rpartition("/")[2].startswith(_WHITEOUT):
            entry.mode = 0
        return windows.dressed(entry) if self._windows else entry

    def _entry(self, name: str) -> None:
        path = f"{self._root}/{name}"
        found = os.lstat(path)
        kind = _KINDS.get(stat.S_IFMT(found.st_mode))
        if kind is None:  # a socket has no place in a tar
            return
        entry = tarfile.TarInfo(self._place(name))
        entry.type, entry.mode, entry.mtime = kind, stat.S_IMODE(found.st_mode), int(found.st_mtime)
        known = self._owners
        entry.uid, entry.gid = (found.st_uid, found.st_gid) if known is None else known.get(name, (0, 0))
        if kind == tarfile.SYMTYPE:
            entry.linkname = os.readlink(path)
        if kind in (tarfile.CHRTYPE, tarfile.BLKTYPE):
            entry.devmajor, entry.devminor = os.major(found.st_rdev), os.minor(found.st_rdev)
        entry.pax_headers = _attributes(path)
        self._named(entry)
        if kind == tarfile.REGTYPE:
            self._file(path, entry, found)
        else:
            self._archive.add(entry)

    def _file(self, path: str, entry: tarfile.TarInfo, found: os.stat_result) -> None:
        if found.st_nlink > 1:
            first = self._linked.setdefault((found.st_dev, found.st_ino), entry.name)
            if first != entry.name:
                entry.type, entry.linkname = tarfile.LNKTYPE, first
                self._archive.add(entry)
                return
        entry.size = found.st_size
        with _opened(path, found) as content:
            self._archive.add(entry, content)


_KINDS = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
    stat.S_IFCHR: tarfile.CHRTYPE,
    stat.S_IFBLK: tarfile.BLKTYPE,
}


def _opened(path: str, found: os.stat_result) -> IO[bytes]:
    """A file of ours may be closed to us, for who is not root."""
    try:
        return open(path, "rb", buffering=0)
    except PermissionError:
        os.chmod(path, stat.S_IMODE(found.st_mode) | stat.S_IRUSR)
        try:
            return open(path, "rb", buffering=0)
        finally:
            os.chmod(path, stat.S_IMODE(found.st_mode))


def _whiteout(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{_WHITEOUT}{name}"


def _attributes(path: str) -> dict[str, str]:
    """Capabilities and the like. A file system without any has none."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except (OSError, AttributeError):
        return {}
    return {
        f"{_XATTR}{name}": os.getxattr(path, name, follow_symlinks=False).decode("utf-8", "surrogateescape")
        for name in names
        if name.startswith(_KEPT_XATTRS) and "overlay" not in name
    }
