"""The log: whatever is done to it, it is named, and the rest of it goes on counting."""

import json
from pathlib import Path

import pytest

from acrlab.course import diary
from acrlab.course.diary import Log, Progress


@pytest.fixture
def full(log: Log) -> Log:
    log.add("01-a", diary.STARTED)
    log.add("01-a", diary.HINTED, check="web", level="nudge")
    log.add("01-a", diary.CHECKED, points=2.5, most=5, complete=False, passed=[])
    log.add("01-a", diary.CHECKED, points=5, most=5, complete=True, passed=["web"])
    return log


def lines(log: Log) -> list[bytes]:
    return log.path.read_bytes().splitlines()


def written(log: Log, *given: bytes) -> list[str]:
    log.path.write_bytes(b"".join(line + b"\n" for line in given))
    return [str(flaw) for flaw in log.read()[1]]


def test_it_comes_back(full: Log) -> None:
    entries, flaws = full.read()
    assert [entry.what for entry in entries] == ["started", "hinted", "checked", "checked"]
    assert [entry.n for entry in entries] == [1, 2, 3, 4]
    assert flaws == []


def test_no_log_is_an_empty_log(log: Log) -> None:
    assert log.read() == ([], [])


def test_a_changed_line_is_named(full: Log) -> None:
    one, two, three, four = lines(full)
    assert written(full, one, two, three.replace(b"2.5", b"5.0"), four) == [
        "line 3 was changed after it was written",
        "line 4 does not follow the line before it: a line was changed, taken out or put in",
    ]


def test_a_line_changed_with_care_is_noticed_by_the_next(full: Log) -> None:
    one, two, three, four = lines(full)
    body = {name: value for name, value in json.loads(three).items() if name != "own"}
    body["facts"]["points"] = 5
    forged = diary._canonical({**body, "own": diary._hash(diary._canonical(body))})
    assert written(full, one, two, forged, four) == [
        "line 4 does not follow the line before it: a line was changed, taken out or put in"
    ]


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_line_taken_out_is_noticed(full: Log, gone: int) -> None:
    rest = lines(full)
    del rest[gone]
    assert written(full, *rest) == [
        f"line {gone + 1} does not follow the line before it: a line was changed, taken out or put in"
    ]


@pytest.mark.parametrize("bad", [b"", b"{", b"[]", b"\xff\xfe", b'{"n":"two"}', b"[" * 5000, b"null"])
def test_a_line_that_cannot_be_read_is_named_and_the_rest_counts(full: Log, bad: bytes) -> None:
    one, _, three, four = lines(full)
    assert written(full, one, bad, three, four)[0] == "line 2 cannot be read: it is no entry of this log"
    assert Progress({"01-a": "A lab"}, *full.read()).standings["01-a"].points == 5


def test_writing_goes_on_after_a_broken_line(full: Log) -> None:
    with open(full.path, "ab") as file:
        file.write(b"nonsense\n")
    full.add("01-a", diary.STARTED)
    entries, flaws = full.read()
    assert entries[-1].what == "started"
    assert [flaw.line for flaw in flaws] == [5, 6] or [flaw.line for flaw in flaws] == [5]


def test_the_last_line_may_have_no_end(full: Log) -> None:
    """The machine was switched off in the middle of a word."""
    whole = full.path.read_bytes()
    full.path.write_bytes(whole[:-20])
    assert [flaw.line for flaw in full.read()[1]] == [4]
    full.add("01-a", diary.STARTED)
    entries, _ = full.read()
    assert entries[-1].what == "started"


def test_two_writers_share_it(log: Log) -> None:
    from concurrent.futures import ThreadPoolExecutor

    other = Log(log.path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: (log, other)[number % 2].add("x", diary.STARTED), range(24)))
    entries, flaws = log.read()
    assert len(entries) == 24
    assert flaws == []


def test_how_it_shows(full: Log) -> None:
    shown = Progress({"01-a": "Push", "02-b": "Pull"}, *full.read())
    assert "5 of 5 ✓ done" in repr(shown)
    assert "not begun" in repr(shown)
    assert set(shown._repr_mimebundle_()) == {"text/plain", "text/html"}
    written(full, *lines(full)[1:])
    assert "The log was changed by somebody: line 1" in repr(Progress({}, *full.read()))


def test_facts_of_the_wrong_kind_stop_nothing(log: Log, tmp_path: Path) -> None:
    log.add("01-a", diary.CHECKED, points="many")
    log.add("01-a", "danced")
    assert Progress({"01-a": "A"}, *log.read()).standings["01-a"].points == 0
