"""The linter: every rule finds what it is for, and says where."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acrlab import testing
from acrlab.course.lint import RULES
from tests.course.conftest import LABS

COURSE = [LABS.parent / "notebooks", LABS]
TWO = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": ["2"]}}
GOOD: dict[str, Any] = {
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Title\n", "**Predict.** What is it?"]},
        {"cell_type": "code", "id": "b", "metadata": {"tags": ["predict"]}, "source": ["1 + 1"], "execution_count": 1,
         "outputs": [TWO]},
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}  # fmt: skip


def linted(tmp_path: Path, change: Callable[[dict[str, Any]], Any], name: str = "a.ipynb") -> list[testing.Problem]:
    notebook = json.loads(json.dumps(GOOD))
    change(notebook)
    path = tmp_path / name
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return testing.lint(path)


def code(notebook: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = notebook["cells"][1]
    return found


def says(text: str) -> Callable[[dict[str, Any]], None]:
    return lambda notebook: code(notebook)["outputs"][0]["data"].update({"text/plain": [text]})


@pytest.mark.parametrize("path", testing.notebooks(COURSE), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_course_is_clean(path: Path) -> None:
    assert [str(each) for each in testing.lint(path)] == []


def test_a_good_notebook_is_good(tmp_path: Path) -> None:
    assert linted(tmp_path, lambda notebook: None) == []


ERROR = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
STDERR = {"output_type": "stream", "name": "stderr", "text": ["beware"]}
WIDGET = {"output_type": "display_data", "metadata": {}, "data": {"application/vnd.jupyter.widget-view+json": {}}}
CASES: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("counts", lambda n: code(n).update(execution_count=None), "run all cells from the top"),
    ("counts", lambda n: code(n).update(execution_count=2), "is 2, not 1"),
    ("counts", lambda n: code(n).update(outputs=[]), "most of its cells show nothing"),
    ("tags", lambda n: code(n)["metadata"].update(tags=["raises-exeption"]), "'raises-exeption' means nothing"),
    ("tags", lambda n: code(n)["metadata"].update(tags=["step-0"]), "'step-0' means nothing"),
    ("ids", lambda n: code(n).update(id="a"), "'a' is missing or used twice"),
    ("ids", lambda n: code(n).pop("id"), "None is missing"),
    ("secrets", says("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"), "holds a token"),
    ("secrets", says("a" * 42 + "+ACRA12345"), "holds a password of a registry"),
    ("secrets", lambda n: code(n).update(source=["client_secret = 'abcdefgh1'"]), "holds a secret in a variable"),
    ("secrets", says("-----BEGIN RSA PRIVATE KEY-----"), "holds a private key"),
    ("paths", says('File "/home/ada/x.py"'), "/home/ada/x.py"),
    ("paths", lambda n: code(n).update(source=["open('/Users/ada/x')"]), "/Users/ada/x"),
    ("deterministic", says("http://localhost:40123/contoso"), "shows a port"),
    ("deterministic", says("5ab5ab00-0000-4000-8000-00000000ac12"), "shows an id"),
    ("deterministic", says("2026-11-23T20:10:00"), "shows a moment"),
    ("deterministic", says("<object at 0x7f3c68363d90>"), "shows an address in memory"),
    ("errors", lambda n: code(n)["outputs"].append(ERROR), "no tag raises-exception announces"),
    ("errors", lambda n: code(n)["metadata"].update(tags=["predict", "raises-exception"]), "raises none"),
    ("errors", lambda n: code(n)["outputs"].append(STDERR), "standard error"),
    ("metadata", lambda n: n["metadata"].update(widgets={}), "the metadata holds widgets"),
    ("metadata", lambda n: n["metadata"].update(kernelspec={"name": "mine"}), "the kernel is 'mine'"),
    ("metadata", lambda n: n["metadata"].pop("kernelspec"), "the kernel is None"),
    ("metadata", lambda n: code(n)["metadata"].update(collapsed=True), "holds collapsed"),
    ("metadata", lambda n: code(n)["outputs"].append(WIDGET), "the state of a widget"),
    ("prose", lambda n: n["cells"][0].update(source=["**Predict.**"]), "is not a heading"),
    ("predictions", lambda n: n["cells"][0].update(source=["# Title"]), "asks for no prediction"),
    ("links", lambda n: n["cells"][0]["source"].append("[there](nowhere.ipynb)"), "nowhere.ipynb, which is not there"),
    ("emulator-only", lambda n: code(n).update(source=["cloud.emulator.why()"]), "needs the tag emulator-only"),
    ("emulator-only", lambda n: code(n).update(source=["ui.access(cloud, registry)"]), "needs the tag emulator-only"),
    ("emulator-only", lambda n: code(n)["metadata"].update(tags=["emulator-only"]), "does not need the tag"),
]


@pytest.mark.parametrize(("rule", "change", "message"), CASES, ids=[f"{case[0]}-{n}" for n, case in enumerate(CASES)])
def test_a_rule_finds_what_it_is_for(
    tmp_path: Path, rule: str, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    found = [each for each in linted(tmp_path, change) if each.rule == rule]
    assert found, "nothing was found"
    assert message in str(found[0])
    assert "a.ipynb" in str(found[0])


def test_what_was_asked_belongs_to_the_emulator_and_another_log_does_not(tmp_path: Path) -> None:
    def reads(notebook: dict[str, Any]) -> None:
        code(notebook).update(source=["with cloud.requests() as asked:\n    pass\nrun.log.text"])
        notebook["cells"].append({**code(notebook), "id": "c", "source": ["asked.first(4)"], "execution_count": 2})
        notebook["cells"].append({**code(notebook), "id": "d", "source": ["run.log.text"], "execution_count": 3})

    assert [each.cell for each in linted(tmp_path, reads) if each.rule == "emulator-only"] == [2, 3]


def test_every_rule_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(RULES)


def test_a_lab_is_committed_without_outputs(tmp_path: Path) -> None:
    found = linted(tmp_path, lambda notebook: None, "lab.ipynb")
    assert [each.message for each in found if each.rule == "counts"] == ["has outputs: clear them"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [{}], "metadata": {}}', "null"])
def test_what_is_no_notebook_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(text, encoding="utf-8")
    assert [each.rule for each in testing.lint(path)] == ["format"]


def test_checkpoints_are_left_out(tmp_path: Path) -> None:
    for name in ("b.ipynb", ".ipynb_checkpoints/b-checkpoint.ipynb", "sub/a.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [each.name for each in testing.notebooks([tmp_path])] == ["b.ipynb", "a.ipynb"]
