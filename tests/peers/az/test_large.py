"""`az` 2.91, a context of 2 GiB and a log of a million lines; the emulator needs little memory for either."""

import os
import re
import sys

import pytest

from acrlab.agents import engines
from tests.peers.cloud import LOCATION, Cloud
from tests.peers.lanes import not_run
from tests.peers.launched import launched
from tests.peers.test_az import Az

pytestmark = pytest.mark.slow

GROUP, NAME = "large", "largepeer"
GIB, MIB = 1 << 30, 1 << 20
SECONDS = 1800  # az itself compresses what it sends
LINES = 1_000_000


@pytest.fixture(scope="module")
def az(tmp_path_factory):
    found = engines.engine().probe()
    if not found.run:
        not_run(f"no engine that runs processes: {'; '.join(found.reasons)}")
    if sys.platform != "linux":
        not_run("what a process has needed at most is read from /proc")
    folder = tmp_path_factory.mktemp("home")
    with launched("--sealed", "--data", str(folder / "data"), log=folder / "log") as emulator:
        program = Az(Cloud.around(emulator, folder), tmp_path_factory.mktemp("azure"))
        program.sign_in()
        program.json("group", "create", "--name", GROUP, "--location", LOCATION)
        program.json("acr", "create", "--resource-group", GROUP, "--name", NAME, "--sku", "Premium")
        program.run("acr", "run", "--registry", NAME, "--cmd", "bash true", "/dev/null")  # what a first run loads
        yield program


def peak(az) -> int:
    """The most bytes that the emulator's process has ever had in memory."""
    with open(f"/proc/{az.cloud.emulator.process.pid}/status") as file:
        return int(re.search(r"VmHWM:\s+(\d+) kB", file.read())[1]) * 1024


def test_a_context_of_two_gib(az, tmp_path):
    """It cannot be compressed, so that all of it goes over the wire; the image has it."""
    block = os.urandom(8 * MIB)
    with open(tmp_path / "large", "wb") as file:
        for _ in range(2 * GIB // len(block)):
            file.write(block)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY large /large\n")
    before = peak(az)
    arguments = ("acr", "build", "--registry", NAME, "--image", "large:1", str(tmp_path))
    done = az.tool.run(*arguments, env=az.env, timeout=SECONDS)
    print(f"at the peak {peak(az) / MIB:.0f} MiB, {(peak(az) - before) / MIB:.0f} of them new")
    assert "was successful after" in done.stdout
    (image,) = az.json("acr", "manifest", "list-metadata", "--registry", NAME, "--name", "large")
    assert image["imageSize"] > 2 * GIB
    assert peak(az) - before < 256 * MIB


def test_a_log_of_a_million_lines(az):
    before = peak(az)
    arguments = ("acr", "run", "--registry", NAME, "--cmd", f"bash seq {LINES}", "/dev/null")
    done = az.tool.run(*arguments, env=az.env, timeout=SECONDS)
    print(f"at the peak {peak(az) / MIB:.0f} MiB, {(peak(az) - before) / MIB:.0f} of them new")
    numbers = [line for line in done.stdout.splitlines() if line.isdigit()]
    assert numbers == [str(number) for number in range(1, LINES + 1)]
    assert peak(az) - before < 128 * MIB
