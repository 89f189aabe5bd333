"""The log of a run: lines of its own, with the time, and lines of what it runs, without.

Source: recorded.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

LONGEST = 65536  # bytes of a line; more is cut into lines


class Lines:
    """Takes lines from any thread."""

    def __init__(self, log: Callable[[str], None], now: Callable[[], float]) -> None:
        self._log, self._now, self._lock = log, now, threading.Lock()

    def say(self, text: str) -> None:
        """A line of the engine's own."""
        self.plain(f"{datetime.fromtimestamp(self._now(), UTC):%Y/%m/%d %H:%M:%S} {text}")

    def plain(self, text: str) -> None:
        with self._lock:
            self._log(text)


class Output:
    """Bytes as a process writes them, made into lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines, self._rest, self._lock = lines, b"", threading.Lock()

    def __call__(self, data: bytes) -> None:
        with self._lock:
            *whole, self._rest = (self._rest + data).split(b"\n")
            if len(self._rest) > LONGEST:
                whole, self._rest = [*whole, self._rest], b""
            for line in whole:
                self._lines.plain(line.rstrip(b"\r").decode(errors="replace"))

    def end(self) -> None:
        """What came without a line end."""
        with self._lock:
            if self._rest:
                self._lines.plain(self._rest.decode(errors="replace"))
            self._rest = b""


def footer(run: str, ended: str, seconds: float, error: str = "") -> list[str]:
    """The last lines, which the service writes: `ended` is "was successful" or "failed".

    Source: doc, and public issues (Run ID: ca8 was successful after 10s).
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    took = f"{hours}h{minutes}m{rest}s" if hours else f"{minutes}m{rest}s" if minutes else f"{rest}s"
    return ["", f"Run ID: {run} {ended} after {took}" + (f". Error: {error}" if error else "")]
