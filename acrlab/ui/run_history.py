"""The runs of a registry with how long each waited and worked: bars, and the figures beside them."""

from datetime import datetime
from typing import Any

import msgspec

from acrlab.client.display import Listing, word
from acrlab.client.tasks import Run
from acrlab.ui.markup import Markup, tag

_BAR = "display:flex;background:var(--jp-layout-color3,#d3dce6);border-radius:4px;height:10px;width:220px"
_WAITED = "background:var(--jp-ui-font-color2,#51606f);height:10px"
_WORKED = "background:var(--jp-brand-color1,#0f62b0);height:10px"
_LEFT = "text-align:left"
_HEADS = ("run", "task", "status", "waited", "took", "waited (grey), took (blue)")


class Span(msgspec.Struct, frozen=True):
    """A run, and how long it waited and worked; None while that is not over. Units: seconds."""

    run: str
    task: str
    status: str
    waited: float | None
    took: float | None


class History:
    """Runs, newest first. In text it has no times, so that it is the same for the same runs."""

    def __init__(self, runs: Listing[Run]) -> None:
        self.runs, self.spans = runs, tuple(map(_span, runs))

    def html(self) -> Markup:
        """A table; every bar is drawn to the scale of the longest."""
        if not self.spans:
            return tag("p", "No runs yet.")
        longest = max((each.waited or 0.0) + (each.took or 0.0) for each in self.spans) or 1.0
        heads = tag("tr", *(tag("th", each, scope="col", style=_LEFT) for each in _HEADS))
        caption = tag("caption", f"{len(self.spans)} runs, newest first", style=f"caption-side:top;{_LEFT}")
        rows = (_row(each, longest) for each in self.spans)
        return tag("table", caption, tag("thead", heads), tag("tbody", *rows))

    def __repr__(self) -> str:
        return repr(self.runs)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": str(self.html())}


def _row(span: Span, longest: float) -> Markup:
    parts = ((span.waited or 0.0, _WAITED), (span.took or 0.0, _WORKED))
    bar = tag("div", *(tag("div", style=f"{look};width:{long / longest:.1%}") for long, look in parts), style=_BAR)
    cells = (span.task or "none", span.status, _seconds(span.waited), _seconds(span.took))
    return tag(
        "tr", tag("th", span.run, scope="row", style=_LEFT), *(tag("td", each, style=_LEFT) for each in cells),
        tag("td", bar, aria_label=f"{_seconds(span.waited)} waited, {_seconds(span.took)} taken"),
    )  # fmt: skip


def _seconds(long: float | None) -> str:
    return "not over" if long is None else f"{long:.1f} s"


def _span(run: Run) -> Span:
    told = run.resource.properties
    return Span(
        run.id, str(told.task or ""), word(told.status), _between(told.create_time, told.start_time),
        _between(told.start_time, told.finish_time),
    )  # fmt: skip


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())
