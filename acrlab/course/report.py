"""How a graded lab looks: as text and as HTML, the same every time."""

from collections.abc import Iterable, Iterator
from html import escape
from textwrap import wrap
from typing import Any

from acrlab.course.checks import FAILED, PARTLY, PASSED, STEPS_OF_HELP, Finding, Graded

WIDTH = 100  # characters
_MARKS = {PASSED: "✓", PARTLY: "◐", FAILED: "✗"}
_COLOURS = {  # with the words beside them, never alone
    PASSED: "var(--jp-success-color1,#2e7d32)",
    PARTLY: "var(--jp-warn-color1,#b26a00)",
    FAILED: "var(--jp-error-color1,#c62828)",
}
_CELL = "text-align:left;vertical-align:top;white-space:normal"


class Report:
    """What every check of a lab found."""

    def __init__(self, title: str, graded: Iterable[Graded], note: str = "") -> None:
        self.title, self.graded, self.note = title, tuple(graded), note

    @property
    def points(self) -> float:
        """What was earned."""
        return round(sum(each.points for each in self.graded), 2)

    @property
    def most(self) -> int:
        """What can be earned."""
        return sum(each.check.points for each in self.graded)

    @property
    def complete(self) -> bool:
        """Whether everything was earned."""
        return bool(self.graded) and all(each.passed for each in self.graded)

    def __getitem__(self, name: str) -> Graded:
        for each in self.graded:
            if each.check.name == name:
                return each
        raise KeyError(name)

    def __iter__(self) -> Iterator[Graded]:
        return iter(self.graded)

    def __len__(self) -> int:
        return len(self.graded)

    @property
    def score(self) -> str:
        """In a sentence."""
        done = sum(each.passed for each in self.graded)
        return f"{number(self.points)} of {self.most} points; {done} of {len(self.graded)} checks passed"

    def text(self) -> str:
        """For a terminal."""
        lines = [self.title, ""]
        for each in self.graded:
            lines += _block(each)
        return "\n".join([*lines, "", self.score, *wrap(self.note, WIDTH)])

    def html(self) -> str:
        """For a notebook; what colour says, a word says too."""
        heads = "".join(
            f'<th scope="col" style="{_CELL}">{head}</th>' for head in ("", "check", "points", "expected", "is", "try")
        )
        caption = '<caption style="caption-side:top;text-align:left;color:inherit;padding:.2em .5em">'
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        rows = "".join(row for each in self.graded for row in _rows(each))
        return (
            f"<table>{caption}<b>{escape(self.title)}</b></caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
            f"</table><p><b>{escape(self.score)}</b></p>{note}"
        )

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


def number(points: float) -> str:
    """Points without needless zeros."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _score(graded: Graded) -> str:
    return f"{number(graded.points)}/{graded.check.points}"


def _block(graded: Graded) -> list[str]:
    head = f"{_MARKS[graded.word]} {graded.word:<6}  {_score(graded):>6}  {graded.check.title}  [{graded.check.name}]"
    return [head, *(line for finding, advice in _advised(graded) for line in _told(finding, advice))]


def _advised(graded: Graded) -> Iterator[tuple[Finding, str]]:
    """What is missing and what to try; advice for several in a row is given once."""
    missing = graded.missing
    for place, finding in enumerate(missing, 1):
        advice = graded.advice(finding)
        again = place < len(missing) and graded.advice(missing[place]) == advice
        yield finding, "" if again else advice


def _told(finding: Finding, advice: str) -> list[str]:
    wanted = "never" if finding.forbidden else "expected"
    parts = ((wanted, finding.expected), ("is", finding.actual), *((("try", advice),) if advice else ()))
    return [line for name, text in parts for line in _part(name, text)]


def _part(name: str, text: str) -> list[str]:
    indent = " " * 18
    first, *rest = wrap(text, WIDTH - len(indent) - 10, break_long_words=False, break_on_hyphens=False) or [""]
    return [f"{indent}{name:<10}{first}", *(f"{indent}{'':<10}{line}" for line in rest)]


def _rows(graded: Graded) -> Iterator[str]:
    told = [(_wanted(finding), finding.actual, advice) for finding, advice in _advised(graded)] or [("", "", "")]
    for place, cells in enumerate(told):
        head = _head(graded, len(told)) if place == 0 else ""
        yield f"<tr>{head}{''.join(map(_cell, cells))}</tr>"


def _wanted(finding: Finding) -> str:
    return f"never: {finding.expected}" if finding.forbidden else finding.expected


def _head(graded: Graded, height: int) -> str:
    span = f' rowspan="{height}"' if height > 1 else ""
    word = f'<span style="color:{_COLOURS[graded.word]}">{_MARKS[graded.word]}&nbsp;{graded.word}</span>'
    name = f"{escape(graded.check.title)}<br><code>{escape(graded.check.name)}</code>"
    return (
        f'<td{span} style="{_CELL}">{word}</td><th scope="row"{span} style="{_CELL};font-weight:normal">{name}</th>'
        f'<td{span} style="{_CELL}">{_score(graded)}</td>'
    )


def _cell(text: str) -> str:
    return f'<td style="{_CELL}">{escape(text)}</td>'


class Hint:
    """Help with one check: words, or at the last step the lines that do it."""

    def __init__(self, title: str, level: str, text: str, left: int) -> None:
        self.title, self.level, self.body = title, level, text
        self.note = f"There is more: ask {left} more time{'s' * (left > 1)}." if left else "That was all there is."

    def text(self) -> str:
        """For a terminal; code keeps its lines."""
        lines = self.body.splitlines() if self.level == STEPS_OF_HELP[-1] else wrap(self.body, WIDTH)
        return "\n".join([f"{self.title}: {self.level}", *(f"    {line}".rstrip() for line in lines), self.note])

    def html(self) -> str:
        """For a notebook."""
        code = self.level == STEPS_OF_HELP[-1]
        body = f"<pre><code>{escape(self.body)}</code></pre>" if code else f"<p>{escape(self.body)}</p>"
        return f"<p><b>{escape(self.title)}</b>: {self.level}</p>{body}<p><em>{escape(self.note)}</em></p>"

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}
