"""The functions of template expressions. Source: template-functions (2025)."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from acrlab.domain.templates import addresses, dates, encodings, hashes, identifiers, lambdas, sequences
from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Function, Scope, bounded

LARGEST = 131_072  # characters of a value. Source: ARM limits, a string of a template
MOST = 10_000  # elements of range(). Source: template-functions-array
_PLACE = re.compile(r"\{(\d{1,2})(?::([^{}]*))?\}")
_DIGITS = re.compile(r"([DdXx])(\d{0,2})")
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else json.dumps(bounded(value, largest=LARGEST), separators=(",", ":"))


def _joined(parts: Iterable[str], mark: str = "") -> str:
    """One text of many, measured before it is made. Raises: TemplateInvalid."""
    found = list(parts)
    if sum(map(len, found)) + len(mark) * len(found) > LARGEST:
        raise TemplateInvalid(reason=f"an expression makes a text of more than {LARGEST} characters")
    return mark.join(found)


def _concat(_: Scope, values: list[Any]) -> Any:
    if values and isinstance(values[0], list):
        return bounded([each for value in values for each in value])
    return _joined(map(_text, values))


def _format(_: Scope, values: list[Any]) -> str:
    template = values[0].replace("{{", "\0").replace("}}", "\1")
    parts, end = [], 0
    for found in _PLACE.finditer(template):
        parts += [template[end : found.start()], _formatted(values[int(found[1]) + 1], found[2] or "")]
        end = found.end()
    return _joined([*parts, template[end:]]).replace("\0", "{").replace("\1", "}")


def _formatted(value: Any, form: str) -> str:
    """A value in a .NET format: whole numbers as D4 or X2, everything else as it is."""
    digits = _DIGITS.fullmatch(form)
    if digits is None or type(value) is not int:
        return _text(value)
    return f"{value:0{digits[2] or 1}{'d' if digits[1] in 'Dd' else digits[1]}}"


def _contains(_: Scope, values: list[Any]) -> bool:
    whole, part = values
    if isinstance(whole, dict):
        return any(name.lower() == str(part).lower() for name in whole)
    return part in whole if isinstance(whole, list) else _text(part) in whole


def _range(_: Scope, values: list[Any]) -> list[int]:
    start, count = values
    if not 0 <= count <= MOST:
        raise ValueError
    return list(range(start, start + count))


def _part(_: Scope, values: list[Any]) -> str:
    text, start, *length = values
    end = start + length[0] if length else len(text)
    if not 0 <= start <= end <= len(text):
        raise ValueError
    return str(text[start:end])


def _split(_: Scope, values: list[Any]) -> list[str]:
    text, marks = values
    pattern = "|".join(map(re.escape, [marks] if isinstance(marks, str) else marks))
    return re.split(pattern, text)


def _pad(_: Scope, values: list[Any]) -> str:
    text, size, *fill = values
    if size > LARGEST:
        raise ValueError
    return _text(text).rjust(size, fill[0] if fill else " ")


def _replaced(_: Scope, values: list[Any]) -> str:
    text, old, new = values
    return _joined(text.split(old), new) if old else str(text)


def _bool(_: Scope, values: list[Any]) -> bool:
    return values[0].lower() == "true" if isinstance(values[0], str) else bool(values[0])


def _object(_: Scope, values: list[Any]) -> dict[str, Any]:
    return {str(name): value for name, value in zip(values[::2], values[1::2], strict=True)}


def _equal(_: Scope, values: list[Any]) -> bool:
    one, two = values
    return isinstance(one, bool) == isinstance(two, bool) and bool(one == two)


def _fact(name: str) -> Function:
    def fact(scope: Scope, values: list[Any]) -> Any:
        if name not in scope.facts:
            raise TemplateInvalid(reason=f"the template function '{name}' is not expected at this location")
        return scope.facts[name]

    return fact


def _named(kind: str) -> Function:
    def find(scope: Scope, values: list[Any]) -> Any:
        known = scope.facts[kind]
        found = next((name for name in known if name.lower() == str(values[0]).lower()), None)
        if found is None:
            raise TemplateInvalid(reason=f"the template {kind[:-1]} '{str(values[0])[:100]}' is not found")
        return known[found]

    return find


def _copy_index(scope: Scope, values: list[Any]) -> int:
    """The turn of a loop: of the one that is named, else of the resource's. Source: copy-resources (2025)."""
    turns = scope.facts.get("copyIndex", {})
    name = values[0].lower() if values and isinstance(values[0], str) else ""
    if name not in turns:
        raise TemplateInvalid(reason="the template function 'copyIndex' is not expected at this location")
    return int(turns[name]) + (values[-1] if values and isinstance(values[-1], int) else 0)


