"""A lab in a learner's hands: begun, checked, helped with, reset, rehearsed."""

from pathlib import Path

import pytest

from acrlab.client import cloud
from acrlab.client.control import Control
from acrlab.client.image import Image
from acrlab.course import check_in_terminal, diary, folder, proof, solution
from acrlab.course.checks import Finding
from acrlab.course.lab import Lab, NoSavePoint, NotStarted
from acrlab.course.proof import Bench
from tests.course.conftest import FOLDERS, LABS

REGISTRY = "contosolab01"


def test_a_lab_that_has_not_begun_says_so(control: Control, first: Lab) -> None:
    control.reset()
    with pytest.raises(NotStarted, match=r"lab\.start\(\)"):
        first.check()


def test_starting_twice_begins_anew_and_loses_nothing(first: Lab) -> None:
    first.start()
    Bench(first).registry(REGISTRY)
    assert first.check()["registry"].passed
    first.start()
    assert first.check().points == 0
    first.reset("last")
    assert first.check()["registry"].passed


def test_a_name_that_is_taken_is_named(control: Control, log: diary.Log) -> None:
    lab = Lab(folder.find(LABS / "03-clean-up-safely"), control, log)
    control.reset()
    bench = Bench(lab)
    bench.rest.arm("PUT", "/resourceGroups/mine", {"location": "westeurope"}, version="2021-04-01")
    bench.registry("contosolab03", group="mine")
    with pytest.raises(NotStarted, match="cannot begin: The registry name contosolab03 is already in use"):
        lab.start()
    control.reset()


def test_what_happened_before_the_lab_does_not_count(first: Lab) -> None:
    first.start()
    Bench(first).registry(REGISTRY, adminUserEnabled=True)
    assert not first.check()["registry"].points
    first.reset()
    Bench(first).registry(REGISTRY)
    assert first.check()["registry"].passed


def test_partial_credit(first: Lab) -> None:
    first.start()
    bench = Bench(first)
    bench.registry(REGISTRY, tier="Premium")
    graded = first.check()["registry"]
    assert (graded.points, graded.word) == (1.0, "partly")
    assert [each.actual for each in graded.missing] == ["Premium"]


