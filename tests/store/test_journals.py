"""One suite for every journal, and every journal against a model."""

import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acrlab.engine.journal import Journal, JournalFailed, Lineage
from acrlab.store.memory import MemoryJournal
from acrlab.store.sqlite import SqliteJournal


def present(journal: Journal) -> list[bytes]:
    return [record for _, record in journal.replay()]


class JournalSuite:
    """What any journal does."""

    def make(self, folder: Path) -> Journal:
        raise NotImplementedError

    @pytest.fixture
    def journal(self, tmp_path: Path) -> Iterator[Journal]:
        journal = self.make(tmp_path)
        yield journal
        journal.close()

    def test_begins_empty(self, journal: Journal) -> None:
        assert (journal.position, journal.durable) == (0, 0)
        assert list(journal.replay()) == list(journal.history()) == []
        assert journal.marks() == {}

    def test_replays_what_was_appended_in_order(self, journal: Journal) -> None:
        records = [b"", b"\x00\xff", b"same", b"same", b"x" * 100_000]
        assert [journal.append(record) for record in records] == [1, 2, 3, 4, 5]
        assert list(journal.replay()) == list(enumerate(records, 1))
        assert list(journal.replay(2)) == [(1, b""), (2, b"\x00\xff")]
        assert list(journal.replay(0)) == []

    def test_flush_makes_durable(self, journal: Journal) -> None:
        position = journal.append(b"a")
        journal.flush()
        assert journal.durable == journal.position == position

    def test_tells_waiters_once(self, journal: Journal) -> None:
        told: list[tuple[int, Exception | None]] = []
        all_told = threading.Event()
        first, last = journal.append(b"a"), journal.append(b"b")
        journal.when_durable(first, lambda error: told.append((first, error)))
        journal.when_durable(last, lambda error: told.append((last, error)))
        journal.when_durable(last, lambda error: all_told.set())
        assert all_told.wait(60)
        assert sorted(told) == [(first, None), (last, None)]

    def test_tells_at_once_of_what_is_durable(self, journal: Journal) -> None:
        position = journal.append(b"a")
        journal.flush()
        told: list[Exception | None] = []
        journal.when_durable(position, told.append)
        assert told == [None]

    def test_rewind_forgets_nothing(self, journal: Journal) -> None:
        journal.append(b"a")
        journal.append(b"b")
        journal.rewind(1)
        assert journal.position == 3
        assert journal.append(b"c") == 4
        assert list(journal.replay()) == [(1, b"a"), (4, b"c")]
        assert list(journal.replay(2)) == [(1, b"a"), (2, b"b")]
        assert list(journal.history()) == [(1, b"a"), (2, b"b"), (4, b"c")]

    def test_rewind_to_nothing(self, journal: Journal) -> None:
        journal.append(b"a")
        journal.rewind(0)
        assert present(journal) == []
        journal.append(b"b")
        assert present(journal) == [b"b"]

    def test_rewind_goes_forward_to_an_abandoned_branch(self, journal: Journal) -> None:
        journal.append(b"base")
        journal.mark("base")
        journal.append(b"left")
        journal.mark("left")
        journal.rewind(journal.marks()["base"])
        journal.append(b"right")
        journal.mark("right")
        journal.rewind(journal.marks()["left"])
        journal.append(b"more")
        assert present(journal) == [b"base", b"left", b"more"]
        journal.rewind(journal.marks()["right"])
        assert present(journal) == [b"base", b"right"]

    def test_mark_after_rewind_names_where_it_went(self, journal: Journal) -> None:
        journal.append(b"a")
        here = journal.mark("here")
        journal.append(b"b")
        journal.rewind(here)
        journal.rewind(journal.position)
        assert journal.mark("again") == here == 1

    def test_marks_move_and_go(self, journal: Journal) -> None:
        journal.mark("b")
        journal.append(b"x")
        journal.mark("a")
        assert list(journal.marks().items()) == [("a", 1), ("b", 0)]
        journal.mark("b")
        journal.unmark("a")
        assert journal.marks() == {"b": 1}
        with pytest.raises(KeyError):
            journal.unmark("a")

    def test_marks_are_a_copy(self, journal: Journal) -> None:
        journal.marks()["mine"] = 1
        assert journal.marks() == {}

    @pytest.mark.parametrize("position", [-1, 2])
    def test_refuses_positions_that_are_not(self, journal: Journal, position: int) -> None:
        journal.append(b"a")
        with pytest.raises(ValueError, match="ends at 1"):
            journal.rewind(position)
        with pytest.raises(ValueError, match="ends at 1"):
            journal.replay(position)
        assert (journal.position, present(journal)) == (1, [b"a"])

    def test_a_replay_under_way_sees_the_past_only(self, journal: Journal) -> None:
        for number in range(2500):
            journal.append(b"%d" % number)
        replay = journal.replay()
        assert next(replay) == (1, b"0")
        journal.rewind(1)
        journal.append(b"new")
        assert [record for _, record in replay] == [b"%d" % number for number in range(1, 2500)]

    def test_threads_get_positions_of_their_own(self, journal: Journal) -> None:
        mine: dict[int, bytes] = {}

        def work(name: int) -> None:
            for number in range(100):
                record = b"%d/%d" % (name, number)
                mine[journal.append(record)] = record

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert dict(journal.replay()) == mine
        assert sorted(mine) == list(range(1, 801))

    def test_closed_means_closed(self, journal: Journal) -> None:
        journal.append(b"a")
        journal.close()
        journal.close()
        refused: list[Callable[[], object]] = [
            lambda: journal.append(b"b"), lambda: journal.rewind(0), lambda: journal.mark("m"),
            lambda: journal.replay(), lambda: journal.history(),
        ]  # fmt: skip
        for attempt in refused:
            with pytest.raises(JournalFailed, match="closed"):
                attempt()
        assert (journal.position, journal.durable) == (1, 1)


