"""JupyterLab and Voilà as a learner has them: in a process of their own, over a copy of the course."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 90  # seconds until a server that does not come up is given up
LAB = (
    "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port=0", "--IdentityProvider.token=",
    "--LabApp.expose_app_in_browser=True", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)  # fmt: skip
VOILA = ("-m", "voila", "--no-browser", "--Voila.ip=127.0.0.1", "--show_tracebacks=True")  # and a port: it takes no 0
_ADDRESS = re.compile(r"http://(?:localhost|127\.0\.0\.1):(\d+)/")


def course(folder: Path) -> Path:
    """A copy of notebooks and labs, so that what is saved in a journey is saved there."""
    for name in ("notebooks", "labs"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def notebook(path: Path, *sources: str) -> Path:
    """A notebook of code cells."""
    cells = [
        {"cell_type": "code", "id": f"c{at}", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
        for at, text in enumerate(sources)
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@contextmanager
def served(folder: Path, home: Path, *command: str) -> Iterator[str]:
    """A server inside an emulator of its own; gives its address."""
    with running(folder, home, "-m", "acrlab", "run", "--", sys.executable, *command) as said:
        yield _address([said()])


@contextmanager
def running(folder: Path, home: Path, *command: str) -> Iterator[Callable[[], str]]:
    """A Python program that serves pages, once it has said where; gives what it says."""
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACRLAB_", "AZURE_", "PYTEST"))}
    environment = {
        **kept, "PYTHONPATH": str(ROOT), "ACRLAB_HOME": str(home / "acrlab"), "HOME": str(home),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"), "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_CONFIG_DIR": str(home / "config"), "IPYTHONDIR": str(home / "ipython"),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, *command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        said: list[str] = []
        found, done = threading.Event(), threading.Thread(target=_read, args=(process, said, lambda: found.set()))
        done.start()
        try:
            if not found.wait(PATIENCE) or not _address(said):
                raise AssertionError("the server did not come up:\n" + "".join(said))
            yield lambda: "".join(said)
        finally:
            process.terminate()
            process.wait(30)
            done.join(30)


def _read(process: subprocess.Popen[str], said: list[str], found: Callable[[], Any]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if _address(said):
            found()
    found()


def _address(said: list[str]) -> str:
    match = next((match for line in said if (match := _ADDRESS.search(line))), None)
    return f"http://127.0.0.1:{match[1]}" if match else ""


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
