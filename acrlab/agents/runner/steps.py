"""One step: what it starts, how often, and what the log says of it. Source: recorded; the engine's open source
(builder/builder.go, builder/push.go, pkg/procmanager)."""

import threading
import time

import msgspec

from acrlab.agents.protocol import EngineFailed
from acrlab.agents.runner.limit import Limit
from acrlab.agents.runner.lines import Output
from acrlab.agents.runner.machine import Interrupted, Machine, Scene
from acrlab.agents.runner.places import HOME, HOME_VOLUME, WORKSPACE, absolute
from acrlab.agents.runner.rendering import quoted
from acrlab.agents.runner.scanning import Scanned, StepFailed, scanned
from acrlab.agents.runner.shell import Shell
from acrlab.domain.tasks.contexts import build_words, remote, replaced
from acrlab.domain.tasks.dependencies import HUB, image
from acrlab.domain.tasks.run import Order
from acrlab.domain.tasks.task import Step

PUSHES, FIRST_DELAY, LONGEST_DELAY = 3, 0.25, 5.0  # times, seconds, seconds
QUIET = "exit status 137"


class RunOver(Exception):
    """The run has ended while a step was at work: nothing more is said."""


class Result(msgspec.Struct, frozen=True):
    """What a step leaves behind. Units: seconds."""

    elapsed: float
    scanned: Scanned | None = None


class Steps:
    """Does steps, several at once."""

    def __init__(self, machine: Machine, total: Limit, halted: threading.Event) -> None:
        self.machine, self.total, self.halted = machine, total, halted
        self.lines, self.shell = machine.lines, Shell(machine)

    def run(self, step: Step) -> Result:
        """Do it. Raises: StepFailed, RunOver."""
        self.lines.say(
            f"Executing step ID: {step.id}. Timeout(sec): {step.timeout}, "
            f"Working directory: '{step.working_directory}', Network: '{step.network}'"
        )
        if step.start_delay > 0:
            self.lines.say(f"Waiting {step.start_delay} seconds before executing step ID: {step.id}")
            Limit(self.total.left(), *self.total.events, self.halted).pause(step.start_delay)
        if step.cmd and step.pull:
            self._pull(step)
        started = time.monotonic()
        try:
            found = self._push(step) if step.push else self._container(step)
        except StepFailed as failure:
            failure.elapsed = time.monotonic() - started
            raise
        return Result(time.monotonic() - started, found)

    def _limit(self, seconds: float) -> Limit:
        self._look()
        return Limit(min(seconds, self.total.left()), *self.total.events, self.halted)

    def _look(self) -> None:
        if self.total.over:
            raise RunOver

    def _pull(self, step: Step) -> None:
        self.lines.say("Step specified pull. Performing an explicit pull...")
        output = Output(self.lines)
        code = self.shell.docker(["pull", step.cmd.partition(" ")[0]], Scene(output, self._limit(step.timeout)))
        output.end()
        if code:
            raise StepFailed(f"exit status {code}")

    def _container(self, step: Step) -> Scanned | None:
        found, directory = None, step.working_directory
        command = step.cmd
        if step.build:
            found = scanned(self.machine, step)
            context = build_words(step.build)[2]
            build = step.build
            if remote(context):
                directory, build = step.id, replaced(step.build, ".")
            cached = cache_flags(step, self.machine.order) if step.cached else ""
            command = f"buildx build {cached}{build}" if cached else f"docker build {build}"
        error = self._repeated(step, container_line(step, command, directory), self._limit(step.timeout))
        self._look()
        if error:
            raise StepFailed(error)
        return found

    def _repeated(self, step: Step, line: str, limit: Limit) -> str:
        """Once and `repeat` times more, whatever comes of it; what went wrong, all of it."""
        errors: list[str] = []
        for _ in range(step.repeat + 1):
            error = self._retried(step, line, limit)
            errors += [error] if error else []
            if limit.over:
                break
        return ", ".join(errors)

    def _retried(self, step: Step, line: str, limit: Limit) -> str:
        for attempt in range(step.retries + 1):
            self.lines.say(f"Launching container with name: {step.id}")
            error, told = self._once(step, line, limit)
            self._look()
            if not error:
                self.lines.say(f"Successfully executed container: {step.id}")
                return ""
            if attempt == step.retries or limit.stopped or (step.retry_on_errors and not told):
                break
            self.lines.say(
                f"Container failed during run: {step.id}, waiting {step.retry_delay} seconds before retrying..."
            )
            limit.pause(step.retry_delay)
            self._look()
        self.lines.say(f"Container failed during run: {step.id}. No retries remaining.")
        return error

    def _once(self, step: Step, line: str, limit: Limit) -> tuple[str, bool]:
        """What went wrong, and whether the output had one of the errors to retry on."""
        output = Output(self.lines, step.retry_on_errors)
        try:
            if limit.late:
                return "timed out", False
            code = self.shell(line, Scene(output, limit))
        except Interrupted:
            return ("timed out" if limit.late and not limit.stopped else QUIET), output.matched
        finally:
            output.end()
        return (f"exit status {code}" if code else ""), output.matched

    def _push(self, step: Step) -> Scanned | None:
        limit = self._limit(step.timeout)
        for name in step.push:
            for attempt in range(1, PUSHES + 1):
                self.lines.say(f"Pushing image: {name}, attempt {attempt}")
                if self._pushed(name):
                    break
                self._look()
                limit.pause(min(FIRST_DELAY * 2 ** (attempt - 1), LONGEST_DELAY))
                if attempt == PUSHES or limit.over:
                    self._look()
                    raise StepFailed("failed to push images successfully")
            self.lines.say(f"Successfully pushed image: {name}")
        return None

    def _pushed(self, name: str) -> bool:
        output = Output(self.lines)
        try:
            self.machine.agent.push(name, output)
        except EngineFailed as failure:
            output.end()
            self.lines.plain(failure.text)
            return False
        output.end()
        return True


