"""How far a learner is: labs, practice, exams, what comes next. No widget, so that a saved notebook shows it too."""

import time
from typing import Any

import msgspec

from acrlab import course
from acrlab.client.display import Table
from acrlab.course import diary, folder
from acrlab.trainer import bank as banks
from acrlab.trainer import desk
from acrlab.trainer import ledger as ledgers
from acrlab.trainer.practice import Practice
from acrlab.ui.markup import Markup, tag

PLACE = "../labs"  # of a lab, as the start page sees it
_BAR = "background:var(--jp-layout-color3,#d3dce6);border-radius:4px;height:8px;margin-top:6px;overflow:hidden"
_DONE = "background:var(--jp-brand-color1,#0f62b0);height:8px"
_CARD = (
    "border:1px solid var(--jp-border-color1,#c5ced8);border-radius:10px;flex:1 1 180px;max-width:280px;"
    "padding:12px 16px"
)
_BIG = "font-size:22px;font-weight:650;line-height:1.4"
_SOFT = "color:var(--jp-ui-font-color1,#51606f);font-size:13px"
_ROW = "display:flex;flex-wrap:wrap;gap:12px;margin:4px 0 12px"
_NEXT = "border-left:4px solid var(--jp-brand-color1,#0f62b0);margin:0 0 12px;padding:4px 0 4px 14px"


class Card(msgspec.Struct, frozen=True):
    """One of the things to be good at: in a few words, in some more, and how much of it is done, from 0 to 1."""

    title: str
    big: str
    small: str
    share: float = 0.0


class Step(msgspec.Struct, frozen=True):
    """What to do next. `path` leads there from the start page; empty where a cell does it."""

    say: str
    path: str = ""


class Standing:
    """Where a learner stands; shows itself as cards, and as a table in text."""

    def __init__(self, cards: tuple[Card, ...], following: Step, labs: diary.Progress) -> None:
        self.cards, self.next, self.labs = cards, following, labs

    def text(self) -> str:
        """In columns."""
        rows = tuple((each.title, each.big, each.small) for each in self.cards)
        return Table(("", "", ""), rows, "where you stand", f"next: {self.next.say}").text()

    def html(self) -> Markup:
        """Cards, the next step, and the labs."""
        step: Markup | str = self.next.say
        if self.next.path:
            step = tag("a", self.next.say, href=self.next.path)
        return tag(
            "div", tag("div", *map(_card, self.cards), style=_ROW),
            tag("p", tag("b", "Next: "), step, style=_NEXT),
            tag("details", tag("summary", "All labs"), Markup(self.labs.table().html())),
        )  # fmt: skip

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": str(self.html())}


def _card(card: Card) -> Markup:
    done = tag("div", tag("div", style=f"{_DONE};width:{card.share:.0%}"), style=_BAR, aria_hidden="true")
    return tag(
        "div", tag("div", card.title, style=_SOFT), tag("div", card.big, style=_BIG),
        tag("div", card.small, style=_SOFT), done, style=_CARD,
    )  # fmt: skip


def standing(now: float | None = None) -> Standing:
    """Of the learner of this machine. Units: epoch seconds."""
    moment = time.time() if now is None else now
    labs, practice = course.progress(), Practice(banks.standard(), ledgers.Ledger())
    due = [each for each in practice.schedule.cards if practice.schedule.due(each) <= moment]
    return Standing((_labs(labs), _practice(practice, len(due)), _exam(practice.ledger)), _next(labs, len(due)), labs)


def _labs(labs: diary.Progress) -> Card:
    known = [each for each in labs.standings.values() if each.lab in labs.labs]
    done = [each for each in known if each.complete]
    points = sum(each.points for each in known)
    small = f"{points:g} points so far" if points else "not begun"
    return Card("labs", f"{len(done)} of {len(known)} done", small, len(done) / len(known) if known else 0.0)


def _practice(practice: Practice, due: int) -> Card:
    cards, whole = len(practice.schedule.cards), len(practice.bank)
    if not cards:
        return Card("practice", "nothing yet", f"{whole} questions wait for you")
    return Card("practice", f"{due} due now" if due else "nothing due", f"{cards} of {whole} met", cards / whole)


def _exam(ledger: ledgers.Ledger) -> Card:
    if desk.Desk(banks.standard()).path.exists():
        return Card("exam", "one is open", "its clock runs")
    sat = [each.what for each in ledger.of("exam")]
    if not sat:
        return Card("exam", "none yet", "the pass mark is 700 of 1000")
    best = max(int(each["score"]) for each in sat)
    small = f"the best of {len(sat)}" if len(sat) > 1 else str(sat[0]["pack"]).upper()
    return Card("exam", f"{best} of 1000", small, best / 1000)


def _next(labs: diary.Progress, due: int) -> Step:
    """What is begun comes before what is due, and that before what is new."""
    opened = [each for each in labs.standings.values() if each.lab in labs.labs and not each.complete]
    begun = [each for each in opened if each.tries]
    if begun:
        return _lab("go on with", begun[0].lab)
    if due:
        return Step(f"practise: {due} of your questions are due. ui.quiz() in a cell, or `acrlab quiz` in a terminal")
    if opened:
        return _lab("begin", opened[0].lab)
    return Step("sit an exam: ui.exam() in a cell, or `acrlab exam` in a terminal")


def _lab(word: str, name: str) -> Step:
    about = folder.find(name).description
    return Step(f"{word} lab {name}: {about.title} (about {about.minutes} minutes)", f"{PLACE}/{name}/{folder.LEARNER}")
