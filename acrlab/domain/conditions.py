"""Conditions of role assignments: read once, judged per action and repository. Version 2.0 of the grammar.

Source: Azure role assignment conditions, format and syntax (2025); container-registry-rbac-abac (2025-12-11).
"""

import re
from collections.abc import Callable
from functools import lru_cache

from acrlab.domain import roles
from acrlab.domain.authorization_errors import ConditionInvalid

ATTRIBUTE = "@request[microsoft.containerregistry/registries/repositories:name]"
LONGEST = 8192  # characters
_DEEPEST = 40
_TOKENS = re.compile(
    r"\s*(?:(?P<mark>[()!]|&&|\|\|)|ActionMatches\s*\{\s*'(?P<action>[^']*)'\s*\}|(?P<attribute>@\w+\[[^\]]*\])"
    r"|\{(?P<set>\s*'[^']*'(?:\s*,\s*'[^']*')*\s*)\}|'(?P<text>[^']*)'|(?P<word>[A-Za-z:]+))",
    re.IGNORECASE,
)
# What a comparison asks of the repository's name and the value.
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "stringequals": lambda name, value: name == value,
    "stringequalsignorecase": lambda name, value: name.lower() == value.lower(),
    "stringnotequals": lambda name, value: name != value,
    "stringnotequalsignorecase": lambda name, value: name.lower() != value.lower(),
    "stringstartswith": lambda name, value: name.startswith(value),
    "stringstartswithignorecase": lambda name, value: name.lower().startswith(value.lower()),
    "stringlike": lambda name, value: _like(value, name),
    "stringlikeignorecase": lambda name, value: _like(value.lower(), name.lower()),
}
Test = Callable[[str, str], bool]  # of an action and a repository's name, "" for none


def parse(condition: str | None, version: str | None = "2.0") -> None:
    """Check a condition before it is kept. Raises: ConditionInvalid."""
    if not condition:
        return
    if version not in ("2.0", "1.0"):
        raise ConditionInvalid(reason="conditionVersion must be 2.0")
    _compiled(condition)


def allows(condition: str, action: str, repository: str = "") -> bool:
    """Say whether a condition lets an action through. No condition: always."""
    return not condition or _compiled(condition)(action, repository)


def _like(pattern: str, name: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))).replace(r"\?", "."), name, re.DOTALL))


@lru_cache(maxsize=256)
def _compiled(condition: str) -> Test:
    if len(condition) > LONGEST:
        raise ConditionInvalid(reason=f"longer than {LONGEST} characters")
    reader = _Reader(condition)
    test = reader.either(0)
    if reader.here < len(reader.tokens):
        raise ConditionInvalid(reason=f"unexpected {reader.tokens[reader.here][1]!r}")
    return test


class _Reader:
    """Recursive descent: or, and, not, a pair of parentheses, an action, a comparison."""

    def __init__(self, text: str) -> None:
        self.tokens, self.here, end = list[tuple[str, str]](), 0, 0
        while text[end:].strip():
            found = _TOKENS.match(text, end)
            if found is None or found.lastgroup is None:
                raise ConditionInvalid(reason=f"not understood: {text[end : end + 40].strip()!r}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            end = found.end()

    def either(self, depth: int) -> Test:
        """A or B."""
        tests = [self._both(depth)]
        while self._take("or", "||"):
            tests.append(self._both(depth))
        return lambda action, name: any(test(action, name) for test in tests)

    def _both(self, depth: int) -> Test:
        tests = [self._single(depth)]
        while self._take("and", "&&"):
            tests.append(self._single(depth))
        return lambda action, name: all(test(action, name) for test in tests)

    def _single(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise ConditionInvalid(reason="nested too deeply")
        if self._take("not", "!"):
            inner = self._single(depth + 1)
            return lambda action, name: not inner(action, name)
        if self._take("("):
            inner = self.either(depth + 1)
            self._expect(")")
            return inner
        return self._leaf()

    def _leaf(self) -> Test:
        kind, text = self._next()
        if kind == "action":
            return lambda action, name: roles.matches(text, action)
        if kind != "attribute" or text.lower() != ATTRIBUTE:
            raise ConditionInvalid(reason=f"{text!r} is not an attribute of a registry: use {ATTRIBUTE}")
        return self._comparison()

    def _comparison(self) -> Test:
        _, word = self._next()
        operator = word.lower().removeprefix("foranyofanyvalues:")
        compare = _COMPARE.get(operator)
        kind, text = self._next()
        if compare is None or kind not in ("text", "set"):
            raise ConditionInvalid(reason=f"{word} is not a comparison of strings")
        values = re.findall(r"'([^']*)'", text) if kind == "set" else [text]
        return lambda action, name: bool(name) and any(compare(name, value) for value in values)

    def _take(self, *marks: str) -> bool:
        found = self.here < len(self.tokens) and self.tokens[self.here][0] in ("mark", "word")
        if found and self.tokens[self.here][1].lower() in marks:
            self.here += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise ConditionInvalid(reason=f"{mark} is missing")

    def _next(self) -> tuple[str, str]:
        if self.here >= len(self.tokens):
            raise ConditionInvalid(reason="it ends too early")
        self.here += 1
        return self.tokens[self.here - 1]
