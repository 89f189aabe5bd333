"""The bank: one question a file. A file with a mistake is named and left out; the others are there all the same."""

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from acrlab.trainer import commands, objectives
from acrlab.trainer.facts import FactUnknown
from acrlab.trainer.forms import FORMS
from acrlab.trainer.instance import Instance, instance
from acrlab.trainer.question import KINDS, Oracle, Question, Scenario, Source
from acrlab.trainer.shape import near
from acrlab.trainer.source import Mistake, Unreadable, read

FOLDER = Path(__file__).parent / "questions"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TRIED = range(4)  # seeds whose variants are checked
_LAZY = re.compile(r"\b(all|none|both) of the (above|below)\b", re.IGNORECASE)


class Bank:
    """Questions and case studies by id, and what is wrong with the files that are not among them."""

    def __init__(
        self, questions: Iterable[Question], scenarios: Iterable[Scenario] = (), mistakes: Iterable[Mistake] = ()
    ) -> None:
        self.questions: Mapping[str, Question] = {each.id: each for each in questions}
        self.scenarios: Mapping[str, Scenario] = {each.id: each for each in scenarios}
        self.mistakes = tuple(mistakes)

    def __len__(self) -> int:
        return len(self.questions)

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions.values())

    def instance(self, question: str, seed: int) -> Instance:
        """A variant of a question. Raises: KeyError."""
        found = self.questions[question]
        return instance(found, seed, self.scenarios.get(found.case))

    def about(self, topic: str) -> list[Question]:
        """The questions of a topic: a folder's name, or an objective's id."""
        return [each for each in self if topic in (each.topic, *each.objectives)]

    def topics(self) -> list[str]:
        """The folders that hold questions."""
        return sorted({each.topic for each in self})

    def stale(self, today: str) -> list[Question]:
        """Questions whose review is overdue."""
        return [each for each in self if each.stale(today)]


@cache
def standard() -> Bank:
    """The bank that comes with acrlab."""
    return load()


def load(folder: Path = FOLDER) -> Bank:
    """Read every question of a folder. Never stops at a bad one: see `mistakes`."""
    questions: list[Question] = []
    scenarios: list[Scenario] = []
    mistakes: list[Mistake] = []
    for path in sorted(folder.rglob("*.yaml")):
        found, wrong = parse(_read(path), path.relative_to(folder).as_posix())
        mistakes.extend(wrong)
        if isinstance(found, Scenario):
            scenarios.append(found)
        elif found is not None:
            questions.append(found)
    known = {each.id for each in scenarios}
    orphans = [each for each in questions if each.case and each.case not in known]
    mistakes.extend(
        Mistake(f"{each.id}.yaml", "case", f"there is no case {each.case}{near(each.case, known)}") for each in orphans
    )
    return Bank((each for each in questions if each not in orphans), scenarios, mistakes)


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig", "replace")


def parse(text: str, path: str) -> tuple[Question | Scenario | None, list[Mistake]]:
    """A question or case study of a file's text, and what is wrong with it. With a mistake there is no question."""
    try:
        raw = read(text)
    except Unreadable as error:
        return None, [Mistake(path, error.where, error.text)]
    named = Mistake(path, "", "a file lies in its topic's folder; both have names such as tiers/one-name-two-regions")
    key = path.removesuffix(".yaml")
    wrong = [] if key.count("/") == 1 and all(map(_SLUG.fullmatch, key.split("/"))) else [named]
    if not isinstance(raw, dict):
        return None, [*wrong, Mistake(path, "", "is empty, or no list of keys such as `kind: single`")]
    form = FORMS.get(raw.get("kind", ""))
    if form is None:
        kind = f"{raw.get('kind')!r} is no kind" if "kind" in raw else "no kind"
        return None, [*wrong, Mistake(path, "", f"{kind}: use one of {', '.join(KINDS)}")]
    problems: list[tuple[str, str]] = []
    read_in = form.shape.read(raw, "", problems)
    wrong.extend(Mistake(path, where, what) for where, what in problems)
    if wrong:
        return None, wrong
    if raw["kind"] == "case":
        return Scenario(key, read_in["title"], tuple((each["title"], each["say"]) for each in read_in["tabs"])), []
    question = _question(key, read_in)
    wrong = [Mistake(path, where, what) for where, what in _objections(question)]
    return (None, wrong) if wrong else (question, [])


def _question(key: str, raw: Mapping[str, Any]) -> Question:
    given = raw["oracle"]
    return Question(
        id=key, kind=raw["kind"], title=raw["title"], ask=raw["ask"], objectives=tuple(raw["objectives"]),
        level=raw["level"], parts=FORMS[raw["kind"]].parts(dict(raw)), review_by=raw["review_by"],
        sources=tuple(Source(**each) for each in raw["sources"]),
        oracle=Oracle(tuple(given.get("start", ())), tuple(given.get("goal", ())), given.get("fails", {}),
                      tuple(given.get("solution", ()))),
        scene=raw.get("scene", ""), case=raw.get("case", ""), seconds=raw.get("seconds", 90),
        show=raw.get("show", ""), hint=raw.get("hint", ""), draw=raw.get("draw", {}),
        together=tuple(raw.get("together", ())), profile=raw.get("profile", "current-2026"),
    )  # fmt: skip


