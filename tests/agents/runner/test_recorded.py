"""Task files replayed: the log and the exit state of the real engine, ids, times and digests apart.

What is compared is what the engine writes and what its containers write. The recorded files that need a daemon's own
words are given them by the bench.
"""

import re
from pathlib import Path

import pytest

from acrlab.domain.tasks.run import Order
from tests.agents.runner.machine import Run

SHARED = Path(__file__).resolve().parents[4] / "shared/reference/acr-tasks-logs"
TIME = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")
NORMAL = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:DIGEST"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "CONTAINER"),
    (re.compile(r"elapsed time in seconds: [\d.]+"), "elapsed time in seconds: S"),
    (re.compile(r"daemon  [\d.]+[kM]?B"), "daemon  SIZE"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "SHORT"),
)
DEPRECATED = (
    "DEPRECATED: The legacy builder",
    "            Install the buildx",
    "            https://docs.docker.com/go",
)


def normal(lines):
    found = []
    for line in lines:
        line = TIME.sub("", line)
        for pattern, name in NORMAL:
            line = pattern.sub(name, line)
        found.append(line)
    return found


def recorded(title):
    for name in ("acb-real-run-1.log", "acb-real-run-2.log"):
        text = (SHARED / name).read_text(encoding="utf-8")
        for part in text.split("=================== ")[1:]:
            head, _, body = part.partition("\n")
            if title in head:
                body, _, code = body.partition("\nrc=")
                return [line for line in body.splitlines() if not line.startswith(DEPRECATED)], int(code[:1] or 1)
    raise AssertionError(title)


@pytest.fixture
def replay(tmp_path):
    if not SHARED.exists():
        pytest.skip(f"RECORDING NOT REPLAYED: {SHARED} is not here")

    def run(name, **more):
        text = (SHARED / "inputs" / name).read_text(encoding="utf-8")
        one = Run(tmp_path)
        order = Order(run="cf4", registry="localhost:5543", task_text=text, signed_in=False, **more)
        return one, one.order(order)

    return run


@pytest.mark.parametrize("name", ["fail.yaml", "to.yaml", "misc.yaml", "nf.yaml"])
def test_replayed(replay, name):
    one, ending = replay(name)
    wanted, code = recorded(f"ws/{name}")
    assert normal(one.log) == normal(wanted)
    assert ending.status == ("Failed" if code else "Succeeded")
    assert ending.error == ("failed during run, err: exit status 1" if code else "")


def test_parallel_steps_end_when_one_fails(replay):
    """Which of two threads is first is chance, there as here: the lines are the same, each step's in its order."""
    one, ending = replay("par.yaml")
    wanted, _ = recorded("ws/par.yaml")
    ours = normal(one.log)
    assert sorted(set(ours) - {"p2 1", "p2"}) == sorted(set(normal(wanted)) - {"p2"})
    assert ours[-1] == "failed to run step ID: a: exit status 125"
    assert ending.status == "Failed"


def test_a_failing_build(tmp_path):
    if not SHARED.exists():
        pytest.skip(f"RECORDING NOT REPLAYED: {SHARED} is not here")
    one = Run(tmp_path, {"bad.df": (SHARED / "inputs/bad.df").read_text(encoding="utf-8")})
    ending = one.order(Order(run="ca3", registry="localhost:5543", dockerfile="bad.df", images=("bad:1",)))
    wanted = [line for line in recorded("-f bad.df")[0] if line and not line.startswith(("real", "user", "sys"))]
    assert normal(one.log)[1:] == normal(wanted)[1:]  # but for the name of the home volume
    assert one.log[0].endswith("as the home volume")
    assert ending.status == "Failed"
