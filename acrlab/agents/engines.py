"""Which engine does the work of a run."""

import time
from collections.abc import Callable, Mapping

from acrlab.agents.confine import probe as confinement
from acrlab.agents.docker.engine import DockerEngine
from acrlab.agents.embedded.engine import EmbeddedEngine
from acrlab.agents.none import NoneEngine
from acrlab.agents.protocol import Capabilities, Engine, EngineFailed

AUTO = "auto"
Clock = Callable[[], float]


def engine(name: str = AUTO, now: Clock = time.time) -> Engine:
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


def _best(now: Clock) -> Engine:
    """This machine itself, else a daemon: what it does to the machine is its own."""
    reasons: list[str] = []
    for each in (_embedded(now), _docker(now)):
        found = each.probe()
        if found.run:
            return each
        reasons += found.reasons
    return NoneEngine(tuple(reasons), now)


def _embedded(now: Clock) -> Engine:
    return EmbeddedEngine(confinement.probe, confinement.sandbox, now)


def _docker(now: Clock) -> Engine:
    return DockerEngine()


def _none(now: Clock) -> Engine:
    return NoneEngine((), now)


ENGINES: Mapping[str, Callable[[Clock], Engine]] = {"embedded": _embedded, "docker": _docker, "none": _none}
