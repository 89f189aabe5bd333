"""A world for labs: one emulator for all of them, a log that is nobody's, and every lab's proof gathered once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.client import running
from acrlab.client.control import Control
from acrlab.course import folder, proof
from acrlab.course.diary import Log
from acrlab.course.folder import Folder
from acrlab.course.lab import Lab
from acrlab.emulator import Emulator

LABS = Path(__file__).resolve().parents[2] / "labs"
FOLDERS = folder.every(LABS)


@pytest.fixture(scope="session")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    """The controls of an emulator that `os.environ` points to until the session ends."""
    with pytest.MonkeyPatch.context() as patch, Emulator(clock="frozen") as emulator:
        patch.setenv("ACRLAB_HOME", str(tmp_path_factory.mktemp("home")))
        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        yield running.control(dict(os.environ))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "progress.jsonl")


@pytest.fixture(params=FOLDERS, ids=[each.name for each in FOLDERS])
def lab(request: pytest.FixtureRequest, control: Control, log: Log) -> Lab:
    """Every lab there is."""
    return Lab(request.param, control, log)


@pytest.fixture
def first(control: Control, log: Log) -> Lab:
    """The first lab, for what holds for all of them."""
    return Lab(FOLDERS[0], control, log)


@pytest.fixture(scope="session")
def proofs(control: Control, tmp_path_factory: pytest.TempPathFactory) -> "Proofs":
    return Proofs(control, Log(tmp_path_factory.mktemp("log") / "progress.jsonl"))


class Proofs:
    """What CI proves of each lab, gathered when first asked for."""

    def __init__(self, control: Control, log: Log) -> None:
        self._control, self._log = control, log
        self._known: dict[str, proof.Proof] = {}

    def of(self, given: Folder) -> proof.Proof:
        if given.name not in self._known:
            self._known[given.name] = proof.gather(Lab(given, self._control, self._log), self._control)
        return self._known[given.name]
