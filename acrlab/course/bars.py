"""Bars to compare numbers by: a table with a bar in each row, so that it reads the same by eye, by ear and as text."""

from collections.abc import Iterable
from html import escape
from typing import Any

import msgspec

WIDTH = 30  # characters of the longest bar in text
_CELL = "text-align:left;vertical-align:middle;white-space:nowrap"
_CAPTION = "caption-side:top;text-align:left;padding:.2em .5em;color:inherit"
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Bar(msgspec.Struct, frozen=True):
    """One row. `value` decides the length, `text` is what it is called; a value below 0 has no end."""

    label: str
    value: float
    text: str


class Bars:
    """Several rows under a title. Lengths are in proportion; a bar without end fills its row."""

    def __init__(self, title: str, rows: Iterable[Bar]) -> None:
        self.title, self.rows = title, tuple(rows)

    def share(self, bar: Bar) -> float:
        """How long a bar is, from 0 to 1."""
        most = max((each.value for each in self.rows), default=0)
        return 1.0 if bar.value < 0 else bar.value / most if most > 0 else 0.0

    def text(self) -> str:
        """In the characters of a terminal."""
        label, text = (max((len(getattr(each, name)) for each in self.rows), default=0) for name in ("label", "text"))
        lines = [
            f"{each.label:<{label}}  {each.text:>{text}}  {_drawn(self.share(each))}".rstrip() for each in self.rows
        ]
        return "\n".join([self.title, *lines])

    def html(self) -> str:
        """A table: the number in a cell, and beside it the bar, which says nothing new."""
        caption = f'<caption style="{_CAPTION}"><b>{escape(self.title)}</b></caption>'
        return f"<table>{caption}<tbody>{''.join(map(self._row, self.rows))}</tbody></table>"

    def _row(self, bar: Bar) -> str:
        """The bar is drawn in characters here, too: JupyterLab takes colours and widths from what it did not run."""
        return (
            f'<tr><th scope="row" style="{_CELL}">{escape(bar.label)}</th><td style="{_CELL}">{escape(bar.text)}</td>'
            f'<td style="{_CELL}" aria-hidden="true">{_drawn(self.share(bar))}</td></tr>'
        )

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


def _drawn(share: float) -> str:
    whole, rest = divmod(round(share * WIDTH * 8), 8)
    bar = "█" * whole + (_EIGHTHS[rest].strip() if rest else "")
    return bar or ("▏" if share > 0 else "")
