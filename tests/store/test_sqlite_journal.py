"""The journal in a file: what it survives, what it refuses, and how it saves fsyncs."""

import os
import re
import signal
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from acrlab.engine.journal import JournalFailed
from acrlab.store.sqlite import SqliteJournal
from tests.store import children

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals, limits and modes")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.db"


def filled(path: Path, records: int) -> None:
    journal = SqliteJournal(path)
    for position in range(1, records + 1):
        journal.append(children.record(position))
    journal.close()


def edit(path: Path, *statements: str) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        database.execute(statement)
    database.close()


class TestDurability:
    def test_survives_closing(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.append(b"a")
        journal.append(b"b")
        journal.mark("here")
        journal.rewind(1)
        journal.append(b"c")
        journal.close()
        journal = SqliteJournal(path)
        assert (journal.position, journal.durable) == (4, 4)
        assert list(journal.replay()) == [(1, b"a"), (4, b"c")]
        assert journal.marks() == {"here": 2}
        assert journal.append(b"d") == 5
        journal.close()

    def test_every_commit_is_synced(self, path: Path) -> None:
        # no crash that a test can cause shows a missing fsync
        journal = SqliteJournal(path)
        pragma = journal._file._database.execute
        assert pragma("PRAGMA synchronous").fetchone() == (2,)
        assert pragma("PRAGMA journal_mode").fetchone() == ("wal",)
        journal.close()

    def test_what_comes_together_is_committed_together(self, path: Path) -> None:
        journal = SqliteJournal(path)
        before, appended = journal.commits, threading.Event()

        def while_the_writer_is_busy(error: Exception | None) -> None:
            for _ in range(150):
                journal.append(b"one of many")
            appended.set()

        journal.when_durable(1, while_the_writer_is_busy)
        journal.append(b"first")
        assert appended.wait(60)
        journal.flush()
        assert (journal.durable, journal.commits - before) == (151, 2)
        journal.close()

    def test_a_large_group_is_one_transaction(self, path: Path) -> None:
        journal = SqliteJournal(path)
        before, appended = journal.commits, threading.Event()

        def while_the_writer_is_busy(error: Exception | None) -> None:
            for position in range(2, 1002):
                journal.append(children.record(position))
            appended.set()

        journal.when_durable(1, while_the_writer_is_busy)
        journal.append(children.record(1))
        assert appended.wait(60)
        journal.flush()
        assert journal.commits - before == 2
        assert list(journal.replay()) == [(at, children.record(at)) for at in range(1, 1002)]
        journal.close()

    def test_durable_is_never_ahead_of_the_file(self, path: Path) -> None:
        journal = SqliteJournal(path)
        found: list[tuple[int, int]] = []  # durable, records in the file
        told = threading.Event()

        def look(error: Exception | None) -> None:
            other = sqlite3.connect(path)
            durable = journal.durable
            found.append((durable, *other.execute("SELECT count(*) FROM records").fetchone()))
            other.close()
            if len(found) == 20:
                told.set()

        for _ in range(20):
            journal.when_durable(journal.append(b"x"), look)
        assert told.wait(60)
        assert all(durable <= in_file for durable, in_file in found)
        journal.close()

    def test_a_waiter_that_fails_harms_no_other(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        journal = SqliteJournal(path)
        told = threading.Event()

        def fail(error: Exception | None) -> None:
            raise RuntimeError("the loop is gone")

        journal.when_durable(1, fail)
        journal.when_durable(1, lambda error: told.set())
        journal.append(b"a")
        assert told.wait(60)
        assert journal.append(b"b") == 2
        journal.flush()
        assert "the loop is gone" in caplog.text
        journal.close()

    def test_waiters_of_what_never_came_are_not_forgotten(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.close()
        told: list[Exception | None] = []
        journal.when_durable(1, told.append)
        assert re.search("closed", str(told[0]))

    def test_memory_for_a_slow_disk_is_bounded(self, path: Path) -> None:
        journal = SqliteJournal(path, backlog=1000)
        refused: list[JournalFailed] = []
        tried = threading.Event()

        def while_the_writer_is_busy(error: Exception | None) -> None:
            journal.append(b"x" * 600)
            with pytest.raises(JournalFailed, match="does not keep up") as caught:
                journal.append(b"x" * 600)
            refused.append(caught.value)
            tried.set()

        journal.when_durable(1, while_the_writer_is_busy)
        journal.append(b"first")
        assert tried.wait(60)
        assert refused
        journal.flush()
        assert journal.append(b"x" * 600) == 3
        journal.flush()
        assert journal.failure is None
        journal.close()


class TestCrashes:
    @posix
    def test_what_was_durable_survives_sigkill(self, path: Path) -> None:
        for acknowledged in range(5, 5 + 15 * 23, 23):
            with children.start("append_forever", path) as child:
                assert child.stdout is not None
                said = [child.stdout.readline().strip() for _ in range(acknowledged)]
                child.send_signal(signal.SIGKILL)
                said += child.stdout.read().split("\n")[:-1]
            self.check(path, [line for line in said if line])

    def check(self, path: Path, said: list[str]) -> None:
        journal = SqliteJournal(path)
        assert journal.durable >= max(int(line) for line in said if line.isdigit())
        assert {line for line in said if line.startswith("m")} <= set(journal.marks())
        effective: dict[int, list[int]] = {0: []}
        for position in range(1, journal.position + 1):
            gone = position % 50 == 0
            effective[position] = effective[position // 2] if gone else [*effective[position - 1], position]
        expected = [(at, children.record(at)) for at in effective[journal.position]]
        assert list(journal.replay()) == expected
        for name, position in journal.marks().items():
            assert [at for at, _ in journal.replay(position)] == effective[int(name[1:])]
        journal.close()

    @posix
    def test_a_full_disk_is_told_and_costs_nothing_that_was_durable(self, path: Path) -> None:
        filled(path, 3)
        said = children.finish("append_until_full", path, 300_000)
        durable, acknowledged, told, *refusals = said
        assert int(durable) == 3 + int(acknowledged) > 50
        assert "JournalFailed" in told
        assert len(refusals) == 6
        assert all("could not be written" in refusal for refusal in refusals)
        assert "Make room on the disk" in refusals[0]
        journal = SqliteJournal(path)
        assert journal.durable == int(durable)
        expected = [(at, children.record(at)) for at in range(1, int(durable) + 1)]
        assert list(journal.replay()) == expected
        journal.append(b"goes on")
        journal.flush()
        journal.close()


class TestOwnership:
    @posix
    def test_one_process_at_a_time_until_it_is_killed(self, path: Path) -> None:
        with children.start("own", path) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "0\n"
            with pytest.raises(JournalFailed, match=rf"in use by process {child.pid}\b"):
                SqliteJournal(path)
            child.send_signal(signal.SIGKILL)
        SqliteJournal(path).close()

    def test_once_in_a_process(self, path: Path) -> None:
        journal = SqliteJournal(path)
        with pytest.raises(JournalFailed, match=rf"in use by process {os.getpid()}\b"):
            SqliteJournal(path)
        journal.append(b"still mine")
        journal.close()
        SqliteJournal(path).close()

    @posix
    def test_nobody_else_may_read_it(self, path: Path) -> None:
        path.parent.mkdir()
        path.touch(0o644)
        journal = SqliteJournal(path)
        journal.append(b"a")
        journal.flush()
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
        assert modes == dict.fromkeys(["journal.db", "journal.db-wal", "journal.db-shm", "journal.db.lock"], 0o600)
        journal.close()


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def scribble(path: Path) -> None:
    path.write_bytes(b"dear diary " * 1000)


DAMAGE: list[tuple[Callable[[Path], None], str]] = [
    (scribble, "not a database"),
    (cut, "cannot be read"),
    (lambda path: edit(path, "PRAGMA user_version = 7"), "format 7, .*reads format 1"),
    (lambda path: edit(path, "PRAGMA application_id = 9"), "some other program"),
    (lambda path: edit(path, "DELETE FROM records WHERE position = 40"), "are missing"),
    (lambda path: edit(path, "UPDATE records SET data = 'x' WHERE position = 40"), "record 40"),
    (lambda path: edit(path, "UPDATE records SET data = X'00' WHERE position = 9"), "record 9"),
    (lambda path: edit(path, "DROP TABLE marks"), "no such table"),
]


class TestDamage:
    @pytest.mark.parametrize("damage, sentence", DAMAGE)
    def test_is_told(self, path: Path, damage: Callable[[Path], None], sentence: str) -> None:
        filled(path, 80)
        damage(path)
        with pytest.raises(JournalFailed, match=sentence) as caught:
            read_all(path)
        assert str(path) in str(caught.value)

    @pytest.mark.parametrize("damage, sentence", DAMAGE[:4])
    def test_is_left_as_it_is(self, path: Path, damage: Callable[[Path], None], sentence: str) -> None:
        filled(path, 80)
        damage(path)
        before = path.read_bytes()
        for _ in range(2):  # a refusal holds no lock either
            with pytest.raises(JournalFailed, match=sentence):
                read_all(path)
        assert path.read_bytes() == before

    def test_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("")
        with pytest.raises(JournalFailed, match="cannot be used"):
            SqliteJournal(tmp_path / "data" / "journal.db")

    def test_a_file_that_is_a_folder(self, path: Path) -> None:
        path.mkdir(parents=True)
        with pytest.raises(JournalFailed, match="cannot be read"):
            SqliteJournal(path)

    def test_an_empty_file_is_a_new_journal(self, path: Path) -> None:
        path.parent.mkdir()
        path.touch()  # killed between the file's creation and its first transaction
        journal = SqliteJournal(path)
        assert journal.position == 0
        journal.close()


def read_all(path: Path) -> None:
    journal = SqliteJournal(path)
    try:
        list(journal.replay())
    finally:
        journal.close()
