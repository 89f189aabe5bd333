"""A root with this machine's own programs in it, and every rung that can be climbed here."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = (
    *("sh", "cat", "ls", "id", "sleep", "mkdir", "rm", "ln", "touch", "chmod", "chown", "mknod", "mount", "umount"),
    *("readlink", "head", "hostname", "stat", "ps", "kill", "unshare", "chroot", "tail", "dd", "grep", "env", "pwd"),
    *("wc", "mv", "sed"),
)
PATH = "/usr/bin:/bin"


def libraries(program: str) -> set[str]:
    """The shared objects of a program, by the names under which they are looked for."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return {word for line in told.splitlines() for word in line.split() if word.startswith("/")}


def filled(root: Path) -> Path:
    """A root of the machine's programs, its users, and nothing else."""
    needed: set[str] = set()
    (root / "usr/bin").mkdir(parents=True)
    (root / "bin").symlink_to("usr/bin")
    for name in PROGRAMS:
        if found := shutil.which(name, path=f"{PATH}:/usr/sbin:/sbin"):
            shutil.copy2(found, root / "usr/bin" / name)
            needed |= libraries(found)
    for library in needed:
        target = root / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, target)
    for folder in ("etc", "tmp"):
        (root / folder).mkdir()
    (root / "tmp").chmod(0o1777)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n")
    return root


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once."""
    return filled(tmp_path_factory.mktemp("root") / "original")


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Iterator[Path]:
    """One of its own for each test."""
    yield Path(shutil.copytree(original, tmp_path / "root", symlinks=True))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if sys.platform != "linux" else None
