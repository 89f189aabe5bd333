"""What became of the triggers of tasks, on the lab's clock: a drawing, and the same as a table with the reasons."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from acrlab.client.cloud import Cloud
from acrlab.client.display import Table
from acrlab.client.wording import moment
from acrlab.ui.markup import Markup, tag

_LEFT, _WIDE, _LANE, _STEP, _TOP = 210, 520, 30, 20, 12  # of the drawing, in pixels
_NEAR = 18  # pixels; marks that are nearer to each other stand one below the other
_LONG = 30  # characters of a lane's name that fit
_INK, _LINE = "var(--jp-ui-font-color1,#1b2733)", "var(--jp-ui-font-color2,#51606f)"
_PAPER, _GRID = "var(--jp-layout-color1,#fff)", "var(--jp-border-color2,#d3dce6)"
_GOOD = "var(--jp-success-color1,#0b6a3b)"
_FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif)"


class Occasion(msgspec.Struct, frozen=True):
    """A trigger was looked at: the run that came of it, or none, and why. Units: epoch seconds on the lab's clock."""

    at: float
    task: str
    kind: str
    run: str
    because: tuple[str, ...]

    @property
    def lane(self) -> str:
        """What it is drawn beside."""
        return f"{self.task}: {self.kind}"

    @property
    def outcome(self) -> str:
        """In a word or two."""
        return f"✓ run {self.run}" if self.run else "✗ no run"


class Mark(msgspec.Struct, frozen=True):
    """Where an occasion is drawn, by its number in the table."""

    number: int
    occasion: Occasion
    x: int
    y: int


class Timeline:
    """Occasions, oldest first. In text it is the emulator's own table, which has no times."""

    def __init__(self, occasions: tuple[Occasion, ...], plain: Table) -> None:
        self.occasions, self.plain = occasions, plain

    def table(self) -> Table:
        """Every occasion with its time and its reasons."""
        rows = tuple(
            (str(number), moment(each.at), each.task, each.kind, each.outcome, "; ".join(each.because))
            for number, each in enumerate(self.occasions, 1)
        )
        return Table(("number", "when", "task", "trigger", "outcome", "because"), rows, "triggers")

    def html(self) -> Markup:
        """The drawing above the table."""
        if not self.occasions:
            return tag("p", "No trigger was looked at yet.")
        drawing = tag(
            "div", self._drawing(), style="overflow-x:auto", tabindex=0, role="group", aria_label="timeline of triggers"
        )
        return tag("div", drawing, Markup(self.table().html()), class_="mathjax_ignore tex2jax_ignore")

    def _drawing(self) -> Markup:
        marks, lanes, high = _placed(self.occasions)
        wide, fired = _LEFT + _WIDE + 2 * _STEP, sum(bool(each.run) for each in self.occasions)
        told = f"{len(self.occasions)} occasions, {fired} led to a run, {len(self.occasions) - fired} did not"
        return tag(
            "svg", tag("title", "Triggers over time"), tag("desc", f"{told}. The table below has the reasons."),
            *(part for name, y in lanes.items() for part in _lane(name, y)),
            *(_mark(each) for each in marks), *_axis(self.occasions, high),
            width=wide, height=high + 30, viewBox=f"0 0 {wide} {high + 30}", role="img", style=_FONT,
            aria_label=f"Triggers over time: {told}",
        )  # fmt: skip

    def __repr__(self) -> str:
        return self.plain.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": str(self.html())}


def _placed(occasions: Sequence[Occasion]) -> tuple[list[Mark], dict[str, int], int]:
    """Marks, lanes by name with where they begin, and how high all of it is."""
    first, last = occasions[0].at, occasions[-1].at
    marks: list[Mark] = []
    lanes: dict[str, int] = {}
    high = _TOP
    for lane in sorted({each.lane for each in occasions}):
        lanes[lane], before, level, levels = high, -_NEAR, 0, 0
        for number, each in enumerate(occasions, 1):
            if each.lane != lane:
                continue
            x = _LEFT + round(_WIDE * (each.at - first) / ((last - first) or 1.0))
            level = level + 1 if x - before < _NEAR else 0
            before, levels = x, max(levels, level)
            marks.append(Mark(number, each, x, high + _STEP * level))
        high += levels * _STEP + _LANE
    return marks, lanes, high


def _lane(name: str, y: int) -> Iterator[Markup]:
    short = name if len(name) <= _LONG else name[: _LONG - 1] + "…"
    yield tag("line", x1=_LEFT - 10, y1=y, x2=_LEFT + _WIDE + 10, y2=y, style=f"stroke:{_GRID}")
    yield tag("text", short, x=0, y=y + 4, style=f"fill:{_INK};font-size:13px")


def _mark(mark: Mark) -> Markup:
    """Filled where a run came of it, hollow where none did."""
    fill, edge, ink = (_GOOD, _GOOD, _PAPER) if mark.occasion.run else (_PAPER, _LINE, _INK)
    told = f"{mark.number}: {moment(mark.occasion.at)}, {mark.occasion.lane}, {mark.occasion.outcome}"
    dashes = "" if mark.occasion.run else ";stroke-dasharray:3 2"
    return tag(
        "g", tag("title", told),
        tag("circle", cx=mark.x, cy=mark.y, r=9, style=f"fill:{fill};stroke:{edge};stroke-width:1.5{dashes}"),
        tag("text", str(mark.number), x=mark.x, y=mark.y + 4, text_anchor="middle", style=f"fill:{ink};font-size:11px"),
    )  # fmt: skip


def _axis(occasions: Sequence[Occasion], y: int) -> Iterator[Markup]:
    style = f"fill:{_LINE};font-size:12px"
    yield tag("line", x1=_LEFT, y1=y - 8, x2=_LEFT + _WIDE, y2=y - 8, style=f"stroke:{_LINE}")
    yield tag("text", moment(occasions[0].at), x=_LEFT, y=y + 10, style=style)
    if occasions[-1].at > occasions[0].at:
        yield tag("text", moment(occasions[-1].at), x=_LEFT + _WIDE, y=y + 10, text_anchor="end", style=style)


def timeline(cloud: Cloud, task: str = "") -> Timeline:
    """Of all tasks of the emulator, or of one. Raises: EmulatorOnly."""
    found = cloud.emulator.judgements(task)
    occasions = tuple(
        Occasion(each["at"], _last(each["task"]), each["kind"], _last(each.get("run", "")), tuple(each["because"]))
        for each in found
    )
    return Timeline(occasions, cloud.emulator.triggers(task))


def _last(id: str) -> str:
    return id.rpartition("/")[2]
