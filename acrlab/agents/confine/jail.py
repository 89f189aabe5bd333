"""The lowest rung: a root changed by chroot alone, with the files a program expects lent to it for its time."""

import contextlib
import os
import stat
from pathlib import Path
from typing import Any

from acrlab.agents.confine.stubs import Stubs

_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}


class Loan:
    """What programs expect in a root where nothing can be mounted. A process of its own lends it and takes it back."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._stubs = Stubs()
        self._texts = {str(each["target"]): Path(each["source"]).read_bytes() for each in order["mounts"]}
        self._before: dict[str, tuple[bytes, int, int]] = {}
        self._devices: list[str] = []
        ready, telling = os.pipe()
        waiting, self._end = os.pipe()
        self.process = os.fork()
        if not self.process:
            os.close(ready)
            os.close(self._end)
            self._hold(str(order["root"]), telling, waiting)
        os.close(telling)
        os.close(waiting)
        os.read(ready, 1)
        os.close(ready)

    def end(self) -> None:
        """Until everything is as it was."""
        os.close(self._end)
        os.waitpid(self.process, 0)

    def _hold(self, root: str, telling: int, waiting: int) -> None:
        with contextlib.suppress(OSError):
            os.chroot(root)
            os.chdir("/")
            self._lend()
            os.write(telling, b"x")
            os.read(waiting, 1)
            self._restore()
        os._exit(0)

    def _lend(self) -> None:
        """A root that has its own devices keeps them."""
        for target, text in self._texts.items():
            with contextlib.suppress(OSError):
                self._write(self._stubs.file(target), text)
        self._stubs.folder("/dev")
        for name, (major, minor) in _DEVICES.items():
            with contextlib.suppress(OSError):
                path = f"{os.path.realpath('/dev')}/{name}"
                os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(major, minor))
                os.chmod(path, 0o666)
                self._devices.append(path)

    def _restore(self) -> None:
        for path in self._devices:
            with contextlib.suppress(OSError):
                if stat.S_ISCHR(os.lstat(path).st_mode):
                    os.unlink(path)
        for path, (content, accessed, modified) in self._before.items():
            with contextlib.suppress(OSError):
                if _plain(path):
                    Path(path).write_bytes(content)
                    os.utime(path, ns=(accessed, modified))
        self._stubs.remove()

    def _write(self, path: str, text: bytes) -> None:
        if not _plain(path):
            return
        seen = os.stat(path)
        self._before[path] = (Path(path).read_bytes(), seen.st_atime_ns, seen.st_mtime_ns)
        Path(path).write_bytes(text)


def kill_children(spared: int) -> None:
    """End every descendant: those of a dead child have become children of this process, which adopts orphans."""
    while True:
        found = [child for child in _children() if child != spared]
        if not found:
            return
        for child in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, 9)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)


def _children() -> list[int]:
    me, found = os.getpid(), []
    for each in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            state = Path("/proc", each, "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(state[1]) == me:
                found.append(int(each))
    return found


def _plain(path: str) -> bool:
    return stat.S_ISREG(os.lstat(path).st_mode)