def cache_flags(step: Step, order: Order) -> str:
    """What buildx is told of its cache. Source: recorded (cache_mytask_acb_step_0)."""
    if not step.tags:
        return ""
    found = [image(tag) for tag in step.tags]
    far = next((each for each in found if each.registry != HUB), None)
    name = f"{far.registry}/{far.repository}" if far else f"{order.registry}/{found[0].repository}"
    reference = f"type=registry,ref={name}:cache_{order.task or 'quickrun'}_{step.id}"
    return f"--load --cache-to={reference},mode=max --cache-from={reference} "


def container_line(step: Step, command: str, directory: str) -> str:
    """What the agent's shell is given. Source: recorded (Step args)."""
    words = ["docker run"]
    words += [] if step.keep else ["--rm"]
    words += ["--detach"] if step.detach else []
    words += [f"-p {port}" for port in step.ports]
    words += [f"--expose {port}" for port in step.expose]
    words += ["--privileged"] if step.privileged else []
    for flag, value in (
        ("--user", step.user), ("--network", step.network), ("--isolation", step.isolation), ("--cpus", step.cpus),
        ("--entrypoint", step.entry_point if step.cmd else ""), ("--name", step.id),
    ):  # fmt: skip
        words += [f"{flag} {value}"] if value else []
    words += [f"--volume {WORKSPACE}:{WORKSPACE} --volume {HOME_VOLUME}:{HOME}"]
    words += [f"--volume {mount.name}:{mount.path}" for mount in step.mounts if mount]
    words += [f"--env HOME={HOME}", *(f"--env {_shielded(each)}" for each in step.env)]
    words += [] if step.plain_directory else [f"--workdir {absolute(directory)}"]
    return " ".join([*words, command])


def _shielded(variable: str) -> str:
    """For the shell, unless it is written for one; the engine of 2026 has no shell that would read it."""
    if set(variable) & set("'\"`\\"):
        return variable
    return f'"{variable}"' if "$" in variable else quoted(variable)