# What the table of keys cannot say

Objection = tuple[str, str]


def _objections(question: Question) -> Iterator[Objection]:
    for rule in _RULES:
        found = list(rule(question))
        yield from found
        if found:
            return  # the next rules rely on this one


def _objectives(question: Question) -> Iterator[Objection]:
    known = objectives.titles()
    for number, each in enumerate(question.objectives, 1):
        if each not in known:
            yield f"objective {number}", f"there is no objective {each}{near(each, known) or ': ' + ', '.join(known)}"


def _dated(question: Question) -> Iterator[Objection]:
    newest = max(each.date for each in question.sources)
    if question.review_by <= newest:
        yield "review_by", f"must be later than its newest source, {newest}"
    for number, each in enumerate(question.sources, 1):
        if not each.url.startswith("https://"):
            yield f"source {number}, url", "must begin with https://"
        if each.date > datetime.datetime.now(datetime.UTC).date().isoformat():
            yield f"source {number}, date", "lies in the future"


def _keyed(question: Question) -> Iterator[Objection]:
    nouns = {"hot": "area {}, ", "single": "", "multiple": ""}
    for number, part in enumerate(question.parts, 1):
        if question.kind not in nouns:
            continue
        where = nouns[question.kind].format(number).rstrip(", ")
        right = sum(each.right for each in part.choices)
        if not right:
            yield where, "no choice is marked right"
        elif part.way == "one" and right > 1:
            yield where, f"{right} choices are marked right; only one may be (or the kind is multiple)"
        elif part.way == "several" and (right < 2 or right == len(part.choices)):
            yield where, "a multiple question has at least two right choices and one wrong"


def _wording(question: Question) -> Iterator[Objection]:
    for part in question.parts:
        for number, each in enumerate(part.choices, 1):
            if _LAZY.search(each.say):
                yield f"choice {number}", "say what is meant instead of 'all of the above'"


def _proven(question: Question) -> Iterator[Objection]:
    steps = [*question.oracle.start, *question.oracle.goal]
    own = [step for part in question.parts for step in (*part.oracle, *(s for c in part.choices for s in c.oracle))]
    if not steps and not own:
        yield "oracle", "holds no step: nothing proves the key"
    if question.kind == "do" and not question.oracle.solution:
        yield "oracle", "no solution: a do question needs a way that earns every point"


def _own_registry(question: Question) -> Iterator[Objection]:
    """A proof begins in an empty world, a learner's task in a world that may hold a registry of any fixed name."""
    if question.kind != "do":
        return
    for number, step in enumerate(question.oracle.start, 1):
        name = step.get("registry")
        if isinstance(name, str) and "{" not in name:
            wanted = "the registry of a task needs a name that is drawn, such as {registry}"
            yield f"oracle, start {number}", f"{wanted}: a learner may have {name} already"


def _shown(question: Question) -> Iterator[Objection]:
    for number in range(1, len(question.parts) + 1):
        if question.kind == "hot" and f"[{number}]" not in question.scene:
            yield "scene", f"the mark [{number}] of area {number} is missing"


def _readable(question: Question) -> Iterator[Objection]:
    for seed in _TRIED:
        try:
            variant = instance(question, seed)
            for extra in (question.show, question.hint):
                variant.text(extra)
        except FactUnknown as error:
            yield "", str(error)
            return
        yield from _distinct(variant)


def _distinct(variant: Instance) -> Iterator[Objection]:
    for part in variant.parts:
        said: dict[str, int] = {}
        for option in sorted(part.options, key=lambda each: each.index):
            if option.say in said and part.way != "do":
                yield f"choice {option.index + 1}", f"says the same as choice {said[option.say] + 1}: {option.say}"
            said.setdefault(option.say, option.index)
        if part.way == "command":
            yield from _commands(part.options)


def _commands(options: Any) -> Iterator[Objection]:
    for option in options:
        try:
            commands.read(option.say)
        except commands.Unreadable as error:
            yield f"answer {option.index + 1}", str(error)


_RULES: tuple[Callable[[Question], Iterator[Objection]], ...] = (
    _objectives, _dated, _keyed, _wording, _proven, _own_registry, _shown, _readable,
)  # fmt: skip


def schema() -> dict[str, Any]:
    """The JSON schema of a question file, for editors: one alternative for each kind."""
    alternatives = []
    for kind, form in FORMS.items():
        found = form.shape.schema()
        found["properties"]["kind"] = {"const": kind}
        alternatives.append({"title": kind, **found})
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "title": "acrlab question", "oneOf": alternatives}


def instances(bank: Bank, seed: int) -> Iterator[Instance]:
    """One variant of every question."""
    for question in bank:
        yield bank.instance(question.id, seed)


def as_builtins(value: Any) -> Any:
    """A struct of this package as JSON has it."""
    return msgspec.to_builtins(value)
