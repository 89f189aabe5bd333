"""The commands that questions accept, and those they call mistakes, run by the real az against the emulator."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.emulator import Emulator
from acrlab.trainer import bank as banks
from acrlab.trainer import oracle, steps
from acrlab.trainer.bench import BenchPlace
from acrlab.trainer.question import Question

pytestmark = pytest.mark.peers
AZ = os.environ.get("ACRLAB_AZ") or shutil.which("az")
# What az leaves behind cannot tell right from wrong here; their keys are proven over REST like all others.
ELSEWHERE = {
    "runs/find-the-failures": "it lists, and changes nothing",
    "runs/kept-for-the-audit": "it names a run by an id that was drawn",
}
FILLS = [each for each in banks.standard() if each.kind == "fill" and each.id not in ELSEWHERE]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    if AZ is None:
        pytest.skip("there is no az: `acrlab az --install`, or ACRLAB_AZ")
    with Emulator(sealed=True) as made:
        yield made


def _az(emulator: Emulator, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **emulator.environment(), "AZURE_CONFIG_DIR": str(folder)}
    words = shlex.split(command)
    return subprocess.run([str(AZ), *words[1:]], env=variables, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("question", FILLS, ids=lambda each: each.id)
def test_az_does_what_the_key_says(question: Question, emulator: Emulator, tmp_path: Path) -> None:
    variables = emulator.environment()
    login = (
        f"az login --service-principal -u {variables['AZURE_CLIENT_ID']} -p {variables['AZURE_CLIENT_SECRET']} "
        f"--tenant {variables['AZURE_TENANT_ID']}"
    )
    assert json.loads(_az(emulator, login, tmp_path).stdout)
    for number, choice in enumerate(question.parts[0].choices):
        variant = banks.standard().instance(question.id, 100 + number)
        place = BenchPlace(emulator.world, lambda _: emulator.dispatcher)  # its agents are those of the emulator
        assert oracle.prepare(variant, place) == ""
        done = _az(emulator, variant.text(choice.say) + (" --yes" if " delete " in choice.say else ""), tmp_path)
        trip = steps.Trip.at(place, variant.names, question.profile)
        trip.registry = variant.names["registry"]
        stopped = oracle._walk(trip, question.oracle.goal)
        assert (done.returncode == 0 and stopped is None) is choice.right, (choice.say, done.stderr, stopped)
