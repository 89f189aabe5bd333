"""`acrlab lab`: JupyterLab comes up for whoever is here, root in a container too, and asks for its token."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process group")
LAB = [sys.executable, "-m", "acrlab", "lab", "--no-browser"]


def listening(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("ACRLAB_", "AZURE_", "JUPYTER"))}
    homes = {"ACRLAB_HOME": "acrlab", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTER_CONFIG_DIR": "config"}
    mine |= {name: str(tmp_path / folder) for name, folder in homes.items()}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ours, terminal = os.openpty()  # on a terminal Jupyter would ask whether the interrupt is meant
    command = [*LAB, f"--ServerApp.port={port}"]
    child = subprocess.Popen(
        command, env=mine, stdin=terminal, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    os.close(terminal)
    assert child.stderr
    said: list[str] = []
    for line in child.stderr:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab\S*\?token=\w+", line):
            break
    else:
        pytest.fail("JupyterLab did not start:\n" + "".join(said))
    while not listening(port):  # it tells the address before it listens there
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"JupyterLab ended with {child.wait(timeout=0.05)}")
    yield child, found[0]
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGINT)
        child.communicate()
    os.close(ours)


def test_it_opens_the_first_notebook_and_asks_for_the_token(lab: tuple[subprocess.Popen[str], str]) -> None:
    _, url = lab
    parts = urlsplit(url)
    assert parts.path == "/lab/tree/notebooks/00-start.ipynb"
    notebook = f"http://{parts.netloc}/api/contents/notebooks/00-start.ipynb?content=0"
    with urllib.request.urlopen(f"{notebook}&{parts.query}") as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(notebook)
    refused.value.close()
    assert refused.value.code == 403


def test_one_interrupt_ends_both(lab: tuple[subprocess.Popen[str], str]) -> None:
    child, url = lab
    os.killpg(child.pid, signal.SIGINT)
    _, said = child.communicate()
    assert child.returncode == 0, said
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url)
