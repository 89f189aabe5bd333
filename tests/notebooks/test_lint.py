"""What is committed is whole, harmless, and the same for everybody."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks.executed import FOLDER, NOTEBOOKS

TAGS = {"setup", "predict", "break-it", "emulator-only", "cleanup", "raises-exception"}
CELL_KEYS = {"cell_type", "id", "metadata", "source", "outputs", "execution_count"}
PERSONAL = {
    "a token": r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.",
    "a password of a registry": r"[A-Za-z0-9]{42}\+ACR[A-D]",
    "a secret in a variable": r"(?i)(client_secret|password)['\"]?\s*[=:]\s*['\"]?[^\s'\"…]{8,}",
    "an absolute path": r"(?<![\w.:/>])/(home|root|tmp|work|usr/(?!lib/runtime)|Users|var|private)/\S+|[A-Z]:\\\\",
    "a port": r"(localhost|127\.0\.0\.1):\d+",
    "an id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "a moment": r"(?!1970-01-01T00:00:00Z)\d{4}-\d\d-\d\d[T ]\d\d:\d\d",
    "an address in memory": r"0x[0-9a-f]{8,}",
}


def cells(path: Path, kind: str) -> Iterator[dict[str, Any]]:
    found = json.loads(path.read_text(encoding="utf-8"))
    return (cell for cell in found["cells"] if cell["cell_type"] == kind)


def shown(path: Path) -> str:
    return "\n".join(json.dumps(cell["outputs"], ensure_ascii=False) for cell in cells(path, "code"))


def test_the_first_three_are_there() -> None:
    assert [path.name for path in NOTEBOOKS][:3] == [
        "00-start.ipynb",
        "01-your-first-registry.ipynb",
        "02-images-layers-digests.ipynb",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestEvery:
    def test_was_run_from_the_top(self, path: Path) -> None:
        """nbval compares nothing of a cell without an execution count."""
        counts = [cell["execution_count"] for cell in cells(path, "code")]
        assert counts == list(range(1, len(counts) + 1))
        assert sum(bool(cell["outputs"]) for cell in cells(path, "code")) > len(counts) / 2

    def test_holds_nothing_personal_and_nothing_that_changes(self, path: Path) -> None:
        text = shown(path)
        found = {what: match[0] for what, pattern in PERSONAL.items() if (match := re.search(pattern, text))}
        assert not found

    def test_has_no_errors_but_announced_ones(self, path: Path) -> None:
        for cell in cells(path, "code"):
            kinds = {output["output_type"] for output in cell["outputs"]}
            assert "error" not in kinds or "raises-exception" in cell["metadata"].get("tags", ())
            assert not [output for output in cell["outputs"] if output.get("name") == "stderr"]

    def test_has_no_metadata_but_its_kernel_and_tags(self, path: Path) -> None:
        found = json.loads(path.read_text(encoding="utf-8"))
        assert found["metadata"] == {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
        }
        for cell in found["cells"]:
            assert set(cell) <= CELL_KEYS
            assert set(cell["metadata"]) <= {"tags"}
            assert set(cell["metadata"].get("tags", ())) <= TAGS
            assert "widget" not in json.dumps(cell.get("outputs", []))
        assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"])

    def test_begins_with_prose_and_predicts_before_it_shows(self, path: Path) -> None:
        found = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert "".join(found[0]["source"]).startswith("# ")
        for before, cell in pairwise(found):
            if "predict" in cell["metadata"].get("tags", ()):
                assert "**Predict.**" in "".join(before["source"])

    def test_links_lead_somewhere(self, path: Path) -> None:
        for cell in cells(path, "markdown"):
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", "".join(cell["source"])):
                assert (FOLDER / target).exists(), target

    def test_cells_for_the_emulator_alone_are_marked(self, path: Path) -> None:
        """They are what has nothing to talk to on Azure."""
        for cell in cells(path, "code"):
            source = "".join(cell["source"])
            uses = "cloud.emulator" in source or "cloud.requests" in source or "log." in source
            assert uses == ("emulator-only" in cell["metadata"].get("tags", ())), source


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a token", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"),
        ("a password of a registry", "a" * 42 + "+ACRA12345"),
        ("a secret in a variable", "client_secret=abcdefgh1"),
        ("an absolute path", 'File "/home/ada/x.py"'),
        ("a port", "http://localhost:40123/contoso"),
        ("an id", "5ab5ab00-0000-4000-8000-00000000ac12"),
        ("a moment", "2026-11-23T20:10:00"),
        ("an address in memory", "<object at 0x7f3c68363d90>"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert re.search(PERSONAL[what], text)
