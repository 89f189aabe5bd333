"""What a learner did, as lines that are only ever added, each bound to the one before by its hash.

A line that was changed, or only half written, is named; everything before it still counts, and the rest is kept aside.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from acrlab.client import running

START = "0" * 64  # what the first line is bound to


class Broken(msgspec.Struct, frozen=True):
    """A line that does not hold, and why. `kept` is where it and what followed it lie now."""

    line: int
    reason: str
    kept: str = ""

    def __str__(self) -> str:
        rest = f"; it and what follows lie in {self.kept}" if self.kept else ""
        return f"line {self.line} {self.reason}: the {self.line - 1} lines before it count{rest}"


class Entry(msgspec.Struct, frozen=True):
    """One line. `at` is epoch seconds, `hash` covers all else and the hash before."""

    n: int
    at: float
    kind: str
    what: dict[str, Any]
    prev: str
    hash: str


def folder() -> Path:
    """Where a learner's own files are."""
    return running.home() / "learner"


def fingerprint(n: int, at: float, kind: str, what: dict[str, Any], prev: str) -> str:
    """The hash of a line's content."""
    body = json.dumps([n, at, kind, what, prev], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def verify(text: str) -> tuple[list[Entry], Broken | None]:
    """The lines of a ledger up to the first that does not hold."""
    entries: list[Entry] = []
    previous = START
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line and number == len(lines):
            break
        entry, reason = _checked(line, number, previous)
        if number == len(lines) and not reason:
            reason = "was not written to its end"  # no newline: the writer was interrupted
        if entry is None or reason:
            return entries, Broken(number, reason)
        entries.append(entry)
        previous = entry.hash
    return entries, None


def _checked(line: str, number: int, previous: str) -> tuple[Entry | None, str]:
    try:
        entry = msgspec.json.decode(line.encode(), type=Entry)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None, "is not a line of a ledger"
    if entry.n != number:
        return None, f"says that it is line {entry.n}: lines were removed, added or moved"
    if entry.prev != previous:
        return None, "does not follow the line before it"
    if entry.hash != fingerprint(entry.n, entry.at, entry.kind, entry.what, entry.prev):
        return None, "was changed after it was written"
    return entry, ""


class Ledger:
    """A ledger on disk. Several processes may add to one: each takes its turn."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or folder() / "ledger.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.broken: Broken | None = None
        with self._turn():
            self.entries = self._mended()

    @property
    def head(self) -> str:
        """The hash that the next line is bound to."""
        return self.entries[-1].hash if self.entries else START

    def add(self, kind: str, at: float, **what: Any) -> Entry:
        """Add a line, durably. Raises: OSError."""
        with self._turn():
            self.entries = self._mended()
            number = len(self.entries) + 1
            content: dict[str, Any] = json.loads(json.dumps(what))
            entry = Entry(number, at, kind, content, self.head, fingerprint(number, at, kind, content, self.head))
            with open(self.path, "ab") as file:
                file.write(msgspec.json.encode(entry) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self.entries.append(entry)
            return entry

    def of(self, kind: str) -> Iterator[Entry]:
        """The lines of a kind, oldest first."""
        return (each for each in self.entries if each.kind == kind)

    def _mended(self) -> list[Entry]:
        raw = self.path.read_bytes() if self.path.exists() else b""
        entries, broken = verify(raw.decode("utf-8", "replace"))
        if broken is not None:
            self.broken = self._set_aside(raw, len(entries), broken)
        return entries

    def _set_aside(self, raw: bytes, good: int, broken: Broken) -> Broken:
        """Keep what is wrong in a file of its own, and go on from the last good line."""
        lines = raw.split(b"\n")
        kept = self.path.with_suffix(f".broken-{len(list(self.path.parent.glob('*.broken-*'))) + 1}")
        kept.write_bytes(b"\n".join(lines[good:]))
        draft = self.path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(b"".join(line + b"\n" for line in lines[:good]))
        os.replace(draft, self.path)
        return msgspec.structs.replace(broken, kept=kept.name)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with open(self.path.with_suffix(".lock"), "a+b") as file:
            _lock(file.fileno())
            try:
                yield
            finally:
                _unlock(file.fileno())


if os.name == "nt":  # pragma: no cover
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
