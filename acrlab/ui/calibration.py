"""Confidence held against what came of it: a drawing, and the same as a table."""

from acrlab.trainer.practice import CONFIDENCES, Bin, Calibration
from acrlab.ui.markup import Markup, joined, tag

_SIZE, _LEFT, _BOTTOM = 200, 44, 28  # of the drawing, in its own units
_WORDS = {value: word for word, value in CONFIDENCES.items()}


def drawn(found: Calibration) -> Markup | None:
    """Nothing for a learner who has answered nothing."""
    if not found.answers:
        return None
    return tag(
        "div",
        tag("h4", "Do you know what you know?"),
        tag("div", _picture(found), _table(found), class_="calibration"),
        tag("p", f"Answers so far: {found.answers}. Brier score {found.brier:.2f}: 0 is perfect; always saying 50 % "
            "earns 0.25.", class_="note"),
    )  # fmt: skip


def _picture(found: Calibration) -> Markup:
    """How often you were right over how sure you were; on the diagonal, both are the same."""
    width, height = _LEFT + _SIZE + 12, _SIZE + _BOTTOM + 12
    return tag(
        "svg",
        tag("title", "How often you were right, over how sure you were"),
        *_axes(),
        tag("line", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1), class_="even"),
        *(mark for each in found.bins for mark in _bin(each)),
        viewBox=f"0 0 {width} {height}", role="img", aria_label="Calibration; the table beside it says the same",
    )  # fmt: skip


def _axes() -> list[Markup]:
    marks = []
    for share in (0.0, 0.5, 1.0):
        marks += [
            tag("line", x1=_x(share), y1=_y(0), x2=_x(share), y2=_y(1), class_="grid"),
            tag("line", x1=_x(0), y1=_y(share), x2=_x(1), y2=_y(share), class_="grid"),
            tag("text", f"{share:.0%}", x=_x(share), y=_y(0) + 16, text_anchor="middle"),
            tag("text", f"{share:.0%}", x=_x(0) - 8, y=_y(share) + 4, text_anchor="end"),
        ]
    return marks


def _bin(found: Bin) -> list[Markup]:
    x = _x(found.confidence)
    return [
        tag("line", x1=x, y1=_y(found.low), x2=x, y2=_y(found.high), class_="reach"),
        tag("circle", cx=x, cy=_y(found.right), r=5, class_="dot"),
    ]


def _x(share: float) -> int:
    return round(_LEFT + share * _SIZE)


def _y(share: float) -> int:
    return round(8 + (1 - share) * _SIZE)


def _table(found: Calibration) -> Markup:
    rows = [
        tag("tr", tag("th", f"{_WORDS.get(each.confidence, '')} ({each.confidence:.0%})", scope="row"),
            tag("td", f"{each.right:.0%} of {each.answers}"), tag("td", f"{each.low:.0%} to {each.high:.0%}"))
        for each in found.bins
    ]  # fmt: skip
    head = tag("tr", *(tag("th", each, scope="col") for each in ("you said", "right", "likely between")))
    return joined(tag("table", tag("thead", head), tag("tbody", *rows)))
