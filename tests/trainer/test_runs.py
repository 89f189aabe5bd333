"""The verbs of oracles that build and run: followed to the end, told with status, images and lines of the log."""

from collections.abc import Iterator
from typing import Any

import pytest

from acrlab.trainer import steps
from acrlab.trainer.bench import Bench
from acrlab.trainer.steps import Tried, Trip

FILES = {"Dockerfile": "FROM scratch\nCOPY page /\n", "page": "hello"}
HELLO = "version: v1.1.0\nsteps:\n- cmd: busybox echo hello {{.Values.who}}\n"
EVERY_HOUR = {"timerTriggers": [{"name": "t1", "schedule": "0 * * * *"}]}


@pytest.fixture
def trip(bench: Bench) -> Iterator[Trip]:
    with bench.place() as place:
        found = Trip.at(place, {}, "current-2026")
        assert _done(found, registry="taskslab", tier="Premium").ok
        yield found


def _done(trip: Trip, **step: Any) -> Tried:
    return steps.perform(trip, step)


def test_a_build_is_followed_to_its_images(trip: Trip) -> None:
    assert _done(trip, build="app:v1 app:latest", files=FILES, pick="images", are=["app:v1", "app:latest"]).ok
    assert _done(trip, tags="app", are=["latest", "v1"]).ok
    assert _done(trip, build="app:v2", files=FILES, push="no", pick="type", **{"is": "QuickRun"}).ok
    assert _done(trip, tags="app", count="2").ok


def test_a_run_that_fails_counts_as_refused(trip: Trip) -> None:
    broken = {"Dockerfile": "FROM scratch\nCOPY missing /\n"}
    failed = _done(trip, build="app:v1", files=broken)
    assert (failed.ok, failed.code) == (False, "Failed") and "COPY failed" in failed.seen
    assert _done(trip, build="app:v1", files=broken, refused="Failed", says="missing").ok
    assert _done(trip, build="app:v1", files=FILES, refused="Failed").ok is False


def test_lines_of_a_log(trip: Trip) -> None:
    assert _done(trip, steps=HELLO, values={"who": "you"}, lines="^hello", are=["hello you"]).ok
    wrong = _done(trip, steps=HELLO, values={"who": "you"}, lines="^hello", are=["hello me"])
    assert not wrong.ok and wrong.seen == "they are hello you"


def test_a_task_its_timer_and_its_runs(trip: Trip) -> None:
    assert _done(trip, task="nightly", steps=HELLO, trigger=EVERY_HOUR).ok
    assert _done(trip, runs="nightly", are="none").ok
    assert _done(trip, clock="2h").ok
    assert _done(trip, start="nightly").ok
    assert _done(trip, runs="nightly", pick="runType", are=["QuickRun", "AutoRun", "AutoRun"]).ok


def test_who_may_not_is_refused_before_anything_runs(trip: Trip) -> None:
    assert _done(trip, **{"as": "nobody"}).ok
    assert _done(trip, build="app:v1", files=FILES, refused="AuthorizationFailed").ok
    assert _done(trip, steps=HELLO, refused="AuthorizationFailed").ok
    assert _done(trip, runs="all", refused="AuthorizationFailed").ok


def test_runs_of_a_place_go_with_it(bench: Bench) -> None:
    before = len(bench._origin.family), bench._origin.journal.position
    with bench.place() as place:
        found = Trip.at(place, {}, "current-2026")
        _done(found, registry="taskslab")
        assert _done(found, build="app:v1", files=FILES).ok
    assert (len(bench._origin.family), bench._origin.journal.position) == before
