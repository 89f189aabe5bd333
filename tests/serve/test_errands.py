"""What takes long is done by a thread of the emulator's own, while its doors answer."""

import threading

import pytest

from acrlab.client.control import Control
from acrlab.domain import events
from acrlab.emulator import Emulator
from acrlab.engine import jobs
from acrlab.engine.errands import Errand
from acrlab.engine.state import Job
from acrlab.engine.world import World

PATIENCE = 60.0  # seconds that something may take before it counts as broken


class Lengthy(Errand):
    """Takes as long as the test wants."""

    preparing, go_on, over = threading.Event(), threading.Event(), threading.Event()

    def __init__(self, world: World, job: Job) -> None:
        self._world = world

    @property
    def slow(self) -> bool:
        return True

    def prepare(self) -> None:
        self.preparing.set()
        assert self.go_on.wait(PATIENCE)

    def finish(self) -> tuple[events.Event, ...]:
        return (events.ClockAdvanced(at=self._world.now(), seconds=1000.0),)

    def release(self) -> None:
        self.over.set()


def test_a_door_answers_while_something_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs.SLOW, "lengthy", Lengthy)
    with Emulator(clock="frozen") as emulator:
        world = emulator.world
        with world.lock:
            now = world.now()
            world.commit(events.JobScheduled(at=now, job=world.uuid(), name="lengthy", due=now))
        try:
            assert Lengthy.preparing.wait(PATIENCE)
            control = Control(emulator.endpoint, emulator.environment()["ACRLAB_CONTROL"])
            assert "lengthy" in [job["name"] for job in control.status()["jobs"]], "its job is there until it is over"
            assert not Lengthy.over.is_set() and world.state.advanced == 0.0
        finally:
            Lengthy.go_on.set()
        assert Lengthy.over.wait(PATIENCE)
        with world.lock:
            assert world.state.advanced == 1000.0
            assert not [job for job in world.state.jobs if job.name == "lengthy"]
