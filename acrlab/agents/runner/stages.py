"""A plan carried out: networks, logins, volumes, steps as their graph allows, and what is left behind taken away.

Source: recorded; the engine's open source (builder/builder.go).
"""

import base64
import binascii
import queue
import threading

from acrlab.agents.protocol import EngineFailed
from acrlab.agents.runner.limit import POLL, Limit
from acrlab.agents.runner.machine import Machine
from acrlab.agents.runner.scanning import StepFailed
from acrlab.agents.runner.steps import Result, RunOver, Steps
from acrlab.domain.tasks.run import Dependency
from acrlab.domain.tasks.task import Network, Plan, Step, Volume

CLEANUP = 10.0  # seconds that steps have to end once one of them has failed
BUILDKIT = "acrbuildkitdcontainer"


class TaskFailed(Exception):
    """The run has failed; the text is the last thing that the log says."""


def carry_out(plan: Plan, machine: Machine, total: Limit) -> tuple[Dependency, ...]:
    """Run a plan to its end. Raises: TaskFailed, RunOver."""
    made: list[Network] = []
    begun: list[Step] = []
    try:
        for network in plan.networks:
            if network.skip_creation:
                machine.lines.say(f"Skip creating network: {network.name}")
            else:
                _network(network, machine)
                made.append(network)
        _prepare(plan, machine)
        results = _Graph(plan, machine, total, begun).run()
        return _report(plan, results, machine)
    finally:
        for step in begun:
            machine.agent.remove(step.id)
        for network in plan.networks:
            if network.skip_creation:
                machine.lines.say(f"Skip deleting network: {network.name}")
        for network in made:
            _remove(network, machine)


def _network(network: Network, machine: Machine) -> None:
    machine.lines.say(f"Creating Docker network: {network.name}, driver: '{network.driver}'")
    try:
        machine.agent.network(network.name, network.driver, create=True)
    except EngineFailed as failure:
        raise TaskFailed(f"failed to create network: {network.name}, err: exit status 1, msg: {failure.text}") from None
    machine.lines.say(f"Successfully set up Docker network: {network.name}")


def _remove(network: Network, machine: Machine) -> None:
    try:
        machine.agent.network(network.name, network.driver, create=False)
    except EngineFailed as failure:
        machine.lines.say(f"Failed to delete network: {network.name}, err: exit status 1, msg: {failure.text}")


def _prepare(plan: Plan, machine: Machine) -> None:
    lines, order = machine.lines, machine.order
    found = machine.agent.capabilities
    if found.run and not (found.users and found.networks and found.limits):  # the rest is as on a real agent
        lines.plain(f"acrlab: steps are confined by {found.rung or found.engine}: {'; '.join(found.reasons)}")
    lines.say("Setting up Docker configuration...")
    lines.say("Successfully set up Docker configuration")
    for registry in (*((order.registry,) if order.signed_in else ()), *order.logins):
        lines.say(f"Logging in to registry: {registry}")
        lines.say(f"Successfully logged into {registry}")
    if any(step.cached for step in plan.steps):
        lines.say("Task will use build cache, initializing buildkitd container")
        lines.say(f"Launching container with name: {BUILDKIT}")
        lines.say(f"Successfully executed container: {BUILDKIT}")
    for volume in plan.volumes:
        _fill(volume, machine)


def _fill(volume: Volume, machine: Machine) -> None:
    folder = machine.places.volume(volume.name)
    for name, value in (volume.secret or {}).items():
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            told = "failed to decode Base64 value. please make sure value provided is Base64 encoded"
            raise TaskFailed(told) from None
        path = folder / name
        path.write_bytes(data + b"\n" if data else b"")
        path.chmod(0o644)
    machine.lines.say(f"Volume source {volume.name} successfully created")


def _report(plan: Plan, results: dict[str, Result], machine: Machine) -> tuple[Dependency, ...]:
    found: list[Dependency] = []
    for step in plan.steps:
        result = results[step.id]
        machine.lines.say(f"Step ID: {step.id} marked as successful (elapsed time in seconds: {result.elapsed:.6f})")
        if result.scanned is None or step.cached or not result.scanned.tags:
            continue
        machine.lines.say(f"Populating digests for step ID: {step.id}...")
        found += result.scanned.dependencies(machine)
        machine.lines.say(f"Successfully populated digests for step ID: {step.id}")
    return tuple(found)


class _Graph:
    """Starts every step in a thread of its own as soon as all that it waits for have ended."""

    def __init__(self, plan: Plan, machine: Machine, total: Limit, begun: list[Step]) -> None:
        self.plan, self.machine, self.total, self.begun = plan, machine, total, begun
        self.halted = threading.Event()
        self.steps = Steps(machine, total, self.halted)
        self.ended: queue.SimpleQueue[tuple[Step, Result | BaseException]] = queue.SimpleQueue()
        self.results: dict[str, Result] = {}
        self.left = dict.fromkeys(step.id for step in plan.steps)
        self.active = 0

    def run(self) -> dict[str, Result]:
        self._start()
        while self.active:
            step, outcome = self._next()
            self.active -= 1
            if isinstance(outcome, RunOver):
                self._end()
                raise outcome
            if isinstance(outcome, BaseException):
                self._failed(step, outcome)
            else:
                self.results[step.id] = outcome
            self._start()
        return self.results

    def _start(self) -> None:
        for step in self.plan.steps:
            if step.id in self.left and self.plan.waits[step.id] <= self.results.keys():
                del self.left[step.id]
                self.begun.append(step)
                self.active += 1
                threading.Thread(target=self._work, args=(step,), name=f"step {step.id}", daemon=True).start()

    def _work(self, step: Step) -> None:
        try:
            self.ended.put((step, self.steps.run(step)))
        except BaseException as failure:  # whatever it is, the run has to hear of it
            self.ended.put((step, failure))

    def _next(self) -> tuple[Step, Result | BaseException]:
        while True:
            try:
                return self.ended.get(timeout=POLL * 4)
            except queue.Empty:
                if self.total.over:
                    self._end()
                    raise RunOver from None

    def _failed(self, step: Step, failure: BaseException) -> None:
        text = str(failure) if isinstance(failure, StepFailed) else f"{type(failure).__name__}: {failure}"
        if step.ignore_errors:
            told = f"Step ID: {step.id} encountered an error: {text}, but is set to ignore errors. Continuing..."
            self.machine.lines.say(told)
            self.results[step.id] = Result(failure.elapsed if isinstance(failure, StepFailed) else 0.0)
            return
        self._end()
        raise TaskFailed(f"failed to run step ID: {step.id}: {text}")

    def _end(self) -> None:
        """Ask every step to end, and wait for it, but not for ever."""
        self.halted.set()
        patience = Limit(CLEANUP, threading.Event())
        while self.active and not patience.late:
            try:
                self.ended.get(timeout=min(POLL * 4, patience.left() or POLL))
                self.active -= 1
            except queue.Empty:
                continue
