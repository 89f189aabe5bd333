"""The log of a run, as it was written and as it is shown."""

import html
import re
from typing import Any

_TIME = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")
# What differs from run to run or says nothing here, and what is shown in its place.
_VARIES = (
    (re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]"), ""),  # what colours a terminal
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
        return [shown(line) for line in self.text.replace("\r\n", "\n").splitlines()]

    def matching(self, pattern: str) -> "Log":
        """The lines in which a regular expression finds something, as they are shown."""
        wanted = re.compile(pattern)
        return Log("\n".join(line for line in self.lines() if wanted.search(line)))

    def html(self, *, growing: bool = False) -> str:
        """As HTML: what went well and what did not in their colours; the words say it too. `growing` shows the end."""
        rows = "\n".join(_coloured(line) for line in self.lines())
        style = "white-space:pre-wrap;max-height:30em;overflow:auto;margin:0"
        if growing:  # one child in reverse order: that is where a browser begins to scroll
            style, rows = f"{style};display:flex;flex-direction:column-reverse", f"<div>{rows}</div>"
        return f'<pre role="log" tabindex="0" style="{style}">{rows}</pre>'

    def __repr__(self) -> str:
        return "\n".join(self.lines()).rstrip()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html()}


def shown(line: str) -> str:
    """A line without its time, and with … for what is another in every run."""
    line = _TIME.sub("", line, count=1) if _TIME.match(line) else line
    for pattern, instead in _VARIES:
        line = pattern.sub(instead, line)
    return line


def _coloured(line: str) -> str:
    style = next((style for pattern, style in _COLOURS if pattern.search(line)), "")
    return f'<span style="{style}">{html.escape(line)}</span>' if style else html.escape(line)
