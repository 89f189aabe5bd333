"""The embedded engine: this machine, as far as it lets a process be confined."""

import time
from collections.abc import Callable
from pathlib import Path

from acrlab.agents.embedded.agent import FolderAgent
from acrlab.agents.protocol import Agent, Capabilities, Outside, Registries
from acrlab.agents.sandbox import Sandbox

Sandboxes = Callable[[Path, Outside | None], Sandbox]  # a fresh one, with its files below a folder


class EmbeddedEngine:
    """Builds and runs over the sandboxes it is given."""

    def __init__(
        self, probe: Callable[[], Capabilities], sandboxes: Sandboxes, now: Callable[[], float] = time.time
    ) -> None:
        self._probe, self._sandboxes, self._now = probe, sandboxes, now

    def probe(self) -> Capabilities:
        """What can be done here."""
        return self._probe()

    def agent(self, folder: Path, registries: Registries, outside: Outside | None = None) -> Agent:
        """A fresh machine for one run. Raises: EngineFailed when nothing can be confined here."""
        return FolderAgent(folder, registries, self._sandboxes(folder / "sandbox", outside), self.probe(), self._now)
