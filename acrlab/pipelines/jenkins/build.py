"""A build of Jenkins under way: its workspace, its environment, its variables, and how it goes."""

import os
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from acrlab.pipelines.connections import Connection, Connections
from acrlab.pipelines.console import Console
from acrlab.pipelines.jenkins.syntax import (
    Assign,
    Binary,
    Call,
    Closure,
    Define,
    Expression,
    If,
    Index,
    Literal,
    Member,
    Name,
    Not,
    Pairs,
    Several,
    Statement,
    Template,
    Try,
)
from acrlab.pipelines.machine import Machine
from acrlab.pipelines.refusals import StepFailed, ToolMissing, not_in_subset
from acrlab.pipelines.source import Checkout

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "****"
SUCCESS, UNSTABLE, FAILURE, ABORTED = "SUCCESS", "UNSTABLE", "FAILURE", "ABORTED"
RANK = (SUCCESS, UNSTABLE, FAILURE, ABORTED)


class Thing(NamedTuple):
    """A global of a pipeline by its name: env, params, docker, currentBuild, scm."""

    name: str


class Image(NamedTuple):
    """An image of docker-workflow."""

    id: str


GLOBALS = ("env", "params", "docker", "currentBuild", "scm")


class Build:
    """What a pipeline is run by: values, statements, and the steps of the tables."""

    def __init__(
        self, machine: Machine, console: Console, checkout: Checkout, connections: Connections,
        base: Mapping[str, str], calls: Callable[["Build", Call], Any],
    ) -> None:  # fmt: skip
        self.machine, self.console, self.checkout, self.connections = machine, console, checkout, connections
        self.workspace = self.folder = machine.folder / "work" / "workspace"
        self.workspace.mkdir(parents=True)
        self.layers: list[dict[str, str]] = [dict(base)]
        self.scopes: list[dict[str, Any]] = [{}]
        self.params: dict[str, Any] = {}
        self.registries: list[str] = []
        self.result = SUCCESS
        self._calls = calls

    # Telling

    def mark(self, text: str) -> None:
        """A line of the pipeline's own."""
        self.console.say(f"[Pipeline] {text}")

    def worse(self, result: str) -> None:
        """A result only ever gets worse."""
        self.result = max(self.result, result, key=RANK.index)

    # Environment

    def environment(self) -> dict[str, str]:
        """The variables of the environment as they are here."""
        found: dict[str, str] = {}
        for layer in self.layers:
            found |= layer
        return found

    @contextmanager
    def within(self, layer: Mapping[str, str]) -> "Iterator[None]":
        """Some more variables for a while."""
        self.layers.append(dict(layer))
        try:
            yield
        finally:
            self.layers.pop()

    def credential(self, id: str) -> Connection:
        """A credential. Raises: StepFailed as Jenkins does."""
        found = self.connections.find(id)
        if found is None:
            raise StepFailed(f"Could not find credentials entry with ID '{id}'")
        self.console.hide(found.secret)
        return found

    # Programs

    def shell(self, script: str, *, tell: Callable[[str], None] | None = None) -> int:
        """Run a script as `sh` does; its exit code. Raises: ToolMissing."""
        try:
            self.machine.container_tool()
        except ToolMissing:
            pass  # only a script that needs it misses it
        first = script.partition("\n")[0]
        command = first[2:].split() if first.startswith("#!") else ["sh", "-xe"]
        file = self.machine.folder / "temp" / "script.sh"
        file.write_text(script, encoding="utf-8")
        return self.machine.run([*command, str(file)], self.folder, self.environment(), tell or self.console.say)

    # Statements

    def run(self, statements: tuple[Statement, ...]) -> Any:
        """Run statements in a scope of their own; the value of the last one."""
        self.scopes.append({})
        found: Any = None
        try:
            for each in statements:
                found = self._statement(each)
        finally:
            self.scopes.pop()
        return found

    def _statement(self, each: Statement) -> Any:
        if isinstance(each, Define):
            self.scopes[-1][each.name] = self.value(each.value) if each.value is not None else None
            return None
        if isinstance(each, Assign):
            return self._assign(each)
        if isinstance(each, If):
            return self.run(each.then if truth(self.value(each.test)) else each.other)
        if isinstance(each, Try):
            return self._try(each)
        return self.value(each)

    def _assign(self, each: Assign) -> None:
        value, target = self.value(each.value), each.target
        if isinstance(target, Name):
            scope = next((scope for scope in reversed(self.scopes) if target.name in scope), self.scopes[0])
            scope[target.name] = value
        elif isinstance(target, Member) and self.value(target.target) == Thing("env"):
            self.layers[0][target.name] = text(value)
        elif isinstance(target, Member) and self.value(target.target) == Thing("currentBuild"):
            if target.name == "result":
                self.worse(text(value))
        else:
            raise not_in_subset("this assignment", each.line)

    def _try(self, each: Try) -> Any:
        try:
            return self.run(each.body)
        except StepFailed as failure:
            if not each.caught:
                raise
            self.scopes.append({each.caught: str(failure)})
            try:
                return self.run(each.rescue)
            finally:
                self.scopes.pop()
        finally:
            self.run(each.last)

    # Values

    def value(self, each: Expression) -> Any:
        """What an expression is. Raises: StepFailed, PipelineRefused."""
        return _VALUES[type(each)](self, each)

    def _template(self, each: Template) -> str:
        return "".join(piece if isinstance(piece, str) else text(self.value(piece)) for piece in each.pieces)

    def _name(self, each: Name) -> Any:
        for scope in reversed(self.scopes):
            if each.name in scope:
                return scope[each.name]
        if each.name in GLOBALS:
            return Thing(each.name)
        found = self.environment()
        if each.name in found:
            return found[each.name]
        missing = f"No such property: {each.name} for class: WorkflowScript"
        raise StepFailed(f"groovy.lang.MissingPropertyException: {missing}")

    def _member(self, each: Member) -> Any:
        target = self.value(each.target)
        if target == Thing("env"):
            return self.environment().get(each.name)
        if target == Thing("params"):
            return self.params.get(each.name)
        if target == Thing("currentBuild"):
            known = {"result": self.result, "currentResult": self.result, "number": self.environment()["BUILD_NUMBER"]}
            return known.get(each.name)
        if isinstance(target, Image) and each.name == "id":
            return target.id
        if isinstance(target, dict):
            return target.get(each.name)
        if isinstance(target, str) and each.name == "message":
            return target
        raise StepFailed(f"groovy.lang.MissingPropertyException: No such property: {each.name}")

    def _index(self, each: Index) -> Any:
        target, key = self.value(each.target), self.value(each.key)
        if target == Thing("env"):
            return self.environment().get(text(key))
        try:
            return target[key]
        except (LookupError, TypeError):
            raise StepFailed(f"java.lang.IndexOutOfBoundsException: {key}") from None

    def _binary(self, each: Binary) -> Any:
        left = self.value(each.left)
        if each.sign in ("&&", "||"):
            return truth(self.value(each.right)) if truth(left) is (each.sign == "&&") else truth(left)
        right = self.value(each.right)
        if each.sign == "+":
            both = isinstance(left, int) and isinstance(right, int)
            return left + right if both else f"{text(left)}{text(right)}"
        return (left == right) is (each.sign == "==")

    def _call(self, each: Call) -> Any:
        return self._calls(self, each)


_VALUES: dict[type, Callable[[Build, Any], Any]] = {
    Literal: lambda build, each: each.value,
    Template: Build._template,
    Name: Build._name,
    Member: Build._member,
    Index: Build._index,
    Several: lambda build, each: [build.value(item) for item in each.items],
    Pairs: lambda build, each: {name: build.value(item) for name, item in each.items.items()},
    Binary: Build._binary,
    Not: lambda build, each: not truth(build.value(each.value)),
    Closure: lambda build, each: each,
    Call: Build._call,
}


def truth(value: Any) -> bool:
    """As Groovy sees it: nothing, nought and what is empty are false."""
    return bool(value)


def text(value: Any) -> str:
    """As Groovy prints it."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return value.id if isinstance(value, Image) else str(value)


def path(folder: Path, given: str) -> Path:
    """A path of a step, below the folder it stands in."""
    return Path(os.path.normpath(folder / given))
