"""A paper: which questions an exam asks, in which sections. It holds ids and seeds, and no answers."""

import random
from collections.abc import Iterable, Sequence

import msgspec

from acrlab.trainer.bank import Bank
from acrlab.trainer.blueprint import Blueprint
from acrlab.trainer.question import Question

GENERAL, SERIES, CASE, LAB = "general", "series", "case", "lab"
_TITLES = {GENERAL: "Questions", SERIES: "Series", CASE: "Case study", LAB: "Lab"}
_RULES = {
    GENERAL: "You may go back and forth inside this section, and flag questions for review. "
    "After you leave it you cannot come back.",
    SERIES: "Every page proposes one solution to the same problem; several, or none, may meet the goal. "
    "After you answer a page you cannot return to it.",
    CASE: "The questions of this section belong to one case study; its pages are shown with each of them. "
    "After you leave the section you cannot come back.",
    LAB: "Perform the tasks on the registry of your emulator. What counts is the state you leave, and what happened "
    "on the way. After you leave the section you cannot come back.",
}
_SHARE = {LAB: 1, CASE: 4, SERIES: 2}  # the most questions of a kind in one paper


class Item(msgspec.Struct, frozen=True):
    """One page of an exam: a variant of a question, or one part of it."""

    question: str
    seed: int
    part: str = ""


class Section(msgspec.Struct, frozen=True):
    """Items that are worked on together. `once` says that a page cannot be returned to."""

    kind: str
    title: str
    rules: str
    items: tuple[Item, ...]
    once: bool = False


class Paper(msgspec.Struct, frozen=True):
    """One exam for one candidate. Units: minutes, extra time included."""

    pack: str
    title: str
    banner: str
    seed: int
    minutes: float
    sections: tuple[Section, ...]

    @property
    def items(self) -> int:
        """How many pages there are."""
        return sum(len(each.items) for each in self.sections)


class PackEmpty(Exception):
    """The bank has too few questions for a pack."""


def compose(
    bank: Bank, blueprint: Blueprint, *, seed: int, today: str, questions: int = 0, minutes: float = 0,
    extra_time: float = 1.0, lab: bool = True,
) -> Paper:  # fmt: skip
    """Draw a paper. `extra_time` is the factor of an accommodation: 1.25, 1.5, 2; `today` an ISO date.

    Raises: PackEmpty, ValueError.
    """
    if not 1 <= extra_time <= 4:
        raise ValueError(f"extra time is a factor from 1 to 4, such as 1.5, not {extra_time}")
    chance = random.Random(f"paper/{blueprint.code}/{seed}")
    pool = sorted(blueprint.questions_of(bank), key=lambda each: each.id)
    if not pool:
        raise PackEmpty(f"no question of the bank belongs to {blueprint.name}")
    wanted = min(questions or blueprint.questions, len(pool))
    kinds = {kind: [each for each in pool if _kind(each) == kind] for kind in _TITLES}
    special = {kind: _few(kinds[kind], kind, chance, wanted) for kind in (SERIES, CASE, LAB) if lab or kind != LAB}
    general = _weighted(kinds[GENERAL], blueprint, wanted - sum(map(len, special.values())), chance)
    chosen = {GENERAL: general, **special}
    sections = tuple(_section(kind, chosen[kind], chance) for kind in _TITLES if chosen.get(kind))
    return Paper(
        blueprint.code.lower(), blueprint.name, blueprint.banner(today), seed,
        (minutes or blueprint.minutes) * extra_time, sections,
    )  # fmt: skip


def _kind(question: Question) -> str:
    if question.case:
        return CASE
    return {"series": SERIES, "do": LAB}.get(question.kind, GENERAL)


def _few(pool: Sequence[Question], kind: str, chance: random.Random, wanted: int) -> list[Question]:
    """Some of a kind, and never so many that nothing else is asked. A case study comes whole."""
    if kind == CASE:
        cases = sorted({each.case for each in pool})
        one = chance.choice(cases) if cases and wanted >= 8 else ""
        return [each for each in pool if each.case == one]
    most = min(_SHARE[kind], wanted // 8)
    return chance.sample(list(pool), min(most, len(pool)))


def _weighted(pool: Sequence[Question], blueprint: Blueprint, count: int, chance: random.Random) -> list[Question]:
    """Questions in the proportions of the domains; those without a weight share alike."""
    left = list(pool)
    chance.shuffle(left)
    shares = [(domain, sum(domain.weight) / 2 if domain.weight else 1.0) for domain in blueprint.domain]
    whole = sum(share for _, share in shares)
    found: list[Question] = []
    for domain, share in shares:
        own = [each for each in left if any(line[0] is domain for line in blueprint.lines(each))]
        taken = own[: round(count * share / whole)]
        found.extend(taken)
        left = [each for each in left if each not in taken]
    return (found + left)[: max(count, 0)]


def _section(kind: str, questions: Iterable[Question], chance: random.Random) -> Section:
    items: list[Item] = []
    for question in questions:
        seed = chance.randrange(2**31)
        parts = [str(number) for number in range(1, len(question.parts) + 1)] if kind == SERIES else [""]
        items.extend(Item(question.id, seed, part) for part in parts)
    return Section(kind, _TITLES[kind], _RULES[kind], tuple(items), kind == SERIES)
