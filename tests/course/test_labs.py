"""Every lab: its solution earns everything, untouched it earns nothing, and no wrong answer passes."""

import ast
import os
import re
import shutil
from pathlib import Path

import msgspec
import pytest

from acrlab.course import build, proof, ways
from acrlab.course.checks import Check, Finding
from acrlab.course.folder import Folder
from acrlab.course.lab import Lab
from tests.course.conftest import FOLDERS, LABS, Proofs

CHANGING = re.compile(r"0x[0-9a-f]{6}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-|\d{4}-\d{2}-\d{2}|Traceback|:\d{4,5}/")
EACH = pytest.mark.parametrize("given", FOLDERS, ids=[each.name for each in FOLDERS])


@EACH
def test_it_is_well_made(given: Folder, proofs: Proofs) -> None:
    assert proof.judge(proofs.of(given)) == []


@EACH
def test_a_check_that_always_passes_is_noticed(given: Folder, proofs: Proofs) -> None:
    for check in given.checks:
        lax = msgspec.structs.replace(check, look=lambda seen: [Finding(True, "anything", "anything")])
        problems = proof.judge(proofs.of(given), swapped(given, lax))
        assert any("untouched" in each for each in problems) and any("accepts" in each for each in problems), check.name


@EACH
def test_a_check_that_never_passes_is_noticed(given: Folder, proofs: Proofs) -> None:
    for check in given.checks:
        strict = msgspec.structs.replace(check, look=lambda seen: [Finding(False, "the moon", "no moon")])
        assert f"{check.name}: the solution misses the moon" in proof.judge(proofs.of(given), swapped(given, strict))


@EACH
def test_a_finding_that_always_holds_is_noticed(given: Folder, proofs: Proofs) -> None:
    """Every single thing that is looked at fails in some wrong answer."""
    gathered = proofs.of(given)
    for check in given.checks:
        for finding in check.grade(gathered.solved).findings:
            problems = proof.judge(gathered, swapped(given, blind(check, finding.expected)))
            assert problems, f"{check.name} would not be missed without {finding.expected!r}"


@EACH
def test_what_is_told_does_not_depend_on_the_day(given: Folder, proofs: Proofs) -> None:
    """No time and no random id in what a learner reads."""
    gathered = proofs.of(given)
    for check in given.checks:
        for seen in (gathered.untouched, gathered.solved, *(each.after for each in gathered.tried)):
            told = " ".join(f"{each.expected} {each.actual} {each.advice}" for each in check.grade(seen).findings)
            assert not CHANGING.search(told), told


@EACH
def test_the_learners_notebook_is_fresh(given: Folder) -> None:
    assert not build.stale(given), f"run python -m acrlab.course.build {given.name}"


@EACH
def test_no_answer_can_be_read_in_the_learners_notebook(given: Folder) -> None:
    assert build.answers(given)
    assert proof.leaked(given) == []


@EACH
def test_every_step_has_a_check_and_every_cell_of_an_answer_a_step(given: Folder) -> None:
    steps = set(range(1, len(given.description.steps) + 1))
    assert {each.step for each in given.checks} == steps
    text = (given.path / "solution.ipynb").read_text(encoding="utf-8")
    assert all(f'"step-{step}"' in text for step in steps)


@EACH
def test_the_worked_hints_are_python(given: Folder) -> None:
    for check in given.checks:
        ast.parse(check.hints[2])


def test_it_is_solved_over_plain_http(lab: Lab) -> None:
    lab.start()
    lab.folder.module("ways").http(ways.Way(lab))
    assert lab.check().complete, lab.check().text()


@pytest.mark.peers
def test_it_is_solved_with_az(lab: Lab, tmp_path: Path) -> None:
    if not (os.environ.get("ACRLAB_AZ") or shutil.which("az")):
        pytest.skip(
            "THE AZURE CLI IS MISSING: set ACRLAB_AZ to its program, or nobody knows whether az solves the labs"
        )
    lab.start()
    lab.folder.module("ways").az(ways.Az(lab, tmp_path))
    assert lab.check().complete, lab.check().text()


def test_the_labs_are_where_they_should_be() -> None:
    assert [each.path.name for each in FOLDERS[:4]] == [
        "01-push-and-organise", "02-tags-digests-and-locks", "03-clean-up-safely", "04-who-may-do-what",
    ]  # fmt: skip
    assert not [
        each for each in LABS.iterdir() if each.is_dir() and each.name[0] != "b" and not (each / "lab.yaml").exists()
    ]


def swapped(given: Folder, check: Check) -> list[Check]:
    return [check if each.name == check.name else each for each in given.checks]


def blind(check: Check, expected: str) -> Check:
    """The check, with one thing it looks at always found to be right."""

    def look(seen: object) -> list[Finding]:
        found = check.look(seen)  # type: ignore[arg-type]
        return [msgspec.structs.replace(each, ok=True) if each.expected == expected else each for each in found]

    return msgspec.structs.replace(check, look=look)
