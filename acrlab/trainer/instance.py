"""A question as one learner meets it: names drawn, facts filled in, options shuffled, all by a seed."""

from typing import Any

import msgspec

from acrlab.trainer import draws
from acrlab.trainer.facts import fill
from acrlab.trainer.question import Part, Question, Scenario

_FIXED = ("Yes", "No")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Option(msgspec.Struct, frozen=True):
    """A choice under the letter it has in this variant. `place` is its number in the right order, 0 for none."""

    key: str
    say: str
    right: bool
    because: str
    index: int
    place: int = 0


class Component(msgspec.Struct, frozen=True):
    """A part of a variant, with its key."""

    key: str
    prompt: str
    way: str
    options: tuple[Option, ...]
    because: str

    @property
    def choose(self) -> int:
        """How many options have to be chosen; 0 where nothing is chosen."""
        return sum(each.right for each in self.options) if self.way in ("several", "order") else int(self.way == "one")

    @property
    def possible(self) -> int:
        """Points this part is worth: one for each correct component."""
        return self.choose if self.way in ("several", "order") else 1


class Line(msgspec.Struct, frozen=True):
    """An option as it is shown before the answer: no more than a letter and a text."""

    key: str
    say: str


class Field(msgspec.Struct, frozen=True):
    """A part as it is shown: `way` says whether one, several, an order, a command or a deed is asked for."""

    key: str
    prompt: str
    way: str
    choose: int
    lines: tuple[Line, ...]


class Page(msgspec.Struct, frozen=True):
    """All that leaves the engine before an answer is in. It holds no key and no reason.

    `scene` is the picture of a hot area in text; its areas are `fields`, and these are its list twin.
    """

    question: str
    seed: int
    kind: str
    title: str
    level: int
    ask: str
    scene: str
    case: str
    tabs: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    points: int


class Instance(msgspec.Struct, frozen=True):
    """A variant with its key. Stays inside the engine until it is answered."""

    question: Question
    seed: int
    names: dict[str, str]
    ask: str
    scene: str
    parts: tuple[Component, ...]
    scenario: Scenario | None = None

    @property
    def points(self) -> int:
        """Points the whole question is worth."""
        return sum(each.possible for each in self.parts)

    def page(self) -> Page:
        """What may be shown before the answer."""
        case = self.scenario
        return Page(
            self.question.id, self.seed, self.question.kind, self.question.title, self.question.level, self.ask,
            self.scene, case.title if case else "", case.tabs if case else (),
            tuple(_field(each) for each in self.parts), self.points,
        )  # fmt: skip

    def text(self, authored: str) -> str:
        """Another text of the question with this variant's names. Raises: FactUnknown."""
        return fill(authored, self.names, self.question.profile)


def instance(question: Question, seed: int, scenario: Scenario | None = None) -> Instance:
    """The variant of a question that a seed makes. Raises: FactUnknown."""
    names = draws.drawn(question.id, seed, question.draw, question.together)

    def text(authored: str) -> str:
        return fill(authored, names, question.profile)

    parts = tuple(_component(question, seed, str(number), part, text) for number, part in enumerate(question.parts, 1))
    return Instance(question, seed, names, text(question.ask), text(question.scene), parts, scenario)


def _component(question: Question, seed: int, key: str, part: Part, text: Any) -> Component:
    ordered = part.way == "order"
    options = [
        Option("", text(each.say), each.right, text(each.because), index, index + 1 if ordered and each.right else 0)
        for index, each in enumerate(part.choices)
    ]
    if part.way in ("command", "do") or tuple(each.say for each in options) == _FIXED:
        shown = options
    else:
        # The parts of a matching question share one list of answers, so they share its order.
        shuffle = question.id if question.kind == "match" else f"{question.id}/{key}"
        shown = [options[index] for index in draws.shuffled(shuffle, seed, len(options))]
    lettered = tuple(msgspec.structs.replace(each, key=_letter(index)) for index, each in enumerate(shown))
    return Component(key, text(part.prompt), part.way, lettered, text(part.because))


def _letter(index: int) -> str:
    return _LETTERS[index] if index < len(_LETTERS) else f"z{index}"


def _field(part: Component) -> Field:
    lines = () if part.way in ("command", "do") else tuple(Line(each.key, each.say) for each in part.options)
    return Field(part.key, part.prompt, part.way, part.choose, lines)
