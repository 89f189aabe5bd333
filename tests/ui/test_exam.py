"""An exam on screens: its rules hold, nothing is lost, and the report tells everything."""

import json
from pathlib import Path

import pytest

from acrlab.client import running
from acrlab.emulator import Emulator
from acrlab.trainer import blueprint, exam, steps
from acrlab.trainer.bank import Bank
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.running import running_place
from acrlab.ui.exam_face import Exam
from acrlab.ui.panel import Panel
from tests.trainer.answers import right, wrong
from tests.ui.reader import Reader
from tests.ui.test_no_leak import reasons

NOW = 1_795_000_000.0


class Clock:
    """It stands still until somebody turns it."""

    time = NOW

    def __call__(self) -> float:
        return self.time


class Room:
    """A desk with a bank, a clock and a file; a candidate sits down as often as wanted."""

    def __init__(self, bank: Bank, folder: Path) -> None:
        self.bank, self.clock, self.keep = bank, Clock(), folder / "exam.json"

    def sit(self, pack: str = "ai-200", questions: int = 20, extra_time: float = 1.0, seed: int = 4) -> Reader:
        made = Exam(pack, questions, 0, extra_time, seed, bank=self.bank, keep=self.keep, now=self.clock)
        return Reader(made)

    @property
    def sitting(self) -> exam.Sitting:
        return exam.loads(self.keep.read_bytes())

    def answer(self, reader: Reader, *, rightly: bool = True) -> None:
        """Fill in the open page."""
        sitting = self.sitting
        item = sitting.here.items[sitting.item]
        variant = self.bank.instance(item.question, item.seed)
        for key, values in (right(variant) if rightly else wrong(variant)).items():
            if item.part in ("", key):
                reader.choose(f"part-{key}", *values)

    def onward(self, reader: Reader) -> None:
        """To the next page or section."""
        for said in ("Open the section", "Close the section", "Review", "Next"):
            if said in reader.buttons() and (said != "Close the section" or "Next" not in reader.buttons()):
                reader.press(said)
                return
        raise AssertionError(reader.buttons())


@pytest.fixture
def room(bank: Bank, tmp_path: Path) -> Room:
    return Room(bank, tmp_path)


def test_a_perfect_exam_passes_and_is_reported(room: Room) -> None:
    reader = room.sit()
    reader.press("Start the clock")
    sections = []
    while "Another exam" not in reader.buttons():
        if "Open the section" in reader.buttons():
            sections.append(reader.heading)
        if "Next" in reader.buttons() or "Review" in reader.buttons() or "part-" in reader.html:
            room.answer(reader)
        room.onward(reader)
    assert sections == ["Section: Questions", "Section: Series", "Section: Case study"]
    assert reader.heading == "Passed: 1000" and "1000 of 1000, passed (pass at 700)" in reader.text
    assert "95 % interval" in reader.text and "By objective" in reader.text and not room.keep.exists()
    noted = next(Ledger().of("exam")).what
    assert noted["score"] == 1000 and len(noted["items"]) == len(reader.all("summary"))
    reader.press("Another exam")
    assert reader.heading == "Exam"


def test_what_is_wrong_is_told_in_the_report_and_not_before(room: Room, bank: Bank) -> None:
    reader = room.sit(questions=10)
    reader.press("Start the clock")
    asked: list[tuple[str, int]] = []
    while "Another exam" not in reader.buttons():
        if "part-" in reader.html:
            item = room.sitting.here.items[room.sitting.item]
            asked.append((item.question, item.seed))
            room.answer(reader, rightly=False)
        room.onward(reader)
        if reader.heading.startswith("Close") or reader.heading.endswith("?"):
            reader.press("Close the section")
    before, report = "".join(reader.seen[:-1]), reader.seen[-1]
    whys = [each for name, seed in asked for each in reasons(bank.instance(name, seed))]
    assert len(asked) >= 10 and whys
    assert not [each for each in whys if each in before]
    assert any(each in report for each in whys) and "Not passed" in report and "your answer, wrong" in report


