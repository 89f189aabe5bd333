"""What the real engine rendered, and the command lines it made of it, for Microsoft's sample tasks."""

import re
from pathlib import Path

import pytest

from acrlab.agents.runner.lines import Lines
from acrlab.agents.runner.rendering import Rendering, ready
from acrlab.agents.runner.steps import cache_flags, container_line
from acrlab.domain.tasks import alias
from acrlab.domain.tasks.run import Order
from tests.agents.runner.machine import Desk

SAMPLES = Path(__file__).resolve().parents[4] / "shared/reference/acr-tasks-logs/acb-dryrun-samples.log"
NAMES = ["build-push-hello-world-multi.yaml", "when-parallel-dependent.yaml", "files-working-directory.yaml",
         "network-curl.yaml", "mounts-multistep.yaml", "buildx.yml"]  # fmt: skip
TIME = r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d "
AGENT = " --volume /var/run/docker.sock:/var/run/docker.sock"


def section(name):
    text = SAMPLES.read_text(encoding="utf-8")
    return text.partition(f"=== {name}\n")[2].partition("\n=== ")[0]


def part(text, head):
    """The lines between a line of the log and the next."""
    return re.split(TIME, text.partition(f"{head}:\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("name", NAMES)
def test_samples(name, tmp_path):
    if not SAMPLES.exists():
        pytest.skip(f"RECORDING NOT REPLAYED: {SAMPLES.name} is not here")
    text = section(name)
    source = part(text, "Processed task before rendering data") or part(text, "Rendered template")
    order = Order(run="cf1", registry="myreg.azurecr.io", task="mytask", task_text=source)
    lines = Lines([].append, lambda: 0.0)
    plan = ready(Rendering(order, Desk(), tmp_path, "vol", 0.0), lines)
    wanted = [
        line.partition("Step args: /bin/sh, -c, ")[2].replace("/tmp/hv:", "/workspace:").replace(AGENT, "")
        for line in text.splitlines()
        if "Step args: /bin/sh, -c, " in line
    ]
    made = []
    for step in plan.steps:
        if step.push:
            continue
        command = step.cmd.replace(alias.IMAGES["bash"], "mcr.microsoft.com/acr/bash:cbcf692")
        command = command.replace(alias.IMAGES["curl"], "mcr.microsoft.com/acr/curl:cbcf692")
        if step.build:
            cached = cache_flags(step, order) if step.cached else ""
            command = f"buildx build {cached}{step.build}" if cached else f"docker build {step.build}"
        made.append(container_line(step, command, step.working_directory))
    assert wanted
    assert [line for line in made if line in wanted] == wanted  # the dry run of parallel steps ended before all began
    assert name == "when-parallel-dependent.yaml" or made == wanted
