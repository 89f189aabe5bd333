"""Functions that templates call, and what they may be given. Source: spec (Go text/template: arguments)."""

from collections.abc import Callable
from typing import Any

import msgspec

from acrlab.domain.tasks.gotemplate.values import kind, type_name

GO_TYPES = {"map": "map[string]interface {}", "list": "[]interface {}"}
KINDS = {"string": "string", "int": "int", "bool": "bool", "map": "map", "list": "slice", "time": "struct"}


class Function(msgspec.Struct, frozen=True):
    """`takes` names each parameter's type: any, string, int, bool, map, list; the last may end in `...`."""

    call: Callable[..., Any]
    takes: tuple[str, ...]

    @property
    def variadic(self) -> bool:
        """Whether the last parameter takes any number."""
        return bool(self.takes) and self.takes[-1].endswith("...")

    def wanted(self, index: int) -> str:
        """The type of an argument."""
        return self.takes[min(index, len(self.takes) - 1)].removesuffix("...")


def of(call: Callable[..., Any], takes: str = "") -> Function:
    """A row of a table: the types as words."""
    return Function(call, tuple(takes.split()))


def lacking(name: str, function: Function, given: int) -> str:
    """What is wrong with the number of arguments, or nothing."""
    least = len(function.takes) - function.variadic
    if function.variadic and given < least:
        return f"wrong number of args for {name}: want at least {least} got {given}"
    if not function.variadic and given != least:
        return f"wrong number of args for {name}: want {least} got {given}"
    return ""


def argument(wanted: str, value: Any, written: str) -> tuple[Any, str]:
    """The value, or what is wrong with it; `written` is a constant's own text."""
    if wanted == "any":
        return value, ""
    found = kind(value)
    if found == KINDS[wanted]:
        return value, ""
    if found == "invalid" and wanted in ("map", "list"):
        return value, ""
    if written:
        words = {"int": "integer", "bool": "boolean"}
        if wanted in ("string", "int", "bool"):
            return value, f"expected {words.get(wanted, wanted)}; found {written}"
        return value, f"can't handle {written} for arg of type {GO_TYPES.get(wanted, wanted)}"
    got = "interface {}" if value is None else type_name(value)
    return value, f"wrong type for value; expected {GO_TYPES.get(wanted, wanted)}; got {got}"
