"""Which engine does the work of a run."""

from acrlab.agents.none import NoneEngine
from acrlab.agents.protocol import Engine, EngineFailed

NAMES = ("auto", "none")


def engine(name: str = "auto") -> Engine:
    """The engine of that name; auto is the best there is. Raises: EngineFailed."""
    if name not in NAMES:
        raise EngineFailed(f"no engine {name!r}: there are {', '.join(NAMES)}")
    return NoneEngine()
