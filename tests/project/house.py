"""A small acrlab to set up: the real start.py, venv and pip, a package of one line, no network."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]

PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "acrlab"
version = "0.1.0"
"""

CLI = """\
import sys

def main():
    print("acrlab", *sys.argv[1:])
    return 7
"""

# The least that pip takes for a build backend: an editable wheel is a zip with a .pth file.
BACKEND = """\
import pathlib
import zipfile

HERE = str(pathlib.Path(__file__).parent)
INFO = "acrlab-0.1.0.dist-info"
FILES = {
    "acrlab.pth": HERE,
    f"{INFO}/METADATA": "Metadata-Version: 2.1\\nName: acrlab\\nVersion: 0.1.0\\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    f"{INFO}/entry_points.txt": "[console_scripts]\\nacrlab = acrlab_cli:main\\n",
}


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    print("BUILDING")
    name = "acrlab-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        for path, text in FILES.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{INFO}/RECORD", "".join(f"{path},,\\n" for path in [*FILES, f"{INFO}/RECORD"]))
    return name
"""


@dataclass
class House:
    """A folder with start.py and what it needs."""

    path: Path

    @classmethod
    def build(cls, path: Path) -> "House":
        path.mkdir()
        shutil.copy(HOME / "start.py", path)
        files = {
            "pyproject.toml": PROJECT,
            "backend.py": BACKEND,
            "acrlab_cli.py": CLI,
            "requirements.lock": "# nothing\n",
            "requirements-test.lock": "# nothing more\n",
        }
        for name, text in files.items():
            (path / name).write_text(text)
        return cls(path)

    @property
    def unfinished(self) -> Path:
        return self.path / ".venv" / "unfinished"

    def start(self, *arguments: str, before: str = "", **variables: str) -> subprocess.Popen[str]:
        """start.py as a process of its own. `before` is code that runs in it first."""
        code = f"import runpy, sys; sys.argv = sys.argv[1:]; {before or 'pass'}\nrunpy.run_path(sys.argv[0], "
        return subprocess.Popen(
            [sys.executable, "-c", code + "run_name='__main__')", str(self.path / "start.py"), *arguments],
            env={**os.environ, "PIP_NO_INDEX": "1", "PIP_USER": "1", **variables},
            cwd=self.path.parent,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name != "nt",
        )

    def run(self, *arguments: str, before: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, before=before, **variables)
        out, err = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def kill_at(self, words: str, *arguments: str) -> None:
        """Kills start.py and all it started once it has printed the words."""
        process = self.start(*arguments)
        assert process.stdout
        assert any(words in line for line in process.stdout), f"{words!r} was never printed"
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
