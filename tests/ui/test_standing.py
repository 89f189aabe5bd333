"""The start page: where a learner stands, from what was written down and from nothing else."""

from pathlib import Path

import pytest

from acrlab import ui
from acrlab.course import diary
from acrlab.trainer import exam
from acrlab.trainer.bank import Bank
from acrlab.trainer.desk import Desk
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import Practice
from acrlab.ui.standing import standing
from tests.ui.reader import tree

NOW = 1_795_000_000.0
ROOT = Path(__file__).parents[2]


def test_a_beginner_is_led_to_the_first_lab() -> None:
    found = standing(NOW)
    assert "nothing yet" in found.text() and "none yet" in found.text() and "0 of " in found.text()
    assert "begin lab 01-push-and-organise: Push and organise images" in found.text()
    link = next(each for each in tree(found.html()) if each.name == "a")
    assert (ROOT / "notebooks" / str(link.attributes["href"])).is_file()
    assert repr(ui.progress()) == found.text() and standing(NOW).html() == found.html()


def test_what_was_done_is_counted(bank: Bank) -> None:
    log = diary.Log()
    log.add("01-push-and-organise", diary.CHECKED, points=8, most=8, complete=True, passed=[])
    log.add("02-tags-digests-and-locks", diary.CHECKED, points=2.5, most=8, complete=False, passed=[])
    practice = Practice(bank, Ledger())
    for name in ("names/where-to-push", "names/good-tags"):
        practice.answer(name, {}, NOW, confidence=0.5, seconds=9)
    Ledger().add("exam", NOW, pack="ai-200", score=640)
    found = standing(NOW + 3600)
    assert "1 of " in found.text() and "10.5 points so far" in found.text()
    assert "2 due now" in found.text() and f"2 of {len(bank)} met" in found.text() and "640 of 1000" in found.text()
    assert "go on with lab 02-tags-digests-and-locks" in found.text()
    assert "nothing due" in standing(NOW).text()


def test_what_is_due_comes_before_what_is_new(bank: Bank) -> None:
    Practice(bank, Ledger()).answer("names/good-tags", {}, NOW, confidence=0.5, seconds=9)
    assert "practise: 1 of your questions" in standing(NOW + 3600).text()


def test_who_has_done_everything_is_led_to_an_exam() -> None:
    for name in standing(NOW).labs.labs:
        diary.Log().add(name, diary.CHECKED, points=8, most=8, complete=True, passed=[])
    assert "sit an exam" in standing(NOW).text()


def test_an_open_exam_is_said(bank: Bank) -> None:
    desk = Desk(bank, now=lambda: NOW)
    desk.keep(exam.begin(desk.draw("ai-200", seed=1), NOW))
    assert "one is open" in standing(NOW).text()


def test_a_changed_log_is_said_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    log = diary.Log()
    log.add("01-push-and-organise", diary.CHECKED, points=8, most=8, complete=True, passed=[])
    log.path.write_bytes(log.path.read_bytes().replace(b'"points":8', b'"points":9') + b"nonsense\n")
    found = standing(NOW)
    assert "The log was changed by somebody" in found.html() and "where you stand" in found.text()
