"""The trainer in a terminal, by keyboard alone: what is typed comes from a list, what is said is read."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from acrlab.client import running
from acrlab.emulator import Emulator
from acrlab.trainer import blueprint, exam, oracle, paper, steps, terminal
from acrlab.trainer.bank import Bank
from acrlab.trainer.face import Face
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import Practice
from acrlab.trainer.running import running_place
from tests.trainer.answers import right, wrong

NOW = 1_795_000_000.0


class Talk:
    """A face whose lines are kept, and whose typist is a function."""

    def __init__(self, typed: Callable[[str], str]) -> None:
        self.paper, self.time = io.StringIO(), NOW
        self.face = Face(
            ask=self._ask, console=Console(file=self.paper, highlight=False, soft_wrap=True), now=self._now
        )
        self._typed = typed

    def _ask(self, prompt: str) -> str:
        self.paper.write(prompt)
        found = self._typed(prompt)
        self.paper.write(f"{found}\n")
        return found

    def _now(self) -> float:
        self.time += 1
        return self.time

    @property
    def said(self) -> str:
        return self.paper.getvalue()


def _script(*lines: str) -> Callable[[str], str]:
    left = iter(lines)

    def typed(_: str) -> str:
        found = next(left, None)
        if found is None:
            raise EOFError
        return found

    return typed


def _numbers(variant: object, answer: list[str]) -> str:
    part = variant.parts[0]  # type: ignore[attr-defined]
    return " ".join(str([each.key for each in part.options].index(key) + 1) for key in answer)


def test_a_quiz_asks_how_sure_before_it_tells(bank: Bank, tmp_path: Path) -> None:
    ledger = tmp_path / "l.jsonl"
    variant = Practice(bank, Ledger(ledger)).variant("names/where-to-push")
    talk = Talk(_script("9", "", "hint", _numbers(variant, wrong(variant)["1"]), "7", "certain"))
    code = terminal.quiz("names", 1, face=talk.face, bank=_only(bank, "names/where-to-push"), ledger=ledger)
    assert code == 0
    said = talk.said
    assert "Not an answer yet: 9 is none of the choices." in said and "Not an answer yet: nothing was chosen." in said
    assert said.index("how sure are you") < said.index("Not right.") < said.index("Right is: ")
    assert "See it for yourself:" in said and f"az acr show --name {variant.names['registry']}" in said
    assert "When you said certain (95%), 0% of 1 were right" in said
    entry = Ledger(ledger).entries[0]
    assert (entry.what["hinted"], entry.what["confidence"], entry.what["score"]) == (True, 0.95, 0)


def _only(bank: Bank, *names: str) -> Bank:
    return Bank([bank.questions[each] for each in names], bank.scenarios.values())


def test_a_quiz_can_be_left_and_goes_on(bank: Bank, tmp_path: Path) -> None:
    ledger = tmp_path / "l.jsonl"
    first = Practice(bank, Ledger(ledger), seed=2).next(NOW)
    assert first is not None
    variant = Practice(bank, Ledger(ledger), seed=2).variant(first.page.question)
    typed = [_numbers(variant, right(variant)["1"]), "2", "quit"]
    talk = Talk(_script(*typed))
    assert terminal.quiz(count=5, seed=2, face=talk.face, bank=bank, ledger=ledger) == 0
    assert "The next quiz goes on from here" in talk.said and "1 of 1 right" in talk.said
    again = Talk(_script())
    terminal.quiz(count=1, seed=2, face=again.face, bank=bank, ledger=ledger)
    assert bank.instance(first.page.question, 0).question.title not in again.said


@pytest.mark.slow
def test_the_whole_bank_by_keyboard(bank: Bank, tmp_path: Path) -> None:
    """Every question that needs no emulator, answered rightly by its numbers."""
    practice = Practice(bank, Ledger(tmp_path / "l.jsonl"))
    typed: list[str] = []

    def answered(prompt: str) -> str:
        if not typed:
            offer = Practice(bank, Ledger(tmp_path / "l.jsonl")).next(talk.time, pool, skip=asked)
            assert offer is not None
            asked.append(offer.page.question)
            variant = practice.variant(offer.page.question)
            for part in variant.parts:
                given = right(variant)[part.key]
                keys = [each.key for each in part.options]
                typed.append(given[0] if part.way == "command" else " ".join(str(keys.index(key) + 1) for key in given))
            typed.append("4")
        return typed.pop(0)

    asked: list[str] = []
    talk = Talk(answered)
    pool = [each for each in bank if each.kind != "do"]
    terminal.quiz(
        count=len(pool), face=talk.face, bank=Bank(pool, bank.scenarios.values()), ledger=tmp_path / "l.jsonl"
    )
    assert f"{len(pool)} of {len(pool)} right" in talk.said


def test_no_line_needs_colour_or_boxes(bank: Bank, tmp_path: Path) -> None:
    talk = Talk(_script("1", "1"))
    terminal.quiz(count=1, face=talk.face, bank=bank, ledger=tmp_path / "l")
    assert "\x1b" not in talk.said and not re.search("[─-╿█▀]", talk.said)


def test_what_does_not_exist_is_named(bank: Bank, tmp_path: Path) -> None:
    talk = Talk(_script())
    assert terminal.quiz("nothing", face=talk.face, bank=bank, ledger=tmp_path / "l") == 2
    assert "there are no questions about nothing: use one of access" in talk.said
    assert terminal.quiz(pack="az-1", face=talk.face, bank=bank, ledger=tmp_path / "l") == 2
    assert terminal.exam("az-1", face=talk.face, bank=bank, keep=tmp_path / "e") == 2
    assert terminal.exam("ai-200", extra_time=9, face=talk.face, bank=bank, keep=tmp_path / "f") == 2


def test_a_broken_record_is_said_and_stops_nothing(bank: Bank, tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    Ledger(path).add("answered", 1.0, question="x")
    path.write_bytes(path.read_bytes().replace(b'"x"', b'"y"'))
    talk = Talk(_script())
    assert terminal.quiz(face=talk.face, bank=bank, ledger=path) == 0
    assert "Your record: line 1 was changed after it was written" in talk.said


def test_an_exam_is_left_and_come_back_to(bank: Bank, tmp_path: Path) -> None:
    keep = tmp_path / "exam.json"
    talk = Talk(_script("next", "flag", "review", "time", "quit"))
    assert terminal.exam("az-204", questions=20, seed=4, face=talk.face, bank=bank, keep=keep) == 1
    assert "AZ-204 (retired 2026-07-31)" in talk.said and "2. " in talk.said and "flagged" in talk.said
    kept = exam.loads(keep.read_bytes())
    assert kept.item == 1 and kept.flagged == ("0.1",)
    again = Talk(_script("back", "submit"))
    again.time = talk.time + 60
    assert terminal.exam(face=again.face, bank=bank, keep=keep) == 1
    assert "the pages that you saw are locked" in again.said and "There is no page before this one" in again.said
    assert "page 3 of" in again.said and "of 1000, not passed" in again.said and not keep.exists()
    assert next(Ledger().of("exam")).what["pack"] == "az-204"


def test_an_exam_whose_time_ran_out_while_away_is_graded(bank: Bank, tmp_path: Path) -> None:
    keep = tmp_path / "exam.json"
    terminal.exam("ai-200", questions=10, seed=4, face=Talk(_script()).face, bank=bank, keep=keep)
    late = Talk(_script())
    late.time = NOW + 10**6
    terminal.exam(face=late.face, bank=bank, keep=keep)
    assert "The time is up." in late.said


def test_a_kept_exam_that_cannot_be_read_is_set_aside(bank: Bank, tmp_path: Path) -> None:
    keep = tmp_path / "exam.json"
    keep.write_text("{", "utf-8")
    talk = Talk(_script())
    terminal.exam("ai-200", questions=10, face=talk.face, bank=bank, keep=keep)
    assert "It is kept as exam.broken; a new one begins" in talk.said and (tmp_path / "exam.broken").exists()


def test_a_perfect_exam_passes(bank: Bank, tmp_path: Path) -> None:
    drawn = paper.compose(bank, blueprint.load("ai-200"), seed=4, today="2026-11-18", questions=24, lab=False)
    typed: list[str] = []
    for section in drawn.sections:
        for item in section.items:
            variant = bank.instance(item.question, item.seed)
            for part in variant.parts:
                if item.part in ("", part.key):
                    keys, given = [each.key for each in part.options], right(variant)[part.key]
                    text = given[0] if part.way == "command" else " ".join(str(keys.index(key) + 1) for key in given)
                    typed.append(text)
        typed.append("section")
    talk = Talk(_script(*typed))
    assert terminal.exam("ai-200", questions=24, seed=4, face=talk.face, bank=bank, keep=tmp_path / "e") == 0
    assert "1000 of 1000, passed" in talk.said


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(clock="frozen") as made:
        running.record(made.describe())
        yield made


def test_a_task_is_performed_on_a_running_emulator(bank: Bank, tmp_path: Path, emulator: Emulator) -> None:
    ledger = tmp_path / "l.jsonl"
    variant = Practice(bank, Ledger(ledger)).variant("cleanup/tidy-up-for-real")

    def typed(prompt: str) -> str:
        if "when you have done it" in prompt:
            place, _ = running_place()
            assert place is not None
            trip = steps.Trip.at(place, variant.names, "current-2026")
            trip.registry = variant.names["registry"]
            assert all(steps.perform(trip, step).ok for step in variant.question.oracle.solution)
        return "4"

    talk = Talk(typed)
    terminal.quiz("cleanup", 1, face=talk.face, bank=_only(bank, "cleanup/tidy-up-for-real"), ledger=ledger)
    assert "1 of 1 right" in talk.said and "3 of 3 points" in talk.said


def test_a_task_of_an_exam_is_prepared_once_and_performed(bank: Bank, tmp_path: Path, emulator: Emulator) -> None:
    drawn = paper.compose(bank, blueprint.load("ai-200"), seed=4, today="2026-11-18", questions=20)
    section = drawn.sections[-1]
    assert section.kind == paper.LAB
    variant = bank.instance(section.items[0].question, section.items[0].seed)
    performed: list[bool] = []

    def typed(prompt: str) -> str:
        if "when you have done it" not in prompt:
            return "submit" if performed else "section"
        place, _ = running_place()
        assert place is not None
        trip = steps.Trip.at(place, variant.names, "current-2026")
        trip.registry = variant.names["registry"]
        performed.append(all(steps.perform(trip, step).ok for step in variant.question.oracle.solution))
        return ""

    def turns(prompt: str) -> str:
        return "submit" if performed else typed(prompt)

    talk = Talk(turns)
    terminal.exam("ai-200", questions=20, seed=4, face=talk.face, bank=bank, keep=tmp_path / "e")
    assert performed == [True]
    points = sum(each.possible for each in variant.parts)
    assert f"{variant.question.title}: {points} of {points}." in talk.said


def test_without_an_emulator_a_task_is_left_out(bank: Bank, tmp_path: Path) -> None:
    talk = Talk(_script())
    terminal.quiz(count=1, face=talk.face, bank=_only(bank, "cleanup/tidy-up-for-real"), ledger=tmp_path / "l")
    assert "start one with `acrlab up`" in talk.said


def test_a_task_is_not_passed_by_doing_nothing(bank: Bank, emulator: Emulator) -> None:
    variant = bank.instance("cleanup/tidy-up-for-real", 1)
    place, _ = running_place()
    assert place is not None and oracle.prepare(variant, place) == ""
    assert {each[0] for each in oracle.look(variant, place).values()} == {"failed"}


def test_a_running_emulator_is_asked_from_where_a_client_stands(bank: Bank, emulator: Emulator) -> None:
    variant = bank.instance("network/close-it-for-real", 1)
    place, _ = running_place()
    assert place is not None and oracle.prepare(variant, place) == ""
    trip = steps.Trip.at(place, variant.names, "current-2026")
    trip.registry = variant.names["registry"]
    assert all(steps.perform(trip, step).ok for step in variant.question.oracle.solution)
    assert {each[0] for each in oracle.look(variant, place).values()} == {"passed"}
    assert place.stands == ""
