"""The journal's file: an SQLite database with one row for each record."""

import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from acrlab.engine.journal import JournalFailed
from acrlab.store import disk

APPLICATION = 0x4143524C  # "ACRL"
FORMAT = 1
SCHEMA = f"""
BEGIN;
CREATE TABLE records (
    position INTEGER PRIMARY KEY,
    target   INTEGER,           -- where a rewind went; NULL for a record of events
    crc      INTEGER NOT NULL,  -- crc32 of data
    data     BLOB NOT NULL
);
CREATE INDEX rewinds ON records (target) WHERE target IS NOT NULL;
CREATE TABLE marks (name TEXT PRIMARY KEY, position INTEGER NOT NULL);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT};
COMMIT;
"""
ROWS = 200  # to a statement: one trip out of the interpreter lock, far below SQLite's limits
PAGE = 1000  # records to a read


class Row(NamedTuple):
    position: int
    target: int | None
    crc: int
    data: bytes


def row(position: int, target: int | None, data: bytes) -> Row:
    """A row with its checksum."""
    return Row(position, target, zlib.crc32(data), data)


class RecordFile:
    """The database and all the SQL there is. Thread-safe; it keeps no other process out.

    Raises: JournalFailed, when the file is not a journal this version can read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.commits = 0  # transactions made durable
        self._lock = threading.Lock()
        try:
            self._database = _open(path)
        except (sqlite3.Error, OSError) as error:
            raise self._unreadable(error) from error

    def write(self, rows: list[Row], marks: dict[str, int] | None) -> None:
        """One transaction, one fsync; on return it is durable. `marks` replaces all marks.

        Raises: sqlite3.Error, and then nothing was written.
        """
        with self._lock:
            if marks is None and len(rows) <= ROWS:
                self._insert(rows)  # a statement alone is a transaction
            else:
                self._transact(rows, marks)
            self.commits += 1

    def _transact(self, rows: list[Row], marks: dict[str, int] | None) -> None:
        with self._database:  # commits, or rolls back
            self._database.execute("BEGIN IMMEDIATE")
            for start in range(0, len(rows), ROWS):
                self._insert(rows[start : start + ROWS])
            if marks is not None:
                self._database.execute("DELETE FROM marks")
                self._database.executemany("INSERT INTO marks VALUES (?, ?)", marks.items())

    def _insert(self, rows: list[Row]) -> None:
        values = ",".join(["(?,?,?,?)"] * len(rows))
        parameters = [field for each in rows for field in each]
        self._database.execute(f"INSERT INTO records VALUES {values}", parameters)

    def read(self, after: int, upto: int) -> Iterator[Row]:
        """The rows after one position up to another: checked, in order, none missing.

        Raises: JournalFailed
        """
        while after < upto:
            page = self._page(after, min(after + PAGE, upto))
            for each in page:
                after += 1
                if each.position != after or not _intact(each):
                    raise self._unreadable(f"record {after} is not what was written")
                yield each

    def _page(self, after: int, upto: int) -> list[Row]:
        query = "SELECT * FROM records WHERE position > ? AND position <= ? ORDER BY position"
        try:
            with self._lock:
                page = list(map(Row._make, self._database.execute(query, (after, upto))))
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        if len(page) != upto - after:
            raise self._unreadable(f"records between {after} and {upto} are missing")
        return page

    def last(self) -> int:
        """The highest position, 0 when there is none."""
        return int(self._all("SELECT coalesce(max(position), 0) FROM records")[0][0])

    def rewinds(self) -> list[tuple[int, int]]:
        """Position and target of every rewind, in order."""
        query = "SELECT position, target FROM records WHERE target IS NOT NULL ORDER BY position"
        return [(at, to) for at, to in self._all(query)]

    def marks(self) -> dict[str, int]:
        """Every name with its position."""
        return dict(self._all("SELECT name, position FROM marks"))

    def _all(self, query: str) -> list[tuple[Any, Any]]:
        try:
            with self._lock:
                return self._database.execute(query).fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def close(self) -> None:
        """Close the database; SQLite then folds its write-ahead log into it."""
        with self._lock:
            self._database.close()

    def _unreadable(self, reason: object) -> JournalFailed:
        return JournalFailed(
            f"The journal {self.path} cannot be read: {reason}. "
            "Choose another data folder, or restore this file from a copy."
        )


def _intact(each: Row) -> bool:
    return isinstance(each.data, bytes) and zlib.crc32(each.data) == each.crc


class _Foreign(sqlite3.Error):
    pass


def _open(path: Path) -> sqlite3.Connection:
    disk.make_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, disk.PRIVATE))
    if os.name != "nt":
        os.chmod(path, disk.PRIVATE)  # SQLite gives its -wal and -shm files the same mode
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA trusted_schema = OFF")
    _recognise(database)  # before anything is changed: it may be somebody else's
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    if not _tables(database):
        database.executescript(SCHEMA)


def _recognise(database: sqlite3.Connection) -> None:
    application = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if not _tables(database) and application == 0:
        return
    if application != APPLICATION:
        raise _Foreign("it is a database of some other program")
    if version != FORMAT:
        raise _Foreign(
            f"it has journal format {version}, written by another version of acrlab, "
            f"and this version reads format {FORMAT}"
        )


def _tables(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
