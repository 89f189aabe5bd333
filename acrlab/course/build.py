"""The learner's notebook, made of the solution: `python -m acrlab.course.build [--check] [LAB ...]`.

What stands between `### BEGIN SOLUTION` and `### END SOLUTION` becomes a place for an answer; outputs, execution
counts and cells tagged `solution` go. The same source always makes the same bytes.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from acrlab.course import solution
from acrlab.course.folder import LEARNER, SOLUTION, Folder, LabInvalid, LabUnknown, every, find

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
PLACE = "...  # your answer"
AUTHORS_ONLY = "solution"  # the tag of cells that no learner gets


def learners(folder: Folder) -> str:
    """The text of lab.ipynb. Raises: LabInvalid."""
    path = folder.path / SOLUTION
    kept = [
        _cell(cell, f"{folder.name}/{SOLUTION}, cell {number}")
        for number, cell in enumerate(solution.cells(path), 1)
        if AUTHORS_ONLY not in solution.tags(cell)
    ]
    whole = json.loads(path.read_text(encoding="utf-8"))
    metadata = {"kernelspec": whole["metadata"]["kernelspec"], "language_info": {"name": "python"}}
    notebook = {"cells": kept, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def answers(folder: Folder) -> list[str]:
    """The lines between the marks, without blanks around them. Raises: LabInvalid."""
    found = []
    for number, cell in enumerate(solution.cells(folder.path / SOLUTION), 1):
        if cell["cell_type"] == "code":
            inside = False
            for line, inside in _marked(solution.source(cell), f"{folder.name}/{SOLUTION}, cell {number}"):
                if inside and line.strip() not in (BEGIN, END, ""):
                    found.append(line.strip())
    return found


def stale(folder: Folder) -> bool:
    """Whether lab.ipynb is not what its solution makes of it. Raises: LabInvalid."""
    path = folder.path / LEARNER
    return not path.exists() or path.read_text(encoding="utf-8") != learners(folder)


def write(folder: Folder) -> bool:
    """Make lab.ipynb. Says whether it changed. Raises: LabInvalid."""
    changed = stale(folder)
    if changed:
        (folder.path / LEARNER).write_text(learners(folder), encoding="utf-8", newline="\n")
    return changed


def _cell(cell: dict[str, Any], where: str) -> dict[str, Any]:
    tags = solution.tags(cell)
    made = {
        "cell_type": cell["cell_type"], "id": cell["id"], "metadata": {"tags": tags} if tags else {},
        "source": solution.source(cell).splitlines(keepends=True),
    }  # fmt: skip
    if cell["cell_type"] != "code":
        return made
    text = "\n".join(_emptied(solution.source(cell), where))
    return {**made, "source": text.splitlines(keepends=True), "outputs": [], "execution_count": None}


def _emptied(source: str, where: str) -> Iterator[str]:
    for line, inside in _marked(source, where):
        if line.strip() == BEGIN:
            yield line.replace(BEGIN, PLACE)
        elif not inside:
            yield line


def _marked(source: str, where: str) -> Iterator[tuple[str, bool]]:
    """Every line, and whether it belongs to an answer; the marks themselves do. Raises: LabInvalid."""
    inside = False
    for line in source.splitlines():
        mark = line.strip()
        if mark in (BEGIN, END) and (mark == BEGIN) is inside:
            raise LabInvalid(f"{where}: {mark} where there is no room for one")
        inside = inside or mark == BEGIN
        yield line, inside
        inside = inside and mark != END
    if inside:
        raise LabInvalid(f"{where}: {BEGIN} without {END}")


def main(arguments: list[str]) -> int:
    """Make every learner's notebook, or with --check say which are stale."""
    only_check = "--check" in arguments
    names = [each for each in arguments if each != "--check"]
    try:
        folders = [find(each) for each in names] if names else every()
        return _checked(folders) if only_check else _written(folders)
    except (LabInvalid, LabUnknown) as error:
        sys.stderr.write(f"acrlab: {error}\n")
        return 2


def _checked(folders: Iterable[Folder]) -> int:
    old = [each.name for each in folders if stale(each)]
    for name in old:
        sys.stderr.write(f"acrlab: labs/{name}/{LEARNER} is stale: run python -m acrlab.course.build {name}\n")
    return 1 if old else 0


def _written(folders: Iterable[Folder]) -> int:
    for each in folders:
        sys.stdout.write(f"{each.name}: {'written' if write(each) else 'as it was'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
