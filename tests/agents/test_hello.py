"""The hand-made hello-world runs where it can, and is well formed where it cannot."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from acrlab.agents.bases.hello import program
from acrlab.agents.protocol import EngineFailed

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in MACHINES,
    reason="NOT PROBED: a Linux program cannot be run on this machine",
)
def test_it_says_its_message(tmp_path: Path) -> None:
    file = tmp_path / "hello"
    file.write_bytes(program(MACHINES[platform.machine()], b"hello\n"))
    file.chmod(0o755)
    done = subprocess.run([file], capture_output=True, check=True)
    assert done.stdout == b"hello\n"


WIDE, NARROW = slice(96, 104), slice(68, 72)  # where the file says how long its program is


@pytest.mark.parametrize(
    ("architecture", "machine", "length"), [("amd64", 62, WIDE), ("arm64", 183, WIDE), ("arm", 40, NARROW)]
)
def test_the_header_names_the_machine_and_the_message_ends_the_file(
    architecture: str, machine: int, length: slice
) -> None:
    raw = program(architecture, b"message")
    assert (raw[:4], int.from_bytes(raw[18:20], "little")) == (b"\x7fELF", machine)
    assert raw.endswith(b"message")
    assert int.from_bytes(raw[length], "little") == len(raw)


def test_other_machines_are_refused() -> None:
    with pytest.raises(EngineFailed, match="s390x"):
        program("s390x", b"")