def test_a_series_cannot_be_revisited(room: Room) -> None:
    reader = room.sit()
    reader.press("Start the clock")
    reader.press("Open the section")
    reader.press("Close the section")
    assert reader.heading == "Close this section?" and "Pages without an answer: 1, 2" in reader.text
    reader.press("Stay")
    reader.press("Close the section")
    reader.press("Close the section")
    assert reader.heading == "Section: Series" and "cannot return to it" in reader.text
    reader.press("Open the section")
    assert "Back" not in reader.buttons() and "Review list" not in reader.buttons()
    assert "Flag for review" not in reader.buttons()
    reader.press("Next")
    for act, argument in (("back", ""), ("go", "1"), ("flag", ""), ("review", "")):
        before = room.sitting
        reader.act(act, argument)
        assert room.sitting.item == before.item and room.sitting.section == 1
        assert room.sitting.flagged == before.flagged


def test_flag_review_and_go(room: Room) -> None:
    reader = room.sit()
    reader.press("Start the clock")
    reader.press("Open the section")
    first = reader.heading
    room.answer(reader)
    reader.press("Flag for review")
    assert "flagged for review" in reader.text and room.sitting.answers, "the answer is kept with the flag"
    reader.press("Next")
    reader.press("Review list")
    assert "⚑ flagged" in reader.text and "✓ answered" in reader.text
    reader.act("go", "1")
    assert reader.heading == first
    reader.press("Clear the answer")
    assert not room.sitting.answers
    reader.press("Review list")
    reader.press("Back to the page")
    assert reader.heading == first
    reader.act("go", "99")
    assert reader.heading == first


def test_what_is_chosen_is_kept_without_a_button(room: Room) -> None:
    reader = room.sit()
    reader.press("Start the clock")
    reader.press("Open the section")
    room.answer(reader)
    seen = len(reader.seen)
    reader.act("note")
    assert room.sitting.answers and len(reader.seen) == seen, "nothing is shown anew: the candidate is at work"
    reader.act("note", "x")


def test_too_few_choices_are_no_answer_and_hold_nobody_up(room: Room, bank: Bank) -> None:
    several = Bank([each for each in bank if each.kind == "multiple"])
    reader = Room(several, room.keep.parent).sit("ai-200", 4)
    reader.press("Start the clock")
    reader.press("Open the section")
    reader.choose("part-1", "a")
    reader.act("note")
    reader.press("Next")
    assert "Choose exactly" in reader.text and reader.page


def test_the_time_runs_out(room: Room) -> None:
    reader = room.sit(questions=10)
    reader.press("Start the clock")
    reader.press("Open the section")
    room.answer(reader)
    reader.act("note")
    reader.act("time")
    assert "Another exam" not in reader.buttons(), "a browser's clock that runs ahead ends nothing"
    room.clock.time += 10**5
    reader.act("time")
    assert reader.heading.startswith("Not passed") and "the time ran out" in reader.text
    assert next(Ledger().of("exam")).what["points"] > 0


def test_extra_time_is_given(room: Room) -> None:
    reader = room.sit()
    reader.choose("extra", "1.5")
    reader.press("Start the clock")
    own = room.sitting
    assert own.deadline - own.started == own.paper.minutes * 60
    assert own.paper.minutes == blueprint.load("ai-200").minutes * 1.5
    clock = next(each for each in reader.page if each.attributes.get("role") == "timer")
    assert clock.attributes["data-remaining"] == str(round(own.paper.minutes * 60))


def test_a_break_locks_what_was_seen(room: Room) -> None:
    reader = room.sit()
    reader.press("Start the clock")
    reader.press("Open the section")
    reader.press("Next")
    reader.press("Break")
    reader.press("Take a break")
    assert reader.heading == "A break" and room.sitting.state == exam.BREAK
    reader.press("Come back")
    assert room.sitting.item == 2 and "Back" in reader.buttons()
    reader.press("Back")
    assert "no page before this one" in reader.text
    reader.press("Review list")
    assert "locked" in reader.text


