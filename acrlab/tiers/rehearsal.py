"""A notebook as work for the twin: run from the top with its TIER set, by a process that sees one emulator.

As a module: `python -m acrlab.tiers.rehearsal NOTEBOOK TIER` runs it here and prints what it told, as JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from acrlab.client.cloud import Cloud
    from acrlab.emulator import Emulator

PARAMETERS, TELLING, SKIPPED = "parameters", "twin", "nbval-skip"  # tags of cells
LONGEST = 600  # seconds a notebook may take


class Stopped(Exception):
    """A cell of the notebook raised something; the text is the name of it and its sentence."""


def of(path: Path, emulator: "Emulator") -> Callable[["Cloud", str], Mapping[str, Any]]:
    """The work of running that notebook. Raises: FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(path)
    emulator.start()

    def work(cloud: "Cloud", tier: str) -> Mapping[str, Any]:
        command = [sys.executable, "-m", __name__, str(path.resolve()), tier]
        variables = {**os.environ, **emulator.environment()}
        done = subprocess.run(command, env=variables, cwd=path.parent, capture_output=True, text=True, timeout=LONGEST)
        try:
            told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            raise Stopped(f"exit code {done.returncode}: {(done.stderr.strip().splitlines() or [''])[-1]}") from None
        if told["ended"]:
            raise Stopped(told["ended"])
        return dict(told["found"])

    return work


def played(path: Path, tier: str) -> dict[str, Any]:
    """Run every cell in this process. `found` by the first line of the cells tagged `twin`; `ended` by what."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell: Any = InteractiveShell.instance()
    found: dict[str, str] = {}
    for source, tags in with_tier(json.loads(path.read_text(encoding="utf-8"))["cells"], tier):
        with capture_output() as captured:
            result = shell.run_cell(source)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            sentence = (str(error).splitlines() or [""])[0]
            return {"found": found, "ended": f"{type(error).__name__}: {sentence}"}
        if TELLING in tags:
            text = repr(result.result) if result.result is not None else captured.stdout
            found[source.strip().splitlines()[0].lstrip("# ")[:60]] = " ".join(text.split())
    return {"found": found, "ended": ""}


def with_tier(cells: list[dict[str, Any]], tier: str) -> list[tuple[str, tuple[str, ...]]]:
    """The code to run, with its tags: TIER is set after the cell tagged `parameters`, or at the top."""
    plain = [
        ("".join(cell["source"]), tuple(cell.get("metadata", {}).get("tags", ())))
        for cell in cells if cell["cell_type"] == "code"
    ]  # fmt: skip
    wanted = [(source, tags) for source, tags in plain if source.strip() and SKIPPED not in tags]
    marked = next((at + 1 for at, (_, tags) in enumerate(wanted) if PARAMETERS in tags), 0)
    return [*wanted[:marked], (f"TIER = {tier!r}", ()), *wanted[marked:]]


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(played(Path(sys.argv[1]), sys.argv[2])))
