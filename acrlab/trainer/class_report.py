"""A class on one page: who stands where, what all are stuck at, which questions are no good. No server, no script."""

import html
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from acrlab.trainer import objectives
from acrlab.trainer.bank import Bank, standard
from acrlab.trainer.practice import ANSWERED, interval
from acrlab.trainer.results import Bundle, Tampered, opened

ENOUGH = 10  # learners below which a discrimination says nothing
_STUCK = 0.5
_SHADES = ((0.85, "good"), (0.6, "fair"), (0.0, "poor"))


class First(msgspec.Struct, frozen=True):
    """A learner's first answer to a question; later ones are practice, and say little about it."""

    learner: str
    question: str
    score: float
    objectives: tuple[str, ...]


class ItemAnalysis(msgspec.Struct, frozen=True):
    """One question over a class. `discrimination` is the correlation with the rest; None when too few answered."""

    question: str
    answers: int
    difficulty: float
    low: float
    high: float
    discrimination: float | None


class Folder(msgspec.Struct, frozen=True):
    """The bundles of a folder, and what is wrong with the files that are none."""

    bundles: tuple[Bundle, ...]
    wrong: tuple[str, ...]


def read(folder: Path) -> Folder:
    """Open every bundle of a folder; a bad one is named, and stops nothing."""
    bundles: list[Bundle] = []
    wrong: list[str] = []
    owners: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            bundle = opened(path.read_bytes())
        except (Tampered, OSError) as error:
            wrong.append(f"{path.name} {error}")
            continue
        owner = owners.setdefault(bundle.key, bundle.learner)
        if owner != bundle.learner:
            wrong.append(f"{path.name} is signed with the key of {owner}: one key, two names")
        elif any(each.learner == bundle.learner for each in bundles):
            wrong.append(f"{path.name} is a second bundle of {bundle.learner}; the first in order of names counts")
        else:
            bundles.append(bundle)
    return Folder(tuple(bundles), tuple(wrong))


def firsts(bundles: Iterable[Bundle]) -> list[First]:
    """Every learner's first answer to every question, in practice and in exams."""
    found: dict[tuple[str, str], First] = {}
    for bundle in bundles:
        for each in _answers(bundle):
            found.setdefault((each.learner, each.question), each)
    return list(found.values())


def _answers(bundle: Bundle) -> Iterator[First]:
    for entry in bundle.entries:
        what = entry.what
        if entry.kind == ANSWERED:
            yield First(bundle.learner, what["question"], what["score"], tuple(what["objectives"]))
        elif entry.kind == "exam":
            for item in what["items"]:
                yield First(bundle.learner, item["question"], item["points"] / max(item["possible"], 1),
                            tuple(item["objectives"]))  # fmt: skip


def analysis(answers: Sequence[First]) -> list[ItemAnalysis]:
    """Difficulty and discrimination of each question, hardest first."""
    found = []
    for question in sorted({each.question for each in answers}):
        own = {each.learner: each.score for each in answers if each.question == question}
        mean = statistics.fmean(own.values())
        low, high = interval(mean * len(own), len(own))
        found.append(ItemAnalysis(question, len(own), mean, low, high, _discrimination(question, own, answers)))
    return sorted(found, key=lambda each: (each.difficulty, each.question))


def _discrimination(question: str, own: Mapping[str, float], answers: Sequence[First]) -> float | None:
    """The correlation of a question with all others, over the learners who answered it."""
    rest = {
        learner: [each.score for each in answers if each.learner == learner and each.question != question]
        for learner in own
    }
    pairs = [(own[learner], statistics.fmean(scores)) for learner, scores in rest.items() if scores]
    if len(pairs) < ENOUGH or len({one for one, _ in pairs}) < 2 or len({other for _, other in pairs}) < 2:
        return None
    return statistics.correlation([one for one, _ in pairs], [other for _, other in pairs])


# The page


