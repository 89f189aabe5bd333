"""One process at a time: a lock the operating system drops when its owner dies, however it dies."""

import errno
import os
import sys
from pathlib import Path

BUSY = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
FAR = 1 << 30  # Windows locks bytes against reading too: lock one far behind the process id


class Held(Exception):
    """Somebody else holds the lock. `pid` is their process id, or None when it is not known."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(pid)
        self.pid = pid


class FileLock:
    """An exclusive lock on a file that names its owner's process id. The file itself stays.

    Raises: Held, OSError
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError as error:
            pid = _owner(self._descriptor)
            os.close(self._descriptor)
            if error.errno in BUSY:
                raise Held(pid) from None
            raise
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, b"%d\n" % os.getpid())

    def release(self) -> None:
        """Let the next one in."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _owner(descriptor: int) -> int | None:
    text = os.read(descriptor, 32).strip()
    return int(text) if text.isdigit() else None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # flock, not lockf: it also refuses a second opener within this process
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
