"""The vocabulary of oracles: one row per verb. A step is a verb with what it takes, and what is expected.

There is no other language here: nothing is evaluated, a step that is not in the table is an author's mistake.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from acrlab.trainer.bench import GROUP, Place, Seen, Visitor
from acrlab.trainer.facts import FACTS, fact
from acrlab.trainer.shape import near

EXPECTED = ("status", "refused", "says", "body", "is", "is not", "are", "count", "keep", "as", "with", "registry",
            "from")  # fmt: skip
FAILINGS = ("at", "code", "status", "seen")


class Tried(msgspec.Struct, frozen=True):
    """One step and what came of it. `code` and `status` are of the answer, `seen` is what was there instead."""

    verb: str
    step: str
    ok: bool
    status: int = 0
    code: str = ""
    seen: str = ""

    def told(self) -> str:
        """In one line."""
        return f"{self.step}: {self.seen}"


class Outcome(msgspec.Struct):
    """What a verb saw: an answer, and the value that is, are and count are held against."""

    answer: Seen | None = None
    value: Any = None


class Trip(msgspec.Struct):
    """Where a list of steps has got to: the place, who acts, which registry is meant, what was kept."""

    visitor: Visitor
    names: dict[str, str]
    profile: str
    registry: str = ""

    @classmethod
    def at(cls, place: Place, names: Mapping[str, str], profile: str) -> "Trip":
        """The beginning of a trip."""
        return cls(Visitor(place), dict(names), profile)

    @property
    def server(self) -> str:
        """The login server of the registry that is meant."""
        return f"{self.registry}.azurecr.io"

    @property
    def resource(self) -> str:
        """The ARM id of the registry that is meant."""
        return f"{self.group}/providers/Microsoft.ContainerRegistry/registries/{self.registry}"

    @property
    def group(self) -> str:
        """The ARM id of the resource group all of this happens in."""
        return f"/subscriptions/{self.visitor.place.subscription}/resourceGroups/{GROUP}"


class Verb(msgspec.Struct, frozen=True):
    """One row: what the verb does, which keys it takes, in words for authors."""

    do: Callable[[Trip, Mapping[str, Any]], Outcome]
    takes: tuple[str, ...]
    help: str


def check(step: Any) -> Iterator[str]:
    """Say what is wrong with a step."""
    from acrlab.trainer.verbs import VERBS

    if not isinstance(step, dict) or not step:
        yield "must be a step such as `push: app:v1`"
        return
    name = next(iter(step))
    verb = VERBS.get(name)
    if verb is None:
        yield f"unknown verb {name}{near(name, VERBS) or ': ' + ', '.join(VERBS)}"
        return
    for key in list(step)[1:]:
        if key not in (*verb.takes, *EXPECTED):
            yield f"{name} takes no {key}{near(key, (*verb.takes, *EXPECTED)) or ': ' + ', '.join(verb.takes)}"


def perform(trip: Trip, step: Mapping[str, Any]) -> Tried:
    """Take one step and hold it against what is expected of it."""
    from acrlab.trainer.verbs import VERBS

    name = next(iter(step))
    before = trip.visitor.who, trip.registry
    trip.visitor.who = str(step.get("as", before[0]))
    trip.registry = str(step.get("registry", before[1])) if name != "registry" else before[1]
    trip.visitor.place.stands = str(step.get("from", ""))
    try:
        outcome = VERBS[name].do(trip, step)
    except Stuck as stuck:
        return Tried(name, told(step), False, seen=str(stuck))
    finally:
        trip.visitor.place.stands = ""
        if name not in ("as", "registry", "in"):
            trip.visitor.who, trip.registry = before
    return _judged(trip, name, step, outcome)


class Stuck(Exception):
    """A step that cannot be taken at all, such as one on a tag that is not there."""


def _judged(trip: Trip, name: str, step: Mapping[str, Any], outcome: Outcome) -> Tried:
    answer = outcome.answer
    status, code = (answer.status, answer.code) if answer is not None else (0, "")
    objection = _answered(trip, step, answer) or _valued(trip, step, outcome.value)
    if "keep" in step and outcome.value is None:
        objection = objection or "there is nothing to keep"
    if not objection and "keep" in step:
        trip.names[step["keep"]] = str(outcome.value)
    return Tried(name, told(step), not objection, status, code, objection)


def _answered(trip: Trip, step: Mapping[str, Any], answer: Seen | None) -> str:
    if answer is None:
        return ""
    summary = " ".join(filter(None, (str(answer.status), answer.code, answer.text)))
    if "refused" in step:
        if answer.code != step["refused"]:
            return f"{summary}, not refused with {step['refused']}"
    elif "status" in step:
        if str(answer.status) != step["status"]:
            return f"{summary}, not {step['status']}"
    elif answer.status >= 400:
        return summary
    if "says" in step and step["says"].lower() not in f"{answer.text} {' '.join(trip.visitor.place.why())}".lower():
        return f"{summary}: nothing says {step['says']!r}"
    if "body" in step and not within(step["body"], answer.body):
        return f"{summary}: the answer does not hold {step['body']}"
    return ""


def _valued(trip: Trip, step: Mapping[str, Any], value: Any) -> str:
    if "is" in step and text(step["is"], trip.profile) != str(value):
        return f"it is {value}"
    if "is not" in step and text(step["is not"], trip.profile) == str(value):
        return f"it is {value} still"
    if "are" in step and _listed(step["are"]) != [str(each) for each in value or ()]:
        return f"they are {', '.join(map(str, value or ())) or 'none'}"
    if "count" in step and str(len(value or ())) != step["count"]:
        return f"there are {len(value or ())}"
    return ""


def _listed(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return [] if value in ("none", "") else [each.strip() for each in str(value).split(",")]


def text(value: Any, profile: str) -> str:
    """A text, or the text of the fact that a group names."""
    return fact(value, profile) if isinstance(value, dict) and next(iter(value), "") in FACTS else str(value)


def within(wanted: Any, found: Any) -> bool:
    """Whether everything wanted is in what was found: keys of groups, items of lists, texts of anything else."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(key in found and within(wanted[key], found[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and all(any(within(each, item) for item in found) for each in wanted)
    return _spelled(found) == str(wanted)


def _spelled(value: Any) -> str:
    return {True: "true", False: "false", None: "null"}.get(value, str(value)) if not isinstance(value, int | float) \
        or isinstance(value, bool) else str(value)  # fmt: skip


def told(step: Mapping[str, Any]) -> str:
    """A step as its author wrote it, in one line."""
    return ", ".join(f"{key}: {value}" for key, value in step.items())
