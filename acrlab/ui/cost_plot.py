"""What a month costs against what is stored and in how many regions: lines, and the same as a table."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from acrlab.client.bills import WORTH
from acrlab.client.display import Table
from acrlab.domain import amounts, billing
from acrlab.domain.billing import GIB
from acrlab.domain.tiers import Profile
from acrlab.ui.markup import Markup, tag

_LEFT, _WIDE, _TOP, _HIGH, _SIDE = 56, 520, 30, 300, 210  # of the drawing, in pixels
_APART = 17  # pixels between two labels at the ends of lines
_TICKS = 6  # of an axis, at most
_INK, _SOFT = "var(--jp-ui-font-color1,#1b2733)", "var(--jp-ui-font-color2,#51606f)"
_GRID, _ACCENT = "var(--jp-border-color2,#d3dce6)", "var(--jp-brand-color1,#0f62b0)"
_LOOKS = ("stroke-dasharray:3 4", "stroke-dasharray:9 5", "")  # Basic, Standard, Premium
_FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif)"
_REPLICAS = "What the copies in further regions store has no known price and is left out."


class Line(msgspec.Struct, frozen=True):
    """A tier in a number of regions: what a month costs at each amount. Units: bytes, USD."""

    tier: str
    regions: int
    points: tuple[tuple[int, float], ...]

    @property
    def name(self) -> str:
        """How it is called."""
        return self.tier if self.regions == 1 else f"{self.tier}, {self.regions} regions"


class Turn(msgspec.Struct, frozen=True):
    """From here on another tier is the cheapest in one region. Units: bytes, USD."""

    at: float
    price: float
    tier: str


class CostPlot:
    """Lines up to an amount of storage. Prices change their slope where a tier's storage is no longer included."""

    def __init__(self, facts: Profile, most: int, regions: Sequence[int]) -> None:
        self.facts, self.most = facts, most
        included = (tier.limit("included_storage") for tier in facts.tiers.values())
        self._stops = sorted({0, most, *(each for each in included if each < most)})
        self.lines = tuple(
            Line(tier, count, tuple((stop, billing.monthly(facts, tier, stop, count)) for stop in self._stops))
            for count in regions for tier in facts.tiers
            if count == 1 or facts.tiers[tier].includes("geo_replication")
        )  # fmt: skip
        self.turns = tuple(self._turns())

    def _turns(self) -> Iterator[Turn]:
        """Where lines of one region cross at the bottom."""
        single = [each for each in self.lines if each.regions == 1]
        best = min(single, key=lambda each: each.points[0][1], default=None)
        for at in range(len(self._stops) - 1 if best is not None else 0):
            while best is not None and (found := _crossing(best, single, at)) is not None:
                turn, best = found
                yield turn

    def table(self) -> Table:
        """Line by line, where its slope changes; and where another tier becomes the cheapest."""
        heads = ("USD a month", *(amounts.shown(stop) if stop else "empty" for stop in self._stops))
        rows = tuple((each.name, *(f"{price:.2f}" for _, price in each.points)) for each in self.lines)
        turns = [f"From {turn.at / GIB:.0f} GiB on {turn.tier} is the cheapest in one region." for turn in self.turns]
        more = [_REPLICAS] if any(each.regions > 1 for each in self.lines) else []
        title = f"What a month costs, by the facts of {self.facts.name}"
        return Table(heads, rows, title, " ".join([*turns, *more, WORTH]))

    def html(self) -> Markup:
        """The drawing above the table."""
        label = "plot of the cost"
        drawing = tag("div", self._drawing(), style="overflow-x:auto", tabindex=0, role="group", aria_label=label)
        return tag("div", drawing, Markup(self.table().html()), class_="mathjax_ignore tex2jax_ignore")

    def _drawing(self) -> Markup:
        wide, high = _LEFT + _WIDE + _SIDE, _TOP + _HIGH + 48
        top = max((price for each in self.lines for _, price in each.points), default=1.0) * 1.05
        told = f"{len(self.lines)} lines, up to {amounts.shown(self.most)}"
        return tag(
            "svg", tag("title", "Cost of a month against storage"),
            tag("desc", f"{told}. The table below says the same."),
            *self._axes(top), *(part for each in self.lines for part in self._line(each, top)),
            *self._names(top), *(part for each in self.turns for part in self._turn(each, top)),
            width=wide, height=high, viewBox=f"0 0 {wide} {high}", role="img", style=_FONT,
            aria_label=f"Cost of a month against storage: {told}",
        )  # fmt: skip

    def _place(self, stored: float, price: float, top: float) -> tuple[float, float]:
        return round(_LEFT + _WIDE * stored / self.most, 1), round(_TOP + _HIGH * (1 - price / top), 1)

    def _axes(self, top: float) -> Iterator[Markup]:
        small = f"fill:{_SOFT};font-size:12px"
        for price in _ticks(top):
            _, y = self._place(0, price, top)
            yield tag("line", x1=_LEFT, y1=str(y), x2=_LEFT + _WIDE, y2=str(y), style=f"stroke:{_GRID}")
            yield tag("text", f"{price:g}", x=_LEFT - 8, y=str(y + 4), text_anchor="end", style=small)
        for stored in _ticks(self.most / GIB):
            x, _ = self._place(stored * GIB, 0, top)
            yield tag("text", f"{stored:g}", x=str(x), y=_TOP + _HIGH + 18, text_anchor="middle", style=small)
        middle = _LEFT + _WIDE // 2
        yield tag("text", "stored, GiB", x=middle, y=_TOP + _HIGH + 38, text_anchor="middle", style=small)
        yield tag("text", "USD a month", x=0, y=_TOP - 14, style=small)

    def _line(self, line: Line, top: float) -> Iterator[Markup]:
        places = [self._place(stored, price, top) for stored, price in line.points]
        path = " ".join(f"{'L' if at else 'M'}{x} {y}" for at, (x, y) in enumerate(places))
        look = _LOOKS[list(self.facts.tiers).index(line.tier) % len(_LOOKS)]
        colour = _ACCENT if line.regions == 1 else _SOFT
        style = f"stroke:{colour};stroke-width:2.25;{look}"
        yield tag("path", tag("title", line.name), d=path, fill="none", style=style)

    def _names(self, top: float) -> Iterator[Markup]:
        """Each line's name at its end, as near as the others let it."""
        below = float("inf")
        for line in sorted(self.lines, key=lambda each: each.points[-1][1]):
            x, y = self._place(*line.points[-1], top)
            at = min(y, below - _APART)
            below = at
            look = f"fill:{_INK};font-size:13px;font-weight:{600 if line.regions == 1 else 400}"
            said = f"{line.name} {line.points[-1][1]:.2f}"
            yield tag("line", x1=str(x), y1=str(y), x2=str(x + 12), y2=str(at), style=f"stroke:{_GRID}")
            yield tag("text", said, x=str(x + 16), y=str(at + 4), style=look)

    def _turn(self, turn: Turn, top: float) -> Iterator[Markup]:
        x, y = self._place(turn.at, turn.price, top)
        told = f"from {turn.at / GIB:.0f} GiB on: {turn.tier}"
        end = "end" if x > _LEFT + _WIDE / 2 else "start"
        yield tag("circle", cx=str(x), cy=str(y), r=5, style=f"fill:{_ACCENT}")
        yield tag("text", told, x=str(x), y=str(y + 22), text_anchor=end, style=f"fill:{_INK};font-size:12.5px")

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": str(self.html())}


def _ticks(most: float) -> list[float]:
    """Round numbers from 0 up."""
    steps = (digit * 10.0**power for power in range(-3, 9) for digit in (1, 2, 5))
    step = next(each for each in steps if most / each <= _TICKS)
    return [step * at for at in range(int(most / step) + 1)]


def _crossing(best: Line, others: Sequence[Line], at: int) -> tuple[Turn, Line] | None:
    """The first line that falls below the cheapest within one stretch."""
    found = ((_meeting(best, each, at), each) for each in others if each is not best)
    meetings = [(*meeting, each) for meeting, each in found if meeting is not None]
    if not meetings:
        return None
    stored, price, line = min(meetings, key=lambda each: each[0])
    return Turn(stored, price, line.tier), line


def _meeting(best: Line, other: Line, at: int) -> tuple[float, float] | None:
    """Where the other line comes from above and goes below."""
    (start, own), (end, later) = list(pairwise(best.points))[at]
    above, below = other.points[at][1] - own, other.points[at + 1][1] - later
    if above < 0 or below >= 0:
        return None
    share = above / (above - below)
    return start + share * (end - start), own + share * (later - own)
