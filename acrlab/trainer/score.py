"""Scores: points to a scale of 1 to 1000 with the pass at 700, an interval beside it, and a report item by item.

Microsoft publishes the scale and the pass mark, not the conversion. Ours is stated here: the pass mark lies where a
candidate who just qualifies would be, judged by the levels of the items (Angoff), and the scale is linear on both
sides. The interval is Wilson's over the scored items, so that a perfect short exam is not called certain.
"""

import msgspec

from acrlab.trainer import grading
from acrlab.trainer.bank import Bank
from acrlab.trainer.blueprint import Blueprint
from acrlab.trainer.exam import Sitting, instances
from acrlab.trainer.grading import Grade, PartGrade
from acrlab.trainer.instance import Instance
from acrlab.trainer.practice import interval

PASS, TOP = 700, 1000
# Share of points of somebody who just qualifies, by level. Inferred: an Angoff judgement of ours
JUST = {1: 0.85, 2: 0.7, 3: 0.55}


class ItemReport(msgspec.Struct, frozen=True):
    """One item, graded. A stale question is shown and not scored."""

    key: str
    question: str
    title: str
    level: int
    points: int
    possible: int
    scored: bool
    answered: bool
    objectives: tuple[str, ...]
    grade: Grade


class Line(msgspec.Struct, frozen=True):
    """One objective of the exam: points, and the interval of their share."""

    domain: str
    objective: str
    points: int
    possible: int
    items: int
    low: float
    high: float


class Report(msgspec.Struct, frozen=True):
    """What an exam came to. `low` and `high` are the 95 % interval of the score. Units: seconds."""

    pack: str
    title: str
    banner: str
    seed: int
    score: int
    low: int
    high: int
    passed: bool
    sure: bool
    points: int
    possible: int
    seconds: float
    reason: str
    lines: tuple[Line, ...]
    items: tuple[ItemReport, ...]

    def verdict(self) -> str:
        """In one sentence that claims no more than the interval allows."""
        word = "passed" if self.passed else "not passed"
        doubt = "" if self.sure else " With other questions of the same kind it could have gone either way."
        return f"{self.score} of {TOP}, {word} (pass at {PASS}); 95 % interval {self.low} to {self.high}.{doubt}"


def report(sitting: Sitting, bank: Bank, blueprint: Blueprint, today: str) -> Report:
    """Grade an exam that is over. `today` is an ISO date. Raises: NotAllowed."""
    items = tuple(_item(key, item.part, instance, sitting, blueprint, today) for key, item, instance in
                  instances(sitting, bank))  # fmt: skip
    scored = [each for each in items if each.scored]
    points, possible = sum(each.points for each in scored), sum(each.possible for each in scored)
    cut = sum(JUST[each.level] * each.possible for each in scored) / possible if possible else 0.7
    share = points / possible if possible else 0.0
    low, high = interval(share * len(scored), len(scored))
    score, lowest, highest = (scaled(each, cut) for each in (share, low, high))
    paper = sitting.paper
    return Report(
        paper.pack, paper.title, paper.banner, paper.seed, score, lowest, highest, score >= PASS,
        not lowest < PASS <= highest, points, possible, sitting.ended - sitting.started, sitting.reason,
        _lines(items, blueprint), items,
    )  # fmt: skip


def scaled(share: float, cut: float) -> int:
    """A share of the points on the scale; exactly at the cut it is the pass mark."""
    if share >= cut:
        return PASS + round((TOP - PASS) * (share - cut) / (1 - cut)) if cut < 1 else TOP
    return min(PASS - 1, 1 + int((PASS - 1) * share / cut))


def _item(key: str, part: str, instance: Instance, sitting: Sitting, blueprint: Blueprint, today: str) -> ItemReport:
    given = sitting.answers.get(key, {})
    grade = grading.grade(instance, given)
    if part:
        grade = _only(grade, [each for each in grade.parts if each.key == part])
    question = instance.question
    objectives = tuple(objective.title for _, objective in blueprint.lines(question))
    return ItemReport(key, question.id, question.title, question.level, grade.points, grade.possible,
                      not question.stale(today), bool(given), objectives, grade)  # fmt: skip


def _only(grade: Grade, parts: list[PartGrade]) -> Grade:
    points, possible = sum(each.points for each in parts), sum(each.possible for each in parts)
    return msgspec.structs.replace(grade, parts=tuple(parts), points=points, possible=possible)


def _lines(items: tuple[ItemReport, ...], blueprint: Blueprint) -> tuple[Line, ...]:
    found = []
    for domain in blueprint.domain:
        for objective in domain.objective:
            own = [each for each in items if objective.title in each.objectives and each.scored]
            points, possible = sum(each.points for each in own), sum(each.possible for each in own)
            low, high = interval(points / possible * len(own) if possible else 0, len(own))
            found.append(Line(domain.title, objective.title, points, possible, len(own), low, high))
    return tuple(found)
