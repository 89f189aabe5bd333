"""Packs are dated data over one bank, and a retired exam says so wherever it shows."""

import re
from pathlib import Path

import pytest

import acrlab.trainer
from acrlab.trainer import blueprint, objectives, paper
from acrlab.trainer.bank import Bank


@pytest.mark.parametrize("name", blueprint.packs())
def test_a_pack_is_whole(name: str, bank: Bank) -> None:
    found = blueprint.load(name)
    assert found.covered() <= set(objectives.titles()) and found.source and found.notes
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found.verified_on)
    assert all(len(domain.weight) in (0, 2) for domain in found.domain)
    assert len(found.questions_of(bank)) >= 20


def test_the_packs_there_are() -> None:
    assert blueprint.packs() == ["ai-200", "az-104", "az-204", "sc-500"]
    with pytest.raises(blueprint.PackUnknown, match="ai-200, az-104, az-204, sc-500"):
        blueprint.load("az-900")


def test_the_retired_one_says_so_everywhere(bank: Bank) -> None:
    found = blueprint.load("AZ-204")
    assert found.name == "AZ-204 (retired 2026-07-31)"
    assert "can no longer be taken" in found.banner("2026-11-23")
    drawn = paper.compose(bank, found, seed=1, today="2026-11-23")
    assert "retired 2026-07-31" in drawn.title and "retired 2026-07-31" in drawn.banner


def test_an_old_look_is_said() -> None:
    found = blueprint.load("ai-200")
    assert "days ago" not in found.banner("2026-12-01") and "days ago" in found.banner("2027-06-01")


def test_every_objective_is_asked_about_and_covered(bank: Bank) -> None:
    covered = {each for name in blueprint.packs() for each in blueprint.load(name).covered()}
    assert set(objectives.titles()) <= covered
    asked = {each for question in bank for each in question.objectives}
    assert set(objectives.titles()) == asked


def test_no_exam_is_named_in_code() -> None:
    named = re.compile(r"(?i)\b\w*(az_?204|ai_?200|az_?104|sc_?500)\w*")
    for path in Path(acrlab.trainer.__file__).parent.glob("*.py"):
        code = re.sub(r'"""[\s\S]*?"""|"[^"\n]*"|#.*', "", path.read_text("utf-8"))
        assert not named.findall(code), path.name
