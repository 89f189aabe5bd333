"""Daemons of their own for these tests: started by hand on a socket of the test's, and ended with it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.agents.docker.daemon import Daemon
from acrlab.agents.protocol import EngineFailed
from tests.peers.engines import unmount
from tests.peers.lanes import not_run

READY = 30  # seconds


def dockerd(folder: Path, data: Path) -> list[str]:
    """No bridge and no rules of a firewall: nothing of the machine's network changes."""
    socket, own = folder / "d.sock", [f"--exec-root={folder}/run", f"--pidfile={folder}/pid", f"--data-root={data}"]
    quiet = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=overlay2"]
    return ["dockerd", f"--host=unix://{socket}", *own, *quiet]


def podman(folder: Path, data: Path) -> list[str]:
    own = ["--root", str(data), "--runroot", str(folder / "run"), "--runtime", "runc"]
    return ["podman", *own, "system", "service", "--time=0", f"unix://{folder / 'd.sock'}"]


STARTS = {"docker": dockerd, "podman": podman}


@pytest.fixture(scope="session", params=STARTS)
def daemon(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of one."""
    folder = Path("/run", f"acrlab-test-{os.getpid()}-{request.param}")
    data = tmp_path_factory.mktemp("daemon") / "data"
    words = STARTS[request.param](folder, data)
    if sys.platform != "linux" or os.geteuid() or not shutil.which(words[0]):
        not_run(f"{words[0]}: needs root on Linux, and apt-get install docker.io podman")
    folder.mkdir()
    data.mkdir()
    log = data.parent / "log"
    configuration = folder / "containers.conf"
    configuration.write_text("[containers]\ndefault_ulimits = []\n[engine]\nevents_logger = 'file'\n")
    environment = {**os.environ, "CONTAINERS_CONF": str(configuration)}
    with log.open("wb") as file, subprocess.Popen(words, stdout=file, stderr=file, env=environment) as process:
        try:
            if not answers(folder / "d.sock", process):
                not_run(f"{words[0]} does not start here: {log.read_text()[-400:]}")
            yield folder / "d.sock"
        finally:
            process.terminate()
            process.wait()
            clear(folder)
            unmount(data)
            clear(data)


def answers(socket: Path, process: subprocess.Popen[bytes]) -> bool:
    """Until it does, or has ended."""
    until = time.monotonic() + READY
    while time.monotonic() < until and process.poll() is None:
        try:
            Daemon(str(socket)).version()
        except EngineFailed:
            time.sleep(0.05)
            continue
        return True
    return False


def clear(folder: Path) -> None:
    """What a daemon has left mounted, and its files."""
    unmount(folder)
    shutil.rmtree(folder, ignore_errors=True)
