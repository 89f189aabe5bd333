"""Questions as form controls, and forms as answers: every kind works by keyboard, and by mouse no better."""

import re
from collections.abc import Callable, Mapping, Sequence

from acrlab.trainer.instance import Field, Line, Page
from acrlab.trainer.practice import CONFIDENCES
from acrlab.ui.markup import Markup, joined, paragraphs, tag
from acrlab.ui.panel import Form

Given = Mapping[str, Sequence[str]]
_CODE = re.compile(r"^( {2,}|HTTP/|az |FROM |\{)", re.MULTILINE)


def question(page: Page, given: Given) -> Markup:
    """What is asked, and the controls to answer it with."""
    several = len(page.fields) > 1
    return joined(
        _case(page),
        _ask(page.ask),
        _scene(page),
        tag("div", *(_field(page, each, given.get(each.key, ()), several) for each in page.fields), class_="parts"),
    )


def answer(page: Page, form: Form) -> dict[str, list[str]]:
    """The answer that a form holds; a part that was left empty is left out."""
    found = {each.key: [one.strip() for one in form.get(_name(each), ()) if one.strip()] for each in page.fields}
    return {key: values for key, values in found.items() if values}


def missing(page: Page, given: Given) -> str:
    """What is still to be answered, in a sentence; empty when nothing is."""
    left = [each for each in page.fields if each.way != "do" and not given.get(each.key)]
    if not left:
        return ""
    if len(page.fields) == 1:
        return _LACKS[left[0].way]
    return f"Not answered yet: {'; '.join(each.prompt or each.key for each in left)}."


_LACKS = {
    "one": "Choose an answer first.",
    "several": "Choose your answers first.",
    "order": "Put the steps into your order first.",
    "command": "Write a command first.",
}


def confidence(chosen: str) -> Markup:
    """How sure somebody is, asked before anything is shown."""
    boxes = [
        tag("label", _radio("confidence", word, word == chosen), tag("span", word), class_="chip")
        for word in CONFIDENCES
    ]
    return tag(
        "fieldset",
        tag("legend", "Before you see it: how sure are you?"),
        tag("div", *boxes, class_="chips"),
        class_="confidence",
    )


def act(label: str, name: str, argument: str = "", *, primary: bool = False, **attributes: str) -> Markup:
    """A button that tells the face something. The primary one is also what Enter does."""
    return tag(
        "button", label, type="submit" if primary else "button", data_act=name, data_argument=argument or None,
        class_="primary" if primary else None, **attributes,
    )  # fmt: skip


def picked(label: str, name: str, options: Mapping[str, str], chosen: str = "") -> Markup:
    """A labelled list to choose one from: values and how they are called."""
    found = [tag("option", said, value=value, selected=value == chosen) for value, said in options.items()]
    return tag("label", tag("span", label, class_="name"), tag("select", *found, name=name), class_="pick")


def _name(field: Field) -> str:
    return f"part-{field.key}"


def _case(page: Page) -> Markup | None:
    if not page.tabs:
        return None
    sheets = [
        tag("details", tag("summary", title), paragraphs(text), open=index == 0)
        for index, (title, text) in enumerate(page.tabs)
    ]
    return tag("div", tag("p", f"Case study: {page.case}", class_="over"), *sheets, class_="case")


def _ask(text: str) -> Markup:
    """The question; lines that are code keep their shape."""
    blocks = [each.strip("\n") for each in text.split("\n\n") if each.strip()]
    return tag("div", *map(_block, blocks), class_="ask")


def _block(text: str) -> Markup:
    coded = "\n" in text and _CODE.search(text) is not None
    return tag("pre", text, tabindex=0) if coded else tag("p", text)


def _scene(page: Page) -> Markup | None:
    """The picture of a hot area. A click on a mark leads to its list, which is its twin for the keyboard."""
    if not page.scene:
        return None
    fields = {each.key: each for each in page.fields}
    pieces: list[str] = []
    for piece in re.split(r"(\[\d+\])", page.scene.rstrip("\n")):
        field = fields.get(piece[1:-1]) if piece.startswith("[") else None
        pieces.append(piece if field is None else _mark(field))
    return tag("pre", *pieces, class_="scene", tabindex=0, aria_label="The picture, in text")


def _mark(field: Field) -> Markup:
    label = f"Area {field.key}: to its list"
    return tag("button", field.key, type="button", class_="mark", data_leads=_name(field), aria_label=label)


