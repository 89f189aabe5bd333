"""What a container sees beside its own files: /proc, /dev, /sys, its name, its volumes. Run inside its namespaces."""

import os
import stat
from typing import Any

from acrlab.agents.confine import syscalls
from acrlab.agents.confine.stubs import Stubs
from acrlab.agents.confine.syscalls import BIND, NODEV, NOEXEC, NOSUID, RDONLY, REC, REMOUNT

# Source: docker's defaults (moby, oci/defaults.go: MaskedPaths and ReadonlyPaths).
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
_MASKED = (
    *("/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats"),
    *("/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi"),
    *("/sys/firmware", "/sys/devices/virtual/powercap", "/sys/fs/cgroup"),
)
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "core": "/proc/kcore",
    "ptmx": "pts/ptmx",
}
_KEPT = os.ST_RDONLY | os.ST_NOSUID | os.ST_NODEV | os.ST_NOEXEC
_TIMES = {1024: 1024, 2048: 2048, 4096: 1 << 21}  # noatime, nodiratime, relatime: of statvfs and of mount
_INSIDE = NOSUID | NODEV | NOEXEC


class Tree:
    """The root of a container, put together: `sources` are opened before the root changes, mounts come after."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._root, self.stubs = str(order["root"]), Stubs()
        self._mounts = [(str(each["target"]), bool(each["read_only"])) for each in order["mounts"]]
        self._sources = [_opened(str(each["source"])) for each in order["mounts"]]
        self._devices = {name: _opened(f"/dev/{name}") for name in _DEVICES}
        self._system = _opened("/sys")

    def assemble(self) -> None:
        """Everything in its place, and the machine's own files out of sight. Raises: OSError."""
        syscalls.mount(None, "/", None, REC | syscalls.PRIVATE)
        syscalls.mount(self._root, self._root, None, BIND | REC)
        _again(self._root, NODEV)
        old = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        os.chdir(self._root)
        syscalls.pivot()
        os.chdir("/")
        self._fill()
        os.fchdir(old)
        syscalls.unmount(".")
        os.chdir("/")
        for each in (old, self._system, *self._sources, *self._devices.values()):
            os.close(each)

    def _fill(self) -> None:
        for folder in ("/proc", "/sys"):
            if os.path.islink(folder):  # as runc has it: a link there is an attack
                raise OSError(20, f'filesystem "{folder[1:]}" must be mounted on ordinary directory')
            self.stubs.folder(folder)
        syscalls.mount("proc", "/proc", "proc", _INSIDE)
        self._devices_in_place()
        self._system_in_place()
        for (target, read_only), source in zip(self._mounts, self._sources, strict=True):
            directory = stat.S_ISDIR(os.fstat(source).st_mode)
            place = self._place(target, directory)
            syscalls.mount(_name(source), _name(place), None, BIND | REC)
            os.close(place)
            _again(os.path.realpath(target), NODEV | (RDONLY if read_only else 0))
        self._hide()

    def _devices_in_place(self) -> None:
        place = self._place("/dev", True)
        syscalls.mount("tmpfs", _name(place), "tmpfs", NOSUID | NODEV, "mode=755,size=65536k")
        os.close(place)
        for name, source in self._devices.items():
            with open(f"/dev/{name}", "x"):
                pass
            syscalls.mount(_name(source), f"/dev/{name}", None, BIND)
        for name, target in _LINKS.items():
            os.symlink(target, f"/dev/{name}")
        for name, kind, options in (("shm", "tmpfs", "mode=1777,size=65536k"), ("mqueue", "mqueue", None)):
            os.mkdir(f"/dev/{name}")
            syscalls.mount(kind, f"/dev/{name}", kind, _INSIDE, options)
        os.mkdir("/dev/pts")
        _terminals("newinstance,ptmxmode=0666,mode=0620,gid=5") or _terminals("newinstance,ptmxmode=0666")

    def _system_in_place(self) -> None:
        """A fresh one belongs to the network namespace's owner; else that of the machine, nothing of it writable."""
        try:
            syscalls.mount("sysfs", "/sys", "sysfs", _INSIDE | RDONLY)
            return
        except OSError:
            syscalls.mount(_name(self._system), "/sys", None, BIND | REC)
        place = os.open("/sys", os.O_PATH | os.O_CLOEXEC)
        syscalls.read_only(place)
        os.close(place)

    def _hide(self) -> None:
        for path in filter(os.path.exists, _READ_ONLY):
            syscalls.mount(path, path, None, BIND | REC)
            _again(path, RDONLY)
        for path in filter(os.path.exists, _MASKED):
            if os.path.isdir(path):
                syscalls.mount("tmpfs", path, "tmpfs", RDONLY | _INSIDE)
            else:
                syscalls.mount(_name(self._devices["null"]), path, None, BIND)

    def _place(self, target: str, directory: bool) -> int:
        """Where to mount, opened: links lead nowhere but inside, and nothing may cover the root itself."""
        path = self.stubs.folder(target) if directory else self.stubs.file(target)
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if os.path.samestat(os.fstat(place), os.stat("/")):
            raise OSError(22, f"invalid mount target {target}: it is the root")
        return place


def _terminals(options: str) -> bool:
    try:
        syscalls.mount("devpts", "/dev/pts", "devpts", NOSUID | NOEXEC, options)
    except OSError:
        return False
    return True


def _opened(path: str) -> int:
    return os.open(path, os.O_PATH | os.O_CLOEXEC)


def _name(opened: int) -> str:
    return f"/proc/self/fd/{opened}"


def _again(path: str, flags: int) -> None:
    """Add flags to a mount; what it has may be locked, so it is said again."""
    had = os.statvfs(path).f_flag
    times = sum(value for flag, value in _TIMES.items() if had & flag)
    syscalls.mount(None, path, None, BIND | REMOUNT | (had & _KEPT) | times | flags)
