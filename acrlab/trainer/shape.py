"""What a question file may hold, as a table: it checks files, and it is the JSON schema of editors."""

import datetime
import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

Problem = tuple[str, str]  # where, what
_YES, _NO = ("true", "yes"), ("false", "no")


class Text(msgspec.Struct, frozen=True):
    """A text. A number is a text, too; `{limit: webhooks, tier: Basic}` alone is a fact's text."""

    help: str
    values: tuple[str, ...] = ()

    def read(self, value: Any, where: str, problems: list[Problem]) -> str:
        if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
            value = "{" + ", ".join(f"{key}: {each}" for key, each in value.items()) + "}"
        if not isinstance(value, str) or not value.strip():
            problems.append((where, "must be a text, not a list or a group" if value else "is empty"))
            return ""
        if self.values and value not in self.values:
            problems.append((where, f"{value!r} is not one of {', '.join(self.values)}{near(value, self.values)}"))
        return value.strip()

    def schema(self) -> dict[str, Any]:
        kind = {"enum": list(self.values)} if self.values else {"type": ["string", "number", "boolean", "object"]}
        return {"description": self.help, **kind}


class Flag(msgspec.Struct, frozen=True):
    """Yes or no."""

    help: str

    def read(self, value: Any, where: str, problems: list[Problem]) -> bool:
        word = value.lower() if isinstance(value, str) else ""
        if word not in _YES + _NO:
            problems.append((where, "must be yes or no (or true or false)"))
        return word in _YES

    def schema(self) -> dict[str, Any]:
        return {"description": self.help, "enum": [True, False, "yes", "no"]}


class Whole(msgspec.Struct, frozen=True):
    """A whole number in a range."""

    help: str
    low: int
    high: int

    def read(self, value: Any, where: str, problems: list[Problem]) -> int:
        if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value) and self.low <= int(value) <= self.high:
            return int(value)
        problems.append((where, f"must be a whole number from {self.low} to {self.high}"))
        return self.low

    def schema(self) -> dict[str, Any]:
        return {"description": self.help, "type": "integer", "minimum": self.low, "maximum": self.high}


class Day(msgspec.Struct, frozen=True):
    """A date."""

    help: str

    def read(self, value: Any, where: str, problems: list[Problem]) -> str:
        try:
            return datetime.date.fromisoformat(str(value)).isoformat()
        except ValueError:
            problems.append((where, "must be a date such as 2026-11-23"))
            return "1970-01-01"

    def schema(self) -> dict[str, Any]:
        return {"description": self.help, "type": "string", "format": "date"}


class Many(msgspec.Struct, frozen=True):
    """A list. `noun` is how a mistake calls one of its items."""

    help: str
    noun: str
    of: Any
    least: int = 1

    def read(self, value: Any, where: str, problems: list[Problem]) -> list[Any]:
        if not isinstance(value, list):
            problems.append((where, "must be a list: one item a line, a dash before each"))
            return []
        if len(value) < self.least:
            problems.append((where, f"needs at least {self.least} items"))
        above = where.rpartition(", ")[0]
        return [
            self.of.read(item, ", ".join(filter(None, (above, f"{self.noun} {index}"))), problems)
            for index, item in enumerate(value, 1)
        ]

    def schema(self) -> dict[str, Any]:
        return {"description": self.help, "type": "array", "minItems": self.least, "items": self.of.schema()}


class Free(msgspec.Struct, frozen=True):
    """A group that another table checks: steps and draws. Handed through as it is."""

    help: str
    check: Callable[[Any], Iterator[str]]

    def read(self, value: Any, where: str, problems: list[Problem]) -> Any:
        problems.extend((where, each) for each in self.check(value))
        return value

    def schema(self) -> dict[str, Any]:
        return {"description": self.help, "type": "object"}


class Record(msgspec.Struct, frozen=True):
    """A group with known keys."""

    help: str
    fields: Mapping[str, Any]
    needs: tuple[str, ...] = ()

    def read(self, value: Any, where: str, problems: list[Problem]) -> dict[str, Any]:
        if not isinstance(value, dict):
            problems.append((where, f"must be a group with the keys {', '.join(self.needs or self.fields)}"))
            return {}
        problems.extend((where, f"no {name}") for name in self.needs if name not in value)
        for name in value:
            if name not in self.fields:
                known = near(name, self.fields) or f": the keys here are {', '.join(self.fields)}"
                problems.append((where, f"unknown key {name}{known}"))
        return {
            name: shape.read(value[name], ", ".join(filter(None, (where, name))), problems)
            for name, shape in self.fields.items()
            if name in value
        }

    def schema(self) -> dict[str, Any]:
        properties = {name: shape.schema() for name, shape in self.fields.items()}
        return {
            "description": self.help, "type": "object", "properties": properties,
            "required": list(self.needs), "additionalProperties": False,
        }  # fmt: skip


def near(word: str, known: Any) -> str:
    """A question whether another word was meant; empty when none is close."""
    found = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f" (did you mean {found[0]}?)" if found else ""
