"""One job under way: its folders, its variables, what it is signed in to, and how its steps have gone."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from acrlab.pipelines.azure.variables import Variables
from acrlab.pipelines.connections import Connection, Connections
from acrlab.pipelines.console import Console
from acrlab.pipelines.machine import Machine
from acrlab.pipelines.refusals import StepFailed
from acrlab.pipelines.source import Checkout

COMMAND = re.compile(r"##vso\[([A-Za-z.]+)((?: [^\]]*)?)\](.*)")
PROPERTY = re.compile(r"\s*(\w+)=([^;]*);?")
MASK = "***"
TRUE = ("true", "1", "yes")


class JobRun:
    """What the steps of a job share."""

    def __init__(
        self, machine: Machine, console: Console, root: Path, checkout: Checkout, variables: Variables,
        connections: Connections,
    ) -> None:  # fmt: skip
        self.machine, self.console, self.root, self.checkout = machine, console, root, checkout
        self.variables, self.connections = variables, connections
        self.logins: dict[str, Connection] = {}
        self.failed = self.issues = False
        self.completed = self.step_name = ""  # of the step under way: what task.complete said, and its name
        for name in ("s", "a", "b", "temp", "TestResults"):
            (root / name).mkdir(parents=True, exist_ok=True)

    @property
    def sources(self) -> Path:
        """Where the repository is checked out."""
        return self.root / "s"

    def connection(self, name: str) -> Connection:
        """A service connection. Raises: StepFailed."""
        found = self.connections.find(name)
        if found is None:
            raise StepFailed(f"Endpoint not present: {name}")
        self.console.hide(found.secret)
        return found

    def within(self, given: str) -> Path:
        """A folder of a step: relative ones lie in the sources."""
        return self.sources / given if given else self.sources

    # Output

    def tell(self, line: str) -> None:
        """A line that a step printed; one that is a logging command is obeyed. Source: logging commands (2025)."""
        found = COMMAND.search(line)
        if found is None:
            self.console.say(line)
            return
        properties = {key.lower(): value for key, value in PROPERTY.findall(found[2])}
        act = _COMMANDS.get(found[1].lower())
        if act is None:
            self.console.say(line, f"##[warning]acrlab: {found[1]} is not in the subset, and nothing was done for it")
            return
        act(self, properties, found[3])

    def _set(self, properties: Mapping[str, str], value: str) -> None:
        secret = properties.get("issecret", "").lower() in TRUE
        if secret:
            self.console.hide(value)
        name = properties.get("variable", "")
        self.variables.set(name, value, secret=secret)
        if properties.get("isoutput", "").lower() in TRUE and self.step_name:
            self.variables.set(f"{self.step_name}.{name}", value, secret=secret)

    def _complain(self, properties: Mapping[str, str], message: str) -> None:
        kind = properties.get("type", "error")
        self.issues = True
        self.console.say(f"##[{kind}]{message}")

    def _complete(self, properties: Mapping[str, str], _: str) -> None:
        self.completed = properties.get("result", "Succeeded")

    def _path(self, _: Mapping[str, str], folder: str) -> None:
        environment = self.machine.environment
        environment["PATH"] = f"{folder}:{environment['PATH']}"

    def _secret(self, _: Mapping[str, str], value: str) -> None:
        self.console.hide(value)

    # Programs

    def command(
        self, command: Sequence[str], folder: Path, more: Mapping[str, str], *, given: str | None = None,
        timeout: float = 0.0, shown: str = "",
    ) -> int:  # fmt: skip
        """Run a program as tasks do, its command line first; its exit code. Raises: ToolMissing, StepFailed."""
        self.console.say(f"[command]{shown or ' '.join(command)}")
        variables = {**self.variables.environment(), **more}
        return self.machine.run(command, folder, variables, self.tell, given=given, timeout=timeout)


_COMMANDS: dict[str, Callable[[JobRun, Mapping[str, str], str], None]] = {
    "task.setvariable": JobRun._set,
    "task.logissue": JobRun._complain,
    "task.complete": JobRun._complete,
    "task.prependpath": JobRun._path,
    "task.setsecret": JobRun._secret,
    "task.debug": lambda run, properties, message: run.console.say(f"##[debug]{message}"),
    "task.setprogress": lambda run, properties, message: None,
}
