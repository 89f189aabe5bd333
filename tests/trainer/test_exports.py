"""Exchange with other programs: the same bytes each time, and imports that name what is wrong."""

import io
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from acrlab.trainer import bank as banks
from acrlab.trainer import exports, gift, moodle
from acrlab.trainer.bank import Bank
from acrlab.trainer.draft import Draft, ImportFailed
from tests.trainer.answers import right

QTI = "{http://www.imsglobal.org/xsd/imsqtiasi_v3p0}"


@pytest.mark.parametrize("name", exports.FORMATS)
def test_the_same_bytes_in_another_process(name: str, bank: Bank) -> None:
    program = (
        "import hashlib, sys; from acrlab.trainer import bank, exports;"
        "sys.stdout.write(hashlib.sha256(exports.export(bank.standard(), sys.argv[1], seed=3)).hexdigest())"
    )
    import hashlib

    found = subprocess.run([sys.executable, "-c", program, name], capture_output=True, text=True, check=True).stdout
    assert found == hashlib.sha256(exports.export(bank, name, seed=3)).hexdigest()
    assert exports.export(bank, name, seed=4) != exports.export(bank, name, seed=3)


def test_qti_items_hold_the_key_and_point_where_they_should(bank: Bank) -> None:
    archive = zipfile.ZipFile(io.BytesIO(exports.export(bank, "qti", seed=2)))
    listed = {each.get("href") for each in xml.fromstring(archive.read("imsmanifest.xml")).iter() if each.get("href")}
    assert listed == set(archive.namelist()) - {"imsmanifest.xml"} and len(listed) == len(bank) + 1
    for question in bank:
        variant = bank.instance(question.id, 2)
        item = xml.fromstring(archive.read(f"items/q-{question.id.replace('/', '-')}.xml"))
        declared = {each.get("identifier"): each for each in item.findall(f"{QTI}qti-response-declaration")}
        shown = {each.get("response-identifier") for each in item.iter() if each.get("response-identifier")}
        assert set(declared) == shown
        for part in variant.parts:
            values = declared[f"RESPONSE{part.key}"].findall(f"{QTI}qti-correct-response/{QTI}qti-value")
            key = right(variant)[part.key] if part.way != "do" else []
            assert [each.text for each in values] == key or part.way == "several"
            assert {each.text for each in values} == set(key)


def test_moodle_comes_back(bank: Bank) -> None:
    drafts = moodle.read(exports.export(bank, "moodle", seed=2))
    assert len(drafts) == len(bank)
    _compared(drafts, bank, {"single": "single", "multiple": "multiple", "match": "match", "fill": "fill"})
    root = xml.fromstring(exports.export(bank, "moodle"))
    assert {each.get("type") for each in root} == {
        "category", "multichoice", "matching", "ordering", "shortanswer", "cloze", "essay",
    }  # fmt: skip


def test_gift_comes_back(bank: Bank) -> None:
    _compared(gift.read(exports.export(bank, "gift", seed=2)), bank, {"single": "single", "multiple": "multiple"})


def _compared(drafts: list[Draft], bank: Bank, kinds: dict[str, str]) -> None:
    by_title = {each.title: each for each in drafts}
    for question in bank:
        if question.kind not in kinds:
            continue
        variant = bank.instance(question.id, 2)
        draft = by_title[f"{question.title} [{question.id}]"]
        assert draft.kind == kinds[question.kind] and not draft.problems
        if question.kind in ("single", "multiple"):
            options = variant.parts[0].options
            assert [(each.say, each.right, each.because) for each in draft.choices] == [
                (each.say, each.right, each.because) for each in options
            ]
            assert draft.missing() == []
            lead = "\n".join(f"{title}: {text}" for title, text in variant.scenario.tabs) if variant.scenario else ""
            assert lead or draft.ask == variant.ask


def test_anki_opens_and_has_a_card_for_each_question(bank: Bank, tmp_path: Path) -> None:
    archive = zipfile.ZipFile(io.BytesIO(exports.export(bank, "anki")))
    (tmp_path / "c").write_bytes(archive.read("collection.anki2"))
    connection = sqlite3.connect(tmp_path / "c")
    notes = connection.execute("select guid, flds, tags from notes").fetchall()
    connection.close()
    assert len(notes) == len([each for each in bank if each.kind != "do"]) == len({guid for guid, _, _ in notes})
    assert all("https://" in fields for _, fields, _ in notes)


BAD_GIFT = {
    b"::T::Which? {=one ~two": "line 1: the answers of this question are not closed with }",
    b"\n\n::T::Which? {one}": "line 3: an answer begins with = or ~, not with 'one'",
    b"::T::A {{=x}}": "line 1: a brace too many",
    b"fine {=a ~b}\n\n\xff": "line 3: not a text in UTF-8",
}
BAD_MOODLE = {
    b"<quiz>\n<question": "line 2: this is no XML",
    b"<html></html>": "line 1: this is no Moodle quiz: its first element is html",
    b'<!DOCTYPE q [<!ENTITY a "b">]><quiz>&a;</quiz>': "line 1: a DOCTYPE is not taken",
    b'<quiz>\n<question type="multichoice">\n<answer fraction="all"/></question></quiz>': "line 3: the fraction 'all'",
}  # fmt: skip


@pytest.mark.parametrize("raw", BAD_GIFT)
def test_bad_gift_is_named_by_its_line(raw: bytes) -> None:
    with pytest.raises(ImportFailed) as failure:
        gift.read(raw)
    assert str(failure.value).startswith(BAD_GIFT[raw])


@pytest.mark.parametrize("raw", BAD_MOODLE)
def test_bad_moodle_is_named_by_its_line(raw: bytes) -> None:
    with pytest.raises(ImportFailed) as failure:
        moodle.read(raw)
    assert str(failure.value).startswith(BAD_MOODLE[raw])


def test_a_draft_says_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "x.gift"
    path.write_text("// a comment\n::Capitals::Which \\{one\\}? {=Yes#since ~No}\n\n::None::Which? {~a ~b}\n", "utf-8")
    first, second = exports.imported(path)
    assert (first.ask, first.line) == ("Which {one}?", 2)
    assert first.missing() == ["line 2, Capitals, choice 2: no because"]
    assert "line 4, None: no answer is marked right" in second.missing()
    found, mistakes = banks.parse(first.text(), "tiers/x.yaml")
    assert found is None and any("TODO" in str(each) for each in mistakes)


def test_true_or_false_and_pairs(tmp_path: Path) -> None:
    truth, pairs, short = gift.read(
        b"The sky is blue. {TRUE}\n\nMatch {=a -> 1 =b -> 2}\n\nWrite {=az acr login =az login}"
    )
    assert (truth.kind, truth.choices[0].right) == ("series", True)
    assert (pairs.kind, [(each.say, each.partner) for each in pairs.choices]) == ("match", [("a", "1"), ("b", "2")])
    assert (short.kind, len(short.choices)) == ("fill", 2)


def test_another_ending_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="files that end in"):
        exports.imported(tmp_path / "x.docx")
