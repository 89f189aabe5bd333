"""The learner's notebook: made of the solution, always the same, and without the answers."""

import json
import shutil
from pathlib import Path

import pytest

from acrlab.course import build
from acrlab.course.folder import Description as About
from acrlab.course.folder import Folder, LabInvalid, LabUnknown, find, read_yaml
from tests.course.conftest import LABS

FIRST = LABS / "01-push-and-organise"


@pytest.fixture
def copy(tmp_path: Path) -> Folder:
    return Folder(Path(shutil.copytree(FIRST, tmp_path / FIRST.name)))


def rewritten(copy: Folder, *sources: str) -> Folder:
    path = copy.path / "solution.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"] = [
        {"cell_type": "code", "id": f"x{number}", "metadata": {}, "source": source.splitlines(keepends=True),
         "outputs": [{"output_type": "stream", "name": "stdout", "text": ["42"]}], "execution_count": 3}
        for number, source in enumerate(sources)
    ]  # fmt: skip
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return copy


def made(copy: Folder) -> list[dict[str, object]]:
    cells: list[dict[str, object]] = json.loads(build.learners(copy))["cells"]
    return cells


def test_an_answer_becomes_a_place_for_one(copy: Folder) -> None:
    source = "a = 1\nif a:\n    ### BEGIN SOLUTION\n    secret = 2\n    ### END SOLUTION\nb = 3"
    (cell,) = made(rewritten(copy, source))
    assert "".join(cell["source"]) == "a = 1\nif a:\n    ...  # your answer\nb = 3"  # type: ignore[arg-type]
    assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert build.answers(copy) == ["secret = 2"]


def test_an_authors_cell_goes(copy: Folder) -> None:
    rewritten(copy, "kept = 1", "gone = 2")
    path = copy.path / "solution.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][1]["metadata"]["tags"] = ["solution"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert "gone" not in build.learners(copy)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("### BEGIN SOLUTION\nx = 1", "### BEGIN SOLUTION without ### END SOLUTION"),
        ("x = 1\n### END SOLUTION", "### END SOLUTION where there is no room for one"),
        (
            "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
            "### BEGIN SOLUTION where there is no room for one",
        ),
    ],
)
def test_marks_that_do_not_pair_are_named(copy: Folder, source: str, message: str) -> None:
    with pytest.raises(LabInvalid, match=f"cell 1: {message}"):
        build.learners(rewritten(copy, source))


def test_a_stale_notebook_is_noticed_and_made_anew(copy: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert not build.stale(copy)
    assert build.main(["--check", str(copy.path)]) == 0
    rewritten(copy, "### BEGIN SOLUTION\nnew = 1\n### END SOLUTION")
    assert build.stale(copy)
    assert build.main(["--check", str(copy.path)]) == 1
    assert "01-push-and-organise/lab.ipynb is stale: run python -m acrlab.course.build" in capsys.readouterr().err
    assert build.main([str(copy.path)]) == 0
    assert not build.stale(copy)


def test_a_hand_on_the_learners_notebook_is_noticed(copy: Folder) -> None:
    path = copy.path / "lab.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("your answer", "her answer", 1), encoding="utf-8")
    assert build.stale(copy)


def test_the_same_source_makes_the_same_bytes(copy: Folder) -> None:
    assert build.learners(copy) == build.learners(Folder(copy.path))
    assert (FIRST / "lab.ipynb").read_bytes().endswith(b"\n")
    assert b"\r" not in (FIRST / "lab.ipynb").read_bytes()


# Folders


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [", "line 1"),
        ("title: 3\n", "Expected `str`, got `int`"),
        ("titel: x\n", "unknown field `titel`"),
        ("title: x\n", "missing required field `minutes`"),
        ("- a\n", "Expected `object`, got `array`"),
        ("", "Expected `object`, got `null`"),
    ],
)
def test_a_bad_description_is_named_precisely(copy: Folder, text: str, message: str) -> None:
    (copy.path / "lab.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LabInvalid) as caught:
        read_yaml(copy.path / "lab.yaml", About)
    assert "01-push-and-organise/lab.yaml" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def", r"checks.py does not load: SyntaxError"),
        ("x = 1\n", "holds no check"),
        (
            "from acrlab.course import check\n@check('t', hints=('a', '', 'c'))\ndef web(seen): yield\n",
            "hints are three",
        ),
        (
            "from acrlab.course import check\n@check('t', points=0, hints=('a', 'b', 'c'))\ndef web(seen): yield\n",
            "from 1",
        ),
        (
            "from acrlab.course import check\n@check('t', step=9, hints=('a', 'b', 'c'))\ndef web(seen): yield\n",
            "a step that",
        ),
    ],
)
def test_bad_checks_are_named_precisely(copy: Folder, text: str, message: str) -> None:
    (copy.path / "checks.py").write_text(text, encoding="utf-8")
    with pytest.raises(LabInvalid, match=message):
        assert copy.checks


def test_a_lab_is_found_by_name_number_and_path() -> None:
    assert find("01-push-and-organise").path == find("01").path == find(FIRST).path == FIRST
    assert find("organise").path == FIRST
    assert find("expired").name == "broken/1-expired-token"
    for unknown in ("99", "", "broken"):
        with pytest.raises(LabUnknown, match="04-who-may-do-what"):
            find(unknown)


def test_a_notebook_that_is_none_is_named(copy: Folder) -> None:
    (copy.path / "solution.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(LabInvalid, match=r"solution\.ipynb is not a notebook"):
        build.learners(copy)
