"""The log of a run: lines of its own, with the time, and lines of what it runs, without.

Source: recorded.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from acrlab.domain.tasks.run import Dependency, Image

LONGEST = 65536  # bytes of a line; more is cut into lines


class Lines:
    """Takes lines from any thread."""

    def __init__(self, log: Callable[[str], None], now: Callable[[], float]) -> None:
        self._log, self._now, self._lock = log, now, threading.Lock()

    def say(self, text: str) -> None:
        """A line of the engine's own; only its first part has the time."""
        self.plain(f"{datetime.fromtimestamp(self._now(), UTC):%Y/%m/%d %H:%M:%S} {text}")

    def plain(self, text: str) -> None:
        with self._lock:
            for line in text.split("\n"):
                self._log(line)


class Output:
    """Bytes as a process writes them, made into lines; and whether one of some words was in them."""

    def __init__(self, lines: Lines, words: Sequence[str] = ()) -> None:
        self._lines, self._rest, self._lock = lines, b"", threading.Lock()
        self._words, self.matched = words, False

    def __call__(self, data: bytes) -> None:
        with self._lock:
            *whole, self._rest = (self._rest + data).split(b"\n")
            if len(self._rest) > LONGEST:
                whole, self._rest = [*whole, self._rest], b""
            for line in whole:
                self._told(line.rstrip(b"\r"))

    def end(self) -> None:
        """What came without a line end."""
        with self._lock:
            if self._rest:
                self._told(self._rest)
            self._rest = b""

    def _told(self, line: bytes) -> None:
        text = line.decode(errors="replace")
        self.matched = self.matched or any(word in text for word in self._words)
        self._lines.plain(text)


def footer(run: str, ended: str, seconds: float, error: str = "") -> list[str]:
    """The last lines, which the service writes: `ended` is "was successful" or "failed".

    Source: doc, and public issues (Run ID: ca8 was successful after 10s).
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    took = f"{hours}h{minutes}m{rest}s" if hours else f"{minutes}m{rest}s" if minutes else f"{rest}s"
    return ["", f"Run ID: {run} {ended} after {took}" + (f". Error: {error}" if error else "")]


def told(found: tuple[Dependency, ...], lines: Lines) -> list[str]:
    """The dependencies as the service shows them. Source: doc (tutorial-quick-task)."""
    if not found:
        return []
    lines.say("The following dependencies were found:")
    lines.say("")
    told: list[str] = []
    for one in found:
        told += ["- image:", *_parts(one.image, "    ")]
        if one.runtime:
            told += ["  runtime-dependency:", *_parts(one.runtime, "    ")]
        if one.buildtime:
            told.append("  buildtime-dependency:")
        for other in one.buildtime:
            first, *rest = _parts(other, "")
            told += [f"  - {first}", *(f"    {part}" for part in rest)]
        told += ["  git:", f"    git-head-revision: {one.commit}"] if one.commit else ["  git: {}"]
    return [*told, ""]


def _parts(one: Image, indent: str) -> list[str]:
    parts = {"registry": one.registry, "repository": one.repository, "tag": one.tag, "digest": one.digest}
    return [f"{indent}{key}: {value}" for key, value in parts.items() if value]