def _plain(function: Callable[..., Any]) -> Function:
    return lambda scope, values: function(*values)


_PLAIN: Mapping[str, Function] = {
    "concat": _concat, "format": _format, "contains": _contains, "range": _range, "substring": _part, "split": _split,
    "padleft": _pad, "bool": _bool, "createobject": _object, "replace": _replaced, "equals": _equal,
    "parameters": _named("parameters"), "variables": _named("variables"), "resourcegroup": _fact("resourceGroup"),
    "subscription": _fact("subscription"), "tenant": _fact("tenant"), "deployment": _fact("deployment"),
    "deployer": _fact("deployer"), "environment": _fact("environment"), "copyindex": _copy_index,
    "uniquestring": lambda scope, values: hashes.unique([*map(_text, values)]),
    "guid": lambda scope, values: hashes.guid([*map(_text, values)]),
    "newguid": lambda scope, values: scope.facts["guid"](),
    "tolower": _plain(lambda text: text.lower()), "toupper": _plain(lambda text: text.upper()),
    "trim": _plain(lambda text: text.strip()), "string": _plain(_text), "int": _plain(int), "float": _plain(float),
    "json": _plain(lambda text: json.loads(text)), "length": _plain(len),
    "empty": _plain(lambda value: value in _EMPTY),
    "first": _plain(lambda value: value[0] if value else "" if isinstance(value, str) else None),
    "last": _plain(lambda value: value[-1] if value else "" if isinstance(value, str) else None),
    "take": _plain(lambda value, count: value[: max(count, 0)]),
    "skip": _plain(lambda value, count: value[max(count, 0) :]),
    "join": _plain(lambda values, mark: _joined(map(_text, values), mark)),
    "startswith": _plain(lambda text, part: text.lower().startswith(part.lower())),
    "endswith": _plain(lambda text, part: text.lower().endswith(part.lower())),
    "add": _plain(lambda one, two: int(one) + int(two)), "sub": _plain(lambda one, two: int(one) - int(two)),
    "mul": _plain(lambda one, two: int(one) * int(two)), "div": _plain(lambda one, two: int(int(one) / int(two))),
    "mod": _plain(lambda one, two: int(one) % int(two)),
    "min": lambda scope, values: min(values[0] if isinstance(values[0], list) else values),
    "max": lambda scope, values: max(values[0] if isinstance(values[0], list) else values),
    "not": _plain(lambda value: not value),
    "less": _plain(lambda one, two: one < two), "greater": _plain(lambda one, two: one > two),
    "lessorequals": _plain(lambda one, two: one <= two), "greaterorequals": _plain(lambda one, two: one >= two),
    "true": lambda scope, values: True, "false": lambda scope, values: False, "null": lambda scope, values: None,
}  # fmt: skip
FUNCTIONS: Mapping[str, Function] = {
    **_PLAIN, **sequences.FUNCTIONS, **identifiers.FUNCTIONS, **encodings.FUNCTIONS, **dates.FUNCTIONS,
    **addresses.FUNCTIONS, **lambdas.FUNCTIONS,
}  # fmt: skip
LAZY = lambdas.LAZY
