import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.client.cloud import Cloud, connect
from acrlab.client.registry import Registry
from acrlab.emulator import Emulator


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with pytest.MonkeyPatch.context() as patch, Emulator() as emulator:
        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        yield emulator


@pytest.fixture
def cloud(emulator: Emulator) -> Iterator[Cloud]:
    """A cloud in a world as it began."""
    emulator.world.reset()
    emulator.world.refusals.clear()
    with connect() as cloud:
        yield cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    return cloud.registry("contoso")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment that points nowhere, of somebody who runs no emulator."""
    for name in [name for name in os.environ if name.startswith(("ACRLAB_", "AZURE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ACRLAB_HOME", str(tmp_path / "home"))
