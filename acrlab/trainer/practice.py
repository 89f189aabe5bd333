"""Practice: what is due by FSRS, else what is about 80 % likely to be right; confidence first, answer after.

State is a fold of the learner's ledger. FSRS is never asked for the time, for an id or for chance.
"""

import datetime
import hashlib
import random
from collections.abc import Iterable, Sequence
from typing import Any

import fsrs
import msgspec

from acrlab.trainer import ability, grading
from acrlab.trainer.ability import Ability, Answered
from acrlab.trainer.bank import Bank
from acrlab.trainer.grading import Answer, Grade
from acrlab.trainer.instance import Instance, Page
from acrlab.trainer.ledger import Entry, Ledger
from acrlab.trainer.question import Question

ANSWERED = "answered"
RETENTION = 0.9
CONFIDENCES = {"guess": 0.3, "unsure": 0.5, "fairly sure": 0.75, "certain": 0.95}  # words, and what they promise
SURE = 0.75
_KINDLESS = ("command", "do", "order")


class Schedule:
    """Cards by question id. The same histories give the same schedule, on every machine."""

    def __init__(self) -> None:
        self._scheduler = fsrs.Scheduler(desired_retention=RETENTION, enable_fuzzing=False)
        self.cards: dict[str, fsrs.Card] = {}

    def review(self, key: str, rating: int, now: float) -> float:
        """Note a review; says when the next is due. Units: epoch seconds, ratings 1 (again) to 4 (easy)."""
        card = self.cards.get(key) or new_card(key, now)
        self.cards[key], _ = self._scheduler.review_card(card, fsrs.Rating(rating), moment(now))
        return self.due(key)

    def due(self, key: str) -> float:
        """When a card is due, in epoch seconds. Raises: KeyError."""
        return self.cards[key].due.timestamp()

    def recall(self, key: str, now: float) -> float:
        """How likely it is that a card is remembered. Raises: KeyError."""
        return float(self._scheduler.get_card_retrievability(self.cards[key], moment(now)))


def new_card(key: str, now: float) -> fsrs.Card:
    """A card that nobody has seen. Its id is the question's, not the time's."""
    return fsrs.Card(card_id=card_id(key), due=moment(now))


