"""Notebooks run as their readers run them: a process of their own, compared strictly with what is committed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NBVAL = (
    "-m", "pytest", "--nbval", "--nbval-current-env", "--nbval-cell-timeout", "60", "-p", "no:cacheprovider", "-q",
)  # fmt: skip


def environment() -> dict[str, str]:
    """Nothing of a running emulator; acrlab importable from anywhere."""
    foreign = ("ACRLAB_", "AZURE_", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def compared(*notebooks: Path, world: Path | None = None, emulator: bool = True) -> subprocess.CompletedProcess[str]:
    """Compare the outputs of notebooks with what they give now; `world` is a folder that the emulator keeps."""
    kept = ("--data", str(world)) if world else ()
    inside = (sys.executable, "-m", "acrlab", "run", *kept, "--") if emulator else ()
    command = [*inside, sys.executable, *NBVAL, *map(str, notebooks or NOTEBOOKS)]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
