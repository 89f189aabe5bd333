"""One bank and one bench for all tests of the trainer; a home of one's own for each."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.domain import tiers
from acrlab.trainer import bank as banks
from acrlab.trainer.bank import Bank
from acrlab.trainer.bench import Bench


@pytest.fixture(scope="session")
def bank() -> Bank:
    return banks.standard()


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


@pytest.fixture(scope="session")
def benches(bench: Bench) -> Iterator[dict[str, Bench]]:
    """A bench for each profile that questions go by."""
    classic = Bench(profile=tiers.CLASSIC)
    yield {tiers.CURRENT: bench, tiers.CLASSIC: classic}
    classic.close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's emulator either: `acr_emulator` points the whole process to its own while it lives."""
    for name in [name for name in os.environ if name.startswith(("ACRLAB_", "AZURE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ACRLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
