"""Clocks: where a world's time comes from. Nothing here reads the machine's; that is handed in."""

import heapq
import threading
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """A source of time, in seconds since 1970-01-01 UTC."""

    def now(self) -> float:
        """The present, before what the dial adds."""
        ...

    def sleep(self, seconds: float, advance: Callable[[float], None]) -> None:
        """Let the time pass; a clock that stands still asks `advance` to move it."""
        ...


class WallClock:
    """Real time: for servers. `read` and `wait` are the machine's clock and sleep."""

    def __init__(self, read: Callable[[], float], wait: Callable[[float], None]) -> None:
        self._read, self._wait = read, wait

    def now(self) -> float:
        return self._read()

    def sleep(self, seconds: float, advance: Callable[[float], None]) -> None:
        self._wait(seconds)


class FrozenClock:
    """Stands still until somebody advances it: for tests and checks."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        return self._at

    def sleep(self, seconds: float, advance: Callable[[float], None]) -> None:
        advance(seconds)


class AutojumpClock(FrozenClock):
    """Stands still, and jumps to the earliest deadline once every sleeper has gone quiet: for notebooks.

    Four pollers that sleep 45 s side by side cost 45 s of the world's time, not 180.
    Source: trio's MockClock(autojump_threshold).
    """

    QUIET = 0.003  # seconds without a new sleeper after which the clock jumps

    def __init__(self, at: float) -> None:
        super().__init__(at)
        self._jumped = 0.0
        self._deadlines: list[float] = []
        self._changed = threading.Condition()

    def sleep(self, seconds: float, advance: Callable[[float], None]) -> None:
        with self._changed:
            deadline = self._jumped + max(seconds, 0.0)
            heapq.heappush(self._deadlines, deadline)
            self._changed.notify_all()
            while self._jumped < deadline:
                if self._changed.wait(self.QUIET):
                    continue
                ahead = self._deadlines[0] - self._jumped
                if ahead > 0:
                    self._jumped = self._deadlines[0]
                    advance(ahead)
                self._changed.notify_all()
            self._deadlines.remove(deadline)
            heapq.heapify(self._deadlines)
