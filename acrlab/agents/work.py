"""A run that an agent has, and whoever has agents."""

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from acrlab.domain.tasks.run import Ending, Order

if TYPE_CHECKING:
    from acrlab.engine.state import Resource

MOST = max(4, 2 * (os.cpu_count() or 1))  # runs at a time of all registries, on this machine
LOST = "acrlab was stopped while the run was under way: its agent is gone"


class Work:
    """A run that an agent has. `reason` says why it was told to stop."""

    def __init__(self, log: str) -> None:
        self.log, self.cancelled = log, threading.Event()
        self.ending = False  # its agent has told how it ended
        self.reason = ""
        self.thread: threading.Thread | None = None

    def stop(self, reason: str) -> None:
        """Tell the agent to end it; the first reason counts."""
        self.reason = self.reason or reason
        self.cancelled.set()


class Agents(Protocol):
    """Where runs are worked on: in this process, or by workers that take them from a queue."""

    most: int  # runs at a time

    def offered(self) -> frozenset[str]:
        """The runs that wait to be taken, by lower-case id. Called with the world's lock held."""
        ...

    def offer(self, run: "Resource", take: "Callable[[Resource], None]") -> None:
        """`take` is called once an agent has it: now, or later. Both with the world's lock held."""
        ...

    def sweep(self) -> None:
        """Clear away what is left of earlier processes."""
        ...

    def carry_out(self, id: str, order: Order, work: Work, tell: Callable[..., None]) -> Ending:
        """Do a run that was taken, to its end."""
        ...

    def over(self, id: str) -> None:
        """A run that was taken has ended, however that came."""
        ...
