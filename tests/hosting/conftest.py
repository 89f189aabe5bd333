"""A running emulator with a repository at a git host, and git as anybody has it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.domain import hosting
from acrlab.emulator import Emulator
from acrlab.engine.hosting import repositories, tokens
from acrlab.engine.state import Hosted

if shutil.which("git") is None:
    pytest.skip("git is not installed: nothing here has been tried with it", allow_module_level=True)


class Git:
    """git in a folder, pointed at an emulator by its environment alone."""

    def __init__(self, environment: dict[str, str], home: Path) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        (home / "gitconfig").write_text(
            "[user]\n\tname = Lena\n\temail = lena@contoso.test\n[init]\n\tdefaultBranch = main\n"
            "[advice]\n\tdetachedHead = false\n"
        )
        mine = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self.variables = {
            **mine, **environment, "HOME": str(home), "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
        }  # fmt: skip

    def run(self, *arguments: str, cwd: Path | None = None, check: bool = True, **variables: str) -> str:
        """What git says, on both streams; a failure is one of the test unless it was expected."""
        done = subprocess.run(
            ["git", *arguments], cwd=cwd or self.home, env={**self.variables, **variables}, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        said = (done.stdout + done.stderr).strip()
        assert not check or done.returncode == 0, f"git {' '.join(arguments)}\n{said}"
        assert check or done.returncode != 0, f"git {' '.join(arguments)} succeeded\n{said}"
        return said

    def refused(self, *arguments: str, cwd: Path | None = None, **variables: str) -> str:
        """What git says when it is refused."""
        return self.run(*arguments, cwd=cwd, check=False, **variables)

    def folder(self, name: str) -> Path:
        return self.home / name


class Host:
    """A world with one repository of contoso at a host, and a token for it."""

    def __init__(self, emulator: Emulator, place: hosting.Address, *, private: bool = False) -> None:
        self.emulator, self.place, self.world = emulator, place, emulator.world
        with self.world.lock:
            repositories.create(self.world, place, "tester", private=private)
            self.token = tokens.issue(self.world, place.host, place.owner, "tester")

    @property
    def url(self) -> str:
        return self.place.url

    @property
    def mine(self) -> str:
        """The URL with the token in it."""
        return self.place.url.replace("https://", f"https://x:{self.token}@")

    @property
    def hosted(self) -> Hosted:
        return self.world.state.hosted[self.place.key]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(sealed=True) as started:
        yield started


@pytest.fixture
def host(emulator: Emulator) -> Host:
    return Host(emulator, hosting.github("contoso", "app"))


@pytest.fixture
def git(emulator: Emulator, tmp_path: Path) -> Git:
    return Git(emulator.environment(), tmp_path / "home")


@pytest.fixture
def work(git: Git, host: Host) -> Path:
    """A clone with one commit, pushed."""
    folder = git.folder("work")
    git.run("clone", "-q", host.mine, str(folder))
    change(folder, "Dockerfile", "FROM scratch\n")
    git.run("add", ".", cwd=folder)
    git.run("commit", "-q", "-m", "first", cwd=folder)
    git.run("push", "-q", "origin", "main", cwd=folder)
    return folder


def change(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def committed(git: Git, folder: Path, name: str, text: str, message: str = "more") -> str:
    """Commit a file; the name of the commit."""
    change(folder, name, text)
    git.run("add", "-A", cwd=folder)
    git.run("commit", "-q", "-m", message, cwd=folder)
    return git.run("rev-parse", "HEAD", cwd=folder)
