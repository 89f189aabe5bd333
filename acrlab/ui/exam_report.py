"""What an exam came to: the score with its interval, objective by objective, item by item."""

from acrlab.trainer import exam as exams
from acrlab.trainer.bank import Bank
from acrlab.trainer.instance import Instance
from acrlab.trainer.score import PASS, TOP, ItemReport, Line, Report
from acrlab.ui import reasons
from acrlab.ui.markup import Markup, joined, tag


def drawn(found: Report, sitting: exams.Sitting, bank: Bank) -> Markup:
    """The whole report."""
    instances = {key: instance for key, _, instance in exams.instances(sitting, bank)}
    word, state = ("Passed", "right") if found.passed else ("Not passed", "wrong")
    items = [
        _item(number, each, instances[each.key], sitting.answers.get(each.key, {}))
        for number, each in enumerate(found.items, 1)
    ]
    return joined(
        tag("p", tag("b", found.title), tag("span", _spent(found)), class_="head"),
        tag("h3", f"{word}: {found.score}", tabindex=-1, class_=f"verdict {state}"),
        tag("p", found.verdict(), class_="lead"),
        _scale(found),
        tag("h4", "By objective"),
        _objectives(found),
        tag("h4", "Item by item"),
        *items,
        tag("p", found.banner, class_="note"),
    )


def _item(number: int, item: ItemReport, instance: Instance, given: reasons.Given) -> Markup:
    return tag(
        "details", tag("summary", _title(number, item)), tag("div", tag("p", instance.ask), class_="ask"),
        reasons.graded(instance, given, item.grade),
        reasons.why(item.grade.show) if not item.grade.right else None, class_="item",
    )  # fmt: skip


def _spent(found: Report) -> str:
    minutes = found.seconds / 60
    spent = f"{minutes:.0f} min" if minutes >= 1 else "less than a minute"
    return f"{'the time ran out after' if found.reason == 'time' else 'handed in after'} {spent}"


def _title(number: int, item: ItemReport) -> Markup:
    stale = "" if item.scored else "; not scored, its review is overdue"
    sign, state = ("✓", "right") if item.grade.right else ("◐", "partly") if item.points else ("✗", "wrong")
    text = f" {number}. {item.title}: {item.points} of {item.possible}{stale}"
    return joined(tag("span", sign, class_=f"sign {state}"), text)


def _scale(found: Report) -> Markup:
    """The score on its scale: the mark to pass, the score, and how far it could have been from it."""
    reach = f"left:{_percent(found.low)}%;width:{max(1, _percent(found.high) - _percent(found.low))}%"
    return tag(
        "div",
        tag("span", class_="reach", style=reach),
        tag("span", class_="pass", style=f"left:{_percent(PASS)}%"),
        tag("span", class_="dot", style=f"left:{_percent(found.score)}%"),
        tag("span", "1", class_="end"), tag("span", f"pass {PASS}", class_="mark-at", style=f"left:{_percent(PASS)}%"),
        tag("span", str(TOP), class_="end last"),
        class_="scale", role="img",
        aria_label=f"Score {found.score} of {TOP}, likely between {found.low} and {found.high}; pass at {PASS}",
    )  # fmt: skip


def _percent(score: int) -> int:
    return round(100 * (score - 1) / (TOP - 1))


def _objectives(found: Report) -> Markup:
    rows = [_objective(each) for each in found.lines if each.possible]
    missing = [each.objective for each in found.lines if not each.possible]
    head = tag("tr", *(tag("th", each, scope="col") for each in ("objective", "points", "share", "likely")))
    return joined(
        tag("table", tag("thead", head), tag("tbody", *rows), class_="objectives"),
        tag("p", f"Not asked this time: {'; '.join(missing)}.", class_="note") if missing else None,
    )


def _objective(line: Line) -> Markup:
    share = 100 * line.points / line.possible
    low, high = round(100 * line.low), round(100 * line.high)
    bar = tag(
        "span", tag("span", class_="reach", style=f"left:{low}%;width:{max(1, high - low)}%"),
        tag("span", class_="dot", style=f"left:{share:.0f}%"), class_="share", aria_hidden="true",
    )  # fmt: skip
    return tag(
        "tr", tag("th", line.objective, scope="row"), tag("td", f"{line.points} of {line.possible}"), tag("td", bar),
        tag("td", f"{low}% to {high}%"),
    )  # fmt: skip