def class_report(folder: Path, bank: Bank | None = None) -> str:
    """One HTML page about a folder of bundles."""
    found, known = read(folder), bank or standard()
    answers = firsts(found.bundles)
    items = analysis(answers)
    return _PAGE.format(
        style=_STYLE, learners=len(found.bundles), answers=len(answers), wrong=_wrong(found.wrong),
        heat=_heat(found.bundles, answers), stuck=_stuck(items, known), items=_items(items, known),
    )  # fmt: skip


def _wrong(lines: Sequence[str]) -> str:
    rows = "".join(f"<li>{html.escape(each)}</li>" for each in lines)
    return f'<section class="wrong"><h2>Bundles that do not count</h2><ul>{rows}</ul></section>' if rows else ""


def _heat(bundles: Sequence[Bundle], answers: Sequence[First]) -> str:
    shown = [key for key in objectives.titles() if any(key in each.objectives for each in answers)]
    head = "".join(f'<th scope="col">{html.escape(objectives.titles()[key])}</th>' for key in shown)
    rows = []
    for bundle in bundles:
        own = [each for each in answers if each.learner == bundle.learner]
        cells = "".join(_cell([each.score for each in own if key in each.objectives]) for key in shown)
        name = f"{html.escape(bundle.learner)}<br><small>{bundle.fingerprint}</small>"
        rows.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    return f'<table><caption>Share of points in first answers</caption><thead><tr><th scope="col">Learner</th>{head}' \
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table>"  # fmt: skip


def _cell(scores: Sequence[float]) -> str:
    if not scores:
        return '<td class="none">–</td>'
    mean = statistics.fmean(scores)
    shade = next(name for least, name in _SHADES if mean >= least)
    return f'<td class="{shade}">{mean:.0%}<br><small>{shade}, {len(scores)}</small></td>'


def _stuck(items: Sequence[ItemAnalysis], bank: Bank) -> str:
    found = [each for each in items if each.answers >= 2 and each.difficulty < _STUCK]
    if not found:
        return "<p>Nothing that two or more answered stands below one half.</p>"
    rows = "".join(
        f"<li>{_title(each.question, bank)}: {each.difficulty:.0%} of {each.answers} first answers</li>"
        for each in found
    )
    return f"<ol>{rows}</ol>"


def _items(items: Sequence[ItemAnalysis], bank: Bank) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_title(each.question, bank)}</th><td>{each.answers}</td><td>{each.difficulty:.0%}'
        f"<br><small>{each.low:.0%} to {each.high:.0%}</small></td><td>{_discriminates(each)}</td></tr>"
        for each in items
    )
    return '<table><caption>Questions, hardest first</caption><thead><tr><th scope="col">Question</th>' \
        '<th scope="col">Answers</th><th scope="col">Difficulty: share right, 95 % interval</th>' \
        f'<th scope="col">Discrimination</th></tr></thead><tbody>{rows}</tbody></table>'  # fmt: skip


def _discriminates(item: ItemAnalysis) -> str:
    if item.discrimination is None:
        return f"<small>fewer than {ENOUGH} learners, or all alike: not said</small>"
    word = (
        "look at its wording and key" if item.discrimination < 0.1 else "fair" if item.discrimination < 0.3 else "good"
    )
    return f"{item.discrimination:+.2f}<br><small>{word}</small>"


def _title(question: str, bank: Bank) -> str:
    known = bank.questions.get(question)
    return f"{html.escape(known.title)}<br><small>{html.escape(question)}</small>" if known else html.escape(question)


_STYLE = """
:root { color-scheme: light dark; --line: #8888; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; font-weight: 400; }
thead th { font-weight: 600; } small { opacity: .85; }
.good { background: #1a7f3733; } .fair { background: #bf870033; } .poor { background: #cf222e33; }
.wrong { border: 2px solid #cf222e; padding: 0 1rem; }
"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>acrlab: class report</title><style>{style}</style></head><body><main>
<h1>Class report</h1>
<p>{learners} learners, {answers} first answers.
A signature shows that a bundle was not changed, not who worked on it.</p>
{wrong}
<h2>Objectives</h2>
{heat}
<h2>Where the class is stuck</h2>
{stuck}
<h2>Questions</h2>
{items}
</main></body></html>
"""
