"""Practice on screens: every kind of question, by its controls alone."""

from pathlib import Path

import pytest

from acrlab.client import running
from acrlab.emulator import Emulator
from acrlab.trainer import blueprint, steps
from acrlab.trainer.bank import Bank
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import Practice
from acrlab.trainer.running import running_place
from acrlab.ui.quiz_face import Quiz
from tests.trainer.answers import right, wrong
from tests.ui.reader import Reader

NOW = 1_795_000_000.0


class Clock:
    """Ten seconds pass whenever somebody looks at it."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        self.time += 10
        return self.time


def quiz(bank: Bank, ledger: Path, *questions: str, count: int = 10) -> Reader:
    own = Bank([bank.questions[each] for each in questions], bank.scenarios.values()) if questions else bank
    reader = Reader(Quiz(count=count, bank=own, ledger=Ledger(ledger), now=Clock()))
    reader.press("Start")
    return reader


def answered(reader: Reader, given: dict[str, list[str]], sure: str = "certain") -> None:
    for key, values in given.items():
        reader.choose(f"part-{key}", *values)
    reader.choose("confidence", sure)
    reader.press("Answer")


@pytest.mark.slow
def test_every_question_is_answered_by_its_controls(bank: Bank, tmp_path: Path) -> None:
    """And is right when it is answered rightly."""
    names = [each.id for each in bank if each.kind != "do"]
    reader = quiz(bank, tmp_path / "l", *names, count=40)
    practice = Practice(bank, Ledger(tmp_path / "l"))
    done: list[str] = []
    while len(done) < len(names):
        if reader.heading.endswith("right"):
            reader.press("Practise on")
        name = next(each for each in names if each not in done and bank.questions[each].title == reader.heading)
        answered(reader, right(practice.variant(name)))
        assert reader.heading.startswith("Right"), name
        done.append(name)
        reader.press("Next question" if "Next question" in reader.buttons() else "To the result")
    assert len(list(Ledger(tmp_path / "l").of("answered"))) == len(names)


@pytest.mark.parametrize("kind", ["single", "multiple", "series", "order", "match", "fill", "hot"])
def test_a_wrong_answer_is_told_why(bank: Bank, tmp_path: Path, kind: str) -> None:
    question = next(each for each in bank if each.kind == kind)
    reader = quiz(bank, tmp_path / "l", question.id)
    variant = Practice(bank, Ledger(tmp_path / "l")).variant(question.id)
    answered(reader, wrong(variant))
    assert reader.heading.startswith(("Not right", "Partly right"))
    if kind != "fill":
        for part in variant.parts:
            assert all(each.because in reader.text for each in part.options)
    shown = next(each for each in reader.all("button") if each.attributes.get("data-copy"))
    assert variant.text(question.show).split(" ", 1)[1] in str(shown.attributes["data-copy"])
    assert "your answer, wrong" in reader.text or kind in ("fill", "order")


def test_nothing_is_told_before_somebody_says_how_sure(bank: Bank, tmp_path: Path) -> None:
    reader = quiz(bank, tmp_path / "l", "names/where-to-push")
    variant = Practice(bank, Ledger(tmp_path / "l")).variant("names/where-to-push")
    reader.choose("part-1", *right(variant)["1"])
    reader.press("Answer")
    assert "Say how sure you are first" in reader.text
    assert reader.form()["part-1"] == right(variant)["1"], "what was chosen stays chosen"
    assert not list(Ledger(tmp_path / "l").of("answered"))


def test_what_is_no_answer_yet_is_said(bank: Bank, tmp_path: Path) -> None:
    reader = quiz(bank, tmp_path / "l", "images/media-types")
    reader.press("Answer")
    assert "Not answered yet: " in reader.text
    several = quiz(bank, tmp_path / "m", next(each.id for each in bank if each.kind == "multiple"))
    several.choose("part-1", "a")
    several.choose("confidence", "guess")
    several.press("Answer")
    assert "Not an answer yet: choose exactly" in several.text and several.form()["part-1"] == ["a"]


def test_a_hint_costs_something_and_keeps_the_answer(bank: Bank, tmp_path: Path) -> None:
    reader = quiz(bank, tmp_path / "l", "names/where-to-push")
    variant = Practice(bank, Ledger(tmp_path / "l")).variant("names/where-to-push")
    reader.choose("part-1", *right(variant)["1"])
    reader.press("Hint")
    assert reader.form()["part-1"] == right(variant)["1"]
    answered(reader, right(variant))
    noted = next(Ledger(tmp_path / "l").of("answered")).what
    assert noted["hinted"] and noted["rating"] == 2 and noted["confidence"] == 0.95 and noted["seconds"] > 0


def test_every_answer_is_tried_on_an_emulator(bank: Bank, tmp_path: Path) -> None:
    reader = quiz(bank, tmp_path / "l", "locks/patch-under-lock")
    variant = Practice(bank, Ledger(tmp_path / "l")).variant("locks/patch-under-lock")
    answered(reader, wrong(variant))
    reader.press("Try every answer on an emulator")
    assert "steps 1 and 2 swapped fail" in reader.text and "405 REGISTRY_DISALLOWED_OPERATION" in reader.text
    assert "not as the key says" not in reader.text


def test_a_quiz_ends_with_how_well_you_know_what_you_know(bank: Bank, tmp_path: Path) -> None:
    reader = quiz(bank, tmp_path / "l", "names/where-to-push")
    variant = Practice(bank, Ledger(tmp_path / "l")).variant("names/where-to-push")
    answered(reader, wrong(variant))
    reader.press("To the result")
    assert reader.heading == "0 of 1 right" and "certain (95%)" in reader.text and "0% of 1" in reader.text
    reader.press("Practise on")
    assert reader.heading == "The full address of an image"
    reader.press("Stop here")
    assert reader.heading == "Stopped" and len(list(Ledger(tmp_path / "l").of("answered"))) == 1


def test_topic_pack_and_count_are_asked_for(bank: Bank, tmp_path: Path) -> None:
    reader = Reader(Quiz(bank=bank, ledger=Ledger(tmp_path / "l"), now=Clock()))
    assert "AZ-204 (retired 2026-07-31)" in reader.text
    reader.choose("topic", "locks")
    reader.choose("count", "5")
    reader.press("Start")
    assert "Question 1 of 5" in reader.text
    given = Reader(Quiz("names", 2, bank=bank, ledger=Ledger(tmp_path / "l"), now=Clock()))
    assert "Question 1 of 2" in given.text


def test_a_combination_without_questions_is_named(bank: Bank, tmp_path: Path) -> None:
    strange = next(each for each in bank if each not in blueprint.load("sc-500").questions_of(bank))
    reader = Reader(Quiz(bank=Bank([strange]), ledger=Ledger(tmp_path / "l"), now=Clock()))
    reader.choose("pack", "sc-500")
    reader.press("Start")
    assert "There are no questions about sc-500" in reader.text and reader.heading == "Practice"


def test_a_broken_record_is_said_and_stops_nothing(bank: Bank, tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    Ledger(path).add("answered", 1.0, question="x")
    path.write_bytes(path.read_bytes().replace(b'"x"', b'"y"'))
    reader = Reader(Quiz(bank=bank, ledger=Ledger(path), now=Clock()))
    assert "Your record: line 1 was changed after it was written" in reader.text
    reader.press("Start")
    assert "Question 1 of 10" in reader.text


def test_a_task_waits_for_an_emulator(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = quiz(bank, tmp_path / "l", "cleanup/tidy-up-for-real")
    assert reader.heading == "A task to perform" and "start one with acrlab up" in reader.text
    with Emulator(clock="frozen") as emulator:
        running.record(emulator.describe())
        reader.press("Try again")
        assert reader.heading == "Tidy up a repository"
        variant = Practice(bank, Ledger(tmp_path / "l")).variant("cleanup/tidy-up-for-real")
        place, _ = running_place()
        assert place is not None
        trip = steps.Trip.at(place, variant.names, "current-2026")
        trip.registry = variant.names["registry"]
        assert all(steps.perform(trip, step).ok for step in variant.question.oracle.solution)
        reader.choose("confidence", "certain")
        reader.press("I have done it: look")
    assert reader.heading == "Right: 3 of 3 points"


def test_a_task_is_not_passed_by_doing_nothing(bank: Bank, tmp_path: Path) -> None:
    with Emulator(clock="frozen") as emulator:
        running.record(emulator.describe())
        reader = quiz(bank, tmp_path / "l", "cleanup/tidy-up-for-real")
        reader.choose("confidence", "certain")
        reader.press("I have done it: look")
    assert reader.heading.startswith("Not right") and "not yet" in reader.text


def test_a_button_of_another_screen_does_nothing(bank: Bank, tmp_path: Path) -> None:
    face = Quiz("names", 2, bank=bank, ledger=Ledger(tmp_path / "l"), now=Clock())
    before = face.screen()
    for act in ("prove", "again", "nothing", "", "__init__", "_answer"):
        assert not face.act(act, "", {})
    assert face.screen() == before
