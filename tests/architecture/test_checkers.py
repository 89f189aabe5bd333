"""The checkers that pyproject.toml configures: layers, types and lint are part of the suite."""

import subprocess
import sys

import pytest

from tests.architecture.tree import HOME

LAYERS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
CHECKERS = {
    "import-linter": ["-c", LAYERS],
    "mypy": ["-m", "mypy"],
    "ruff": ["-m", "ruff", "check", "--quiet", "."],
}


@pytest.mark.parametrize("name", CHECKERS)
def test_green(name):
    done = subprocess.run(
        [sys.executable, *CHECKERS[name]], cwd=HOME, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout
