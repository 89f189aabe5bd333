"""The lowest rung: a root changed by chroot alone, with the files a program expects lent to it for its time."""

import contextlib
import os
import socket
import stat
from pathlib import Path
from typing import Any

from acrlab.agents.confine.lent import Lent
from acrlab.agents.confine.stubs import Stubs

_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}


class Loan:
    """What programs expect in a root where nothing can be mounted. A process of its own lends it and takes it back."""

    def __init__(self, order: dict[str, Any]) -> None:
        """Raises: OSError."""
        self._stubs = Stubs()
        folders = [each for each in order["mounts"] if os.path.isdir(each["source"])]
        files = [each for each in order["mounts"] if each not in folders]
        self._texts = {str(each["target"]): Path(each["source"]).read_bytes() for each in files}
        self._targets = [str(each["target"]) for each in folders]
        self._before: dict[str, tuple[bytes, int, int]] = {}
        self._aside: list[tuple[str, str, int, int, int]] = []  # with the times of the folder above, and earlier stubs
        self._devices: list[str] = []
        self._control, theirs = socket.socketpair()
        self.process = os.fork()
        if not self.process:
            self._control.close()
            self._hold(str(order["root"]), theirs)
        theirs.close()
        _, opened, _, _ = socket.recv_fds(self._control, 1, len(folders), socket.MSG_CMSG_CLOEXEC)
        if len(opened) != len(folders):
            raise OSError(22, "a volume has no place in this image")
        pairs = zip(folders, opened, strict=True)
        self._lent = [Lent(str(each["source"]), place, bool(each["read_only"])) for each, place in pairs]
        for each in self._lent:
            each.hand_out()

    def end(self) -> None:
        """Until everything is as it was."""
        try:
            for each in reversed(self._lent):
                each.bring_back()
        finally:
            self._control.close()
            os.waitpid(self.process, 0)

    def _hold(self, root: str, control: socket.socket) -> None:
        with contextlib.suppress(OSError):
            os.chroot(root)
            os.chdir("/")
            self._lend()
            opened = [self._folder(target) for target in self._targets]
            socket.send_fds(control, [b"x"], opened)
            control.recv(1)
        with contextlib.suppress(OSError):
            self._restore()
        os._exit(0)

    def _folder(self, target: str) -> int:
        """A place for a volume: empty, and what the image has there put aside."""
        place = os.path.realpath(target)
        if place == "/":
            raise OSError(22, "a volume cannot be the root")
        if os.path.isdir(place) and os.listdir(place):
            aside, parent = f"{place}.acrlab-{len(self._aside)}", os.path.dirname(place)
            before = os.stat(parent).st_mtime_ns
            os.rename(place, aside)
            self._aside.append((place, aside, before, os.stat(parent).st_mtime_ns, len(self._stubs.made)))
        self._stubs.folder(place)
        return os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

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
        for place, aside, before, after, earlier in reversed(self._aside):
            self._stubs.remove(earlier)
            with contextlib.suppress(OSError):
                parent = os.path.dirname(place)
                untouched = os.stat(parent).st_mtime_ns == after
                os.rename(aside, place)
                if untouched:
                    os.utime(parent, ns=(before, before))
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
