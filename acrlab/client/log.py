"""The log of a run, as it was written and as it is shown."""

import re
from collections.abc import Iterator
from typing import Any

from acrlab.client import ansi

_TIME = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")
# What differs from run to run or says nothing here, and what is shown in its place.
_VARIES = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:…"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?=T\d\d:)"), "…"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "…"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "…"),
    (re.compile(r"(elapsed time in seconds: )[0-9.]+"), r"\1…"),
    (re.compile(r"( after )\d+s\b"), r"\1…s"),
    (re.compile(r"(size: )\d+"), r"\1…"),
    (re.compile(r"(Sending build context to Docker daemon\s+)\S+"), r"\1…"),
)
_BAD = re.compile(r"fail|error|denied|unknown|cancell?ed|timed out", re.IGNORECASE)
_GOOD = re.compile(r"success|marked as successful", re.IGNORECASE)
_COLOURS = ((_GOOD, "color:var(--jp-success-color1,#2e7d32)"), (_BAD, "color:var(--jp-error-color1,#c62828)"))


class Log:
    """`text` is what the service wrote; shown without times, and with … for what is another in every run."""

    def __init__(self, text: str) -> None:
        self.text = text

    def lines(self) -> list[str]:
        """The lines as they are shown."""
        return [shown(line) for line in self._written()]

    def _written(self) -> list[str]:
        return self.text.replace("\r\n", "\n").splitlines()

    def matching(self, pattern: str) -> "Log":
        """The lines in which a regular expression finds something, as they are shown."""
        wanted = re.compile(pattern)
        return Log("\n".join(line for line in self._written() if wanted.search(shown(line))))

    def html(self, *, growing: bool = False) -> str:
        """As HTML: what went well and what did not in their colours; the words say it too. `growing` shows the end.

        A line that a step has coloured keeps its own colours.
        """
        rows = "\n".join(_coloured(self._written()))
        style = "white-space:pre-wrap;max-height:30em;overflow:auto;margin:0"
        if growing:  # one child in reverse order: that is where a browser begins to scroll
            style, rows = f"{style};display:flex;flex-direction:column-reverse", f"<div>{rows}</div>"
        return f'<pre role="log" tabindex="0" style="{style}">{rows}</pre>'

    def __repr__(self) -> str:
        return "\n".join(self.lines()).rstrip()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html()}


def shown(line: str) -> str:
    """A line without its time and colours, and with … for what is another in every run."""
    return _varied(_TIME.sub("", ansi.plain(line), count=1))


def _varied(text: str) -> str:
    for pattern, instead in _VARIES:
        text = pattern.sub(instead, text)
    return text


def _coloured(lines: list[str]) -> Iterator[str]:
    """A colour that is not taken back ends with the next line of the service's own: those begin with their time."""
    painter = ansi.Painter()
    for line in lines:
        if _TIME.match(line):
            painter.reset()
        pieces = painter.pieces(_TIME.sub("", line, count=1))
        if any(css for _, css in pieces):
            yield "".join(ansi.span(_varied(text), css) for text, css in pieces)
        else:
            text = shown(line)
            yield ansi.span(text, next((style for pattern, style in _COLOURS if pattern.search(text)), ""))
