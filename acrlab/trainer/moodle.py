"""Moodle XML: out, and in with every mistake named by its line. Source: docs.moodle.org, Moodle XML format (4.5)."""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from xml.etree import ElementTree as xml
from xml.parsers import expat

from acrlab.trainer.draft import Choice, Draft, ImportFailed
from acrlab.trainer.instance import Component, Instance, Option

_TAGS = re.compile(r"<[^>]+>")
Node = xml.Element


def written(instances: Sequence[Instance]) -> bytes:
    """The questions as one Moodle quiz file; tasks become essays."""
    root = Node("quiz")
    for topic in sorted({each.question.topic for each in instances}):
        category = xml.SubElement(root, "question", {"type": "category"})
        _text(xml.SubElement(category, "category"), f"$course$/acrlab/{topic}")
        for each in instances:
            if each.question.topic == topic:
                _KINDS[each.question.kind](root, each)
    xml.indent(root)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n").encode()


def _question(root: Node, instance: Instance, kind: str, text: str = "") -> Node:
    node = xml.SubElement(root, "question", {"type": kind})
    _text(xml.SubElement(node, "name"), f"{instance.question.title} [{instance.question.id}]")
    tabs = instance.scenario.tabs if instance.scenario else ()
    lead = "".join(f"<p><strong>{_safe(title)}</strong> {_safe(body)}</p>" for title, body in tabs)
    scene = f"<pre>{_safe(instance.scene)}</pre>" if instance.scene else ""
    _html(xml.SubElement(node, "questiontext"), f"{lead}<p>{_safe(instance.ask)}</p>{scene}{text}")
    xml.SubElement(node, "defaultgrade").text = str(instance.points)
    return node


def _choice(root: Node, instance: Instance) -> None:
    part = instance.parts[0]
    node = _question(root, instance, "multichoice")
    xml.SubElement(node, "single").text = str(part.way == "one").lower()
    xml.SubElement(node, "shuffleanswers").text = "true"
    xml.SubElement(node, "answernumbering").text = "abc"
    share = 100 / part.choose
    for each in part.options:
        _answer(node, each, share if each.right else 0 if part.way == "one" else -share)


def _answer(node: Node, option: Option, fraction: float, text: str = "") -> None:
    answer = xml.SubElement(node, "answer", {"fraction": f"{fraction:.5g}", "format": "plain_text"})
    xml.SubElement(answer, "text").text = text or option.say
    _text(xml.SubElement(answer, "feedback"), option.because)


def _matching(root: Node, instance: Instance) -> None:
    node = _question(root, instance, "matching")
    xml.SubElement(node, "shuffleanswers").text = "true"
    paired = {_right(part).say for part in instance.parts}
    for part in instance.parts:
        _pair(node, part.prompt, _right(part).say)
    for each in instance.parts[0].options:
        if each.say not in paired:
            _pair(node, "", each.say)


def _pair(node: Node, prompt: str, answer: str) -> None:
    pair = xml.SubElement(node, "subquestion", {"format": "html"})
    xml.SubElement(pair, "text").text = _safe(prompt)
    _text(xml.SubElement(pair, "answer"), answer)


def _cloze(root: Node, instance: Instance) -> None:
    """Hot areas as lists: the twin that needs no picture."""
    rows = "".join(
        f"<p>{_safe(part.prompt)} {{1:MULTICHOICE:{'~'.join(map(_gap, part.options))}}}</p>" for part in instance.parts
    )
    _question(root, instance, "cloze", rows)


def _gap(option: Option) -> str:
    return f"{'=' * option.right}{_marked(option.say)}#{_marked(option.because)}"


def _marked(text: str) -> str:
    return re.sub(r"([}~#\\/\"=])", r"\\\1", text)


def _order(root: Node, instance: Instance) -> None:
    part = instance.parts[0]
    extra = "; ".join(each.say for each in part.options if not each.right)
    note = f"<p>These do not belong: {_safe(extra)}</p>" if extra else ""
    node = _question(root, instance, "ordering", note)
    for tag, value in (("layouttype", "VERTICAL"), ("selecttype", "ALL"), ("gradingtype", "ABSOLUTE_POSITION")):
        xml.SubElement(node, tag).text = value
    for each in sorted((each for each in part.options if each.right), key=lambda each: each.place):
        _answer(node, each, each.place)


def _short(root: Node, instance: Instance) -> None:
    node = _question(root, instance, "shortanswer")
    xml.SubElement(node, "usecase").text = "0"
    for each in instance.parts[0].options:
        _answer(node, each, 100 if each.right else 0, re.sub(r"([*])", r"\\\1", each.say))


