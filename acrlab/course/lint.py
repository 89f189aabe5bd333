"""A linter for notebooks: what is committed is whole, harmless, and the same for everybody.

`lint(path)` gives every problem in words; `RULES` holds the rules by name, each a function over one notebook.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

TAGS = frozenset({
    "setup", "predict", "break-it", "emulator-only", "cleanup", "raises-exception",
    "start", "exercise", "check", "hint", "reset", "solution", "live-only",
    "nbval-check-output", "nbval-ignore-output", "nbval-skip",
})  # fmt: skip
STEP = re.compile(r"step-[1-9]\d*")
KERNEL = "python3"
_LISTENED = re.compile(r"\bcloud\.requests\(\) as (\w+)")  # the name of what was asked
CELL_KEYS = frozenset({"cell_type", "id", "metadata", "source", "outputs", "execution_count"})
SECRETS = {
    "a token": r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.",
    "a password of a registry": r"[A-Za-z0-9]{42}\+ACR[A-D]",
    "a secret in a variable": r"(?i)(client_secret|password)['\"]?\s*[=:]\s*['\"]?(?!getpass|os\.)[^\s'\"…]{8,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
PLACES = {
    "an absolute path": r"(?<![\w.:/>])/(home|root|tmp|work|usr/(?!lib/runtime)|Users|var|private)/\S+|[A-Z]:\\\\"
}
CHANGING = {
    "a port": r"(localhost|127\.0\.0\.1):\d+",
    "an id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "a moment": r"(?!1970-01-01T00:00:00Z)\d{4}-\d\d-\d\d[T ]\d\d:\d\d",
    "an address in memory": r"0x[0-9a-f]{8,}",
}
UNRUN = frozenset(
    {"lab.ipynb", "solution.ipynb"}
)  # committed without outputs: one is for the learner, one the source of it


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong, in which notebook, in which cell (0: the notebook as a whole)."""

    path: str
    cell: int
    rule: str
    message: str

    def __str__(self) -> str:
        where = f", cell {self.cell}" if self.cell else ""
        return f"{self.path}{where}: {self.message} ({self.rule})"


class Notebook:
    """A notebook as it lies on disk."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path, self.content = path, content
        self.cells: list[dict[str, Any]] = content["cells"]

    @property
    def code(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The code cells and their numbers, from 1."""
        return ((number, cell) for number, cell in enumerate(self.cells, 1) if cell["cell_type"] == "code")

    @property
    def run(self) -> bool:
        """Whether it is meant to be committed with its outputs."""
        return self.path.name not in UNRUN


Found = Iterator[tuple[int, str]]


def source(cell: dict[str, Any]) -> str:
    """A cell's text."""
    return "".join(cell["source"])


def tags(cell: dict[str, Any]) -> list[str]:
    """A cell's tags."""
    return list(cell["metadata"].get("tags", ()))


def counts(notebook: Notebook) -> Found:
    """Run once, from the top: nbval compares nothing of a cell without an execution count."""
    if not notebook.run:
        yield from (
            (n, "has outputs: clear them") for n, cell in notebook.code if cell["outputs"] or cell["execution_count"]
        )
        return
    for place, (number, cell) in enumerate(notebook.code, 1):
        if cell["execution_count"] != place:
            yield (
                number,
                f"execution count is {cell['execution_count']}, not {place}: run all cells from the top and save",
            )
    silent = [number for number, cell in notebook.code if not cell["outputs"]]
    if len(silent) * 2 > len(list(notebook.code)):
        yield 0, "most of its cells show nothing: run all cells from the top and save with outputs"


def known_tags(notebook: Notebook) -> Found:
    """A misspelled tag does nothing, silently."""
    for number, cell in enumerate(notebook.cells, 1):
        for tag in tags(cell):
            if tag not in TAGS and not STEP.fullmatch(tag):
                yield (
                    number,
                    f"the tag {tag!r} means nothing: use one of {', '.join(sorted(TAGS))}, or step-1, step-2 …",
                )


def ids(notebook: Notebook) -> Found:
    """Every cell has an id of its own."""
    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells, 1):
        if not cell.get("id") or cell["id"] in seen:
            yield number, f"the id {cell.get('id')!r} is missing or used twice"
        seen.add(cell.get("id", ""))


def no_secrets(notebook: Notebook) -> Found:
    """Neither in what is shown nor in what is written."""
    for number, cell in enumerate(notebook.cells, 1):
        yield from (
            (number, f"holds {what}: {text[:12]}…") for what, text in _matches(SECRETS, source(cell) + shown(cell))
        )


def no_places(notebook: Notebook) -> Found:
    """No path of somebody's machine."""
    for number, cell in notebook.code:
        yield from ((number, f"holds {what}: {text}") for what, text in _matches(PLACES, source(cell) + shown(cell)))


def same_every_time(notebook: Notebook) -> Found:
    """Nothing in the outputs that is another the next time."""
    for number, cell in notebook.code:
        yield from ((number, f"shows {what}: {text}") for what, text in _matches(CHANGING, shown(cell)))


