"""Oracles: the key of every question is run. The right answer works, each wrong one fails as its author says."""

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from acrlab.trainer.bench import Bench, BenchPlace, Place
from acrlab.trainer.facts import FactUnknown, filled
from acrlab.trainer.instance import Instance, instance
from acrlab.trainer.question import Choice, Part, Question, Steps
from acrlab.trainer.steps import Tried, Trip, perform


class Verdict(msgspec.Struct, frozen=True):
    """One claim of a key: that an answer works, or how it fails. `seen` is what happened, `answer` in whose words."""

    question: str
    claim: str
    holds: bool
    seen: str
    answer: str = ""


class Proof(msgspec.Struct, frozen=True):
    """All claims of one question's key. Units: seconds."""

    question: str
    verdicts: tuple[Verdict, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether every claim does, and there is one."""
        return bool(self.verdicts) and all(each.holds for each in self.verdicts)

    def broken(self) -> list[Verdict]:
        """The claims that do not hold."""
        return [each for each in self.verdicts if not each.holds]


class Trial(msgspec.Struct, frozen=True):
    """One answer to be acted out: steps, whether they should work, and the failure they should meet."""

    claim: str
    steps: Steps
    works: bool
    fails: Mapping[str, str] = {}
    names: Mapping[str, str] = {}
    answer: str = ""


def prove(question: Question, bench: Bench | None = None, seed: int = 0) -> Proof:
    """Run a question's key. Without a bench, one is made for this question alone."""
    if bench is None:
        own = Bench(profile=question.profile)
        try:
            return prove(question, own, seed)
        finally:
            own.close()
    began = time.perf_counter()
    variant = instance(question, seed)
    verdicts = tuple(_proven(variant, bench))
    return Proof(question.id, verdicts, time.perf_counter() - began)


def prove_all(questions: Iterable[Question], seed: int = 0) -> Iterator[Proof]:
    """Run the keys of many questions, on one bench for each profile."""
    benches: dict[str, Bench] = {}
    try:
        for question in questions:
            if question.profile not in benches:
                benches[question.profile] = Bench(profile=question.profile)
            yield prove(question, benches[question.profile], seed)
    finally:
        for bench in benches.values():
            bench.close()


def _proven(variant: Instance, bench: Bench) -> Iterator[Verdict]:
    question = variant.question
    with bench.place() as origin:
        trip = Trip.at(origin, variant.names, question.profile)
        stopped = _walk(trip, question.oracle.start)
        if stopped is not None:
            yield Verdict(question.id, "the start can be prepared", False, stopped.told())
            return
        for trial in _TRIALS.get(question.kind, _choices)(variant):
            with bench.place(origin) as place:
                found = _verdict(question, trial, _tried(place, trip, trial))
                yield msgspec.structs.replace(found, answer=trial.answer)


def _tried(place: BenchPlace, start: Trip, trial: Trial) -> Tried | None:
    own = Trip.at(place, {**start.names, **trial.names}, start.profile)
    own.registry, own.visitor.who = start.registry, start.visitor.who
    own.visitor.sessions, own.visitor.keys = dict(start.visitor.sessions), dict(start.visitor.keys)
    return _walk(own, trial.steps)


def _walk(trip: Trip, steps: Steps) -> Tried | None:
    """Take steps until one does not do what is expected of it."""
    for step in steps:
        try:
            tried = perform(trip, filled(step, trip.names, trip.profile))
        except FactUnknown as error:
            return Tried(next(iter(step)), str(step), False, seen=str(error))
        if not tried.ok:
            return tried
    return None


def _verdict(question: Question, trial: Trial, stopped: Tried | None) -> Verdict:
    if trial.works:
        return Verdict(question.id, trial.claim, stopped is None, "works" if stopped is None else stopped.told())
    if stopped is None:
        return Verdict(question.id, trial.claim, False, "works, and should not")
    if not trial.fails:
        return Verdict(question.id, trial.claim, False, f"{stopped.told()} (`fails` does not say how it should)")
    return Verdict(question.id, trial.claim, _as_said(stopped, trial.fails), stopped.told())


def _as_said(stopped: Tried, fails: Mapping[str, str]) -> bool:
    found = {"at": stopped.verb, "code": stopped.code, "status": str(stopped.status)}
    return all(
        value.lower() in stopped.seen.lower() if key == "seen" else found[key] == value for key, value in fails.items()
    )


# Which trials a kind of question needs


def _choices(variant: Instance) -> Iterator[Trial]:
    """Each choice of each part: acted out, then held against the goal."""
    question = variant.question
    for number, part in enumerate(question.parts, 1):
        for index, choice in enumerate(part.choices):
            where = f"{part.prompt or 'choice'} {index + 1}" if len(question.parts) > 1 else f"choice {index + 1}"
            said = variant.text(choice.say)
            prompt = f"{variant.text(part.prompt)}: " if len(question.parts) > 1 and part.prompt else ""
            names = {"choice": said, "part": str(number)}
            yield _trial(question, part, choice, where, names, f"{prompt}{said}")


def _trial(question: Question, part: Part, choice: Choice, where: str, names: Mapping[str, str], answer: str) -> Trial:
    claim = f"{where} {'works' if choice.right else 'fails as said'}"
    steps = (*part.oracle, *choice.oracle, *question.oracle.goal)
    return Trial(claim, steps, choice.right, choice.fails or question.oracle.fails, names, answer)


def _series(variant: Instance) -> Iterator[Trial]:
    """Each proposed solution: it meets the goal, or fails as said."""
    for number, part in enumerate(variant.question.parts, 1):
        yield _trial(variant.question, part, part.choices[0], f"solution {number}", {}, variant.text(part.prompt))


def _match(variant: Instance) -> Iterator[Trial]:
    """Every left with every right: its own works, all others fail."""
    question = variant.question
    for number, part in enumerate(question.parts, 1):
        for choice in part.choices:
            right = variant.text(choice.say)
            names = {"left": variant.text(part.prompt), "right": right, "choice": right}
            pair = f"{names['left']}: {right}"
            trial = _trial(question, part, choice, f"pair {number} with {right!r}", names, pair)
            yield trial if trial.works or trial.fails else msgspec.structs.replace(trial, fails={"seen": ""})


def _order(variant: Instance) -> Iterator[Trial]:
    """The order works; with any two neighbours swapped, or one step left out, it does not."""
    question = variant.question
    placed = [each for each in question.parts[0].choices if each.right]
    yield Trial("the order works", _joined(question, placed), True)
    for index in range(len(placed) - 1):
        swapped = list(placed)
        swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
        claim = f"steps {index + 1} and {index + 2} swapped fail"
        yield Trial(claim, _joined(question, swapped), False, question.oracle.fails or {"seen": ""})
    for index in range(len(placed)):
        rest = placed[:index] + placed[index + 1 :]
        yield Trial(f"without step {index + 1} it fails", _joined(question, rest), False,
                    question.oracle.fails or {"seen": ""})  # fmt: skip


def _joined(question: Question, choices: Sequence[Choice]) -> Steps:
    return (*itertools.chain.from_iterable(each.oracle for each in choices), *question.oracle.goal)


def _fill(variant: Instance) -> Iterator[Trial]:
    """Each accepted command, acted out, reaches the goal; each mistake fails."""
    question = variant.question
    for index, choice in enumerate(question.parts[0].choices, 1):
        steps: Steps = choice.oracle or ({"run": variant.text(choice.say)},)
        claim = f"command {index} {'works' if choice.right else 'fails as said'}"
        said = variant.text(choice.say)
        fails = choice.fails or question.oracle.fails
        yield Trial(claim, (*steps, *question.oracle.goal), choice.right, fails, {"choice": said}, said)


def _do(variant: Instance) -> Iterator[Trial]:
    """The solution passes every check, the untouched world none, and each wrong way fails one."""
    question = variant.question
    checks: Steps = tuple(step for part in question.parts for step in part.oracle)
    yield Trial("the solution earns every point", (*question.oracle.solution, *checks), True)
    for number, part in enumerate(question.parts, 1):
        yield Trial(f"untouched, check {number} fails", part.oracle, False, {"seen": ""})
    for number, choice in enumerate(question.parts[0].choices, 1):
        yield Trial(f"wrong way {number} fails as said", (*choice.oracle, *checks), False, choice.fails)


_TRIALS = {"series": _series, "match": _match, "order": _order, "fill": _fill, "do": _do}


# Do questions of a learner


def prepare(variant: Instance, place: Place) -> str:
    """Put the start of a do question into a learner's place. Returns what went wrong, or nothing."""
    stopped = _walk(Trip.at(place, variant.names, variant.question.profile), variant.question.oracle.start)
    return stopped.told() if stopped is not None else ""


def look(variant: Instance, place: Place) -> dict[str, list[str]]:
    """Look at a learner's registry, its state and its history: the answer to a do question."""
    found: dict[str, list[str]] = {}
    for part, authored in zip(variant.parts, variant.question.parts, strict=True):
        trip = Trip.at(place, variant.names, variant.question.profile)
        trip.registry = _meant(variant)
        stopped = _walk(trip, authored.oracle)
        found[part.key] = ["passed"] if stopped is None else ["failed", stopped.seen]
    return found


def _meant(variant: Instance) -> str:
    """The registry that the start of a question ends in."""
    step: Any = next((each for each in reversed(variant.question.oracle.start) if "registry" in each), {})
    return str(filled(step.get("registry", ""), variant.names, variant.question.profile))
