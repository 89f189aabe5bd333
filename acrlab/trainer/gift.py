"""GIFT: out, and in with every mistake named by its line. Source: docs.moodle.org, GIFT format (4.5)."""

import re
from collections.abc import Iterator, Sequence

from acrlab.trainer.draft import Choice, Draft, ImportFailed
from acrlab.trainer.instance import Component, Instance, Option

_SPECIAL = re.compile(r"([\\~=#{}:])")
_ANSWER = re.compile(r"(?<!\\)([=~])")
_WEIGHT = re.compile(r"%(-?\d+(?:\.\d+)?)%")
_QUESTION = re.compile(
    r"\s*(?:::(?P<title>(?:\\.|[^:\\])*)::)?(?P<ask>(?:\\.|[^{\\])*)"
    r"(?:\{(?P<body>.*)\}(?P<tail>(?:\\.|[^{}])*))?",
    re.DOTALL,
)
_TRUTHS = {"t": True, "true": True, "f": False, "false": False}


def written(instances: Sequence[Instance]) -> bytes:
    """The questions in GIFT. A series and a hot area become one question for each part; tasks become essays."""
    found: list[str] = []
    for topic in sorted({each.question.topic for each in instances}):
        found.append(f"$CATEGORY: $course$/acrlab/{topic}\n")
        found.extend(text for each in instances if each.question.topic == topic for text in _written(each))
    return "\n".join(found).encode()


def _written(instance: Instance) -> Iterator[str]:
    kind = instance.question.kind
    if kind == "match":
        pairs = "\n".join(f"\t={_safe(each.prompt)} -> {_safe(_right(each).say)}" for each in instance.parts)
        yield _whole(instance, "", instance.ask, pairs)
        return
    for part in instance.parts:
        ask = "\n".join(filter(None, (instance.ask, instance.scene, part.prompt)))
        tail = f" {part.key}" if len(instance.parts) > 1 else ""
        yield _whole(instance, tail, ask, _answers(part))


def _whole(instance: Instance, tail: str, ask: str, answers: str) -> str:
    tabs = [f"{title}: {text}" for title, text in (instance.scenario.tabs if instance.scenario else ())]
    text = "\n".join((*tabs, ask)).replace("\n", "\\n")
    body = f"{{\n{answers}\n}}" if answers else "{}"
    title = _safe(f"{instance.question.title}{tail} [{instance.question.id}]")
    return f"::{title}::{_safe(text).replace(f'{chr(92)}{chr(92)}n', chr(92) + 'n')} {body}\n"


def _answers(part: Component) -> str:
    if part.way == "do":
        return ""
    if part.way == "order":
        placed = sorted((each for each in part.options if each.right), key=lambda each: each.place)
        return "\n".join(f"\t=Step {each.place} -> {_safe(each.say)}" for each in placed)
    shown = [each for each in part.options if each.right or part.way != "command"]
    return "\n".join(f"\t{_mark(part, each)}{_safe(each.say)}#{_safe(each.because)}" for each in shown)


def _mark(part: Component, option: Option) -> str:
    if part.way != "several":
        return "=" if option.right else "~"
    share = 100 / part.choose
    return f"~%{share if option.right else -share:.5g}%"


def _right(part: Component) -> Option:
    return next(each for each in part.options if each.right)


def _safe(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


# In


def read(raw: bytes) -> list[Draft]:
    """The questions of a GIFT file as drafts. Raises: ImportFailed with the line."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportFailed("not a text in UTF-8", raw[: error.start].count(b"\n") + 1) from None
    return [_draft(block, line) for block, line in _blocks(text)]


def _blocks(text: str) -> Iterator[tuple[str, int]]:
    """Questions are parted by empty lines, outside braces."""
    held: list[str] = []
    start = depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        plain = re.sub(r"\\.", "", line)
        if not depth and (line.startswith(("//", "$CATEGORY"))):
            continue
        if not held:
            start = number
        if line.strip() or depth:
            held.append(line)
        for mark in re.findall(r"[{}]", plain):
            depth += 1 if mark == "{" else -1
            if depth not in (0, 1):
                raise ImportFailed("a brace too many: { and } in a text are written \\{ and \\}", number)
        if not line.strip() and not depth and held:
            yield "\n".join(held), start
            held = []
    if depth:
        raise ImportFailed("the answers of this question are not closed with }", start)
    if held:
        yield "\n".join(held), start


def _draft(block: str, line: int) -> Draft:
    found = _QUESTION.fullmatch(block)
    if found is None:
        raise ImportFailed("not understood: a question is ::title::text {answers}", line)
    title, ask = _bare(found["title"] or ""), _bare(re.sub(r"^\s*\[\w+\]", "", found["ask"]))
    body = (found["body"] or "").strip()
    if not body:
        return Draft(title, "", ask, (), ("it has no answers: a description or an essay cannot be imported",), line)
    if body.startswith("#"):
        return Draft(title, "", ask, (), ("a numerical question cannot be imported",), line)
    truth = _TRUTHS.get(re.split(r"(?<!\\)#", body)[0].strip().lower())
    if truth is not None:
        return Draft(title, "series", ask, (Choice("True", truth), Choice("False", not truth)), (), line)
    return _answered(title, ask, body, line)


def _answered(title: str, ask: str, body: str, line: int) -> Draft:
    lead, *pieces = _ANSWER.split(body)
    if lead.strip() or not pieces:
        raise ImportFailed(f"an answer begins with = or ~, not with {lead.strip()[:30]!r}", line)
    answers = [_choice(mark, text) for mark, text in zip(pieces[::2], pieces[1::2], strict=True)]
    marks = set(pieces[::2])
    problems = [] if any(each.right for each in answers) else ["no answer is marked right"]
    weighted = [each for each in pieces[1::2] if _WEIGHT.match(each.strip())]
    if all(each.partner for each in answers):
        return Draft(
            title, "match", ask, tuple(answers), () if len(answers) > 1 else ("one pair is no matching",), line
        )
    kind = "fill" if marks == {"="} else "multiple" if weighted else "single"
    if kind == "single" and sum(each.right for each in answers) > 1:
        problems.append("several answers are marked right, and only one may be chosen")
    return Draft(title, kind, ask, tuple(answers), tuple(problems), line)


def _choice(mark: str, text: str) -> Choice:
    said, _, because = _parted(text, r"(?<!\\)#")
    weight = _WEIGHT.match(said.strip())
    said = _WEIGHT.sub("", said.strip(), count=1) if weight else said
    left, arrow, right = _parted(said, r"(?<!\\)->")
    correct = float(weight[1]) > 0 if weight else mark == "="
    return Choice(_bare(left), correct, _bare(because), _bare(right) if arrow else "")


def _parted(text: str, pattern: str) -> tuple[str, str, str]:
    found = re.search(pattern, text)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, "", "")


def _bare(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text.strip(), flags=re.DOTALL)
