"""The fast lane: every notebook and lab runs, and what does not is named."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from acrlab import testing
from acrlab.client.control import Control
from acrlab.course import lane
from tests.course.conftest import LABS

COURSE = [LABS.parent / "notebooks", LABS]


def notebook(path: Path, *cells: tuple[str, list[dict[str, Any]]], tags: tuple[str, ...] = ()) -> Path:
    made = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {"tags": list(tags)}, "source": source, "outputs": outputs,
         "execution_count": n}
        for n, (source, outputs) in enumerate(cells, 1)
    ]  # fmt: skip
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def result(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "execute_result", "data": {"text/plain": [text]}, "metadata": {}, "execution_count": 1}]


def printed(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": [text]}]


def test_the_whole_course_runs_and_shows_what_is_committed() -> None:
    """Labs as they begin, and their solutions, which earn everything."""
    outcomes = testing.run(testing.notebooks(COURSE))
    assert len(outcomes) >= 22
    assert [each.line() for each in outcomes if each.problem] == []


def test_what_fails_is_named_and_nothing_else_stops(tmp_path: Path) -> None:
    paths = [
        notebook(tmp_path / "good.ipynb", ("x = 1\nx", result("1")), ("print('a'); print('b')", printed("a\nb\n"))),
        notebook(tmp_path / "raises.ipynb", ("1", result("1")), ("1 / 0", [])),
        notebook(tmp_path / "differs.ipynb", ("print('now')", printed("then\n"))),
        notebook(tmp_path / "more.ipynb", ("1", [])),
        notebook(tmp_path / "tame.ipynb", ("1", result("1")), tags=("raises-exception",)),
        notebook(tmp_path / "dies.ipynb", ("import os; os._exit(3)", [])),
        notebook(tmp_path / "syntax.ipynb", ("def", [])),
    ]
    (tmp_path / "none.ipynb").write_text("{", encoding="utf-8")
    outcomes = testing.run([*paths, tmp_path / "none.ipynb"])
    problems = {Path(each.path).stem: (each.cell, each.problem) for each in outcomes}
    assert problems["good"] == (0, "")
    assert problems["raises"][0] == 2
    assert "ZeroDivisionError" in problems["raises"][1]
    assert "committed stdout: 'then\\n'" in problems["differs"][1]
    assert "0 outputs committed and shows 1" in problems["more"][1]
    assert "raised nothing" in problems["tame"][1]
    assert "its process ended with" in problems["dies"][1]
    assert "SyntaxError" in problems["syntax"][1]
    assert "JSONDecodeError" in problems["none"][1]


def test_notebooks_share_nothing(tmp_path: Path) -> None:
    source = (
        "import os, acrlab\nassert not hasattr(acrlab, 'seen'); acrlab.seen = 1\n"
        "sorted(n for n in os.environ if 'AZURE' in n)"
    )
    paths = [notebook(tmp_path / f"{n}.ipynb", (source, result("[]"))) for n in range(3)]
    env = {"AZURE_CLIENT_SECRET": "mine", "ACRLAB_ENDPOINT": "http://localhost:1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        assert [each.problem for each in testing.run(paths)] == ["", "", ""]


def test_errors_displays_and_commands_are_compared(tmp_path: Path) -> None:
    error = [{"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}]
    announced = notebook(tmp_path / "error.ipynb", ("raise ValueError('no')", error), tags=("raises-exception",))
    other = notebook(tmp_path / "other.ipynb", ("raise ValueError('yes')", error), tags=("raises-exception",))
    shown = [
        {"output_type": "display_data", "data": {"text/html": ["<b>x</b>"], "text/plain": ["<X>"]}, "metadata": {}}
    ]
    source = "from IPython.display import display\ndisplay({'text/html': '<b>x</b>', 'text/plain': '<X>'}, raw=True)"
    display = notebook(tmp_path / "display.ipynb", (source, shown))
    command = notebook(tmp_path / "command.ipynb", ("!echo hello", printed("hello\n")))
    ignored = notebook(tmp_path / "ignored.ipynb", ("1", result("2")), tags=("nbval-ignore-output",))
    outcomes = testing.run([announced, other, display, command, ignored])
    assert [bool(each.problem) for each in outcomes] == [False, True, False, False, False]


def test_comparing_can_be_left_out(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", ("1", result("2")))
    assert testing.run([path])[0].problem
    assert not testing.run([path], compare=False)[0].problem


def test_where_there_is_no_fork_every_notebook_gets_a_fresh_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "fork")
    good = notebook(tmp_path / "good.ipynb", ("1", result("1")))
    bad = notebook(tmp_path / "bad.ipynb", ("1", result("2")))
    dies = notebook(tmp_path / "dies.ipynb", ("import os; os._exit(3)", []))
    found = {Path(each.path): each.problem for each in lane.serve([good, bad, dies])}
    assert found[good] == ""
    assert "shows something else" in found[bad]
    assert "ended with 3" in found[dies]


def test_a_notebook_that_hangs_is_stopped(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", ("import threading; threading.Event().wait()", []))
    script = (
        "from acrlab.course import lane; import pathlib, sys\n"
        "lane.LIMIT = 1.0\nlane.PRELOADED = ()\n"
        "print([each.problem for each in lane.serve([pathlib.Path(sys.argv[1])])])"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(LABS.parent)})  # fmt: skip
    assert "was stopped" in done.stdout


def test_a_solution_that_earns_less_is_named(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(LABS / "broken" / "3-locked-repository", tmp_path / "broken" / "3-locked-repository"))
    path = copy / "solution.ipynb"
    content = path.read_text(encoding="utf-8")
    path.write_text(
        content.replace("broken/3-locked-repository", str(copy)).replace("shop/web:1.1", "shop/web:1.2"),
        encoding="utf-8",
    )
    assert "the solution earns 1 of 2 points" in testing.run([path])[0].problem


def test_the_command_says_how_it_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(tmp_path / "a.ipynb", ("1", result("1")))
    assert testing.main(["--no-run", str(tmp_path)]) == 1
    assert "is not a heading" in capsys.readouterr().out
    assert testing.main(["--fast"]) == 2
    assert testing.main([str(tmp_path / "gone")]) == 2


def test_a_lab_of_somebody_else_can_be_proved(control: Control, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(LABS / "broken" / "3-locked-repository", tmp_path / "theirs"))
    control.reset()  # the name of its registry is taken
    assert testing.prove(copy) == []
    checks = copy / "checks.py"
    checks.write_text(checks.read_text(encoding="utf-8").replace("expect(there,", "expect(True,"), encoding="utf-8")
    shutil.move(copy, tmp_path / "lax")
    control.reset()
    problems = testing.prove(tmp_path / "lax")
    assert any("the untouched lab earns 1" in each for each in problems)
