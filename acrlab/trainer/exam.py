"""An exam as a state machine: frozen structs, the time an argument, and no answer leaves it before it is over.

Source: Microsoft Learn, exam duration and question types (2026): sections cannot be re-entered, series cannot be
revisited, after an unscheduled break what was seen is locked while the clock runs.
"""

from collections.abc import Mapping

import msgspec

from acrlab.trainer import grading, oracle
from acrlab.trainer.bank import Bank
from acrlab.trainer.bench import Place
from acrlab.trainer.instance import Instance, Page
from acrlab.trainer.paper import LAB, Item, Paper, Section

OPEN, BREAK, OVER = "open", "break", "over"
Given = dict[str, tuple[str, ...]]  # part -> letters


class NotAllowed(Exception):
    """The rules of the exam forbid it. The text says which rule."""


class Row(msgspec.Struct, frozen=True):
    """A line of the review list. `number` counts from 1 in its section."""

    number: int
    title: str
    answered: bool
    flagged: bool
    locked: bool


class View(msgspec.Struct, frozen=True):
    """All that a candidate sees. Units: seconds. `page` is None in a break and when the exam is over."""

    state: str
    banner: str
    section: str
    rules: str
    number: int
    of: int
    remaining: float
    page: Page | None
    given: Given
    flagged: bool
    back: bool
    review: tuple[Row, ...]
    sections_left: int


class Sitting(msgspec.Struct, frozen=True):
    """One candidate's exam. Times are epoch seconds; every function below gives a new one.

    `answers` and the lists name items by `section.item`, both counted from 0. It can be kept as JSON at any moment.
    """

    paper: Paper
    started: float
    deadline: float
    state: str = OPEN
    section: int = 0
    item: int = 0
    answers: dict[str, Given] = {}
    flagged: tuple[str, ...] = ()
    visited: tuple[str, ...] = ("0.0",)
    locked: tuple[str, ...] = ()
    prepared: tuple[str, ...] = ()
    ended: float = 0.0
    reason: str = ""

    @property
    def here(self) -> Section:
        """The section that is open."""
        return self.paper.sections[self.section]

    @property
    def key(self) -> str:
        """The item that is open."""
        return f"{self.section}.{self.item}"


def begin(paper: Paper, now: float) -> Sitting:
    """Start the clock."""
    return Sitting(paper, now, now + paper.minutes * 60)


def timed(sitting: Sitting, now: float) -> Sitting:
    """The sitting as the clock has it: over when the time is up, break or not."""
    if sitting.state != OVER and now >= sitting.deadline:
        return msgspec.structs.replace(sitting, state=OVER, ended=sitting.deadline, reason="time")
    return sitting


def view(sitting: Sitting, bank: Bank, now: float) -> View:
    """What the candidate sees now."""
    current = timed(sitting, now)
    section, last = current.here, len(current.paper.sections) - 1
    page = _page(bank, section.items[current.item]) if current.state == OPEN else None
    return View(
        current.state, current.paper.banner, section.title, section.rules, current.item + 1, len(section.items),
        max(0.0, current.deadline - (current.ended or now)), page, current.answers.get(current.key, {}),
        current.key in current.flagged, not section.once and current.item > 0, _review(current, bank),
        last - current.section,
    )  # fmt: skip


def _page(bank: Bank, item: Item) -> Page:
    page = bank.instance(item.question, item.seed).page()
    if not item.part:
        return page
    fields = tuple(each for each in page.fields if each.key == item.part)
    return msgspec.structs.replace(page, fields=fields, points=1)


def _review(sitting: Sitting, bank: Bank) -> tuple[Row, ...]:
    if sitting.here.once:
        return ()
    return tuple(
        Row(index + 1, bank.questions[item.question].title, bool(sitting.answers.get(f"{sitting.section}.{index}")),
            f"{sitting.section}.{index}" in sitting.flagged, f"{sitting.section}.{index}" in sitting.locked)
        for index, item in enumerate(sitting.here.items)
    )  # fmt: skip


# What a candidate can do


def answer(sitting: Sitting, bank: Bank, given: Mapping[str, tuple[str, ...]], now: float) -> Sitting:
    """Put down an answer to the open item; an empty one takes it back. Raises: NotAllowed."""
    current = _open(sitting, now)
    if current.here.kind == LAB:
        raise NotAllowed("a task is graded on your registry: there is nothing to answer")
    return _noted(current, bank, {key: tuple(each) for key, each in given.items() if each})


def prepared(sitting: Sitting, bank: Bank, place: Place, now: float) -> Sitting:
    """Put the start of the open task into the candidate's registry; once, however often it is looked at.

    Raises: NotAllowed, and when the start cannot be made.
    """
    current = _open(sitting, now)
    if current.here.kind != LAB or current.key in current.prepared:
        return current
    item = current.here.items[current.item]
    wrong = oracle.prepare(bank.instance(item.question, item.seed), place)
    if wrong:
        raise NotAllowed(f"the task could not be prepared: {wrong}. `acrlab reset` gives an empty world")
    return msgspec.structs.replace(current, prepared=(*current.prepared, current.key))


def performed(sitting: Sitting, bank: Bank, place: Place, now: float) -> Sitting:
    """Let the engine look at the candidate's registry for the open task. Raises: NotAllowed."""
    current = _open(sitting, now)
    if current.here.kind != LAB:
        raise NotAllowed("this question is answered, not performed")
    item = current.here.items[current.item]
    found = oracle.look(bank.instance(item.question, item.seed), place)
    return msgspec.structs.replace(
        current, answers={**current.answers, current.key: {key: tuple(each[:1]) for key, each in found.items()}}
    )