def announced_errors(notebook: Notebook) -> Found:
    """An error is shown where the tag raises-exception says so, and nothing goes to standard error."""
    for number, cell in notebook.code:
        kinds = {output["output_type"] for output in cell["outputs"]}
        announced = "raises-exception" in tags(cell)
        if "error" in kinds and not announced:
            yield number, "ends in an error that no tag raises-exception announces"
        if announced and notebook.run and "error" not in kinds:
            yield number, "is tagged raises-exception and raises none"
        if any(output.get("name") == "stderr" for output in cell["outputs"]):
            yield number, "writes to standard error"


def metadata(notebook: Notebook) -> Found:
    """The kernel and tags, nothing else: no widget state, no editor's folds."""
    found = set(notebook.content["metadata"]) - {"kernelspec", "language_info"}
    if found:
        yield 0, f"the metadata holds {', '.join(sorted(found))}: clear it"
    kernel = notebook.content["metadata"].get("kernelspec", {}).get("name")
    if kernel != KERNEL:
        yield 0, f"the kernel is {kernel!r}: everybody has {KERNEL!r}"
    for number, cell in enumerate(notebook.cells, 1):
        strange = {*cell} - CELL_KEYS | {*cell["metadata"]} - {"tags"}
        if strange:
            yield number, f"holds {', '.join(sorted(strange))}: clear it"
        if "application/vnd.jupyter.widget" in shown(cell):
            yield number, "holds the state of a widget: switch off Save Widget State"


def prose_first(notebook: Notebook) -> Found:
    """A notebook begins with a title."""
    if not notebook.cells or not source(notebook.cells[0]).startswith("# "):
        yield 1, "is not a heading: a notebook begins with one"


def predictions(notebook: Notebook) -> Found:
    """A cell tagged predict follows a text that asks for a prediction."""
    for number, (before, cell) in enumerate(pairwise(notebook.cells), 2):
        if "predict" in tags(cell) and "**Predict.**" not in source(before):
            yield number, "is tagged predict, and the text before it asks for no prediction"


def links(notebook: Notebook) -> Found:
    """What is linked to is there."""
    for number, cell in enumerate(notebook.cells, 1):
        if cell["cell_type"] == "markdown":
            for target in re.findall(r"\]\((?!https?:|attachment:)([^)#]+)", source(cell)):
                if not (notebook.path.parent / target).exists():
                    yield number, f"links to {target}, which is not there"


def marked_powers(notebook: Notebook) -> Found:
    """What only an emulator can do is tagged emulator-only."""
    listened = {name for _, cell in notebook.code for name in _LISTENED.findall(source(cell))}
    powers = (r"\bcloud\.(emulator|requests)\b", r"\bui\.(access|triggers)\(")
    power = re.compile("|".join([*powers, *(rf"(?<![\w.]){each}\." for each in listened)]))
    for number, cell in notebook.code:
        uses = power.search(source(cell)) is not None
        if notebook.run and uses != ("emulator-only" in tags(cell)):
            yield number, f"{'needs' if uses else 'does not need'} the tag emulator-only"


RULES: dict[str, Callable[[Notebook], Found]] = {
    "counts": counts,
    "tags": known_tags,
    "ids": ids,
    "secrets": no_secrets,
    "paths": no_places,
    "deterministic": same_every_time,
    "errors": announced_errors,
    "metadata": metadata,
    "prose": prose_first,
    "predictions": predictions,
    "links": links,
    "emulator-only": marked_powers,
}


def lint(path: Path, rules: Collection[str] = ()) -> list[Problem]:
    """Every problem of a notebook, by the rules named or by all. Raises: KeyError for a rule that does not exist."""
    wanted = {name: RULES[name] for name in rules or RULES}
    name = f"{path.parent.name}/{path.name}"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        notebook = Notebook(path, content)
        found = [(rule, list(look(notebook))) for rule, look in wanted.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return [Problem(name, 0, "format", f"is not a notebook of format 4.5: {type(error).__name__}: {error}")]
    return [Problem(name, cell, rule, message) for rule, problems in found for cell, message in problems]


def notebooks(places: Iterable[Path]) -> list[Path]:
    """The notebooks among files and below folders, checkpoints left out, in order."""
    found: list[Path] = []
    for place in places:
        inside = sorted(place.rglob("*.ipynb")) if place.is_dir() else [place]
        found += [each for each in inside if ".ipynb_checkpoints" not in each.parts]
    return list(dict.fromkeys(found))


def shown(cell: dict[str, Any]) -> str:
    """The outputs of a cell as text."""
    return json.dumps(cell.get("outputs", []), ensure_ascii=False) if cell.get("outputs") else ""


def _matches(patterns: dict[str, str], text: str) -> Iterator[tuple[str, str]]:
    for what, pattern in patterns.items():
        match = re.search(pattern, text)
        if match:
            yield what, match[0]
