"""What is committed is what a learner gets: the first time, the second time, and with nothing running."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks.executed import FOLDER, NOTEBOOKS, compared


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_as_committed_when_nothing_is_running(notebook: Path) -> None:
    done = compared(notebook, emulator=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_outputs_are_as_committed_again_and_again_in_one_world(tmp_path: Path) -> None:
    for _ in range(2):
        done = compared(world=tmp_path / "world")
        assert done.returncode == 0, done.stdout + done.stderr


def test_notebooks_do_not_depend_on_their_order(tmp_path: Path) -> None:
    done = compared(*reversed(NOTEBOOKS))
    assert done.returncode == 0, done.stdout + done.stderr


MUTATIONS = {
    "text": lambda outputs: _put(outputs, "text/plain", lambda text: text.replace("westeurope", "northeurope")),
    "html": lambda outputs: _put(outputs, "text/html", lambda text: text.replace("westeurope", "northeurope")),
    "missing": lambda outputs: outputs.clear(),
}


def _put(outputs: list[dict[str, Any]], kind: str, change: Any) -> None:
    for output in outputs:
        whole = "".join(output.get("data", {}).get(kind, ""))
        if change(whole) != whole:
            output["data"][kind] = change(whole)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_changed_output_is_noticed(tmp_path: Path, mutation: str) -> None:
    path = tmp_path / "changed.ipynb"
    found = json.loads((FOLDER / "00-start.ipynb").read_text(encoding="utf-8"))
    before = json.dumps(found)
    for cell in found["cells"]:
        if "cloud.fresh" in "".join(cell["source"]) and cell["cell_type"] == "code":
            MUTATIONS[mutation](cell["outputs"])
    assert json.dumps(found) != before
    path.write_text(json.dumps(found), encoding="utf-8")
    done = compared(path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed" in done.stdout
