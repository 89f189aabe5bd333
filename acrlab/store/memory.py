"""A journal that lasts as long as its process."""

import threading
from collections.abc import Iterator

from acrlab.engine.journal import Done, JournalFailed, Lineage, existing


class MemoryJournal:
    """A journal in a list: what is appended is at once as durable as it will ever be."""

    def __init__(self) -> None:
        self._records: list[bytes | None] = []  # None: a rewind
        self._lineage = Lineage()
        self._marks: dict[str, int] = {}
        self._lock = threading.Lock()
        self._closed = False

    @property
    def position(self) -> int:
        return len(self._records)

    @property
    def durable(self) -> int:
        return len(self._records)

    def append(self, record: bytes) -> int:
        with self._lock:
            self._refuse_closed()
            self._records.append(record)
            return len(self._records)

    def when_durable(self, position: int, done: Done) -> None:
        known = position <= self.position
        done(None if known else JournalFailed(f"The journal has no position {position}."))

    def flush(self) -> None:
        self._refuse_closed()

    def replay(self, upto: int | None = None) -> Iterator[tuple[int, bytes]]:
        with self._lock:
            self._refuse_closed()
            last = len(self._records)
            spans = self._lineage.spans(last if upto is None else existing(upto, last))
        return self._read(spans)

    def mark(self, name: str) -> int:
        with self._lock:
            self._refuse_closed()
            self._marks[name] = self._lineage.origin(len(self._records))
            return self._marks[name]

    def marks(self) -> dict[str, int]:
        with self._lock:
            return dict(sorted(self._marks.items()))

    def unmark(self, name: str) -> None:
        with self._lock:
            self._refuse_closed()
            del self._marks[name]

    def rewind(self, position: int) -> None:
        with self._lock:
            self._refuse_closed()
            existing(position, len(self._records))
            self._records.append(None)
            self._lineage.rewind(len(self._records), position)

    def history(self) -> Iterator[tuple[int, bytes]]:
        self._refuse_closed()
        return self._read([(0, len(self._records))])

    def close(self) -> None:
        self._closed = True

    def _read(self, spans: list[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
        for after, upto in spans:
            for index in range(after, upto):
                record = self._records[index]
                if record is not None:
                    yield index + 1, record

    def _refuse_closed(self) -> None:
        if self._closed:
            raise JournalFailed("The journal is closed.")
