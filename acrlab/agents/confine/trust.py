"""An image's certificates, put aside while a process runs for those that the emulator's hosts are proved by.

A mount in their place would be in the way of programs that replace them: nothing can be renamed onto a mount.
"""

import contextlib
import os
import stat
from pathlib import Path

from acrlab.agents.confine.hashed import Hashed
from acrlab.agents.paths import resolved
from acrlab.agents.protocol import EngineFailed

_BUNDLES = ("etc/ssl/certs/ca-certificates.crt", "etc/ssl/cert.pem", "etc/pki/tls/certs/ca-bundle.crt")
_LOOKED_UP = "etc/ssl/certs"
_MOST = 16 << 20  # bytes of a bundle that is looked through


class Trust:
    """Of one process. The image's own are out of its reach meanwhile, in the folder `aside`."""

    def __init__(self, root: Path, bundle: Path, aside: Path) -> None:
        self._lent: list[_Lent] = []
        self._hashed: Hashed | None = None
        with contextlib.suppress(OSError, EngineFailed, ValueError):  # no such folder, or no certificate
            self._hashed = Hashed(root / resolved(root, _LOOKED_UP), bundle.read_bytes())
        for number, place in enumerate(_places(root)):
            with contextlib.suppress(OSError):  # the image keeps its own, where those cannot be put aside
                self._lent.append(_Lent(root, place, bundle.read_bytes(), aside / f"certificates-{number}"))

    def end(self) -> frozenset[str]:
        """Put back what the process has left alone: the files, below the root, that are as they were."""
        kept = set()
        for each in self._lent:
            with contextlib.suppress(OSError), each:
                if each.back():
                    kept.add(each.place)
        if self._hashed:
            with contextlib.suppress(OSError):
                self._hashed.end()
        return frozenset(kept)


class _Lent:
    """One file. Its folder is held open: what a process makes of the path leads nowhere else."""

    def __init__(self, root: Path, place: str, content: bytes, aside: Path) -> None:
        self.place, self._content, self._aside = place, content, aside
        self._folder = os.open((root / place).parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._name = place.rpartition("/")[2]
        try:
            self._before = os.fstat(self._folder)
            own = self._seen()
            os.rename(self._name, aside, src_dir_fd=self._folder)
            self._put(own)
        except BaseException:
            os.close(self._folder)
            raise

    def __enter__(self) -> "_Lent":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)

    def back(self) -> bool:
        """Whether it is as it was. One that was written to keeps what was added. Raises: OSError."""
        now = self._seen()
        if _known(now) == _known(self._ours):
            untouched = os.fstat(self._folder).st_mtime_ns == self._during
            os.rename(self._aside, self._name, dst_dir_fd=self._folder)
            if untouched:
                self._date()
            return True
        if stat.S_ISREG(now.st_mode) and now.st_size < _MOST:
            self._cleanse()
        return False

    def _put(self, own: os.stat_result) -> None:
        opened = os.open(self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=self._folder)
        with open(opened, "wb") as file:
            file.write(self._content)
            file.flush()
            with contextlib.suppress(OSError):  # a user who cannot give files away
                os.fchown(opened, own.st_uid, own.st_gid)
            os.fchmod(opened, stat.S_IMODE(own.st_mode))
        self._ours = self._seen()
        self._date()
        self._during = self._before.st_mtime_ns

    def _cleanse(self) -> None:
        opened = os.open(self._name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._folder)
        with open(opened, "r+b") as file:
            found = file.read()
            if found.startswith(self._content):
                file.seek(0)
                file.write(self._aside.read_bytes() + found[len(self._content) :])
                file.truncate()

    def _seen(self) -> os.stat_result:
        return os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)

    def _date(self) -> None:
        """The folder has not changed."""
        os.utime(self._folder, ns=(self._before.st_atime_ns, self._before.st_mtime_ns))


def _places(root: Path) -> list[str]:
    found = set()
    for each in _BUNDLES:
        with contextlib.suppress(EngineFailed):  # a circle of links
            found.add(resolved(root, each))
    return sorted(place for place in found if (root / place).is_file() and not (root / place).is_symlink())


def _known(seen: os.stat_result) -> tuple[int, ...]:
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_mode, seen.st_uid, seen.st_gid
