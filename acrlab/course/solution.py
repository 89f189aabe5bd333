"""The worked solution of a lab, run without being shown."""

import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from acrlab.course.folder import SOLUTION, Folder, LabInvalid

SETUP = "setup"


def cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook. Raises: LabInvalid."""
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return found
    except FileNotFoundError:
        raise LabInvalid(f"{path.parent.name}/{path.name} is missing") from None
    except (ValueError, KeyError, TypeError):
        raise LabInvalid(f"{path.parent.name}/{path.name} is not a notebook") from None


def source(cell: dict[str, Any]) -> str:
    """A cell's text."""
    return "".join(cell["source"])


def tags(cell: dict[str, Any]) -> list[str]:
    """A cell's tags."""
    return list(cell.get("metadata", {}).get("tags", ()))


def run(folder: Folder, steps: range, names: dict[str, Any]) -> None:
    """Do some steps of a lab as its solution does them. `names` is what cells may use. Raises: LabInvalid."""
    for code, place in _code(folder, steps):
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            try:
                exec(compile(code, f"<{folder.name}, {place}>", "exec"), names)
            except Exception as error:
                raise LabInvalid(
                    f"{folder.name}: {place} of the solution fails: {type(error).__name__}: {error}"
                ) from error


def _code(folder: Folder, steps: range) -> Iterator[tuple[str, str]]:
    wanted = {SETUP, *(f"step-{each}" for each in steps)}
    for number, cell in enumerate(cells(folder.path / SOLUTION), 1):
        if cell["cell_type"] == "code" and wanted & set(tags(cell)):
            yield source(cell), f"cell {number}"
