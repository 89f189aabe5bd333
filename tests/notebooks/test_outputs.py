"""What is committed is what a learner gets: the first time, the second time, and with nothing running."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks.executed import FOLDER, NOTEBOOKS, compared


def test_a_reader_begins_with_these() -> None:
    assert [path.stem for path in NOTEBOOKS][:3] == ["00-start", "01-your-first-registry", "02-images-layers-digests"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_as_committed_when_nothing_is_running(notebook: Path) -> None:
    done = compared(notebook, emulator=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_outputs_are_as_committed_again_and_again_in_one_world_in_any_order(tmp_path: Path) -> None:
    for order in (NOTEBOOKS, NOTEBOOKS[::-1]):
        done = compared(*order, world=tmp_path / "world")
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


def test_a_changed_output_is_noticed(tmp_path: Path) -> None:
    """As long as this fails for every kind of change, the tests above compare something."""
    original = (FOLDER / "00-start.ipynb").read_text(encoding="utf-8")
    for mutation, change in MUTATIONS.items():
        found = json.loads(original)
        for cell in found["cells"]:
            if 'cloud.fresh("' in "".join(cell["source"]) and cell["cell_type"] == "code":
                change(cell["outputs"])
        assert found != json.loads(original), mutation
        (tmp_path / f"{mutation}.ipynb").write_text(json.dumps(found), encoding="utf-8")
    done = compared(*sorted(tmp_path.glob("*.ipynb")))
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{len(MUTATIONS)} failed" in done.stdout, done.stdout
    for mutation in MUTATIONS:
        assert f"{mutation}.ipynb" in done.stdout
