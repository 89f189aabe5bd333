"""Limits of memory, processes and processors: control groups of version 1, 2, or both on one machine."""

import contextlib
import os
import time
from pathlib import Path

_PERIOD = 100_000  # microseconds
_WANTED = ("memory", "pids", "cpu")
_FILES = {  # controller: file and value of versions 1 and 2
    "memory": (("memory.limit_in_bytes", "{memory}"), ("memory.max", "{memory}")),
    "pids": (("pids.max", "{processes}"), ("pids.max", "{processes}")),
    "cpu": (("cpu.cfs_quota_us", "{quota}"), ("cpu.max", "{quota} {period}")),
}
_TRIES, _PAUSE = 100, 0.005


class Limits:
    """What one container may use. Units: bytes, processes, processors (0: as many as there are)."""

    def __init__(self, memory: int, processes: int, cpus: float = 0) -> None:
        self.memory, self.processes = memory, processes
        self.quota = int(cpus * _PERIOD)


class Group:
    """The control groups of one container, in every hierarchy that can be had."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._folders: dict[Path, int] = {}  # and the version of each
        self.controllers: set[str] = set()
        for folder, version, controllers in _places():
            with contextlib.suppress(OSError):
                self._make(folder / f"acrlab-{name}", version, controllers, limits)

    def enter(self) -> None:
        """This process, and all it will start."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text("0")

    def remove(self) -> None:
        """When all its processes have ended; the kernel takes its time to see that they have."""
        for folder in self._folders:
            for _ in range(_TRIES):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(_PAUSE)
                    continue
                break

    def _make(self, folder: Path, version: int, controllers: list[str], limits: Limits) -> None:
        folder.mkdir()
        self._folders[folder] = version
        for controller in controllers:
            name, value = _FILES[controller][version - 1]
            if controller == "cpu" and not limits.quota:
                continue
            with contextlib.suppress(OSError):
                values = {"memory": limits.memory, "processes": limits.processes, "quota": limits.quota}
                (folder / name).write_text(value.format(period=_PERIOD, **values))
                self.controllers.add(controller)


def _places() -> list[tuple[Path, int, list[str]]]:
    """Where groups can be made: folder, version, controllers that are free there."""
    mounts, found = _mounted(), []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if not names and "" in mounts:
            if (place := _second(mounts[""], path)) is not None:
                found.append(place)
            continue
        wanted = [name for name in names.split(",") if name in _WANTED]
        if wanted and wanted[0] in mounts:
            found.append((_within(mounts[wanted[0]], path), 1, wanted))
    return found


def _mounted() -> dict[str, tuple[Path, str]]:
    """Controller (empty: version 2) to where it is mounted, and which part of the hierarchy is."""
    found = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        root, target = before.split(" ")[3:5]
        if kind == "cgroup2":
            found[""] = (Path(target), root)
        elif kind == "cgroup":
            found |= {option: (Path(target), root) for option in options.split(",") if option in _WANTED}
    return found


def _within(mounted: tuple[Path, str], path: str) -> Path:
    """The own group as a folder; a container sees part of the hierarchy, mounted as if it were all of it."""
    target, root = mounted
    below = path.removeprefix(root) if root != "/" else path
    return target / below.strip("/")


def _second(mounted: tuple[Path, str], path: str) -> tuple[Path, int, list[str]] | None:
    """In version 2 a group with processes has no groups with limits: root takes the top, others the group above."""
    own = _within(mounted, path)
    home = mounted[0] / "acrlab" if os.geteuid() == 0 else own.parent
    with contextlib.suppress(OSError):
        free = set((home.parent / "cgroup.controllers").read_text().split()) & set(_WANTED)
        if not free:
            return None
        if os.geteuid() == 0:
            home.mkdir(exist_ok=True)
            for folder in (home.parent, home):
                (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in sorted(free)))
        free &= set((home / "cgroup.subtree_control").read_text().split())
        return (home, 2, sorted(free)) if free else None
    return None
