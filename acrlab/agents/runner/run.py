"""A run from its order to its ending: quick builds and task files.

Source: recorded; the engine's open source (cmd/acb/commands). What the service says around them: doc, public issues.
"""

import threading
import uuid
from collections.abc import Callable
from pathlib import Path

from acrlab.agents.protocol import Agent, EngineFailed, Registries
from acrlab.agents.runner.context import prepare
from acrlab.agents.runner.limit import Limit
from acrlab.agents.runner.lines import Lines, told
from acrlab.agents.runner.machine import Machine
from acrlab.agents.runner.places import Places
from acrlab.agents.runner.rendering import RenderFailed, Rendering, line, quoted, ready
from acrlab.agents.runner.services import Services, SourceFailed
from acrlab.agents.runner.stages import TaskFailed, carry_out
from acrlab.agents.runner.steps import RunOver
from acrlab.domain.tasks.dependencies import normalised
from acrlab.domain.tasks.run import Ending, Order
from acrlab.domain.tasks.task import Plan, Step, Task, plan

BUILD_TIMEOUT, PUSH_TIMEOUT = 28800, 3600  # seconds; source: recorded
FAILED = "failed during run, err: exit status 1"
NO_CONTEXT = (
    "failed to download context. Please check if the URL is incorrect. "
    "If it has credentials, please check if they are expired"
)


def execute(
    order: Order,
    agent: Agent,
    registries: Registries,
    services: Services,
    workspace: Path,
    log: Callable[[str], None],
    cancelled: threading.Event,
    now: Callable[[], float],
) -> Ending:
    """Do what was ordered and tell how it ended; what goes wrong is in the log and the ending, never raised."""
    lines = Lines(log, now)
    total = Limit(order.timeout, cancelled)
    places = Places(workspace / "workspace", workspace / "home", workspace / "volumes")
    machine = Machine(order, agent, registries, services, places, lines)
    try:
        return _execute(machine, total, now)
    except (RenderFailed, TaskFailed, EngineFailed) as failure:
        lines.plain(str(failure))
        return Ending(status="Failed", error=FAILED)
    except SourceFailed as failure:
        if str(failure) != NO_CONTEXT:  # the service says no more than that
            lines.plain(f"acrlab: {str(failure).removeprefix('acrlab: ')}")
        return Ending(status="Failed", error=NO_CONTEXT)
    except RunOver:
        return Ending(status="Canceled" if cancelled.is_set() else "Timeout")
    except Exception as fault:  # the run still has to end, and to say so
        lines.plain(f"acrlab: the runner is at fault: {type(fault).__name__}: {fault}")
        return Ending(status="Error", error=f"{type(fault).__name__}: {fault}")


def _execute(machine: Machine, total: Limit, now: Callable[[], float]) -> Ending:
    _fetch(machine)
    volume = f"acb_vol_{uuid.uuid4()}"
    rendering = Rendering(machine.order, machine.services, machine.places.workspace, volume, now())
    if machine.order.dockerfile:
        machine.lines.say(f"Using {volume} as the home volume")
        found = quick_build(rendering)
    else:
        found = ready(rendering, machine.lines)
    dependencies = carry_out(found, machine, total)
    for each in told(dependencies, machine.lines):
        machine.lines.plain(each)
    images = tuple(each.image for each in dependencies if each.image.digest)
    return Ending(status="Succeeded", images=images, dependencies=dependencies)


def _fetch(machine: Machine) -> None:
    source, lines = machine.order.source, machine.lines
    for folder in (machine.places.workspace, machine.places.home):
        folder.mkdir(parents=True, exist_ok=True)
    if not source.url and not source.upload:
        return
    lines.say("Downloading source code...")
    machine.commit = prepare(source, machine.services, machine.places.workspace)
    lines.say("Finished downloading source code")


def quick_build(rendering: Rendering) -> Plan:
    """`az acr build` as the task that it is: a step that builds, and one that pushes. Raises: RenderFailed."""
    order = rendering.order
    tags = tuple(_named(order.registry, line(rendering, name)) for name in order.images)
    words = [f"-t {quoted(tag)}" for tag in tags]
    words += [f"--build-arg {quoted(f'{name}={value}')}" for name, value in order.arguments.items()]
    words += [f"--target {quoted(order.target)}"] if order.target else []
    build = line(rendering, " ".join([f"-f {quoted(order.dockerfile)}", *words, "."]))
    steps: list[Step | None] = [Step(id="build", build=build, timeout=BUILD_TIMEOUT, tags=list(tags), when=["-"])]
    if order.push and tags:
        steps.append(Step(id="push", push=list(tags), timeout=PUSH_TIMEOUT, when=["build"]))
    found = plan(Task(steps=steps, quick_build=True), order.os)
    found.steps[0].arguments = [f"{name}={value}" for name, value in order.arguments.items()]
    return found


def _named(registry: str, name: str) -> str:
    name = normalised(name)
    return name if name.startswith((f"{registry}/", "library/")) else f"{registry}/{name}"
