"""Checks: functions over evidence that say what was expected, what is, and what to try.

    from acrlab.course import Evidence, check, expect, never

    @check("web is pushed", points=2, hints=("a nudge", "a pointed hint", "a worked solution"))
    def web(seen: Evidence):
        yield expect(bool(seen.digest("contoso", "web:1.0")), "a tag web:1.0", "no such tag")
        yield never(not seen.digest("contoso", "web:0.9"), "web:0.9 deleted", "it is gone")

Points go to `expect`, in equal parts. `never` earns nothing of its own and costs the whole check.
"""

import re
import traceback
from collections.abc import Callable, Iterable
from types import ModuleType

import msgspec

from acrlab.course.evidence import Evidence

STEPS_OF_HELP = ("nudge", "pointed", "worked")
PASSED, PARTLY, FAILED = "passed", "partly", "failed"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. `advice` may say more than the check's own nudge."""

    ok: bool
    expected: str
    actual: str
    advice: str = ""
    forbidden: bool = False


def expect(ok: bool, expected: str, actual: str, advice: str = "") -> Finding:
    """Something that has to be reached: a share of the points."""
    return Finding(bool(ok), expected, actual, advice)


def never(happened: bool, what: str, actual: str, advice: str = "") -> Finding:
    """Something that must not have happened: no points of its own, and none for the check when it did."""
    return Finding(not happened, what, actual, advice, forbidden=True)


class Check(msgspec.Struct, frozen=True):
    """A check of a lab."""

    name: str
    title: str
    points: int
    step: int
    hints: tuple[str, str, str]
    look: Callable[[Evidence], Iterable[Finding]]

    def grade(self, seen: Evidence) -> "Graded":
        """Look, and count. A check that breaks says so and earns nothing; the others go on."""
        try:
            found = tuple(self.look(seen))
        except Exception as error:
            found = (expect(False, "a check that works", _broken(error), "tell whoever wrote this lab"),)
        return Graded(self, found)


class Graded(msgspec.Struct, frozen=True):
    """A check and what it found."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def points(self) -> float:
        """What was earned, in steps of a hundredth."""
        wanted = [each for each in self.findings if not each.forbidden]
        if not wanted or any(each.forbidden and not each.ok for each in self.findings):
            return 0.0
        return round(self.check.points * sum(each.ok for each in wanted) / len(wanted), 2)

    @property
    def passed(self) -> bool:
        """Whether nothing is missing."""
        return self.points == self.check.points

    @property
    def word(self) -> str:
        """passed, partly or failed."""
        return PASSED if self.passed else PARTLY if self.points else FAILED

    @property
    def missing(self) -> tuple[Finding, ...]:
        """What was expected and is not so."""
        return tuple(each for each in self.findings if not each.ok)

    def advice(self, finding: Finding) -> str:
        """What to try: the finding's own advice, else the check's nudge."""
        return finding.advice or self.check.hints[0]


class CheckInvalid(Exception):
    """A check is not well made. The text names it."""


def check(
    title: str, *, points: int = 1, step: int = 1, hints: tuple[str, str, str]
) -> Callable[[Callable[[Evidence], Iterable[Finding]]], Check]:
    """Make a check of a function; its name is what `lab.hint` takes. Raises: CheckInvalid."""

    def made(look: Callable[[Evidence], Iterable[Finding]]) -> Check:
        name = look.__name__
        if points < 1 or step < 1:
            raise CheckInvalid(f"check {name}: points and step are whole numbers from 1")
        if len(hints) != len(STEPS_OF_HELP) or not all(each.strip() for each in hints):
            raise CheckInvalid(f"check {name}: hints are three texts: {', '.join(STEPS_OF_HELP)}")
        return Check(name, title, points, step, hints, look)

    return made


def checks_of(module: ModuleType) -> tuple[Check, ...]:
    """The checks of a module, in the order they are written. Raises: CheckInvalid when there is none."""
    found = tuple(each for each in vars(module).values() if isinstance(each, Check))
    if not found:
        raise CheckInvalid(f"{module.__file__} holds no check")
    return found


def _broken(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = re.split(r"[\\/]", place.filename)[-1]
    return f"{type(error).__name__}: {error} ({file}, line {place.lineno})"