class TestMemoryJournal(JournalSuite):
    def make(self, folder: Path) -> Journal:
        return MemoryJournal()


class TestSqliteJournal(JournalSuite):
    def make(self, folder: Path) -> Journal:
        return SqliteJournal(folder / "journal.db")


APPEND = st.tuples(st.just("append"), st.binary(max_size=8))
REWIND = st.tuples(st.just("rewind"), st.floats(0, 1))  # the part of the journal to go back to
MARK = st.tuples(st.just("mark"), st.sampled_from("xyz"))
UNMARK = st.tuples(st.just("unmark"), st.sampled_from("xyz"))
RESTORE = st.tuples(st.just("restore"), st.sampled_from("xyz"))
REOPEN = st.tuples(st.just("reopen"), st.none())
STEPS = st.lists(st.one_of(APPEND, APPEND, REWIND, MARK, UNMARK, RESTORE, REOPEN), max_size=30)


class Model:
    """A journal as slow and as plain as can be: the whole effective history at every position."""

    def __init__(self) -> None:
        self.histories: list[list[tuple[int, bytes]]] = [[]]
        self.everything: list[tuple[int, bytes]] = []
        self.marks: dict[str, list[tuple[int, bytes]]] = {}

    def append(self, data: bytes) -> None:
        entry = (len(self.histories), data)
        self.histories.append([*self.histories[-1], entry])
        self.everything.append(entry)

    def rewind(self, to: int) -> None:
        self.histories.append(self.histories[to])


class Driver:
    """Does every step to a journal and to the model."""

    def __init__(self, open_journal: Callable[[], Journal], *, lasting: bool) -> None:
        self.open, self.lasting = open_journal, lasting
        self.journal, self.model = open_journal(), Model()

    def append(self, data: bytes) -> None:
        self.model.append(data)
        assert self.journal.append(data) == len(self.model.histories) - 1

    def rewind(self, part: float) -> None:
        to = round(part * (len(self.model.histories) - 1))
        self.model.rewind(to)
        self.journal.rewind(to)

    def mark(self, name: str) -> None:
        self.model.marks[name] = self.model.histories[-1]
        assert self.journal.mark(name) == self.journal.marks()[name]

    def unmark(self, name: str) -> None:
        if self.model.marks.pop(name, None) is not None:
            self.journal.unmark(name)

    def restore(self, name: str) -> None:
        if name in self.model.marks:
            self.model.histories.append(self.model.marks[name])
            self.journal.rewind(self.journal.marks()[name])

    def reopen(self, _: None) -> None:
        if self.lasting:
            self.journal.close()
            self.journal = self.open()
            assert self.journal.durable == self.journal.position

    def check(self) -> None:
        journal, model = self.journal, self.model
        assert journal.position == len(model.histories) - 1
        assert list(journal.replay()) == model.histories[-1]
        for position, expected in enumerate(model.histories):
            assert list(journal.replay(position)) == expected
        marked = {name: list(journal.replay(at)) for name, at in journal.marks().items()}
        assert marked == model.marks
        assert list(journal.history()) == model.everything


def drive(driver: Driver, steps: list[tuple[str, object]]) -> None:
    try:
        for name, argument in steps:
            getattr(driver, name)(argument)
        driver.check()
        driver.reopen(None)
        driver.check()
    finally:
        driver.journal.close()


@given(STEPS)
@settings(deadline=None)
def test_memory_journal_is_the_model(steps: list[tuple[str, object]]) -> None:
    drive(Driver(MemoryJournal, lasting=False), steps)


@given(STEPS)
@settings(deadline=None, max_examples=40)
def test_sqlite_journal_is_the_model(steps: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        drive(Driver(lambda: SqliteJournal(Path(folder) / "journal.db"), lasting=True), steps)


def test_lineage_leaves_out_what_is_empty() -> None:
    lineage = Lineage([(3, 1), (4, 3), (6, 2)])
    assert lineage.spans(6) == [(0, 2)]
    assert lineage.spans(5) == [(0, 1), (4, 5)]
    assert lineage.spans(3) == lineage.spans(4) == [(0, 1)]
    assert [lineage.origin(position) for position in range(7)] == [0, 1, 2, 1, 1, 5, 2]
