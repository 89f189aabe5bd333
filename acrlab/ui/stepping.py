"""The steps of a task file as a run goes through them: what the log says of each.

Source: the engine's log (recorded); only lines that bear its time are the engine's, the others are of containers.
"""

import re

import msgspec

from acrlab.agents.runner import taskfile
from acrlab.domain.tasks import alias
from acrlab.domain.tasks.task import Plan, Step, plan

WAITING, RUNNING, DONE, FAILED, IGNORED, ENDED, SKIPPED = (
    "waiting", "running", "succeeded", "failed", "failed, ignored", "stopped", "not begun",
)  # fmt: skip
_TIMED = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")
# What a line says of a step; the first that fits counts.
_SIGNS = (
    (re.compile(r"Executing step ID: (\S+)\. Timeout"), RUNNING),
    (re.compile(r"Launching container with name: (\S+)"), RUNNING),
    (re.compile(r"Successfully executed container: (\S+)"), DONE),
    (re.compile(r"Container failed during run: (\S+)\. No retries remaining"), FAILED),
    (re.compile(r"Step ID: (\S+) encountered an error: .*, but is set to ignore errors"), IGNORED),
    (re.compile(r"Step ID: (\S+) marked as successful"), DONE),
)
_FATAL = re.compile(r"failed to run step ID: (\S+): ")  # the run's own last word; without a time
_AT_THE_END = {WAITING: SKIPPED, RUNNING: ENDED}


class Stage(msgspec.Struct, frozen=True):
    """A step: what it does, which steps it waits for, and how far it is. `depth` counts the steps before it."""

    name: str
    does: str
    waits: tuple[str, ...]
    depth: int
    state: str = WAITING


def stages(text: str) -> tuple[Stage, ...]:
    """The steps of a task file, in its order. Raises: YamlInvalid, TaskInvalid."""
    found: Plan = plan(taskfile.task(alias.separate(text)[1]))
    depths: dict[str, int] = {}
    for step in found.steps:
        depths[step.id] = 1 + max((depths[each] for each in found.waits[step.id]), default=-1)
    return tuple(
        Stage(step.id, _does(step), tuple(each for each in depths if each in found.waits[step.id]), depths[step.id])
        for step in found.steps
    )


def _does(step: Step) -> str:
    told = {"build": step.build, "push": " ".join(step.push), "cmd": step.cmd}
    return next(f"{kind} {' '.join(words.split())}" for kind, words in told.items() if words)


def reached(steps: tuple[Stage, ...], log: str, over: bool) -> tuple[Stage, ...]:
    """The steps as a log leaves them; `over` when nothing more will come."""
    states = {step.name: WAITING for step in steps}
    for line in log.splitlines():
        name, state = _read(line)
        if name in states and states[name] != IGNORED:  # such a step is marked as successful in the end
            states[name] = state
            _before(steps, name, states)
    ends = _AT_THE_END if over else {}
    return tuple(msgspec.structs.replace(step, state=ends.get(states[step.name], states[step.name])) for step in steps)


def _before(steps: tuple[Stage, ...], name: str, states: dict[str, str]) -> None:
    """A step that begins says that those it waited for are done: a push has no line of its own for that."""
    for each in next(step.waits for step in steps if step.name == name):
        if states[each] == RUNNING:
            states[each] = DONE


def _read(line: str) -> tuple[str, str]:
    fatal = _FATAL.search(line)
    if fatal:
        return fatal[1], FAILED
    timed = _TIMED.match(line)
    if not timed:
        return "", ""
    found = ((sign.match(line, timed.end()), state) for sign, state in _SIGNS)
    return next(((match[1], state) for match, state in found if match), ("", ""))
