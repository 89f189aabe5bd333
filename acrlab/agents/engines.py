"""Which engine does the work of a run."""

from pathlib import Path

from acrlab.agents.protocol import Agent, Capabilities, Engine, EngineFailed, Registries

NONE = "acrlab: there is no engine on this machine that could do this"


class NoEngine:
    """Does nothing, and says so."""

    def probe(self) -> Capabilities:
        return Capabilities(engine="none", reasons=(NONE,))

    def agent(self, folder: Path, registries: Registries) -> Agent:
        raise EngineFailed(NONE)


def engine(name: str = "auto") -> Engine:
    """The engine of that name."""
    return NoEngine()