def test_a_kernel_is_restarted(room: Room) -> None:
    reader = room.sit()
    reader.press("Start the clock")
    reader.press("Open the section")
    room.answer(reader)
    reader.press("Next")
    room.clock.time += 60
    again = room.sit("az-104")
    assert again.heading == "You left an exam"
    again.press("Go on with it")
    again.press("Open the section")
    assert room.sitting.paper.pack == "ai-200" and len(room.sitting.answers) == 1 and room.sitting.item == 2
    assert room.sitting.deadline == room.sitting.started + room.sitting.paper.minutes * 60


def test_a_left_exam_can_be_given_up(room: Room) -> None:
    room.sit().press("Start the clock")
    reader = room.sit()
    reader.press("Begin a new one")
    reader.press("Stay")
    assert reader.heading == "You left an exam"
    reader.press("Begin a new one")
    reader.press("Begin a new one")
    assert reader.heading == "Exam" and not room.keep.exists()


def test_a_left_exam_whose_time_is_up_is_reported(room: Room) -> None:
    room.sit().press("Start the clock")
    room.clock.time += 10**6
    reader = room.sit()
    reader.press("Go on with it")
    assert "the time ran out" in reader.text


def test_a_kept_exam_that_cannot_be_read_is_set_aside(room: Room) -> None:
    room.keep.write_text("{", "utf-8")
    reader = room.sit()
    reader.press("Go on with it")
    assert "It is kept as exam.broken" in reader.text and reader.heading == "Exam"


@pytest.mark.parametrize("given", [{"pack": ["az-1"]}, {"questions": ["x"]}, {"extra": ["nan"]}, {"extra": ["9"]}])
def test_what_no_list_offers_begins_no_exam(room: Room, given: dict[str, list[str]]) -> None:
    face = Exam(bank=room.bank, keep=room.keep, now=room.clock)
    assert face.act("start", "", given)
    assert "problem" in face.screen() and not room.keep.exists()


def test_az_204_says_that_it_is_retired(room: Room) -> None:
    reader = room.sit("az-204")
    assert "AZ-204 (retired 2026-07-31)" in reader.text
    reader.press("Start the clock")
    reader.press("Open the section")
    reader.press("End the exam")
    reader.press("End the exam")
    assert "AZ-204 (retired 2026-07-31)" in reader.text and reader.heading == "Not passed: 1"


def test_a_lab_section_is_prepared_performed_and_graded(room: Room, bank: Bank) -> None:
    with Emulator(clock="frozen") as emulator:
        running.record(emulator.describe())
        reader = room.sit()
        reader.press("Start the clock")
        while reader.heading != "Section: Lab":
            room.onward(reader)
            if reader.heading == "Close this section?":
                reader.press("Close the section")
        reader.press("Open the section")
        item = room.sitting.here.items[room.sitting.item]
        variant = bank.instance(item.question, item.seed)
        reader.press("Look at my registry")
        assert {each[0] for each in room.sitting.answers[room.sitting.key].values()} == {"failed"}
        place, _ = running_place()
        assert place is not None
        trip = steps.Trip.at(place, variant.names, "current-2026")
        trip.registry = variant.names["registry"]
        assert all(steps.perform(trip, step).ok for step in variant.question.oracle.solution)
        reader.press("Look at my registry")
        assert {each[0] for each in room.sitting.answers[room.sitting.key].values()} == {"passed"}
        assert "failed" not in reader.text and "passed" not in reader.text, "what was found is for the report"
        reader.press("End the exam")
        reader.press("End the exam")
    title = next(each.text for each in reader.all("summary") if variant.question.title in each.text)
    assert title.startswith("✓")


def test_a_panels_state_holds_no_key_while_the_exam_goes_on(room: Room, bank: Bank) -> None:
    panel = Panel(Exam(questions=30, seed=4, bank=bank, keep=room.keep, now=room.clock))
    sent: list[object] = []
    panel.observe(lambda change: sent.append(change["new"]))
    for act, argument in (("start", ""), ("open", ""), *[("next", "")] * 8, ("review", ""), ("ask", "section")):
        panel._handle_custom_msg({"act": act, "argument": argument, "form": {}, "turn": panel.turn}, [])
    state = json.dumps([panel.get_state(), sent], default=str)
    assert len(sent) > 10
    for section in room.sitting.paper.sections:
        for item in section.items:
            assert not [each for each in reasons(bank.instance(item.question, item.seed)) if each in state]
