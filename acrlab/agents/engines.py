"""Which engine does the work of a run."""

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from acrlab.agents.confine import probe as confinement
from acrlab.agents.docker.engine import DockerEngine
from acrlab.agents.embedded.engine import EmbeddedEngine
from acrlab.agents.none import NoneEngine
from acrlab.agents.protocol import Agent, Capabilities, Engine, EngineFailed, Registries

Clock = Callable[[], float]


def engine(name: str = "auto", now: Clock = time.time) -> Engine:
    """The engine of that name; auto is the best that works here. Raises: EngineFailed."""
    if name not in ENGINES:
        raise EngineFailed(f"no engine {name!r}: there are {', '.join(ENGINES)}")
    return ENGINES[name](now)


class AutoEngine:
    """The best that works here, looked for when first there is something to do."""

    def __init__(self, now: Clock) -> None:
        self._now = now

    def probe(self) -> Capabilities:
        """What the chosen one can do."""
        return self._chosen.probe()

    def agent(self, folder: Path, registries: Registries) -> Agent:
        """A fresh machine for one run."""
        return self._chosen.agent(folder, registries)

    @cached_property
    def _chosen(self) -> Engine:
        """This machine itself, else a daemon: what it does to the machine is its own."""
        reasons: list[str] = []
        for each in (_embedded(self._now), _docker(self._now)):
            found = each.probe()
            if found.run:
                return each
            reasons += found.reasons
        return NoneEngine(tuple(reasons), self._now)


def _embedded(now: Clock) -> Engine:
    return EmbeddedEngine(confinement.probe, confinement.sandbox, now)


def _docker(now: Clock) -> Engine:
    return DockerEngine()


def _none(now: Clock) -> Engine:
    return NoneEngine((), now)


ENGINES: Mapping[str, Callable[[Clock], Engine]] = {
    "auto": AutoEngine, "embedded": _embedded, "docker": _docker, "none": _none,
}  # fmt: skip
