"""Practice: FSRS to the letter, deterministic, kept, and honest about what it knows."""

import datetime
import random
import time
from pathlib import Path

import fsrs
import pytest

from acrlab.trainer import ability, practice
from acrlab.trainer.bank import Bank
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import Practice, Schedule
from tests.trainer.answers import right, wrong

NOW = 1_800_000_000.0
HISTORIES = 10_000


def test_ten_thousand_histories_as_the_reference_has_them() -> None:
    chance = random.Random(3)
    ours, reference = Schedule(), fsrs.Scheduler(desired_retention=0.9, enable_fuzzing=False)
    for number in range(HISTORIES):
        key, now = f"topic/{number}", NOW
        card = fsrs.Card(card_id=number, due=datetime.datetime.fromtimestamp(now, datetime.UTC))
        for _ in range(chance.randrange(1, 7)):
            now += chance.choice((30.0, 600.0, 86400.0, 86400.0 * chance.randrange(1, 90)))
            rating = chance.randrange(1, 5)
            ours.review(key, rating, now)
            card, _log = reference.review_card(
                card, fsrs.Rating(rating), datetime.datetime.fromtimestamp(now, datetime.UTC)
            )
        found = ours.cards[key]
        assert (found.due, found.stability, found.difficulty, found.state, found.step) == (
            card.due, card.stability, card.difficulty, card.state, card.step,
        )  # fmt: skip


def test_neither_the_clock_nor_chance_is_asked(bank: Bank, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("practice asked for the time or for chance")

    one = Practice(bank, Ledger(tmp_path / "l"), seed=1)
    for module, name in ((time, "time"), (time, "sleep"), (random, "random"), (random, "uniform")):
        monkeypatch.setattr(module, name, forbidden)
    question = one.next(NOW)
    assert question is not None
    one.answer(question.page.question, {}, NOW, confidence=0.5, seconds=9)


def test_card_ids_are_the_questions_own() -> None:
    assert practice.card_id("tiers/x") == practice.card_id("tiers/x") != practice.card_id("tiers/y")


def test_state_survives_a_round_trip(bank: Bank, tmp_path: Path) -> None:
    first = _practised(bank, tmp_path / "ledger.jsonl", 25)
    again = Practice(bank, Ledger(tmp_path / "ledger.jsonl"), seed=5)
    assert {key: card.to_dict() for key, card in first.schedule.cards.items()} == {
        key: card.to_dict() for key, card in again.schedule.cards.items()
    }
    assert first.ability() == again.ability() and first.calibration() == again.calibration()
    assert first.next(NOW + 1e6) == again.next(NOW + 1e6)


def _practised(bank: Bank, path: Path, count: int) -> Practice:
    made, now = Practice(bank, Ledger(path), seed=5), NOW
    for number in range(count):
        offer = made.next(now)
        assert offer is not None
        variant = made.variant(offer.page.question)
        made.answer(
            offer.page.question, right(variant) if number % 3 else wrong(variant), now,
            confidence=(0.3, 0.95)[number % 2], seconds=30,
        )  # fmt: skip
        now += 400
    return made


def test_ratings(bank: Bank, tmp_path: Path) -> None:
    made = Practice(bank, Ledger(tmp_path / "l"))
    question = bank.questions["names/where-to-push"]

    def rated(good: bool, hinted: bool, seconds: float, confidence: float) -> int:
        variant = made.variant(question.id)
        return made.answer(
            question.id, right(variant) if good else wrong(variant), NOW, confidence=confidence, seconds=seconds,
            hinted=hinted,
        ).rating  # fmt: skip

    assert rated(False, False, 5, 0.95) == 1
    assert rated(True, True, 5, 0.95) == 2
    assert rated(True, False, question.seconds, 0.95) == 3
    assert rated(True, False, 5, 0.5) == 3
    assert rated(True, False, 5, 0.95) == 4


def test_due_comes_before_new(bank: Bank, tmp_path: Path) -> None:
    made = Practice(bank, Ledger(tmp_path / "l"))
    made.answer("names/where-to-push", {}, NOW, confidence=0.5, seconds=5)
    offer = made.next(NOW + 3600)
    assert offer is not None and (offer.reason, offer.page.question) == ("due", "names/where-to-push")
    offer = made.next(NOW + 3600, skip=["names/where-to-push"])
    assert offer is not None and offer.reason == "new"


def test_a_question_comes_back_as_another_variant(bank: Bank, tmp_path: Path) -> None:
    made = Practice(bank, Ledger(tmp_path / "l"))
    before = made.variant("names/where-to-push").seed
    made.answer("names/where-to-push", {}, NOW, confidence=0.5, seconds=5)
    assert made.variant("names/where-to-push").seed != before


@pytest.mark.parametrize("true", [-1.0, 0.5, 2.0])
def test_questions_are_chosen_near_four_of_five(true: float, bank: Bank, tmp_path: Path) -> None:
    made, chance, now = Practice(bank, Ledger(tmp_path / "l"), seed=1), random.Random(8), NOW
    expected = []
    for number in range(24):
        offer = made.next(now, skip=[*made.schedule.cards])
        assert offer is not None
        variant = made.variant(offer.page.question)
        likely = ability.success(true, ability.PRIOR[variant.question.level], practice.chance(variant.question), 0)
        good = chance.random() < likely
        made.answer(offer.page.question, right(variant) if good else wrong(variant), now, confidence=0.5, seconds=60)
        if number >= 8:
            expected.append(abs(offer.expected - ability.TARGET))
    assert abs(made.ability().mean - true) < 3 * made.ability().error
    assert 0.2 < made.ability().error < 1.2


def test_the_standard_error_covers_the_truth() -> None:
    """68 of 100 simulated learners lie within one standard error, give or take."""
    chance, inside = random.Random(11), 0
    for _ in range(200):
        true = chance.gauss(0, ability.SPREAD)
        answers = []
        for number in range(20):
            level = number % 3 + 1
            difficulty = ability.PRIOR[level] + chance.gauss(0, ability.DOUBT)
            score = float(chance.random() < ability.success(true, difficulty, 0.25, 0))
            answers.append(ability.Answered(str(number), level, 0.25, score))
        found = ability.estimate(answers)
        inside += abs(found.mean - true) <= found.error
    assert 110 <= inside <= 165


def test_few_answers_say_nothing() -> None:
    found = ability.estimate([ability.Answered("x", 1, 0.25, 1.0)])
    assert "nothing can be said" in found.told() and found.error > 1


def test_calibration(bank: Bank, tmp_path: Path) -> None:
    found = _practised(bank, tmp_path / "l", 24).calibration()
    assert [each.confidence for each in found.bins] == [0.3, 0.95]
    assert found.answers == 24 and all(each.low < each.right < each.high for each in found.bins)
    assert 0 < found.brier < 1


def test_intervals_are_never_certain() -> None:
    assert practice.interval(5, 5)[0] < 0.6 and practice.interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("count", range(1, 60))
def test_an_interval_holds_what_was_seen_at_both_ends(count: int) -> None:
    assert practice.interval(count, count)[1] == 1.0 and practice.interval(0, count)[0] == 0.0
    assert practice.interval(count, count)[0] < 1.0 and practice.interval(0, count)[1] > 0.0
