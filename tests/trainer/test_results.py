"""What learners hand in: signed, and a bundle that was touched is named with what was touched."""

import json
import random
import re
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from acrlab.trainer import class_report, results
from acrlab.trainer.bank import Bank
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import Practice
from tests.trainer.answers import right, wrong

NOW = 1_800_000_000.0


def _bundle(bank: Bank, folder: Path, learner: str, able: float, count: int = 12) -> bytes:
    made, chance = Practice(bank, Ledger(folder / f"{learner}.jsonl")), random.Random(learner)
    for number, question in enumerate(sorted(bank.questions)[:count]):
        variant = made.variant(question)
        hard = bank.questions[question].level / 6
        good = chance.random() < able - hard and number != 3
        made.answer(question, right(variant) if good else wrong(variant), NOW + number, confidence=0.5, seconds=9)
    return results.signed(made.ledger, learner, NOW, folder / f"{learner}.pem")


def test_a_round_trip(bank: Bank, tmp_path: Path) -> None:
    bundle = results.opened(_bundle(bank, tmp_path, "Amal", 0.9))
    assert (bundle.learner, len(bundle.entries)) == ("Amal", 12)
    assert len(bundle.fingerprint) == 19
    assert (tmp_path / "Amal.pem").stat().st_mode & 0o077 == 0


def _line(sheet: dict, number: int, old: str, new: str) -> None:
    assert old in sheet["lines"][number]
    sheet["lines"][number] = sheet["lines"][number].replace(old, new)


TAMPERING = {
    "a score": (
        lambda sheet: _line(sheet, 4, '"kind":"answered"', '"kind":"exam"'),
        "line 5 of the record was changed",
    ),
    "a line less": (lambda sheet: sheet["lines"].pop(2), "line 3 of the record says that it is line 4"),
    "the last line less": (lambda sheet: sheet["lines"].pop(), "has a record that holds and a signature that does not"),
    "another name": (lambda sheet: sheet.update(learner="Bo"), "a signature that does not: name, time or key"),
    "another time": (lambda sheet: sheet.update(made=1.0), "a signature that does not"),
    "no signature": (lambda sheet: sheet.update(signature="x"), "has a key or a signature that is none"),
    "another version": (lambda sheet: sheet.update(version=9), "is of version 9"),
    "no lines": (lambda sheet: sheet.pop("lines"), "is no result bundle"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_named(name: str, bank: Bank, tmp_path: Path) -> None:
    change, told = TAMPERING[name]
    sheet = json.loads(_bundle(bank, tmp_path, "Amal", 0.9))
    change(sheet)
    with pytest.raises(results.Tampered, match=told):
        results.opened(json.dumps(sheet).encode())


def test_a_class_on_one_page(bank: Bank, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    names = [f"Learner {number:02}" for number in range(11)] + ["<script>alert(1)</script>"]
    for index, name in enumerate(names):
        file = "".join(each for each in name if each.isalnum())
        (inbox / f"{file}.json").write_bytes(_bundle(bank, tmp_path, file, index / len(names) + 0.25))
    sheet = json.loads((inbox / "Learner00.json").read_text("utf-8"))
    sheet["learner"] = "Somebody else"
    (inbox / "forged.json").write_text(json.dumps(sheet), "utf-8")
    (inbox / "notes.json").write_text("not a bundle", "utf-8")
    page = class_report.class_report(inbox, bank)
    assert "12 learners" in page and "forged.json has a record that holds" in page and "notes.json is no result" in page
    assert "Where the class is stuck" in page and "Discrimination" in page and "src=" not in page
    xml.fromstring(re.sub(r"<(meta[^>]*|br)>", r"<\1/>", page.removeprefix("<!doctype html>")))
    items = class_report.analysis(class_report.firsts(class_report.read(inbox).bundles))
    assert items[0].difficulty == 0.0 and items[0].discrimination is None  # everybody wrong: nothing can be said
    told = [each.discrimination for each in items if each.discrimination is not None]
    assert len(told) >= 6 and sum(told) / len(told) > 0.1


def test_names_are_text(bank: Bank, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    ledger = Ledger(tmp_path / "l.jsonl")
    raw = results.signed(ledger, "<script>alert(1)</script>", NOW, tmp_path / "k.pem")
    (inbox / "x.json").write_bytes(raw)
    assert "<script>" not in class_report.class_report(inbox, bank)


def test_one_key_with_two_names_is_named(bank: Bank, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.jsonl")
    for name in ("Amal", "Bo"):
        (tmp_path / f"{name}.json").write_bytes(results.signed(ledger, name, NOW, tmp_path / "k.pem"))
    found = class_report.read(tmp_path)
    assert [each.learner for each in found.bundles] == ["Amal"]
    assert found.wrong == ("Bo.json is signed with the key of Amal: one key, two names",)


def test_few_learners_say_nothing_about_discrimination(bank: Bank, tmp_path: Path) -> None:
    for name in ("Amal", "Bo", "Chidi"):
        (tmp_path / f"{name}.json").write_bytes(_bundle(bank, tmp_path, name, 0.7))
    items = class_report.analysis(class_report.firsts(class_report.read(tmp_path).bundles))
    assert {each.discrimination for each in items} == {None}
