"""What a learner has done: one line of JSON an event, each holding the hash of the line before.

A line that was changed, put in or taken out is named when the log is read; the rest of it goes on counting. Whoever
cuts off the end leaves no trace: the log is a diary, not an exam.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from acrlab.client import running
from acrlab.client.display import Table
from acrlab.store.lock import FileLock, Held

STARTED, CHECKED, HINTED, RESET = "started", "checked", "hinted", "reset"
_START = "0" * 64  # what the first line has before it
_PATIENCE = 100  # turns of a hundredth of a second until a lock that nobody gives back is passed over


class Entry(msgspec.Struct, frozen=True):
    """One line. `at` is UTC; `before` the hash of the line before, `own` that of this one without it."""

    n: int
    at: str
    lab: str
    what: str
    facts: dict[str, Any]
    before: str
    own: str


class Flaw(msgspec.Struct, frozen=True):
    """A line that cannot be trusted, and why."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line} {self.reason}"


class Log:
    """The log in a file. Reading never fails: what is wrong with it is told beside what is right."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or running.home() / "progress.jsonl"

    def add(self, lab: str, what: str, **facts: Any) -> None:
        """Write an event down."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self.path.with_suffix(".lock")):
            last = self._lines()[-1:]
            body = {"n": self._next(), "at": _now(), "lab": lab, "what": what, "facts": facts}
            chained = {**body, "before": _hash(last[0]) if last else _START}
            line = _canonical({**chained, "own": _hash(_canonical(chained))})
            with open(self.path, "ab+") as file:
                file.write((b"" if self._ended(file) else b"\n") + line + b"\n")
                file.flush()
                os.fsync(file.fileno())

    def read(self) -> tuple[list[Entry], list[Flaw]]:
        """Every entry that can be read, and every flaw."""
        entries, flaws, before, number = [], [], _START, 0
        for place, line in enumerate(self._lines(), 1):
            entry, reason = _entry(line)
            if entry is not None and not reason:
                reason = _chained(entry, before, number)
            if reason:
                flaws.append(Flaw(place, reason))
            if entry is not None:
                entries.append(entry)
            number, before = (entry.n if entry is not None else number + 1), _hash(line)
        return entries, flaws

    def _lines(self) -> list[bytes]:
        try:
            return self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []

    @staticmethod
    def _ended(file: IO[bytes]) -> bool:
        """Whether the last line is whole: a machine may have been switched off in the middle of it."""
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"

    def _next(self) -> int:
        entries, _ = self.read()
        return entries[-1].n + 1 if entries else 1


class Standing(msgspec.Struct):
    """How a learner stands in one lab."""

    lab: str
    points: float = 0.0
    most: int = 0
    tries: int = 0
    hints: int = 0
    given: int = 0  # steps that `reset` solved
    complete: bool = False


class Progress:
    """How a learner stands in every lab; shows itself as a table."""

    def __init__(self, labs: dict[str, str], entries: list[Entry], flaws: list[Flaw]) -> None:
        self.labs, self.flaws = labs, flaws
        self.standings = {name: Standing(name) for name in labs}
        for entry in entries:
            standing = self.standings.setdefault(entry.lab, Standing(entry.lab))
            with contextlib.suppress(KeyError, TypeError, ValueError):  # a line somebody wrote by hand
                _COUNT.get(entry.what, _nothing)(standing, entry.facts)

    def table(self) -> Table:
        """A row a lab."""
        rows = tuple(
            (each.lab, self.labs.get(each.lab, ""), _state(each), str(each.hints or ""), str(each.tries or ""))
            for each in self.standings.values()
        )
        note = f"The log was changed by somebody: {'; '.join(map(str, self.flaws))}." if self.flaws else ""
        return Table(("lab", "about", "points", "hints", "checked"), rows, "your labs", note)

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()


def _state(standing: Standing) -> str:
    if not standing.most:
        return "not begun" if not standing.tries else "0"
    mark = " ✓ done" if standing.complete else ""
    given = f" ({standing.given} steps were given)" if standing.given else ""
    return f"{standing.points:g} of {standing.most}{mark}{given}"


def _checked(standing: Standing, facts: dict[str, Any]) -> None:
    standing.tries += 1
    standing.most = int(facts["most"])
    standing.points = max(standing.points, float(facts["points"]))
    standing.complete = standing.complete or bool(facts["complete"])


def _hinted(standing: Standing, facts: dict[str, Any]) -> None:
    standing.hints += 1


def _reset(standing: Standing, facts: dict[str, Any]) -> None:
    standing.given = max(standing.given, int(facts.get("given", 0)))


def _nothing(standing: Standing, facts: dict[str, Any]) -> None:
    pass


_COUNT: dict[str, Callable[[Standing, dict[str, Any]], None]] = {CHECKED: _checked, HINTED: _hinted, RESET: _reset}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _entry(line: bytes) -> tuple[Entry | None, str]:
    try:
        found = msgspec.json.decode(line, type=Entry)
        body = {name: value for name, value in json.loads(line).items() if name != "own"}
    except (msgspec.MsgspecError, ValueError, UnicodeDecodeError, RecursionError):
        return None, "cannot be read: it is no entry of this log"
    return found, "" if _hash(_canonical(body)) == found.own else "was changed after it was written"


def _chained(entry: Entry, before: str, number: int) -> str:
    if entry.before == before and entry.n == number + 1:
        return ""
    return "does not follow the line before it: a line was changed, taken out or put in"


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One writer at a time; a lock that stays taken is passed over, for the log must not stop a lab."""
    lock = None
    for _ in range(_PATIENCE):
        try:
            lock = FileLock(path)
            break
        except Held:
            time.sleep(0.01)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()
