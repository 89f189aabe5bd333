"""A journal in one SQLite file: many waiting records share one fsync."""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from acrlab.engine.journal import Done, JournalFailed, Lineage, existing
from acrlab.store import disk
from acrlab.store.lock import FileLock, Held
from acrlab.store.records import RecordFile, Row, row

BACKLOG = 256 * 1024 * 1024  # bytes that may wait for the disk
LOG = logging.getLogger(__name__)


class SqliteJournal:
    """A journal that survives `kill -9` and power cuts, and belongs to one process at a time.

    After a failed write it takes nothing more, and `failure` says why: what was durable by then is
    safe in the file, and whoever waited for the rest has been told.

    Raises: JournalFailed when the file is in use by another process, damaged or not a journal.
    """

    def __init__(self, path: str | Path, *, backlog: int = BACKLOG) -> None:
        self.path = Path(path).absolute()
        self.failure: JournalFailed | None = None
        self._backlog = backlog
        with ExitStack() as opened:
            self._owned = _own(self.path)
            opened.callback(self._owned.release)
            self._file = RecordFile(self.path)
            opened.callback(self._file.close)
            self._load()
            opened.pop_all()
        self._writer = threading.Thread(target=self._write_all, name="journal", daemon=True)
        self._writer.start()

    def _load(self) -> None:
        self._changed = threading.Condition()
        self._position = self._durable = self._file.last()
        self._lineage = Lineage(self._file.rewinds())
        self._marks = self._file.marks()
        self._rows: list[Row] = []  # waiting for the writer
        self._waiting = 0  # their bytes, and those being written
        self._marks_changed = False
        self._asked = self._written = 0  # changes, marks included
        self._waiters: list[tuple[int, Done]] = []
        self._closing = False

    @property
    def position(self) -> int:
        return self._position

    @property
    def durable(self) -> int:
        return self._durable

    @property
    def commits(self) -> int:
        """Transactions written since opening: fewer than records, when records came together."""
        return self._file.commits

    # Writing

    def append(self, record: bytes) -> int:
        with self._changed:
            return self._add(None, record)

    def rewind(self, position: int) -> None:
        with self._changed:
            existing(position, self._position)
            self._lineage.rewind(self._add(position, b""), position)

    def _add(self, target: int | None, data: bytes) -> int:
        self._refuse_unwritable()
        if self._waiting + len(data) > self._backlog:
            raise JournalFailed(f"The disk under {self.path} does not keep up: {self._waiting} bytes wait for it.")
        self._rows.append(row(self._position + 1, target, data))
        self._position += 1
        self._waiting += len(data)
        self._ask()
        return self._position

    def mark(self, name: str) -> int:
        with self._changed:
            self._refuse_unwritable()
            position = self._marks[name] = self._lineage.origin(self._position)
            self._marks_changed = True
            self._ask()
        self.flush()
        return position

    def unmark(self, name: str) -> None:
        with self._changed:
            self._refuse_unwritable()
            del self._marks[name]
            self._marks_changed = True
            self._ask()
        self.flush()

    def marks(self) -> dict[str, int]:
        with self._changed:
            return dict(sorted(self._marks.items()))

    def _ask(self) -> None:
        self._asked += 1
        self._changed.notify_all()

    def _refuse_unwritable(self) -> None:
        if self.failure is not None:
            raise JournalFailed(str(self.failure)) from self.failure
        if self._closing:
            raise self._closed()

    def _closed(self) -> JournalFailed:
        return JournalFailed(f"The journal {self.path} is closed.")

    # Durability

    def when_durable(self, position: int, done: Done) -> None:
        with self._changed:
            if position > self._durable and self.failure is None and not self._closing:
                self._waiters.append((position, done))
                return
            error = None if position <= self._durable else self.failure or self._closed()
        done(error)

    def flush(self) -> None:
        with self._changed:
            asked = self._asked
            self._changed.wait_for(lambda: self._written >= asked or self.failure is not None)
            if self._written < asked or self.failure is not None:
                self._refuse_unwritable()

    def _write_all(self) -> None:
        while self._wait_for_work():
            with self._changed:
                rows, self._rows = self._rows, []
                marks = dict(self._marks) if self._marks_changed else None
                self._marks_changed = False
                asked = self._asked
            try:
                self._file.write(rows, marks)
            except Exception as error:
                self._fail(error)
                return
            self._advance(rows, asked)

    def _wait_for_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._asked > self._written or self._closing)
            return self._asked > self._written

    def _advance(self, rows: list[Row], asked: int) -> None:
        with self._changed:
            self._durable += len(rows)
            self._written = asked
            self._waiting -= sum(len(each.data) for each in rows)
            ready = [done for position, done in self._waiters if position <= self._durable]
            self._waiters = [each for each in self._waiters if each[0] > self._durable]
            self._changed.notify_all()
        self._tell(ready, None)

    def _fail(self, error: Exception) -> None:
        failure = JournalFailed(
            f"The journal {self.path} could not be written: {error}. Nothing that was answered is "
            "lost. Make room on the disk or mend it, then start acrlab again."
        )
        failure.__cause__ = error
        with self._changed:
            self.failure = failure
            self._rows.clear()
            ready = [done for _, done in self._waiters]
            self._waiters.clear()
            self._changed.notify_all()
        self._tell(ready, failure)

    def _tell(self, waiters: list[Done], error: Exception | None) -> None:
        for done in waiters:
            try:
                done(error)
            except Exception:
                LOG.exception("a waiter of the journal failed")

    # Reading

    def replay(self, upto: int | None = None) -> Iterator[tuple[int, bytes]]:
        with self._changed:
            position = self._position
            spans = self._lineage.spans(position if upto is None else existing(upto, position))
        self._settle()
        return self._read(spans)

    def history(self) -> Iterator[tuple[int, bytes]]:
        last = self._position
        self._settle()
        return self._read([(0, last)])

    def _settle(self) -> None:
        """Bring everything into the file, which is where it is read from."""
        self.flush()
        if self._closing:
            raise self._closed()

    def _read(self, spans: list[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
        for after, upto in spans:
            for each in self._file.read(after, upto):
                if each.target is None:
                    yield each.position, each.data

    # The end

    def close(self) -> None:
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._changed.notify_all()
        self._writer.join()
        self._file.close()
        self._owned.release()


def _own(path: Path) -> FileLock:
    try:
        disk.make_folder(path.parent)
        return FileLock(path.with_name(path.name + ".lock"))
    except Held as held:
        owner = f"process {held.pid}" if held.pid else "another process"
        raise JournalFailed(
            f"The data folder {path.parent} is in use by {owner}: a world has one owner at a time. "
            "Stop that one with `acrlab down`, or use another folder with --data."
        ) from None
    except OSError as error:
        raise JournalFailed(f"The data folder {path.parent} cannot be used: {error}.") from error
