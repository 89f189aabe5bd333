"""Functions of lists and objects. Source: template-functions-array, template-functions-object (2025)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from acrlab.domain.templates.expressions import Function, Scope


def _merged(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    """The second laid over the first, objects inside as well; lists are replaced."""
    found = dict(one)
    for name, value in two.items():
        before = found.get(name)
        both = isinstance(before, dict) and isinstance(value, dict)
        found[name] = _merged(before, value) if both and before is not None else value
    return found


def _by_word(values: Iterable[Any]) -> dict[str, Any]:
    """Each value once, by what it is written as: two of ten thousand are not compared with each other."""
    found: dict[str, Any] = {}
    for each in values:
        found.setdefault(json.dumps(each, sort_keys=True), each)
    return found


def union(_: Scope, values: list[Any]) -> Any:
    """Lists without repetition, or objects laid over each other."""
    if isinstance(values[0], list):
        return list(_by_word(each for value in values for each in value).values())
    found: dict[str, Any] = {}
    for value in values:
        found = _merged(found, value)
    return found


def intersection(_: Scope, values: list[Any]) -> Any:
    """What all lists, or all objects, have."""
    first, *others = values
    if isinstance(first, list):
        known = [_by_word(one) for one in others]
        return [each for word, each in _by_word(first).items() if all(word in one for one in known)]
    return {name: each for name, each in first.items() if all(one.get(name) == each for one in others)}


def _merge_shallow(_: Scope, values: list[Any]) -> dict[str, Any]:
    return {name: each for value in values[0] for name, each in value.items()}


def _tried(_: Scope, values: list[Any]) -> Any:
    whole, *keys = values
    for key in keys:
        if isinstance(whole, dict) and isinstance(key, str):
            whole = next((each for name, each in whole.items() if name.lower() == key.lower()), None)
        elif isinstance(whole, list) and isinstance(key, int):
            whole = whole[key] if 0 <= key < len(whole) else None
        else:
            return None
    return whole


def _first_place(_: Scope, values: list[Any]) -> int:
    whole, part = values
    if isinstance(whole, list):
        return whole.index(part) if part in whole else -1
    return int(whole.lower().find(part.lower()))


def _last_place(_: Scope, values: list[Any]) -> int:
    whole, part = values
    if isinstance(whole, list):
        return max((at for at, each in enumerate(whole) if each == part), default=-1)
    return int(whole.lower().rfind(part.lower()))


FUNCTIONS: Mapping[str, Function] = {
    "union": union, "intersection": intersection, "shallowmerge": _merge_shallow, "tryget": _tried,
    "indexof": _first_place, "lastindexof": _last_place,
    "items": lambda _, values: [{"key": name, "value": values[0][name]} for name in sorted(values[0])],
    "objectkeys": lambda _, values: sorted(values[0]),
    "createarray": lambda _, values: values,
    "array": lambda _, values: values[0] if isinstance(values[0], list) else [values[0]],
    "flatten": lambda _, values: [each for value in values[0] for each in value],
}  # fmt: skip
