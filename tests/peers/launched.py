"""`acrlab up` as a process of its own: what can be killed, timed and weighed from outside."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

PROGRAM = [sys.executable, "-c", "from acrlab.cli import main; main()"]
REPOSITORY = Path(__file__).resolve().parents[2]
STARTUP_SECONDS = 30.0


@dataclass
class Launched:
    """Speaks of a running `acrlab up` as Emulator does of itself."""

    process: subprocess.Popen[bytes]
    description: dict[str, object]
    seconds_to_describe: float

    def environment(self) -> dict[str, str]:
        return dict(self.description["environment"])  # type: ignore[call-overload]

    def describe(self) -> dict[str, object]:
        return self.description

    @property
    def resident(self) -> int:
        """Bytes resident in the process and its children."""
        root = psutil.Process(self.process.pid)
        return sum(p.memory_info().rss for p in [root, *root.children(recursive=True)])

    def kill(self) -> None:
        """The end without warning. POSIX: SIGKILL; Windows: TerminateProcess."""
        self.process.kill()
        self.ended()

    def ended(self) -> None:
        """Waits for the end, and lets go of what is left of the process."""
        self.process.wait(15)
        if self.process.stdout:
            self.process.stdout.close()


def launch(*arguments: str, log: Path) -> Launched:
    """Starts `acrlab up --json ARGUMENTS` and reads what it prints when it is ready.

    With a home of its own beside the log: the emulator of whoever runs the tests is none of its business.
    """
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ACRLAB_")},
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]),
        "ACRLAB_HOME": str(log.parent / "acrlab-home"),
    }
    begun = time.perf_counter()
    with open(log, "ab") as errors:
        process = subprocess.Popen(
            [*PROGRAM, "up", "--json", "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=errors, env=env
        )
    description = _read_json(process, log)
    return Launched(process, description, time.perf_counter() - begun)


def _read_json(process: subprocess.Popen[bytes], log: Path) -> dict[str, object]:
    """The object on standard output, on one line or on many."""
    assert process.stdout is not None
    text = b""
    for line in process.stdout:
        text += line
        with contextlib.suppress(ValueError):
            return json.loads(text)
    process.wait()
    raise AssertionError(f"acrlab up ended with {process.returncode}: {text!r}\n{log.read_text()[-4000:]}")


@contextlib.contextmanager
def launched(*arguments: str, log: Path) -> Iterator[Launched]:
    running = launch(*arguments, log=log)
    try:
        yield running
    finally:
        running.process.terminate()
        try:
            running.ended()
        except subprocess.TimeoutExpired:
            running.kill()
