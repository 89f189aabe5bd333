"""The kinds of question as tables: which keys a file of each kind has, and which parts it becomes."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from acrlab.trainer import draws, steps
from acrlab.trainer.question import KINDS, Choice, Part, Steps
from acrlab.trainer.shape import Day, Flag, Free, Many, Record, Text, Whole

Raw = dict[str, Any]


def _failing(value: Any) -> Iterator[str]:
    """Check a `fails` group."""
    if not isinstance(value, dict) or not value:
        yield "must say how the wrong answer fails, such as {at: push, code: DENIED}"
        return
    for name in value:
        if name not in steps.FAILINGS:
            yield f"unknown key {name}: the keys here are {', '.join(steps.FAILINGS)}"


_STEP = Free("One step of an oracle: a verb, what it takes, what is expected. See the author guide.", steps.check)
_FAILS = Free("How the oracle fails when this is answered: at (a verb), code, status, seen.", _failing)
_BECAUSE = Text("Why this is right or wrong, in one or two sentences for the learner.")
_SAY = Text("What the learner reads.")
_PROOF = {"oracle": Many("What this answer does, when it is acted out.", "oracle step", _STEP), "fails": _FAILS}
_CHOICE = Record(
    "One choice.", {"say": _SAY, "right": Flag("Whether it is right."), "because": _BECAUSE, **_PROOF},
    ("say", "because"),
)  # fmt: skip
_CHOICES = Many("The choices.", "choice", _CHOICE, 2)
_STATEMENT = Record(
    "One solution that is proposed.", {"say": _SAY, "meets": Flag("Whether it meets the goal."), "because": _BECAUSE,
    **_PROOF}, ("say", "meets", "because"),
)  # fmt: skip
_PLACED = Record("One step of the procedure.", {"say": _SAY, "because": _BECAUSE, **_PROOF}, ("say", "because"))
_PAIR = Record(
    "A pair.", {"say": _SAY, "with": Text("What belongs to it."), "because": _BECAUSE, "oracle": _PROOF["oracle"]},
    ("say", "with", "because"),
)  # fmt: skip
_AREA = Record(
    "One area.", {"say": Text("The area's label: what a screen reader says."), "choices": _CHOICES,
    "oracle": _PROOF["oracle"]}, ("say", "choices"),
)  # fmt: skip
_COMMAND = Record("A command.", {"say": Text("The command."), "because": _BECAUSE, **_PROOF}, ("say", "because"))
_CHECK = Record(
    "One check on the registry.", {"say": Text("What is checked, without giving the answer away."),
    "oracle": _PROOF["oracle"], "because": _BECAUSE, "hint": Text("A nudge.")}, ("say", "oracle", "because"),
)  # fmt: skip
_TRIAL = Record("A wrong way to do it.", {"say": _SAY, "because": _BECAUSE, **_PROOF}, ("say", "because", "oracle"))
_TAB = Record("One page of a case.", {"title": Text("Its title."), "say": _SAY}, ("title", "say"))
_ORACLE = Record(
    "How the key is proven on the emulator.",
    {"start": Many("What is there before.", "start step", _STEP),
     "goal": Many("What has to hold after the right answer.", "goal step", _STEP),
     "solution": Many("For do questions: a right way.", "solution step", _STEP), "fails": _FAILS},
)  # fmt: skip
_SOURCE = Record(
    "A source.", {"title": Text("Its title."), "url": Text("Its address."), "date": Day("When it was written.")},
    ("title", "url", "date"),
)  # fmt: skip

_COMMON: dict[str, Any] = {
    "kind": Text("The kind of question.", KINDS),
    "title": Text("A few words for lists and reports; must not give the answer away."),
    "ask": Text("The question."),
    "objectives": Many("What it is about, by id.", "objective", Text("An id of objectives.toml.")),
    "level": Whole("1 recall, 2 apply, 3 analyse.", 1, 3),
    "seconds": Whole("What a learner who knows needs.", 10, 1800),
    "sources": Many("Where its facts are from.", "source", _SOURCE),
    "review_by": Day("When somebody has to look at it again."),
    "oracle": _ORACLE,
    "case": Text("The case study it belongs to."),
    "show": Text("A command or cell that shows the behaviour."),
    "hint": Text("A nudge that costs the full rating."),
    "draw": Free("Names that differ from variant to variant.", draws.check),
    "together": Many("Sets of names that are drawn together.", "set", Free("Names and texts.", lambda _: iter(()))),
    "profile": Text("The facts it goes by.", ("current-2026", "exam-classic")),
}
_NEEDS = ("kind", "title", "ask", "objectives", "level", "sources", "review_by", "oracle")


def _choices(rows: list[Raw]) -> tuple[Choice, ...]:
    return tuple(_choice(row, bool(row.get("right"))) for row in rows)


def _choice(row: Raw, right: bool, say: str = "") -> Choice:
    return Choice(say or row.get("say", ""), row.get("because", ""), right, _steps(row), row.get("fails", {}))


def _steps(row: Raw) -> Steps:
    return tuple(row.get("oracle", ()))


def _simple(way: str) -> Callable[[Raw], tuple[Part, ...]]:
    return lambda raw: (Part("", way, _choices(raw.get("choices", []))),)


def _series(raw: Raw) -> tuple[Part, ...]:
    return tuple(
        Part(row.get("say", ""), "one", (
            _choice(row, bool(row.get("meets")), "Yes"),
            Choice("No", row.get("because", ""), not row.get("meets")),
        ), because=row.get("because", ""))
        for row in raw.get("statements", [])
    )  # fmt: skip


def _order(raw: Raw) -> tuple[Part, ...]:
    placed = tuple(_choice(row, True) for row in raw.get("steps", []))
    return (Part("", "order", placed + tuple(_choice(row, False) for row in raw.get("extra", []))),)


def _match(raw: Raw) -> tuple[Part, ...]:
    pairs = raw.get("pairs", [])
    pool = [row.get("with", "") for row in pairs] + [row.get("say", "") for row in raw.get("extra", [])]
    reasons = {row.get("say", ""): row.get("because", "") for row in raw.get("extra", [])}
    return tuple(
        Part(row.get("say", ""), "one", tuple(
            Choice(say, row.get("because", "") if say == row.get("with") else reasons.get(say, row.get("because", "")),
                   say == row.get("with"))
            for say in dict.fromkeys(pool)
        ), _steps(row), row.get("because", ""))
        for row in pairs
    )  # fmt: skip


def _fill(raw: Raw) -> tuple[Part, ...]:
    right = tuple(_choice(row, True) for row in raw.get("answers", []))
    return (Part("", "command", right + tuple(_choice(row, False) for row in raw.get("mistakes", []))),)


def _hot(raw: Raw) -> tuple[Part, ...]:
    return tuple(
        Part(row.get("say", ""), "one", _choices(row.get("choices", [])), _steps(row)) for row in raw.get("areas", [])
    )


def _do(raw: Raw) -> tuple[Part, ...]:
    trials = tuple(_choice(row, False) for row in raw.get("mistakes", []))
    return tuple(
        Part(row.get("say", ""), "do", trials if index == 0 else (), _steps(row), row.get("because", ""))
        for index, row in enumerate(raw.get("checks", []))
    )


class Form(msgspec.Struct, frozen=True):
    """One kind: its own keys, which of them it needs, and the parts it becomes."""

    shape: Record
    parts: Callable[[Raw], tuple[Part, ...]]


def _form(fields: dict[str, Any], needs: tuple[str, ...], parts: Callable[[Raw], tuple[Part, ...]]) -> Form:
    return Form(Record("A question.", {**_COMMON, **fields}, (*_NEEDS, *needs)), parts)


_EXTRA = Record("One that belongs nowhere.", {"say": _SAY, "because": _BECAUSE}, ("say", "because"))
FORMS: dict[str, Form] = {
    "single": _form({"choices": _CHOICES}, ("choices",), _simple("one")),
    "multiple": _form({"choices": _CHOICES}, ("choices",), _simple("several")),
    "series": _form({"statements": Many("The solutions.", "statement", _STATEMENT, 2)}, ("statements",), _series),
    "order": _form(
        {"steps": Many("The procedure, in the right order.", "step", _PLACED, 2),
         "extra": Many("Steps that do not belong.", "extra", _EXTRA)}, ("steps",), _order),
    "match": _form(
        {"pairs": Many("What belongs together.", "pair", _PAIR, 2),
         "extra": Many("Answers that belong nowhere.", "extra", _EXTRA)}, ("pairs",), _match),
    "fill": _form(
        {"answers": Many("Commands that do it.", "answer", _COMMAND),
         "mistakes": Many("Wrong commands that learners write.", "mistake", _COMMAND)}, ("answers", "mistakes"), _fill),
    "hot": _form(
        {"scene": Text("What is looked at; [1], [2] … mark the areas."),
         "areas": Many("The areas, in order.", "area", _AREA)}, ("scene", "areas"), _hot),
    "do": _form(
        {"checks": Many("What is graded.", "check", _CHECK),
         "mistakes": Many("Wrong ways.", "mistake", _TRIAL)}, ("checks",), _do),
    "case": Form(
        Record("A case study.", {"kind": _COMMON["kind"], "title": _COMMON["title"],
               "tabs": Many("Its pages.", "tab", _TAB)}, ("kind", "title", "tabs")), lambda _: ()),
}  # fmt: skip
