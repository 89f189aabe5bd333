"""$filter of a list of runs: comparisons with `and`, `or` and parentheses, and `contains`.

Source: azure-mgmt-containerregistrytasks 1.0.0b1, runs.list; azure-cli 2.91.0 sends `eq` and `contains`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from acrlab.domain.task_errors import RunFilterInvalid

NAMES = ("RunId", "RunType", "Status", "TaskName", "CreateTime", "FinishTime", "OutputImageManifests",
         "IsArchiveEnabled", "AgentPoolName")  # fmt: skip
LONGEST, DEEPEST = 2000, 20  # characters, levels
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([\w:.+-]+)|([(),]))")
_COMPARED: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda one, other: one.lower() == other.lower(),
    "ne": lambda one, other: one.lower() != other.lower(),
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
}
Facts = Mapping[str, str]
Test = Callable[[Facts], bool]


def parse(text: str) -> Test:
    """What a run must be: its facts by the names above, as text. Raises: RunFilterInvalid."""
    return _Parser(text).whole() if text.strip() else lambda facts: True


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0
        if len(text) > LONGEST:
            raise self._wrong(f"it has more than {LONGEST} characters")
        self._tokens: list[tuple[str, str]] = []
        end = 0
        text = text.rstrip()
        while end < len(text):
            found = _TOKEN.match(text, end)
            if found is None:
                raise self._wrong(f"position {end} cannot be read")
            kind = "text" if found[1] is not None else "word" if found[2] else "mark"
            self._tokens.append((kind, found[1].replace("''", "'") if found[1] is not None else found[2] or found[3]))
            end = found.end()

    def _wrong(self, reason: str) -> RunFilterInvalid:
        return RunFilterInvalid(filter=self._text[:200], reason=reason)

    def _next(self, kind: str, *values: str) -> str:
        found = self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")
        if found[0] != kind or (values and found[1].lower() not in values):
            raise self._wrong(f"{found[1][:40]!r} is not expected there")
        self._at += 1
        return found[1]

    def _sees(self, kind: str, value: str) -> bool:
        return self._at < len(self._tokens) and (self._tokens[self._at][0], self._tokens[self._at][1].lower()) == (
            kind, value
        )  # fmt: skip

    def whole(self) -> Test:
        found = self._any()
        if self._at < len(self._tokens):
            raise self._wrong(f"{self._tokens[self._at][1][:40]!r} is not expected there")
        return found

    def _any(self) -> Test:
        tests = [self._all()]
        while self._sees("word", "or"):
            self._at += 1
            tests.append(self._all())
        return lambda facts: any(test(facts) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._sees("word", "and"):
            self._at += 1
            tests.append(self._one())
        return lambda facts: all(test(facts) for test in tests)

    def _one(self) -> Test:
        if self._sees("mark", "("):
            self._depth += 1
            if self._depth > DEEPEST:
                raise self._wrong(f"it is more than {DEEPEST} levels deep")
            self._at += 1
            found = self._any()
            self._next("mark", ")")
            return found
        if self._sees("word", "contains"):
            return self._contains()
        name, compared, value = self._name(), self._next("word", *_COMPARED).lower(), self._value()
        return lambda facts: _COMPARED[compared](facts.get(name, ""), value)

    def _contains(self) -> Test:
        self._at += 1
        self._next("mark", "(")
        name = self._name()
        self._next("mark", ",")
        value = self._value()
        self._next("mark", ")")
        return lambda facts: value.lower() in facts.get(name, "").lower()

    def _name(self) -> str:
        spelled = {each.lower(): each for each in NAMES}
        return spelled[self._next("word", *spelled).lower()]

    def _value(self) -> str:
        found: Any = self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")
        if found[0] not in ("text", "word"):
            raise self._wrong("a value is missing")
        self._at += 1
        return str(found[1])
