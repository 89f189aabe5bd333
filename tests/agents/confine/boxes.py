"""How tests drive a sandbox: start, collect, compare."""

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from acrlab.agents.confine.confinement import Confinement
from acrlab.agents.confine.probe import tried
from acrlab.agents.confine.process import Confined
from acrlab.agents.confine.rungs import CHROOT, RUNGS, Rung
from acrlab.agents.sandbox import Command
from tests.peers.lanes import not_run

PATH = {"PATH": "/usr/bin:/bin"}
MOUNTING = [rung for rung in RUNGS if rung is not CHROOT]
every_rung = pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.title)
every_mounting_rung = pytest.mark.parametrize("rung", MOUNTING, ids=lambda rung: rung.title)


class Box:
    """A sandbox with a root, and what was printed in it."""

    def __init__(self, sandbox: Confinement, root: Path) -> None:
        self.sandbox, self.root, self._roots = sandbox, root, 0

    def run(self, script: str, **settings: object) -> tuple[int, str]:
        """A shell script; its exit code and output."""
        process, output = self.start(script, **settings)
        code = process.wait(60)
        assert code is not None, f"still running: {output.text()}"
        return code, output.text()

    def another(self) -> Path:
        """A root like this one, for a process that runs beside."""
        self._roots += 1
        target = self.root.with_name(f"{self.root.name}-{self._roots}")
        return Path(shutil.copytree(self.root, target, symlinks=True, copy_function=os.link))

    def start(self, script: str, **settings: object) -> tuple[Confined, "Output"]:
        output = Output()
        known = {"root": self.root, "argv": ("/bin/sh", "-c", script), "environment": PATH, **settings}
        return self.sandbox.start(Command(**known), output.take), output  # type: ignore[arg-type]


class Output:
    """What a process prints, to be waited for."""

    def __init__(self) -> None:
        self._bytes, self._news = bytearray(), threading.Condition()

    def take(self, chunk: bytes) -> None:
        with self._news:
            self._bytes += chunk
            self._news.notify_all()

    def text(self) -> str:
        with self._news:
            return self._bytes.decode(errors="replace")

    def until(self, text: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: text.encode() in self._bytes, 60), bytes(self._bytes)


@contextmanager
def box(rung: Rung, root: Path, **limits: int) -> Iterator[Box]:
    """A sandbox on a rung; a rung that cannot be tried here is said to be one."""
    capabilities = tried(rung)
    if not capabilities.run:
        not_run(f"rung {rung.title}: {'; '.join(capabilities.reasons)}")
    sandbox = Confinement(rung, capabilities, root.parent, **limits)
    try:
        yield Box(sandbox, root)
    finally:
        sandbox.close()
    assert not traces(root.parent), "a mount or a control group was left behind"


def traces(folder: Path) -> list[str]:
    """Mounts below a folder, and this process's control groups. Others on this machine come and go."""
    mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(folder) in line]
    groups = [f"{home}/{name}" for home, names, _ in os.walk("/sys/fs/cgroup") for name in names]
    return mounts + [group for group in groups if f"/acrlab-{os.getpid()}-" in group]


def listing(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every entry with mode, size and time of change of content."""
    found = {}
    for path in sorted(root.rglob("*")):
        seen = path.lstat()
        found[str(path.relative_to(root))] = (seen.st_mode, seen.st_size, seen.st_mtime_ns)
    return {".": (root.lstat().st_mode, 0, root.lstat().st_mtime_ns), **found}


def within(root: Path) -> list[int]:
    """The processes that believe this folder to be their root."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            own = os.path.samefile(each / "exe", sys.executable)  # a supervisor that tidies up there
            if not own and os.path.samefile(each / "root", root):
                found.append(int(each.name))
        except OSError:
            continue  # it has ended, or belongs to somebody else
    return found
