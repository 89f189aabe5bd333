"""A quick build that ends before any engine is asked: its log against the recorded one (build -f nosuch.df)."""

import re
import threading
from pathlib import Path

import pytest

from acrlab.agents.runner.run import execute
from acrlab.domain.tasks.run import Order

RECORDED = Path(__file__).resolve().parents[4] / "shared/reference/acr-tasks-logs/acb-real-run-2.log"


def test_a_missing_dockerfile(tmp_path):
    if not RECORDED.exists():
        pytest.skip(f"RECORDING NOT REPLAYED: {RECORDED.name} is not here")
    told = []
    order = Order(run="cf9", registry="localhost:5543", dockerfile="nosuch.df", images=("x:1",))
    ending = execute(order, None, None, None, tmp_path, told.append, threading.Event(), lambda: 0.0)
    text = RECORDED.read_text(encoding="utf-8")
    part = text.partition("build -t x:1 -f nosuch.df")[2].partition("\nrc=1")[0].splitlines()[2:]  # home volume
    assert [re.sub(r"^[\d/]{10} [\d:]{8} ", "", line) for line in told] == [
        re.sub(r"^[\d/]{10} [\d:]{8} ", "", line) for line in part
    ]
    assert (ending.status, ending.error) == ("Failed", "failed during run, err: exit status 1")