def test_the_table_says_what_is_expected_what_is_and_what_to_try(first: Lab) -> None:
    first.start()
    report = first.check()
    assert report.text() == first.check().text()
    for words in ("a registry contosolab01", "no such registry there", "A registry needs a name", "0 of 11 points"):
        assert words in report.text()
        assert words in report.html()
    assert set(report._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert 'scope="col"' in report.html()


def test_text_in_a_table_cannot_become_markup(first: Lab) -> None:
    first.start()
    bench = Bench(first)
    bench.registry(REGISTRY)
    bench.change(REGISTRY, {"tags": {"pinned": "<b>bold"}})
    assert "&lt;b&gt;bold" in first.check().html()
    assert "<b>bold" not in first.check().html()


def test_help_comes_in_three_steps_and_is_written_down(first: Lab, log: diary.Log) -> None:
    first.start()
    told = [first.hint("web").text() for _ in range(4)]
    assert [text.splitlines()[0].split()[-1] for text in told] == ["nudge", "pointed", "worked", "worked"]
    assert "There is more: ask 2 more times." in told[0]
    assert '    registry.push("shop/web:1.0.0", web)' in told[2].splitlines()  # code keeps its lines
    used = [entry.facts for entry in log.read()[0] if entry.what == diary.HINTED]
    assert [each["level"] for each in used] == ["nudge", "pointed", "worked", "worked"]
    with pytest.raises(folder.LabUnknown, match="registry, web, platforms"):
        first.hint("wbe")
    first.start()
    assert "nudge" in first.hint("web").text()
    assert "<pre>" not in first.hint("web").html()
    assert "<pre><code>web = " in first.hint("web").html()


def test_a_save_point_comes_back_without_doing_anything_again(first: Lab, control: Control) -> None:
    """A millisecond: the world goes back to a position of its journal, and no registry is asked for anything."""
    first.start()
    first.reset(3)
    assert [each.check.step for each in first.check() if each.passed] == [1, 2, 2]
    Bench(first).door(REGISTRY).push("mine:1", Image.hello())
    first.reset(3)
    *_, before, status, restore = [each["url"] for each in control.requests()]
    assert before.endswith("/manifests/1") and status.endswith("/status") and restore.endswith("/restore")
    assert first.evidence().repository(REGISTRY, "mine") is None
    first.reset()
    assert first.check().points == 0


def test_a_step_that_was_reached_is_as_it_was_left(first: Lab, log: diary.Log) -> None:
    first.start()
    bench = Bench(first)
    bench.registry(REGISTRY)
    first.check()
    bench.door(REGISTRY).push("mine:1", Image.hello())
    first.reset(2)
    seen = first.evidence()
    assert seen.registry(REGISTRY) is not None
    assert seen.repository(REGISTRY, "mine") is None
    assert [entry.facts["given"] for entry in log.read()[0] if entry.what == diary.RESET] == [0]


def test_a_step_that_was_not_reached_is_given_and_that_is_written_down(first: Lab, log: diary.Log) -> None:
    first.start()
    first.reset(4)
    assert [entry.facts["given"] for entry in log.read()[0] if entry.what == diary.RESET] == [3]


@pytest.mark.parametrize("step", [0, 5, -1, "then"])
def test_there_is_no_such_step(first: Lab, step: int) -> None:
    first.start()
    with pytest.raises(NoSavePoint, match="steps 1 to 4"):
        first.reset(step)


def test_a_rehearsal_shows_the_difference_and_undoes_it(control: Control, log: diary.Log) -> None:
    lab = Lab(folder.find(LABS / "03-clean-up-safely"), control, log)
    lab.start()
    door = Bench(lab).door("contosolab03")
    digest = door.manifest("ci/build", "nightly-02").headers["docker-content-digest"]
    with lab.rehearse() as trial:
        assert "going on" in repr(trial)
        door.delete_manifest("ci/build", digest)
    assert "tag nightly-02" in repr(trial)
    assert "tag release-1" in repr(trial)
    assert "gone" in repr(trial)
    assert lab.evidence().digest("contosolab03", "ci/build:nightly-02") == digest


def test_a_rehearsal_that_fails_is_undone_too(control: Control, log: diary.Log) -> None:
    lab = Lab(folder.find(LABS / "03-clean-up-safely"), control, log)
    lab.start()
    with pytest.raises(ZeroDivisionError), lab.rehearse():
        Bench(lab).door("contosolab03").delete_tag("ci/build", "nightly-01")
        raise ZeroDivisionError
    assert lab.evidence().digest("contosolab03", "ci/build:nightly-01")


def test_a_check_that_breaks_is_named_and_the_others_go_on(first: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    def broken(seen: object) -> list[Finding]:
        raise LookupError("no bread")

    checks = list(first.folder.checks)
    checks[1] = msgspec.structs.replace(checks[1], look=broken)
    monkeypatch.setitem(first.folder.__dict__, "checks", tuple(checks))
    first.start()
    Bench(first).registry(REGISTRY)
    report = first.check()
    assert report["registry"].passed
    assert "LookupError: no bread (test_lab.py, line" in report["web"].missing[0].actual


def test_the_terminal_shows_the_same(first: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    first.start()
    assert check_in_terminal(first.name) == 1
    assert "0 of 11 points" in capsys.readouterr().out
    proof.solve(first)
    assert check_in_terminal(first.name) == 0
    assert check_in_terminal("99-nothing") == 2
    assert "01-push-and-organise" in capsys.readouterr().err


@pytest.mark.parametrize("given", FOLDERS, ids=[each.name for each in FOLDERS])
def test_worked_hints_are_worked_solutions(given: folder.Folder, control: Control, log: diary.Log) -> None:
    """Every lab can be solved by its hints alone."""
    lab = Lab(given, control, log)
    lab.start()
    with cloud.connect("emulated") as own:
        own.group = lab.group
        names: dict[str, object] = {"cloud": own, "lab": lab}
        solution.run(given, range(0), names)  # what the learner's notebook does before the first answer
        for check in given.checks:
            exec(check.hints[2], names)
    assert lab.check().complete, lab.check().text()


def test_a_solution_that_fails_is_named(first: Lab, tmp_path: Path) -> None:
    import json

    cell = {"cell_type": "code", "metadata": {"tags": ["step-1"]}, "source": ["1 / 0"]}
    (tmp_path / "solution.ipynb").write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    with pytest.raises(folder.LabInvalid, match="cell 1 of the solution fails: ZeroDivisionError"):
        solution.run(folder.Folder(tmp_path), range(1, 2), {})
