"""A task as a graph of its steps: a drawing, the same as a table, and beside them the log of a run as it comes."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from acrlab.client.display import Table
from acrlab.client.log import Log
from acrlab.client.tasks import OVER, Run
from acrlab.ui import stepping
from acrlab.ui.markup import Markup, tag
from acrlab.ui.stepping import DONE, ENDED, FAILED, IGNORED, RUNNING, SKIPPED, WAITING, Stage

MOST = 500  # lines of a log that are shown; the last ones
_WIDE, _HIGH, _GAP, _DROP, _EDGE, _ASIDE = 168, 50, 24, 34, 8, 12  # of the drawing, in pixels
_LONG = 20  # characters of a name that fit
_INK, _PAPER = "var(--jp-ui-font-color1,#1b2733)", "var(--jp-layout-color1,#fff)"
_LINE, _ACCENT = "var(--jp-ui-font-color2,#51606f)", "var(--jp-brand-color1,#0f62b0)"
_GOOD, _BAD = "var(--jp-success-color1,#0b6a3b)", "var(--jp-error-color1,#b3261e)"
_HALF = "var(--jp-warn-color1,#8a5300)"
_LOOKS = {  # a sign and a colour; the word is said in any case
    WAITING: ("○", _LINE), RUNNING: ("▶", _ACCENT), DONE: ("✓", _GOOD), FAILED: ("✗", _BAD),
    IGNORED: ("!", _HALF), ENDED: ("■", _BAD), SKIPPED: ("–", _LINE),
}  # fmt: skip
_FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif)"
_SIDES = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start"
_GRAPH = "overflow:auto;max-width:100%;max-height:44em;flex:0 1 auto"
_NO_FORMULAS = "mathjax_ignore tex2jax_ignore"  # $Registry and $ID are none
_LOG = "flex:1 1 340px;min-width:0"


class TaskGraph:
    """Steps and what became of them; in text it has no times, so that it is the same for the same outcome."""

    def __init__(self, steps: tuple[Stage, ...], title: str = "task", log: Log | None = None) -> None:
        self.steps, self.title, self.log = steps, title, log

    def table(self) -> Table:
        """The steps in the order of the file."""
        rows = tuple(
            (each.name, each.does, ", ".join(each.waits) or "nothing", f"{_LOOKS[each.state][0]} {each.state}")
            for each in self.steps
        )
        return Table(("step", "does", "waits for", "state"), rows, self.title)

    def html(self) -> Markup:
        """Graph and log side by side where there is room; the table below."""
        graph = tag("div", self._drawing(), style=_GRAPH, tabindex=0, role="group", aria_label=f"graph of {self.title}")
        log = None if self.log is None else tag("div", *self._logged(self.log), style=_LOG)
        twin = tag("details", tag("summary", "The steps as a table"), Markup(self.table().html()))
        return tag("div", tag("div", graph, log, style=_SIDES), twin, class_=_NO_FORMULAS)

    def _logged(self, log: Log) -> Iterator[Markup]:
        lines = log.text.splitlines()
        if len(lines) > MOST:
            yield tag("p", f"{len(lines) - MOST} lines before these are left out: run.log has them all.")
        yield Markup(Log("\n".join(lines[-MOST:])).html(growing=True))

    def _drawing(self) -> Markup:
        places = _places(self.steps)
        wide = max((x for x, _ in places.values()), default=0) + _WIDE + _ASIDE + _EDGE
        high = max((y for _, y in places.values()), default=0) + _HIGH + _EDGE
        told = "; ".join(f"{each.name} {each.state}" for each in self.steps)
        return tag(
            "svg",
            tag("title", f"Steps of {self.title}"), tag("desc", f"{told}. The table below says the same."),
            *(_edge(each, places) for each in _edges(self.steps)),
            *(_box(each, *places[each.name]) for each in self.steps),
            width=wide, height=high, viewBox=f"0 0 {wide} {high}", role="img",
            aria_label=f"Steps of {self.title}: {told}", style=_FONT,
        )  # fmt: skip

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": str(self.html())}


def _places(steps: tuple[Stage, ...]) -> dict[str, tuple[int, int]]:
    """Where each step stands: what may run at the same time side by side, what waits below."""
    rows: dict[int, list[str]] = {}
    for each in steps:
        rows.setdefault(each.depth, []).append(each.name)
    widest = max(map(len, rows.values()), default=0)
    return {
        name: (_EDGE + (widest - len(row)) * (_WIDE + _GAP) // 2 + at * (_WIDE + _GAP), _EDGE + depth * (_HIGH + _DROP))
        for depth, row in rows.items()
        for at, name in enumerate(row)
    }


def _edges(steps: tuple[Stage, ...]) -> Iterator[tuple[str, str]]:
    return ((before, each.name) for each in steps for before in each.waits)


def _edge(ends: tuple[str, str], places: dict[str, tuple[int, int]]) -> Markup:
    """A line from a step to one that waits for it; past the boxes between them where there are any."""
    (x, y), (to, end) = (places[each] for each in ends)
    x, y, to = x + _WIDE // 2, y + _HIGH, to + _WIDE // 2
    between = [left + _WIDE for left, top in places.values() if y < top < end]
    points = [(x, y), (to, end - 5)]
    if between:
        side = max(between) + _ASIDE
        points[1:1] = [(side, y + _DROP), (side, end - _DROP)]
    curve = f"M{x} {y}" + "".join(_bend(*pair) for pair in pairwise(points))
    tip = f"M{to - 4} {end - 7} L{to} {end} L{to + 4} {end - 7} Z"
    return tag(
        "g", tag("path", d=curve, fill="none", style=f"stroke:{_LINE};stroke-width:1.5"),
        tag("path", d=tip, style=f"fill:{_LINE}"),
    )  # fmt: skip


def _bend(start: tuple[int, int], end: tuple[int, int]) -> str:
    half = (start[1] + end[1]) // 2
    return f" C{start[0]} {half} {end[0]} {half} {end[0]} {end[1]}"


def _box(step: Stage, x: int, y: int) -> Markup:
    sign, colour = _LOOKS[step.state]
    name = step.name if len(step.name) <= _LONG else step.name[: _LONG - 1] + "…"
    dashes = ";stroke-dasharray:5 4" if step.state in (WAITING, SKIPPED) else ""
    frame = f"fill:{_PAPER};stroke:{colour};stroke-width:2{dashes}"
    return tag(
        "g", tag("title", f"{step.name}: {step.does}"),
        tag("rect", x=x, y=y, width=_WIDE, height=_HIGH, rx=8, style=frame),
        tag("rect", x=x, y=y + 8, width=5, height=_HIGH - 16, rx=2, style=f"fill:{colour}"),
        tag("text", name, x=x + 14, y=y + 21, style=f"fill:{_INK};font-size:14px;font-weight:600"),
        tag("text", f"{sign} {step.state}", x=x + 14, y=y + 39, style=f"fill:{_INK};font-size:12.5px"),
    )  # fmt: skip


def drawn(text: str, run: Run | None = None) -> TaskGraph:
    """A task file, and what a run made of it. Raises: YamlInvalid, TaskInvalid."""
    steps = stepping.stages(text)
    if run is None:
        return TaskGraph(steps)
    return TaskGraph(stepping.reached(steps, run.log.text, run.status in OVER), f"run {run.id}")


def followed(run: Run, text: str) -> Iterator[tuple[Run, TaskGraph]]:
    """A run with its graph and log, whenever there is something new, until it is over."""
    steps, shown = stepping.stages(text), ""
    for found in run.looks():
        over = found.status in OVER
        if over or found.log.text != shown:
            shown = found.log.text
            title = f"run {found.id}, {found.status}"
            yield found, TaskGraph(stepping.reached(steps, shown, over), title, found.log)
