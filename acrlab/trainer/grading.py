"""Grading: one point for each correct component, nothing taken off for a guess."""

from collections.abc import Mapping, Sequence

import msgspec

from acrlab.trainer import commands
from acrlab.trainer.instance import Component, Instance, Option

Answer = Mapping[str, Sequence[str]]  # part -> letters, or the text of a command, or the checks that passed


class PartGrade(msgspec.Struct, frozen=True):
    """One part: what was answered, what is right, and why. Texts, no letters: they are for a learner."""

    key: str
    prompt: str
    points: int
    possible: int
    answered: tuple[str, ...]
    right: tuple[str, ...]
    because: tuple[str, ...]


class Grade(msgspec.Struct, frozen=True):
    """A graded answer. `show` is what to run to see it happen."""

    question: str
    seed: int
    points: int
    possible: int
    parts: tuple[PartGrade, ...]
    show: str

    @property
    def right(self) -> bool:
        """Whether every point was earned."""
        return self.points == self.possible

    @property
    def share(self) -> float:
        """Points earned of those possible."""
        return self.points / self.possible if self.possible else 0.0


def grade(instance: Instance, answer: Answer) -> Grade:
    """Grade an answer. A part that was not answered earns nothing."""
    parts = tuple(_WAYS[part.way](part, tuple(answer.get(part.key, ()))) for part in instance.parts)
    points, possible = sum(each.points for each in parts), sum(each.possible for each in parts)
    question = instance.question
    return Grade(question.id, instance.seed, points, possible, parts, instance.text(question.show))


def complaint(instance: Instance, answer: Answer) -> str:
    """What keeps an answer from being one, in a sentence; empty when nothing does."""
    for part in instance.parts:
        given = tuple(answer.get(part.key, ()))
        known = {each.key for each in part.options}
        if part.way in ("one", "several", "order"):
            strange = [each for each in given if each not in known]
            if strange:
                return f"{', '.join(strange)} is none of the choices"
            if len(set(given)) != len(given):
                return "a choice stands twice"
            if given and len(given) != part.choose:
                return f"choose exactly {part.choose}"
    return ""


def _chosen(part: Component, given: Sequence[str]) -> list[Option]:
    known = {each.key: each for each in part.options}
    return [known[each] for each in given if each in known]


def _told(part: Component, points: int, answered: Sequence[str], right: Sequence[str], why: Sequence[str]) -> PartGrade:
    return PartGrade(part.key, part.prompt, points, part.possible, tuple(answered), tuple(right), tuple(why))


def _one(part: Component, given: Sequence[str]) -> PartGrade:
    chosen = _chosen(part, given)[:1] if len(given) == 1 else []
    right = [each for each in part.options if each.right]
    why = dict.fromkeys(each.because for each in (*chosen, *right))
    return _told(part, int(chosen == right), _says(chosen), _says(right), list(why))


def _several(part: Component, given: Sequence[str]) -> PartGrade:
    chosen = _chosen(part, tuple(dict.fromkeys(given)))
    right = [each for each in part.options if each.right]
    points = sum(each.right for each in chosen) if len(chosen) <= part.choose else 0
    others = (each for each in part.options if not each.right and each not in chosen)
    why = [f"{each.say}: {each.because}" for each in (*chosen, *(one for one in right if one not in chosen), *others)]
    return _told(part, points, _says(chosen), _says(right), why)


def _order(part: Component, given: Sequence[str]) -> PartGrade:
    chosen = _chosen(part, tuple(dict.fromkeys(given)))
    right = sorted((each for each in part.options if each.right), key=lambda each: each.place)
    points = sum(one is other for one, other in zip(chosen, right, strict=False))
    why = [f"{each.say}: {each.because}" for each in (*right, *(one for one in chosen if not one.right))]
    return _told(part, points, _says(chosen), _says(right), why)


def _command(part: Component, given: Sequence[str]) -> PartGrade:
    text = given[0] if given else ""
    right = [each for each in part.options if each.right]
    says = _says(right)
    try:
        read = commands.read(text)
    except commands.Unreadable as error:
        return _told(part, 0, given, says, [str(error), right[0].because])
    found = next((each for each in part.options if not read.difference(commands.read(each.say))), None)
    if found is not None:
        why = [found.because] if found.right else [found.because, right[0].because]
        return _told(part, int(found.right), given, says, why)
    nearest = read.difference(commands.read(right[0].say)) if text.strip() else "nothing was written"
    return _told(part, 0, given, says, [f"{nearest[:1].upper()}{nearest[1:]}.", right[0].because])


def _do(part: Component, given: Sequence[str]) -> PartGrade:
    """The engine has looked at the registry; `passed` is what it puts in the answer."""
    passed = tuple(given[:1]) == ("passed",)
    return _told(part, int(passed), given, (part.prompt,), (part.because,))


def _says(options: Sequence[Option]) -> list[str]:
    return [each.say for each in options]


_WAYS = {"one": _one, "several": _several, "order": _order, "command": _command, "do": _do}