def _essay(root: Node, instance: Instance) -> None:
    rows = "".join(f"<li>{_safe(part.prompt)}</li>" for part in instance.parts)
    _question(root, instance, "essay", f"<p>Performed in acrlab; hand in the signed result.</p><ul>{rows}</ul>")


_KINDS: dict[str, Callable[[Node, Instance], None]] = {
    "single": _choice, "multiple": _choice, "series": _matching, "match": _matching, "order": _order, "fill": _short,
    "hot": _cloze, "do": _essay,
}  # fmt: skip


def _right(part: Component) -> Option:
    return next(each for each in part.options if each.right)


def _text(node: Node, text: str) -> None:
    xml.SubElement(node, "text").text = text


def _html(node: Node, text: str) -> None:
    node.set("format", "html")
    xml.SubElement(node, "text").text = text


def _safe(text: str) -> str:
    return html.escape(text, quote=False)


# In


class _Builder(xml.TreeBuilder):
    """Remembers the line of every element."""

    def __init__(self) -> None:
        super().__init__()
        self.parser: expat.XMLParserType | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> Node:
        node = super().start(tag, attributes)
        node.set("line", str(self.parser.CurrentLineNumber if self.parser else 0))
        return node


def read(raw: bytes) -> list[Draft]:
    """The questions of a Moodle XML file as drafts. Raises: ImportFailed with the line."""
    root = _parsed(raw)
    if root.tag != "quiz":
        raise ImportFailed(f"this is no Moodle quiz: its first element is {root.tag}, not quiz", 1)
    return [found for node in root for found in _imported(node)]


def _parsed(raw: bytes) -> Node:
    builder = _Builder()
    parser = expat.ParserCreate()
    builder.parser = parser
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise ImportFailed(f"this is no XML: {expat.ErrorString(error.code)}", error.lineno) from None
    return builder.close()


def _no_doctype(*_: object) -> None:
    raise ImportFailed("a DOCTYPE is not taken: files for Moodle have none", 1)


def _imported(node: Node) -> Iterator[Draft]:
    kind, line = node.get("type", ""), int(node.get("line", 0))
    if kind in ("category", "description"):
        return
    name = _found(node, "name/text")
    reader = _READERS.get(kind)
    if reader is None:
        yield Draft(name, "", "", (), (f"a question of the type {kind or 'nothing'} cannot be imported",), line)
        return
    draft_kind, choices, problems = reader(node)
    ask = _plain(_found(node, "questiontext/text"))
    if not ask:
        problems.append("the question has no text")
    yield Draft(name, draft_kind, ask, tuple(choices), tuple(problems), line)


_Read = tuple[str, list[Choice], list[str]]


def _read_choice(node: Node) -> _Read:
    choices = [Choice(_plain(_found(each, "text")), _fraction(each) > 0, _plain(_found(each, "feedback/text")))
               for each in node.findall("answer")]  # fmt: skip
    single = _found(node, "single").strip().lower() in ("true", "1", "")
    right = sum(each.right for each in choices)
    problems = [] if right else ["no answer has a fraction above 0"]
    if single and right > 1:
        problems.append(f"{right} answers have a fraction above 0, and only one may be chosen")
    return ("single" if single else "multiple"), choices, problems


def _read_truth(node: Node) -> _Read:
    _, choices, problems = _read_choice(node)
    return "series", choices, problems


def _read_matching(node: Node) -> _Read:
    pairs = [Choice(_plain(_found(each, "text")), True, "", _plain(_found(each, "answer/text")))
             for each in node.findall("subquestion")]  # fmt: skip
    return "match", pairs, [] if len(pairs) > 1 else ["a matching question needs two pairs"]


def _read_short(node: Node) -> _Read:
    _, choices, problems = _read_choice(node)
    return "fill", choices, [each for each in problems if "only one" not in each]


_READERS: dict[str, Callable[[Node], _Read]] = {
    "multichoice": _read_choice, "truefalse": _read_truth, "matching": _read_matching, "shortanswer": _read_short,
}  # fmt: skip


def _fraction(node: Node) -> float:
    try:
        return float(node.get("fraction", "0"))
    except ValueError:
        raise ImportFailed(f"the fraction {node.get('fraction')!r} is no number", int(node.get("line", 0))) from None


def _found(node: Node, path: str) -> str:
    return node.findtext(path) or ""


def _plain(text: str) -> str:
    return html.unescape(_TAGS.sub("", text)).strip()
