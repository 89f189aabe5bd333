"""Killed in mid-run: no line that was shown is lost, and every run ends in a true state."""

import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from acrlab.emulator import Emulator
from tests.tasks.conftest import PATIENCE
from tests.tasks.doomed import Asking
from tests.tasks.stacker import Stacker


def test_a_process_is_killed_while_a_run_is_under_way(tmp_path):
    command = [sys.executable, "-m", "tests.tasks.doomed", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as doomed:
        told = msgspec.json.decode(doomed.stdout.readline())
        doomed.send_signal(signal.SIGKILL)
    with Emulator(data=tmp_path, engine=Stacker()) as emulator:
        assert emulator.dispatcher.idle(PATIENCE)
        asking = Asking(emulator)
        lost = asking.ask("GET", f"{asking.registry}/runs/{told['running']}")["properties"]
        assert (lost["status"], lost["provisioningState"]) == ("Error", "Failed")
        assert "its agent is gone" in lost["runErrorMessage"]
        resource = emulator.world.state.resources[f"{asking.registry}/runs/{told['running']}".lower()]
        log = Path(emulator.world.storage.path(resource.body["log"])).read_text()
        assert told["shown"] and log.startswith(told["shown"])
        assert f"Run ID: {told['running']} failed after" in log
        waited = asking.ask("GET", f"{asking.registry}/runs/{told['waiting']}")["properties"]
        assert (waited["status"], waited["outputImages"][0]["repository"]) == ("Succeeded", "waiting")
        assert emulator.world.state.registries["doomed"].repositories["waiting"].tags


def test_a_stop_in_good_order_says_what_happened(tmp_path):
    engine = Stacker()
    engine.gate.clear()
    with Emulator(data=tmp_path, engine=engine) as emulator:
        asking = Asking(emulator)
        asking.prepare()
        run = asking.build("app:v1")
        assert engine.building.acquire(timeout=PATIENCE)
    with Emulator(data=tmp_path, engine=Stacker()) as again:
        found = Asking(again).ask("GET", f"{asking.registry}/runs/{run}")["properties"]
        assert found["status"] == "Error" and "acrlab was stopped" in found["runErrorMessage"]
        assert "app" not in again.world.state.registries["doomed"].repositories


def test_a_return_to_an_earlier_state_ends_the_runs_it_finds(lab):
    lab.engine.gate.clear()
    run = lab.build("app:v1")
    assert lab.engine.building.acquire(timeout=PATIENCE)
    lab.world.snapshot("middle")
    lab.engine.gate.set()
    assert lab.settled(run.run_id).status == "Succeeded"
    lab.world.restore("middle")
    assert lab.settled(run.run_id).status == "Error"
    lab.world.reset()
    assert lab.dispatcher.idle(PATIENCE) and not lab.world.state.registries