# One control for each way of answering


def _field(page: Page, field: Field, given: Sequence[str], several: bool) -> Markup:
    if field.way == "one" and page.kind in ("match", "hot"):
        return _list(field, given)
    return _WAYS[field.way](field, given, field.prompt if several or field.way in ("command", "do") else "")


def _one(field: Field, given: Sequence[str], prompt: str) -> Markup:
    return _group(field, prompt or "Choose one", [_choice("radio", field, each, given) for each in field.lines])


def _several(field: Field, given: Sequence[str], prompt: str) -> Markup:
    legend = f"{prompt} (choose {field.choose})" if prompt else f"Choose {field.choose}"
    return _group(field, legend, [_choice("checkbox", field, each, given) for each in field.lines])


def _group(field: Field, legend: str, choices: Sequence[Markup]) -> Markup:
    short = all(len(each.say) <= 4 for each in field.lines)
    return tag("fieldset", tag("legend", legend), tag("div", *choices, class_="row" if short else "choices"))


def _choice(kind: str, field: Field, line: Line, given: Sequence[str]) -> Markup:
    box = tag("input", type=kind, name=_name(field), value=line.key, checked=line.key in given)
    return tag("label", box, tag("span", line.say), class_="choice")


def _radio(name: str, value: str, checked: bool) -> Markup:
    return tag("input", type="radio", name=name, value=value, checked=checked)


def _list(field: Field, given: Sequence[str]) -> Markup:
    """One of a list: of matching pairs, and of the areas of a picture."""
    options = [tag("option", "choose …", value="")]
    options += [tag("option", each.say, value=each.key, selected=each.key in given) for each in field.lines]
    chosen = tag("select", *options, name=_name(field))
    return tag("label", tag("span", field.prompt, class_="name"), chosen, class_="pick pair")


def _order(field: Field, given: Sequence[str], prompt: str) -> Markup:
    """Two lists; steps are moved by buttons, or dragged. The order of the second list is the answer."""
    known = {each.key: each for each in field.lines}
    chosen = [known[key] for key in given if key in known]
    rest = [each for each in field.lines if each not in chosen]
    asked = f"{field.choose} of these {len(field.lines)} steps are needed" if field.choose < len(field.lines) else \
        "All of these steps are needed"  # fmt: skip
    return tag(
        "fieldset",
        tag("legend", f"{prompt or asked}: put them into the right order"),
        tag("div", _column("Steps", "pool", field, rest), _column("Your order", "chosen", field, chosen),
            class_="columns"),
        class_="order",
    )  # fmt: skip


def _column(title: str, role: str, field: Field, steps: Sequence[Line]) -> Markup:
    kind = "ol" if role == "chosen" else "ul"
    return tag(
        "div", tag("p", title, class_="over"),
        tag(kind, *(_step(field, each, role == "pool") for each in steps), class_=role, aria_label=title),
    )  # fmt: skip


_MOVES = (("up", "↑", "Up"), ("down", "↓", "Down"), ("in", "Use", "Use"), ("out", "×", "Take out"))


def _step(field: Field, line: Line, unused: bool) -> Markup:
    buttons = [
        tag("button", sign, type="button", data_move=move, aria_label=f"{word}: {line.say}", title=word)
        for move, sign, word in _MOVES
    ]
    return tag(
        "li", tag("span", line.say), tag("span", *buttons, class_="moves"),
        tag("input", type="hidden", name=_name(field), value=line.key, disabled=unused), draggable="true",
    )  # fmt: skip


def _command(field: Field, given: Sequence[str], prompt: str) -> Markup:
    box = tag(
        "input", type="text", name=_name(field), value=given[0] if given else "", autocomplete="off",
        autocapitalize="off", spellcheck="false", placeholder="az acr …", class_="code",
    )  # fmt: skip
    return tag("label", tag("span", prompt or "Your command", class_="name"), box, class_="write")


def _do(field: Field, given: Sequence[str], prompt: str) -> Markup:
    """A task of several checks: what the engine will look at."""
    return tag("p", tag("span", "○", aria_hidden="true"), f" {prompt}", class_="task")


_WAYS: Mapping[str, Callable[[Field, Sequence[str], str], Markup]] = {
    "one": _one, "several": _several, "order": _order, "command": _command, "do": _do,
}  # fmt: skip
