"""Which engine does the work of a run."""

import time
from collections.abc import Callable, Mapping

from acrlab.agents.confine import probe as confinement
from acrlab.agents.docker.engine import DockerEngine
from acrlab.agents.embedded.engine import EmbeddedEngine
from acrlab.agents.none import NoneEngine
from acrlab.agents.protocol import Engine, EngineFailed

AUTO = "auto"


def engine(name: str = AUTO, now: Callable[[], float] = time.time) -> Engine:
    """The engine of that name; auto is the best that works here. Raises: EngineFailed."""
    if name == AUTO:
        return _best(now)
    if name not in ENGINES:
        raise EngineFailed(f"no engine {name!r}: there are {', '.join((AUTO, *ENGINES))}")
    return ENGINES[name](now)


def _best(now: Callable[[], float]) -> Engine:
    """This machine itself, else a daemon: what it does to the machine is its own."""
    reasons: list[str] = []
    for each in (_embedded(now), _docker(now)):
        found = each.probe()
        if found.run:
            return each
        reasons += found.reasons
    return NoneEngine(tuple(reasons), now)


def _embedded(now: Callable[[], float]) -> Engine:
    return EmbeddedEngine(confinement.probe, confinement.sandbox, now)


def _docker(now: Callable[[], float]) -> Engine:
    return DockerEngine()


def _none(now: Callable[[], float]) -> Engine:
    return NoneEngine((), now)


ENGINES: Mapping[str, Callable[[Callable[[], float]], Engine]] = {
    "embedded": _embedded,
    "docker": _docker,
    "none": _none,
}
