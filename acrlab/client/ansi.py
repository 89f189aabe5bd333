"""What programs write to colour a terminal: taken out of text, or made into HTML.

Source: spec, ECMA-48 (5th edition, 8.3.117 SGR) and ISO 8613-6 for 256 and all colours; the colours are JupyterLab's.
"""

import html
import re
from collections.abc import Iterator, Sequence

# CSI …, OSC … (titles, links), other escapes, and control characters that no page can show.
_ESCAPE = re.compile(
    r"\x1b\[(?P<given>[0-?]*)[ -/]*(?P<end>[@-~])|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0e-\x1a\x7f-\x9f]"
)
_MOST = 32  # numbers of one sequence that are looked at
# fmt: off
PALETTE = (
    "#3e424d", "#e75c58", "#00a250", "#ddb62b", "#208ffb", "#d160c4", "#60c6c8", "#c5c1b4",
    "#282c36", "#b22b31", "#007427", "#b27d12", "#0065ca", "#a03196", "#258f8f", "#a1a6b2",
)
# fmt: on
_STEPS = (0, 95, 135, 175, 215, 255)
_ON = {
    1: ("font-weight", "bold"), 2: ("opacity", "0.7"), 3: ("font-style", "italic"),
    4: ("text-decoration", "underline"), 9: ("text-decoration", "line-through"),
}  # fmt: skip
_OFF = {
    22: ("font-weight", "opacity"), 23: ("font-style",), 24: ("text-decoration",), 29: ("text-decoration",),
    39: ("color",), 49: ("background-color",),
}  # fmt: skip
_FIRSTS = {30: ("color", 0), 40: ("background-color", 0), 90: ("color", 8), 100: ("background-color", 8)}
Style = dict[str, str]


def plain(text: str) -> str:
    """The text alone."""
    return _ESCAPE.sub("", text)


class Painter:
    """Makes lines into HTML, one after the other: a colour holds until it is taken back, as in a terminal."""

    def __init__(self) -> None:
        self._style: Style = {}

    def reset(self) -> None:
        """Forget what holds."""
        self._style = {}

    def pieces(self, line: str) -> list[tuple[str, str]]:
        """The parts of a line, each with its CSS. Numbers that mean nothing are left out."""
        found, end = list[tuple[str, str]](), 0
        for escape in _ESCAPE.finditer(line):
            found.append((line[end : escape.start()], _css(self._style)))
            end = escape.end()
            if escape["end"] == "m":
                self._style = _changed(self._style, escape["given"] or "")
        found.append((line[end:], _css(self._style)))
        return [(text, css) for text, css in found if text]


def span(text: str, css: str) -> str:
    """A text in HTML, whatever is in it."""
    return f'<span style="{css}">{html.escape(text)}</span>' if css else html.escape(text)


def _css(style: Style) -> str:
    return ";".join(f"{name}:{value}" for name, value in sorted(style.items()))


def _changed(style: Style, given: str) -> Style:
    if given and given[0] in "<=>?":  # private: nothing about looks
        return style
    numbers = [int(each) if each.isdecimal() and len(each) < 4 else 0 for each in re.split("[;:]", given)[:_MOST]]
    found = dict(style)
    rest = iter(numbers)
    for number in rest:
        if number == 0:
            found = {}
        elif number in (38, 48):
            colour = _chosen(rest)
            found |= {("color" if number == 38 else "background-color"): colour} if colour else {}
        elif number in _OFF:
            found = {name: value for name, value in found.items() if name not in _OFF[number]}
        else:
            found |= dict(_named(number))
    return found


def _named(number: int) -> Iterator[tuple[str, str]]:
    if number in _ON:
        yield _ON[number]
    first = number - number % 10
    if first in _FIRSTS and number % 10 < 8:
        name, offset = _FIRSTS[first]
        yield name, PALETTE[offset + number % 10]


def _chosen(rest: Iterator[int]) -> str:
    """The colour after 38 or 48: 5 and one of 256, or 2 and its red, green and blue."""
    kind = next(rest, 0)
    if kind == 5:
        return _of_256(next(rest, 0))
    parts = [next(rest, 0) for _ in range(3)] if kind == 2 else []
    return _rgb(parts) if parts and max(parts) < 256 else ""


def _of_256(number: int) -> str:
    if number < 16:
        return PALETTE[number]
    if number < 232:
        number -= 16
        return _rgb([_STEPS[number // 36], _STEPS[number // 6 % 6], _STEPS[number % 6]])
    return _rgb([8 + 10 * (number - 232)] * 3) if number < 256 else ""


def _rgb(parts: Sequence[int]) -> str:
    return "#" + "".join(f"{each:02x}" for each in parts)