def _noted(sitting: Sitting, bank: Bank, given: Given) -> Sitting:
    item = sitting.here.items[sitting.item]
    instance = bank.instance(item.question, item.seed)
    strange = set(given) - ({item.part} if item.part else {each.key for each in instance.parts})
    wrong = f"there is no part {', '.join(sorted(strange))}" if strange else grading.complaint(instance, given)
    if wrong:
        raise NotAllowed(wrong)
    answers = {key: each for key, each in sitting.answers.items() if key != sitting.key}
    return msgspec.structs.replace(sitting, answers={**answers, sitting.key: given} if given else answers)


def flag(sitting: Sitting, now: float) -> Sitting:
    """Mark the open item for review, or take the mark away. Raises: NotAllowed."""
    current = _open(sitting, now)
    if current.here.once:
        raise NotAllowed("a page of a series cannot be returned to, so it cannot be marked for review")
    marked = current.key in current.flagged
    rest = tuple(each for each in current.flagged if each != current.key)
    return msgspec.structs.replace(current, flagged=rest if marked else (*rest, current.key))


def go(sitting: Sitting, number: int, now: float) -> Sitting:
    """Open an item of this section by its number from 1. Raises: NotAllowed."""
    current = _open(sitting, now)
    index = number - 1
    if not 0 <= index < len(current.here.items):
        raise NotAllowed(f"this section has the pages 1 to {len(current.here.items)}")
    if current.here.once and index != current.item and index != current.item + 1:
        raise NotAllowed("the pages of a series are answered one after the other, and cannot be returned to")
    key = f"{current.section}.{index}"
    if key in current.locked:
        raise NotAllowed("this page was seen before a break: it is locked")
    locked = (*current.locked, current.key) if current.here.once and index != current.item else current.locked
    visited = current.visited if key in current.visited else (*current.visited, key)
    return msgspec.structs.replace(current, item=index, visited=visited, locked=locked)


def forward(sitting: Sitting, now: float) -> Sitting:
    """Open the next page of the section that is not locked. Raises: NotAllowed at its end."""
    return _step(sitting, 1, now)


def back(sitting: Sitting, now: float) -> Sitting:
    """Open the page before. Raises: NotAllowed."""
    return _step(sitting, -1, now)


def _step(sitting: Sitting, step: int, now: float) -> Sitting:
    current = _open(sitting, now)
    index = current.item + step
    while f"{current.section}.{index}" in current.locked and 0 <= index < len(current.here.items):
        index += step
    if not 0 <= index < len(current.here.items):
        raise NotAllowed("this is the last page of the section: finish the section" if step > 0 else
                         "there is no page before this one that may be opened")  # fmt: skip
    return go(current, index + 1, now)


def finish_section(sitting: Sitting, now: float) -> Sitting:
    """Close the section for good and open the next; after the last one the exam is over. Raises: NotAllowed."""
    current = _open(sitting, now)
    if current.section + 1 == len(current.paper.sections):
        return submit(current, now)
    key = f"{current.section + 1}.0"
    return msgspec.structs.replace(current, section=current.section + 1, item=0, visited=(*current.visited, key))


def pause(sitting: Sitting, now: float) -> Sitting:
    """Take a break. The clock runs on, and what was seen is locked from now on. Raises: NotAllowed."""
    return msgspec.structs.replace(_open(sitting, now), state=BREAK)


def resume(sitting: Sitting, now: float) -> Sitting:
    """Come back from a break, to the first page that was not seen; without one, the section is over.

    Raises: NotAllowed.
    """
    current = timed(sitting, now)
    if current.state != BREAK:
        raise NotAllowed("the exam is over" if current.state == OVER else "there is no break to come back from")
    locked = tuple(dict.fromkeys((*current.locked, *current.visited)))
    current = msgspec.structs.replace(current, state=OPEN, locked=locked)
    fresh = [index for index in range(len(current.here.items)) if f"{current.section}.{index}" not in current.locked]
    if not fresh:
        return finish_section(current, now)
    key = f"{current.section}.{fresh[0]}"
    return msgspec.structs.replace(current, item=fresh[0], visited=(*current.visited, key))


def submit(sitting: Sitting, now: float) -> Sitting:
    """End the exam. Raises: NotAllowed when it is over."""
    return msgspec.structs.replace(_open(sitting, now), state=OVER, ended=now, reason="submitted")


def _open(sitting: Sitting, now: float) -> Sitting:
    current = timed(sitting, now)
    if current.state == OVER:
        raise NotAllowed("the time is up" if current.reason == "time" else "the exam is over")
    if current.state == BREAK:
        raise NotAllowed("the exam is in a break: come back first")
    return current


# Keeping

_DECODER = msgspec.json.Decoder(Sitting)


def dumps(sitting: Sitting) -> bytes:
    """A sitting as JSON: questions by id and seed, and the candidate's own answers."""
    return msgspec.json.encode(sitting)


def loads(raw: bytes) -> Sitting:
    """A sitting that was kept. Raises: ValueError."""
    try:
        return _DECODER.decode(raw)
    except msgspec.MsgspecError as error:
        raise ValueError(f"this is no kept exam: {error}") from None


def instances(sitting: Sitting, bank: Bank) -> list[tuple[str, Item, Instance]]:
    """Every item with its key. For the report, and for nobody before. Raises: NotAllowed."""
    if sitting.state != OVER:
        raise NotAllowed("the exam is not over: there is no key yet")
    return [
        (f"{number}.{index}", item, bank.instance(item.question, item.seed))
        for number, section in enumerate(sitting.paper.sections)
        for index, item in enumerate(section.items)
    ]
