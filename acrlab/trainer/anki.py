"""Anki packages: the same bytes for the same questions. Source: genanki 0.13.1."""

import html
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from acrlab.trainer.instance import Instance

MODEL, DECK = 1_402_204_001, 1_402_204_002  # ids of acrlab's own; Anki keeps a learner's schedule by them
MOMENT = 1_790_000_000.0  # every package says this time, so that it depends on its content only
_FRONT = "{{Ask}}<hr>{{Choices}}"
_BACK = _FRONT + "<hr id=answer>{{Answer}}<p class=source>{{Source}}</p>"
_CSS = ".card { font-family: sans-serif; font-size: 18px; text-align: left; } .source { font-size: 13px; }"


def database(instances: Sequence[Instance]) -> dict[str, bytes]:
    """The files of a package, by name. Tasks on the emulator are no cards."""
    import genanki  # type: ignore[import-untyped]  # late: it pulls in templates and SQLite

    model: Any = genanki.Model(
        MODEL, "acrlab question", fields=[{"name": name} for name in ("Ask", "Choices", "Answer", "Source")],
        templates=[{"name": "Card", "qfmt": _FRONT, "afmt": _BACK}],
        css=_CSS,
    )  # fmt: skip
    deck: Any = genanki.Deck(DECK, "acrlab")
    for each in instances:
        if each.question.kind != "do":
            tags = [objective.replace(".", "::") for objective in each.question.objectives]
            fields = [_ask(each), _choices(each), _answer(each), _source(each)]
            deck.add_note(genanki.Note(model=model, fields=fields, tags=tags, guid=genanki.guid_for(each.question.id)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deck.apkg"
        genanki.Package(deck).write_to_file(str(path), timestamp=MOMENT)
        with ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def _ask(instance: Instance) -> str:
    tabs = instance.scenario.tabs if instance.scenario else ()
    lead = "".join(f"<p><b>{_safe(title)}</b> {_safe(text)}</p>" for title, text in tabs)
    scene = f"<pre>{html.escape(instance.scene)}</pre>" if instance.scene else ""
    return f"{lead}<p>{_safe(instance.ask)}</p>{scene}"


def _choices(instance: Instance) -> str:
    parts = []
    for part in instance.parts:
        rows = "" if part.way == "command" else "".join(f"<li>{_safe(each.say)}</li>" for each in part.options)
        parts.append((f"<p>{_safe(part.prompt)}</p>" if part.prompt else "") + (f"<ol>{rows}</ol>" if rows else ""))
    return "".join(parts) or "Write the command."


def _answer(instance: Instance) -> str:
    rows: list[str] = []
    for part in instance.parts:
        right = sorted((each for each in part.options if each.right), key=lambda each: each.place)
        wrong = [each for each in part.options if not each.right and each.because]
        lead = f"{_safe(part.prompt)}: " if part.prompt else ""
        rows.extend(f"<p>{lead}<b>{_safe(each.say)}</b><br>{_safe(each.because)}</p>" for each in right)
        rows.extend(f"<p>Not {_safe(each.say)}: {_safe(each.because)}</p>" for each in wrong if instance.question.kind
                    not in ("match", "series"))  # fmt: skip
    return "".join(rows)


def _source(instance: Instance) -> str:
    return "; ".join(f'<a href="{html.escape(each.url)}">{_safe(each.title)}</a>, {each.date}'
                     for each in instance.question.sources)  # fmt: skip


def _safe(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")
