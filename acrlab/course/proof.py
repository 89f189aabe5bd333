"""What CI proves of a lab: the solution earns everything, the untouched lab nothing, and no wrong answer passes.

`gather` does the work once against a running emulator; `judge` looks at what it brought back and can be asked again
and again, with other checks.

A lab's wrong.py lists wrong answers as small functions:

    from acrlab.course.proof import Bench, wrong

    @wrong("web", "pushed without the folder in front")
    def bare(bench: Bench) -> None:
        bench.door("contosolab01").push("web:1.0.0", acrlab.Image.hello())
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from acrlab.client import cloud
from acrlab.client.control import Control
from acrlab.course import beginning, build, solution
from acrlab.course.builds import Builds
from acrlab.course.checks import Check
from acrlab.course.evidence import Evidence
from acrlab.course.folder import LEARNER, Folder, LabInvalid
from acrlab.course.lab import Lab
from acrlab.course.rest import Door, Rest

START, SOLVED = "start", "solution"
LEAST = 3  # wrong answers a check
_SHORT = 12  # characters: a shorter line of an answer proves nothing when it is found elsewhere


class Wrong(msgspec.Struct, frozen=True):
    """A wrong answer to one check: what somebody might have thought, and what they would have done."""

    check: str
    idea: str
    after: str
    act: Callable[["Bench"], None]


def wrong(check: str, idea: str, *, after: str = START) -> Callable[[Callable[["Bench"], None]], Wrong]:
    """Make a wrong answer of a function. `after`: on the lab as it begins (start), or on top of the solution."""
    return lambda act: Wrong(check, idea, after, act)


class Bench:
    """What wrong answers and other ways of working have at hand."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.rest = lab, Rest()

    def door(self, registry: str) -> Door:
        """The data plane of a registry, without an SDK."""
        return self.rest.door(f"{registry}.azurecr.io")

    def builds(self, registry: str) -> Builds:
        """The tasks and runs of a registry of the lab."""
        return Builds(self.rest, self.lab.group, registry)

    def registry(self, name: str, *, group: str = "", tier: str = "Basic", **properties: Any) -> None:
        """Create a registry, or put it again."""
        body = {"location": beginning.LOCATION, "sku": {"name": tier}, "properties": properties}
        self.rest.arm("PUT", self.rest.registry_path(group or self.lab.group, name), body)

    def change(self, name: str, body: Any) -> None:
        """Change a registry."""
        self.rest.arm("PATCH", self.rest.registry_path(self.lab.group, name), body)


class Tried(msgspec.Struct, frozen=True):
    """A wrong answer, and the evidence before and after it."""

    wrong: Wrong
    before: Any
    after: Any


class Proof(msgspec.Struct, frozen=True):
    """Everything there is to judge about a lab."""

    folder: Any
    untouched: Any
    solved: Any
    tried: tuple[Tried, ...]


def gather(lab: Lab, control: Control) -> Proof:
    """Begin the lab, solve it, and try every wrong answer. Raises: LabInvalid."""
    lab.start()
    untouched = lab.evidence()
    solve(lab)
    solved = lab.evidence()
    answers = sorted(wrongs(lab.folder), key=lambda each: each.after == START)
    return Proof(lab.folder, untouched, solved, tuple(_try(lab, control, each) for each in answers))


def solve(lab: Lab) -> None:
    """Do what the solution does, and name the moment. Raises: LabInvalid."""
    with cloud.connect(cloud.EMULATED) as own:
        own.group = lab.group
        solution.run(lab.folder, range(1, len(lab.folder.description.steps) + 1), {"cloud": own, "lab": lab})
    lab.keep(SOLVED)


def wrongs(folder: Folder) -> list[Wrong]:
    """The wrong answers of a lab. Raises: LabInvalid."""
    return [each for each in vars(folder.module("wrong")).values() if isinstance(each, Wrong)]


def _try(lab: Lab, control: Control, answer: Wrong) -> Tried:
    if answer.after == START:
        lab.reset()
    else:
        lab.go(SOLVED)
        if not lab.grade().complete:  # an earlier wrong answer left requests behind that count
            lab.reset()
            solve(lab)
    before = lab.evidence()
    try:
        answer.act(Bench(lab))
    except Exception as error:
        raise LabInvalid(
            f"{lab.name}: the wrong answer {answer.idea!r} fails: {type(error).__name__}: {error}"
        ) from error
    return Tried(answer, before, lab.evidence())


# Judging


def judge(proof: Proof, checks: Iterable[Check] = ()) -> list[str]:
    """What is wrong with a lab, in sentences; nothing, when it is as it should be."""
    folder: Folder = proof.folder
    known = tuple(checks) or folder.checks
    named = {each.name for each in known}
    strangers = [
        f"the wrong answer {each.wrong.idea!r} is about {each.wrong.check}, which is no check"
        for each in proof.tried if each.wrong.check not in named
    ]  # fmt: skip
    return [*strangers, *(problem for each in known for problem in _judged(proof, each))]


def _judged(proof: Proof, check: Check) -> Iterator[str]:
    solved, untouched = check.grade(proof.solved), check.grade(proof.untouched)
    if not solved.passed:
        yield f"{check.name}: the solution misses {'; '.join(each.expected for each in solved.missing)}"
    if untouched.points:
        yield f"{check.name}: the untouched lab earns {untouched.points:g}"
    if not any(untouched.advice(each) for each in untouched.missing):
        yield f"{check.name}: the untouched lab is told nothing to try"
    yield from _rejected(check, [each for each in proof.tried if each.wrong.check == check.name])


def _rejected(check: Check, tried: list[Tried]) -> Iterator[str]:
    if len(tried) < LEAST:
        yield f"{check.name}: {len(tried)} wrong answers, at least {LEAST} are needed"
    failing: set[str] = set()
    for each in tried:
        graded = check.grade(each.after)
        failing.update(finding.expected for finding in graded.missing)
        if graded.passed:
            yield f"{check.name}: accepts a wrong answer: {each.wrong.idea}"
        if not changed(each.before, each.after):
            yield f"{check.name}: the wrong answer {each.wrong.idea!r} does nothing"
        if each.wrong.after == SOLVED and not check.grade(each.before).passed:
            yield f"{check.name}: the wrong answer {each.wrong.idea!r} was not tried on a solved lab"
    everything = {finding.expected for each in tried for finding in check.grade(each.after).findings}
    for idle in sorted(everything - failing):
        yield f"{check.name}: no wrong answer ever fails {idle!r}"


def changed(before: Evidence, after: Evidence) -> bool:
    """Whether anything was done in between."""
    return len(after.history) != len(before.history) or len(after.exchanges) != len(before.exchanges)


def leaked(folder: Folder) -> list[str]:
    """Lines of the answers that can be read in lab.ipynb. Raises: LabInvalid."""
    text = (folder.path / LEARNER).read_text(encoding="utf-8")
    shown = {
        line.strip() for cell in solution.cells(folder.path / LEARNER) for line in solution.source(cell).splitlines()
    }
    return [line for line in build.answers(folder) if line in shown or (len(line) >= _SHORT and line in text)]
