"""Which engine does the work of a run."""

import time
from collections.abc import Callable, Mapping

from acrlab.agents.confine import probe as confinement
from acrlab.agents.embedded.engine import EmbeddedEngine
from acrlab.agents.none import NoneEngine
from acrlab.agents.protocol import Capabilities, Engine, EngineFailed

AUTO = "auto"


def engine(name: str = AUTO, now: Callable[[], float] = time.time) -> Engine:
    """The engine of that name; auto is the best that works here. Raises: EngineFailed."""
    return _best(now) if known(name) == AUTO else ENGINES[name](now)


def known(name: str) -> str:
    """The name, if it is one. Raises: EngineFailed."""
    if name not in (AUTO, *ENGINES):
        raise EngineFailed(f"no engine {name!r}: there are {', '.join((AUTO, *ENGINES))}")
    return name


def described(found: Capabilities) -> str:
    """An engine in words: what it is, and what it cannot do here."""
    rung = f" ({found.rung})" if found.rung else ""
    lacks = "" if found.run else ", runs no containers: RUN and cmd steps fail"
    return f"{found.engine}{rung}{lacks}"


def _best(now: Callable[[], float]) -> Engine:
    embedded = _embedded(now)
    found = embedded.probe()
    return embedded if found.run else NoneEngine(found.reasons, now)


def _embedded(now: Callable[[], float]) -> Engine:
    return EmbeddedEngine(confinement.probe, confinement.sandbox, now)


def _none(now: Callable[[], float]) -> Engine:
    return NoneEngine((), now)


ENGINES: Mapping[str, Callable[[Callable[[], float]], Engine]] = {"embedded": _embedded, "none": _none}
