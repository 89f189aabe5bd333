"""Handing in and reporting, as a learner and an instructor type it."""

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from acrlab.cli import app
from acrlab.trainer.bank import standard
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import Practice
from tests.trainer.answers import right, wrong


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACRLAB_HOME", str(tmp_path / "home"))
    return tmp_path


def acrlab(*arguments: str):
    return CliRunner().invoke(app, ["class", *arguments])


def practised(seed: int) -> None:
    """Some answers in the learner's own record."""
    bank, chance = standard(), random.Random(seed)
    made = Practice(bank, Ledger())
    for number, question in enumerate(sorted(bank.questions)[:8]):
        variant = made.variant(question)
        answer = right(variant) if chance.random() < 0.5 else wrong(variant)
        made.answer(question, answer, 1_800_000_000.0 + number, confidence=0.5, seconds=9)


def test_nothing_to_hand_in(home: Path) -> None:
    done = acrlab("hand-in", "Amal")
    assert done.exit_code == 1 and "answer questions first" in done.output
    assert not (home / "results.json").exists()


def test_from_answers_to_the_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = home / "inbox"
    inbox.mkdir()
    for seed, name in enumerate(("Amal", "Bo")):
        monkeypatch.setenv("ACRLAB_HOME", str(home / name))
        practised(seed)
        done = acrlab("hand-in", name, "--to", str(inbox / f"{name}.json"))
        assert done.exit_code == 0 and "8 entries" in done.output
    forged = json.loads((inbox / "Bo.json").read_text("utf-8")) | {"learner": "Chidi"}
    (inbox / "Chidi.json").write_text(json.dumps(forged), "utf-8")
    done = acrlab("report", str(inbox))
    assert done.exit_code == 0, done.output
    assert "learners 2, files that do not count 1" in done.output
    assert "does not count: Chidi.json" in done.output
    page = (home / "class.html").read_text("utf-8")
    assert "2 learners" in page and "Amal" in page and "Chidi.json" in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("report", "nowhere"), "is no folder"),
        (("report", "."), "no bundle in . counts"),
        (("hand-in", " "), "needs a name"),
    ],
)
def test_bad_input_is_named(home: Path, arguments: tuple[str, ...], told: str) -> None:
    done = acrlab(*arguments)
    assert done.exit_code == 1 and told in done.output
    assert not (home / "class.html").exists()
