"""A running emulator with a registry and a connection, and pipelines run in its environment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.emulator import Emulator
from acrlab.engine import connections
from acrlab.pipelines.execute import Wish, execute
from tests.arm.cloud import Cloud


class Lab:
    """What a test runs pipelines with."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.emulator, self.folder, self.world = emulator, folder, emulator.world
        self.lines: list[str] = []

    def run(self, text: str, name: str = "azure-pipelines.yml", **wishes: object) -> str:
        """Write a file and run it; the result."""
        self.folder.mkdir(exist_ok=True)
        file = self.folder / name
        file.write_text(text)
        self.lines.clear()
        return execute(Wish(file, **wishes), self.lines.append)  # type: ignore[arg-type]

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def said(self) -> list[str]:
        """What scripts printed: no headings."""
        headings = ("##[", "===", "[command]", "Task ", "Description ")
        return [line for line in self.lines if not line.startswith(headings)]


class Served(Cloud):
    """The requests of tests.arm.cloud, for an emulator's own world."""

    def __init__(self, emulator: Emulator) -> None:
        self.world, self.app = emulator.world, emulator.app
        self.subscription = self.world.state.subscription
        self.s = f"/subscriptions/{self.subscription}"
        self.g = f"{self.s}/resourceGroups/lab"
        self.r = f"{self.g}/providers/Microsoft.ContainerRegistry/registries"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with Emulator(sealed=True) as emulator:
        cloud = Served(emulator)
        assert cloud.group().status == 201 and cloud.registry("contoso", "Standard").status in (200, 201)
        with emulator.world.lock:
            connections.connect(emulator.world, "contoso-connection", "contoso")
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        yield Lab(emulator, tmp_path / "app")
