"""The engine that starts nothing: builds without RUN, on any machine, for any platform."""

import time
from collections.abc import Callable
from pathlib import Path

from acrlab.agents.embedded.agent import FolderAgent
from acrlab.agents.protocol import Agent, Capabilities, Outside, Registries

WHY = "the engine none starts no process"


class NoneEngine:
    """`reasons` tell why no better one is there."""

    def __init__(self, reasons: tuple[str, ...] = (), now: Callable[[], float] = time.time) -> None:
        self._reasons, self._now = reasons, now

    def probe(self) -> Capabilities:
        """What it can do: nothing that needs a process."""
        return Capabilities(engine="none", reasons=(WHY, *self._reasons))

    def agent(self, folder: Path, registries: Registries, outside: Outside | None = None) -> Agent:
        """A fresh machine for one run."""
        return FolderAgent(folder, registries, None, self.probe(), self._now)
