"""Conditions: and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main')).

Source: Azure Pipelines, expressions (2025).
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from acrlab.pipelines.refusals import PipelineRefused, not_in_subset

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.-]*)|(?P<mark>[()\[\],]))"
)
DEEPEST = 50
Value = str | bool | float


class State(NamedTuple):
    """What conditions look at: variables by lower-case name, and how what came before has gone."""

    variables: Mapping[str, str]
    failed: bool = False
    issues: bool = False
    canceled: bool = False


class _Reader:
    def __init__(self, text: str, state: State, line: int) -> None:
        self.state, self.line, self.at, self.depth = state, line, 0, 0
        self.tokens: list[tuple[str, str]] = []
        end = 0
        while end < len(text.rstrip()):
            found = _TOKEN.match(text, end)
            if not found or found.lastgroup is None:
                raise PipelineRefused(f"Unexpected symbol: '{text[end:].strip()[:20]}' in a condition", line)
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            end = found.end()

    def take(self, mark: str = "") -> tuple[str, str]:
        if self.at == len(self.tokens) or (mark and self.tokens[self.at][1] != mark):
            raise PipelineRefused(f"the condition ends early, or lacks {mark!r}", self.line)
        self.at += 1
        return self.tokens[self.at - 1]

    def looks(self, mark: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at] == ("mark", mark)

    def value(self) -> Value:
        self.depth += 1
        if self.depth > DEEPEST:
            raise PipelineRefused("the condition is too deep", self.line)
        kind, text = self.take()
        found: Value
        if kind == "text":
            found = text[1:-1].replace("''", "'")
        elif kind == "number":
            found = float(text)
        elif kind == "name" and self.looks("("):
            found = self._call(text)
        elif kind == "name":
            found = self._named(text)
        else:
            raise PipelineRefused(f"Unexpected symbol: '{text}' in a condition", self.line)
        self.depth -= 1
        return found

    def _named(self, name: str) -> Value:
        if name.lower() in ("true", "false"):
            return name.lower() == "true"
        if name == "variables" and self.looks("["):
            self.take("[")
            found = str(self.value())
            self.take("]")
            return self.state.variables.get(found.lower(), "")
        if name.startswith("variables."):
            return self.state.variables.get(name.removeprefix("variables.").lower(), "")
        raise not_in_subset(f"`{name}` in a condition", self.line)

    def _call(self, name: str) -> Value:
        self.take("(")
        given: list[Value] = []
        while not self.looks(")"):
            given.append(self.value())
            if not self.looks(")"):
                self.take(",")
        self.take(")")
        function = _FUNCTIONS.get(name.lower())
        if function is None:
            raise not_in_subset(f"the function `{name}` in a condition", self.line)
        try:
            return function(self.state, given)
        except (IndexError, ValueError):
            raise PipelineRefused(f"{name} is called with too few values", self.line) from None


def _true(value: Value) -> bool:
    return value if isinstance(value, bool) else value != 0 if isinstance(value, float) else bool(value)


def _same(one: Value, other: Value) -> bool:
    """The second becomes what the first is; texts are the same in either case."""
    if isinstance(one, bool):
        return one == _true(other)
    if isinstance(one, float):
        return str(other).strip() != "" and one == float(other)
    return one.lower() == _shown(other).lower()


def _shown(value: Value) -> str:
    return str(value) if not isinstance(value, float) else f"{value:g}"


def _texts(given: list[Value]) -> tuple[str, str]:
    return _shown(given[0]).lower(), _shown(given[1]).lower()


_FUNCTIONS: dict[str, Callable[[State, list[Value]], Value]] = {
    "succeeded": lambda state, given: not state.failed and not state.canceled,
    "failed": lambda state, given: state.failed,
    "succeededorfailed": lambda state, given: not state.canceled,
    "always": lambda state, given: True,
    "canceled": lambda state, given: state.canceled,
    "and": lambda state, given: all(_true(each) for each in given),
    "or": lambda state, given: any(_true(each) for each in given),
    "not": lambda state, given: not _true(given[0]),
    "eq": lambda state, given: _same(given[0], given[1]),
    "ne": lambda state, given: not _same(given[0], given[1]),
    "startswith": lambda state, given: _texts(given)[0].startswith(_texts(given)[1]),
    "endswith": lambda state, given: _texts(given)[0].endswith(_texts(given)[1]),
    "contains": lambda state, given: _texts(given)[1] in _texts(given)[0],
    "in": lambda state, given: any(_same(given[0], each) for each in given[1:]),
    "notin": lambda state, given: not any(_same(given[0], each) for each in given[1:]),
}


def holds(condition: str, state: State, line: int) -> bool:
    """Whether a condition holds; none holds when nothing has failed. Raises: PipelineRefused."""
    if not condition:
        return not state.failed and not state.canceled
    reader = _Reader(condition, state, line)
    found = reader.value()
    if reader.at < len(reader.tokens):
        raise PipelineRefused(f"Unexpected symbol: '{reader.tokens[reader.at][1]}' in a condition", line)
    return _true(found)