def card_id(key: str) -> int:
    """The number of a question's card: the same everywhere."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6])


def moment(now: float) -> datetime.datetime:
    """Epoch seconds as FSRS wants them."""
    return datetime.datetime.fromtimestamp(now, datetime.UTC)


def rating(grade: Grade, *, hinted: bool, seconds: float, expected: float, confidence: float) -> int:
    """What FSRS is told: wrong, again; with help, hard; right, good; right, fast and sure, easy."""
    if not grade.right:
        return 1
    if hinted:
        return 2
    return 4 if seconds <= expected / 2 and confidence > SURE else 3


class Offer(msgspec.Struct, frozen=True):
    """A question to ask: what may be shown, why it was chosen, how likely it is to be right."""

    page: Page
    reason: str
    expected: float


class Outcome(msgspec.Struct, frozen=True):
    """What an answer came to. `due` is epoch seconds."""

    grade: Grade
    rating: int
    due: float
    ability: Ability


class Bin(msgspec.Struct, frozen=True):
    """Answers that were given with one confidence: how often they were right, with a 95 % interval."""

    confidence: float
    answers: int
    right: float
    low: float
    high: float


class Calibration(msgspec.Struct, frozen=True):
    """How well a learner knows what they know. `brier` is 0 for perfect, 0.25 for always saying 50 %."""

    bins: tuple[Bin, ...]
    brier: float
    answers: int


class Practice:
    """One learner's practice. Give it the time with everything that needs it."""

    def __init__(self, bank: Bank, ledger: Ledger, *, seed: int = 0) -> None:
        self.bank, self.ledger, self.seed = bank, ledger, seed
        self.schedule = Schedule()
        self._past: list[Answered] = []
        for entry in ledger.of(ANSWERED):
            self._replay(entry)

    def _replay(self, entry: Entry) -> None:
        what = entry.what
        self.schedule.review(what["question"], what["rating"], entry.at)
        self._past.append(Answered(what["question"], what["level"], what["chance"], what["score"]))

    @property
    def broken(self) -> str:
        """What is wrong with the ledger, in a sentence; empty when nothing is."""
        return str(self.ledger.broken) if self.ledger.broken else ""

    def ability(self) -> Ability:
        """How able the learner is, as far as the answers say."""
        return ability.estimate(self._past, ability.difficulties(self._past))

    def expected(self, question: Question, now: float) -> float:
        """How likely a right answer is: from memory when it was asked before, else from ability and difficulty."""
        if question.id in self.schedule.cards:
            return self.schedule.recall(question.id, now)
        return ability.success(self.ability().mean, ability.PRIOR[question.level], chance(question))

    def next(self, now: float, among: Iterable[Question] | None = None, skip: Sequence[str] = ()) -> Offer | None:
        """The question to ask now; None when nothing is left among them."""
        pool = [each for each in (self.bank if among is None else among) if each.id not in skip]
        if not pool:
            return None
        due = [each for each in pool if each.id in self.schedule.cards and self.schedule.due(each.id) <= now]
        new = [each for each in pool if each.id not in self.schedule.cards]
        able = self.ability().mean
        reason, chosen = ("due", due) if due else ("new", new) if new else ("early", pool)
        shuffled = sorted(chosen, key=lambda each: hashlib.sha256(f"{self.seed}/{each.id}".encode()).digest())

        def distance(question: Question) -> float:
            likely = self.schedule.recall(question.id, now) if question.id in self.schedule.cards else \
                ability.success(able, ability.PRIOR[question.level], chance(question))  # fmt: skip
            return abs(likely - ability.TARGET)

        best = min(shuffled, key=distance)
        return Offer(self.variant(best.id).page(), reason, self.expected(best, now))

    def variant(self, question: str) -> Instance:
        """The variant this learner meets next: another one each time. Raises: KeyError."""
        times = sum(each.question == question for each in self._past)
        return self.bank.instance(question, random.Random(f"{self.seed}/{question}/{times}").randrange(2**31))

    def answer(
        self, question: str, answer: Answer, now: float, *, confidence: float, seconds: float, hinted: bool = False
    ) -> Outcome:
        """Grade an answer and note it, durably. `confidence` is from 0 to 1, said before anything is shown."""
        variant = self.variant(question)
        grade = grading.grade(variant, answer)
        asked = variant.question
        given = rating(grade, hinted=hinted, seconds=seconds, expected=asked.seconds, confidence=confidence)
        entry = self.ledger.add(
            ANSWERED, now, question=question, seed=variant.seed,
            answer={key: list(each) for key, each in answer.items()},
            score=grade.share, rating=given, confidence=confidence, seconds=seconds, hinted=hinted, level=asked.level,
            chance=chance(asked), objectives=list(asked.objectives), points=grade.points, possible=grade.possible,
        )  # fmt: skip
        self._replay(entry)
        return Outcome(grade, given, self.schedule.due(question), self.ability())

    def calibration(self) -> Calibration:
        """Confidence held against what came of it."""
        return calibration([entry.what for entry in self.ledger.of(ANSWERED)])


def chance(question: Question) -> float:
    """What guessing earns on average."""
    shares = [
        0.0 if part.way in _KINDLESS else sum(each.right for each in part.choices) / len(part.choices)
        for part in question.parts
    ]
    return min(0.9, sum(shares) / len(shares)) if shares else 0.0


def calibration(answers: Sequence[dict[str, Any]]) -> Calibration:
    """Calibration of noted answers."""
    levels = sorted({each["confidence"] for each in answers})
    bins = []
    for level in levels:
        own = [each["score"] == 1 for each in answers if each["confidence"] == level]
        low, high = interval(sum(own), len(own))
        bins.append(Bin(level, len(own), sum(own) / len(own), low, high))
    brier = sum((each["confidence"] - (each["score"] == 1)) ** 2 for each in answers) / max(len(answers), 1)
    return Calibration(tuple(bins), brier, len(answers))


def interval(hits: float, count: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share: honest for few answers, and for all right."""
    if not count:
        return 0.0, 1.0
    share, square = hits / count, z * z / count
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * (share * (1 - share) / count + square / (4 * count)) ** 0.5
    # At the ends it reaches them exactly, which the sum of roundings would not.
    return 0.0 if hits == 0 else max(0.0, middle - half), 1.0 if hits == count else min(1.0, middle + half)
