"""After the answer: what was right, what was chosen, and why, choice by choice."""

from collections.abc import Callable, Mapping, Sequence

from acrlab.trainer.grading import Grade, PartGrade
from acrlab.trainer.instance import Component, Instance, Option
from acrlab.trainer.oracle import Proof
from acrlab.ui.markup import Markup, joined, tag

Given = Mapping[str, Sequence[str]]
_RIGHT, _CHOSEN, _MISSED = "right", "wrong", "missed"
_SIGNS = {_RIGHT: "✓", _CHOSEN: "✗", _MISSED: "✓", "": ""}


def graded(instance: Instance, given: Given, grade: Grade) -> Markup:
    """Every part of an answer with its reasons; parts that were not asked are left out."""
    parts = {each.key: each for each in instance.parts}
    several = len(grade.parts) > 1
    return tag(
        "div",
        *(_part(parts[each.key], tuple(given.get(each.key, ())), each, several) for each in grade.parts),
        class_="graded",
    )


def verdict(grade: Grade, *, answered: bool = True) -> str:
    """In a word, and with the points where there are several."""
    word = "Right" if grade.right else "Partly right" if grade.points else "Not right" if answered else "Not answered"
    return f"{word}: {grade.points} of {grade.possible} points" if grade.possible > 1 else word


def _part(part: Component, given: Sequence[str], grade: PartGrade, several: bool) -> Markup:
    heading = tag("p", tag("b", part.prompt), class_="prompt") if several and part.prompt and part.way != "do" else None
    return tag("div", heading, _WAYS[part.way](part, given, grade), class_="part")


def _choices(part: Component, given: Sequence[str], grade: PartGrade) -> Markup:
    rows = [_row(_state(each, given), each.say, each.because, _words(each, given)) for each in part.options]
    return tag("ul", *rows, class_="reasons")


def _state(option: Option, given: Sequence[str]) -> str:
    if option.key in given:
        return _RIGHT if option.right else _CHOSEN
    return _MISSED if option.right else ""


def _words(option: Option, given: Sequence[str]) -> str:
    words = {_RIGHT: "your answer, right", _CHOSEN: "your answer, wrong", _MISSED: "right", "": ""}
    return words[_state(option, given)]


def _row(state: str, say: str, because: str, word: str) -> Markup:
    return tag(
        "li", tag("span", _SIGNS[state], class_="sign", aria_hidden="true"),
        tag("div", tag("p", tag("span", say, class_="say"), tag("em", word) if word else None),
            tag("p", because, class_="because") if because else None),
        class_=state or "other",
    )  # fmt: skip


def _order(part: Component, given: Sequence[str], grade: PartGrade) -> Markup:
    """The right order, and beside each place what stood there; then what does not belong."""
    known = {each.key: each for each in part.options}
    placed = sorted((each for each in part.options if each.right), key=lambda each: each.place)
    rows = []
    for place, option in enumerate(placed):
        own = known.get(given[place]) if place < len(given) else None
        word = "your place, right" if own is option else f"you had here: {own.say}" if own else "you had nothing here"
        rows.append(_row(_RIGHT if own is option else _MISSED, f"{place + 1}. {option.say}", option.because, word))
    for each in (one for one in part.options if not one.right):
        rows.append(_row(_CHOSEN if each.key in given else "", each.say, each.because, "does not belong here"))
    return tag("ul", *rows, class_="reasons")


def _command(part: Component, given: Sequence[str], grade: PartGrade) -> Markup:
    right = bool(grade.points)
    own = _row(_RIGHT if right else _CHOSEN, given[0] if given else "nothing", grade.because[0], "your command")
    others = [_row(_MISSED, each, grade.because[-1], "a command that does it") for each in grade.right[:1] if not right]
    return tag("ul", own, *others, class_="reasons commands")


def _do(part: Component, given: Sequence[str], grade: PartGrade) -> Markup:
    found = given[1] if len(given) > 1 else ""
    word = "done" if grade.points else f"not yet: {found}" if found else "not yet"
    return tag("ul", _row(_RIGHT if grade.points else _CHOSEN, part.prompt, part.because, word), class_="reasons")


_WAYS: Mapping[str, Callable[[Component, Sequence[str], PartGrade], Markup]] = {
    "one": _choices, "several": _choices, "order": _order, "command": _command, "do": _do,
}  # fmt: skip


def cell(show: str) -> str:
    """What shows a behaviour, as a cell that runs in a notebook."""
    first, _, rest = show.partition(" ")
    return f"%load_ext acrlab\n%az {rest}" if first == "az" else f"!{show}"


def why(show: str) -> Markup | None:
    """The cell to run, to be copied."""
    if not show:
        return None
    text = cell(show)
    return tag(
        "div", tag("p", "See it for yourself: run this in a cell.", class_="over"),
        tag("div", tag("pre", text, tabindex=0),
            tag("button", "Copy", type="button", data_copy=text, aria_label="Copy the cell"), class_="cell"),
        class_="why",
    )  # fmt: skip


def proven(proof: Proof) -> Markup:
    """What happened when every answer was tried in an emulator of its own: the evidence behind the key."""
    rows = [
        tag("tr", tag("th", each.answer or each.claim, scope="row"), tag("td", each.seen),
            tag("td", "✓ as the key says" if each.holds else "✗ not as the key says"))
        for each in proof.verdicts
    ]  # fmt: skip
    head = tag("thead", tag("tr", *(tag("th", each, scope="col") for each in ("tried", "what happened", "key"))))
    caption = tag("caption", f"Tried just now in an emulator of its own, in {proof.seconds:.1f} s")
    return joined(tag("div", tag("table", caption, head, tag("tbody", *rows)), class_="proof", tabindex=0))
