"""One request on its way through a plane."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from acrlab.domain.access import ANONYMOUS, Access, Principal
from acrlab.engine.state import Registry
from acrlab.engine.world import World
from acrlab.wire.http import Request

if TYPE_CHECKING:
    from acrlab.wire.agents import Desk


class Exchange(msgspec.Struct, frozen=True):
    """One request and its answer, as the notebooks show it. `at` is epoch seconds."""

    at: float
    method: str
    url: str
    status: int
    principal: str


class Host(Protocol):
    """What runs the planes: the controls act on it."""

    exchanges: deque[Exchange]
    stop: Callable[[], None] | None
    fork: Callable[[Path], None] | None
    engine: Callable[[], str] | None
    desk: "Desk | None"  # of workers on other machines


class Call:
    """What was asked, by whom, of which registry."""

    __slots__ = ("access", "body", "host", "params", "prefix", "principal", "registry", "request", "world")

    def __init__(self, host: Host, world: World, request: Request) -> None:
        self.host, self.world, self.request = host, world, request
        self.params: dict[str, str] = {}
        self.body = b""
        self.prefix = ""  # "<registry>/" at the plain door, where repositories carry it
        self.registry: Registry | None = None
        self.principal: Principal = ANONYMOUS
        self.access: Access | None = None

    @property
    def home(self) -> Registry:
        """The registry that was addressed; its plane has made sure there is one."""
        assert self.registry is not None
        return self.registry

    def own(self, name: str) -> str:
        """A repository the caller names, without the registry it carries at the plain door; empty if of another one."""
        return name.removeprefix(self.prefix) if name.startswith(self.prefix) else ""
