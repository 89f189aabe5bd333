"""Cells that show one question, and what is to be known about it."""

from pathlib import Path

from acrlab.trainer import bank as banks
from acrlab.trainer.instance import Instance
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import Practice

KINDS = {
    "single": "roles/pull-and-nothing-else", "multiple": "names/good-tags", "series": "cleanup/really-gone",
    "order": "locks/patch-under-lock", "match": "images/media-types", "fill": "access/enable-the-admin-user",
    "hot": "errors/read-a-challenge", "case": "cases/never-overwritten",
}  # fmt: skip


def cell(question: str) -> str:
    """A quiz of this question alone, with a record of its own, so that its variant is known."""
    return (
        "import tempfile, pathlib\n"
        "from acrlab.trainer import bank as banks\n"
        "from acrlab.trainer.ledger import Ledger\n"
        "from acrlab.ui.panel import Panel\n"
        "from acrlab.ui.quiz_face import Quiz\n"
        "whole = banks.standard()\n"
        f"one = banks.Bank([whole.questions['{question}']], whole.scenarios.values())\n"
        "record = Ledger(pathlib.Path(tempfile.mkdtemp()) / 'record')\n"
        f"Panel(Quiz('{question.partition('/')[0]}', bank=one, ledger=record))"
    )


def variant(question: str, folder: Path) -> Instance:
    """The variant that such a cell shows."""
    return Practice(banks.standard(), Ledger(folder / "nobody")).variant(question)


def reasons(instance: Instance) -> list[str]:
    """What must not be seen before the answer."""
    return [each for part in instance.parts for each in (part.because, *(one.because for one in part.options)) if each]
