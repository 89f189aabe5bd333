"""A folder lent to a root where nothing can be mounted: the same files by hard links, and back what is done to them."""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator

_CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
Mark = tuple[int, int, int]  # inode, bytes, time of change


class Lent:
    """One folder of the machine in a folder inside the root, by open files: no link in between leads elsewhere.

    New files are seen outside when the container has ended, not before. A folder that is read-only is a copy.
    """

    def __init__(self, source: str, inside: int, read_only: bool) -> None:
        self._outside = os.open(source, _FOLDER & ~os.O_NOFOLLOW)
        self._inside, self._read_only = inside, read_only
        self._marks: dict[str, Mark] = {}

    def hand_out(self) -> None:
        """Raises: OSError."""
        _dress(self._inside, os.fstat(self._outside))
        self._fill(self._outside, self._inside, "")

    def bring_back(self) -> None:
        """Once the container has ended: its changes outside, and nothing inside."""
        if not self._read_only:
            self._collect(self._outside, self._inside, "", set(self._marks))
            _dress(self._outside, os.fstat(self._inside))
        for name in os.listdir(self._inside):
            _removed(self._inside, name)
        os.close(self._outside)
        os.close(self._inside)

    def _fill(self, outside: int, inside: int, prefix: str) -> None:
        for name, seen in _entries(outside):
            if stat.S_ISDIR(seen.st_mode):
                os.mkdir(name, dir_fd=inside)
                with _opened(outside, name) as source, _opened(inside, name) as target:
                    self._fill(source, target, f"{prefix}{name}/")
                    _dress(target, seen)
            elif not _given(outside, inside, name, seen, copied=self._read_only):
                continue
            self._marks[prefix + name] = _mark(os.stat(name, dir_fd=inside, follow_symlinks=False))

    def _collect(self, outside: int, inside: int, prefix: str, gone: set[str]) -> None:
        for name, seen in _entries(inside):
            path = prefix + name
            gone.discard(path)
            if stat.S_ISDIR(seen.st_mode):
                self._folder(outside, inside, name, prefix, gone)
                continue
            there = _seen(outside, name)
            same = there and (there.st_dev, there.st_ino) == (seen.st_dev, seen.st_ino)
            if same or self._marks.get(path) == _mark(seen):
                continue
            _removed(outside, name)
            _given(inside, outside, name, seen, copied=False)
        for path in [path for path in gone if path.startswith(prefix) and "/" not in path[len(prefix) :]]:
            _removed(outside, path[len(prefix) :])

    def _folder(self, outside: int, inside: int, name: str, prefix: str, gone: set[str]) -> None:
        there = _seen(outside, name)
        if there and not stat.S_ISDIR(there.st_mode):
            _removed(outside, name)
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=outside)
        with _opened(outside, name) as target, _opened(inside, name) as source:
            self._collect(target, source, f"{prefix}{name}/", gone)
            _dress(target, os.fstat(source))


def _given(source: int, target: int, name: str, seen: os.stat_result, *, copied: bool) -> bool:
    """The same file or link in another folder; nothing else is given."""
    if stat.S_ISLNK(seen.st_mode):
        os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        os.chown(name, seen.st_uid, seen.st_gid, dir_fd=target, follow_symlinks=False)
        return True
    if not stat.S_ISREG(seen.st_mode):
        return False
    if not copied:
        with contextlib.suppress(OSError):  # another file system
            os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
            return True
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with (
        open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=source), "rb") as reading,
        open(os.open(name, flags, 0o600, dir_fd=target), "wb") as writing,
    ):
        shutil.copyfileobj(reading, writing, _CHUNK)
        writing.flush()
        _dress(writing.fileno(), seen)
    return True


def _dress(opened: int, seen: os.stat_result) -> None:
    os.fchown(opened, seen.st_uid, seen.st_gid)
    os.fchmod(opened, stat.S_IMODE(seen.st_mode))
    os.utime(opened, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def _removed(folder: int, name: str) -> None:
    seen = _seen(folder, name)
    if seen and stat.S_ISDIR(seen.st_mode):
        shutil.rmtree(name, dir_fd=folder)
    elif seen:
        os.unlink(name, dir_fd=folder)


def _entries(folder: int) -> Iterator[tuple[str, os.stat_result]]:
    for name in sorted(os.listdir(folder)):
        yield name, os.stat(name, dir_fd=folder, follow_symlinks=False)


def _seen(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _mark(seen: os.stat_result) -> Mark:
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


@contextlib.contextmanager
def _opened(folder: int, name: str) -> Iterator[int]:
    opened = os.open(name, _FOLDER, dir_fd=folder)
    try:
        yield opened
    finally:
        os.close(opened)
