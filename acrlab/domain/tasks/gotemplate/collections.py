"""Sprig's functions of lists, dictionaries, defaults and types. Source: spec (sprig 2.22)."""

from collections.abc import Mapping, Sequence
from typing import Any

from acrlab.domain.tasks.gotemplate.signatures import Function, of
from acrlab.domain.tasks.gotemplate.strings import text
from acrlab.domain.tasks.gotemplate.values import CallFailed, kind, to_json, true, type_name


def _listed(value: Any, name: str) -> list[Any]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    if value is None:
        raise CallFailed("runtime error: invalid memory address or nil pointer dereference")
    raise CallFailed(f"Cannot find {name} on type {kind(value)}")


def _first(value: Any) -> Any:
    return next(iter(_listed(value, "first")), None)


def _last(value: Any) -> Any:
    return next(reversed(_listed(value, "last")), None)


def _unique(value: Any) -> list[Any]:
    found: list[Any] = []
    for each in _listed(value, "uniq"):
        if not any(_same(each, other) for other in found):
            found.append(each)
    return found


def _same(left: Any, right: Any) -> bool:
    return kind(left) == kind(right) and bool(left == right)


def _without(value: Any, *gone: Any) -> list[Any]:
    return [each for each in _listed(value, "without") if not any(_same(each, other) for other in gone)]


def _has(needle: Any, value: Any) -> bool:
    return value is not None and any(_same(needle, each) for each in _listed(value, "has"))


def _cut(value: Any, *bounds: Any) -> list[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise CallFailed(f"list should be type of slice or array but {kind(value)}")
    found = list(value)
    start = int(bounds[0]) if bounds else 0
    return found[start : int(bounds[1])] if len(bounds) > 1 else found[start:]


def _concatenated(*values: Any) -> list[Any]:
    return [each for value in values for each in _listed(value, "concat")]


def _dict(*pairs: Any) -> dict[str, Any]:
    keys = [text(key) for key in pairs[::2]]
    return dict(zip(keys, [*pairs[1::2], *([""] if len(pairs) % 2 else [])], strict=True))


def _set(target: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    target[key] = value
    return target


def _unset(target: dict[str, Any], key: str) -> dict[str, Any]:
    target.pop(key, None)
    return target


def _pluck(key: str, *values: Any) -> list[Any]:
    return [value[key] for value in values if isinstance(value, Mapping) and key in value]


def _omitted(target: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in target.items() if key not in keys}


def _merged(target: dict[str, Any], *others: Any, over: bool = False) -> dict[str, Any]:
    for other in others:
        for key, value in (other or {}).items():
            old = target.get(key)
            if isinstance(old, dict) and isinstance(value, Mapping):
                _merged(old, value, over=over)
            elif over or not true(old):
                target[key] = value
    return target


def _default(fallback: Any, *given: Any) -> Any:
    return given[0] if given and true(given[0]) else fallback


def _compact(value: Any) -> list[Any]:
    return [each for each in _listed(value, "compact") if true(each)]


def _ternary(yes: Any, no: Any, value: bool) -> Any:
    return yes if value else no


def _fail(message: str) -> None:
    raise CallFailed(message)


LISTS: dict[str, Function] = {
    "list": of(lambda *values: list(values), "any..."),
    "tuple": of(lambda *values: list(values), "any..."),
    "first": of(_first, "any"),
    "last": of(_last, "any"),
    "rest": of(lambda value: _listed(value, "rest")[1:], "any"),
    "initial": of(lambda value: _listed(value, "initial")[:-1], "any"),
    "append": of(lambda value, item: [*_listed(value, "append"), item], "any any"),
    "push": of(lambda value, item: [*_listed(value, "push"), item], "any any"),
    "prepend": of(lambda value, item: [item, *_listed(value, "prepend")], "any any"),
    "reverse": of(lambda value: _listed(value, "reverse")[::-1], "any"),
    "uniq": of(_unique, "any"),
    "without": of(_without, "any any..."),
    "has": of(_has, "any any"),
    "slice": of(_cut, "any any..."),
    "concat": of(_concatenated, "any..."),
    "compact": of(_compact, "any"),
}
DICTS: dict[str, Function] = {
    "dict": of(_dict, "any..."),
    "set": of(_set, "map string any"),
    "unset": of(_unset, "map string"),
    "hasKey": of(lambda target, key: key in (target or {}), "map string"),
    "pluck": of(_pluck, "string map..."),
    "keys": of(lambda *values: [key for value in values for key in sorted(value or {}, key=str)], "map..."),
    "values": of(lambda target: [target[key] for key in sorted(target or {}, key=str)], "map"),
    "pick": of(lambda target, *keys: {key: target[key] for key in keys if key in target}, "map string..."),
    "omit": of(_omitted, "map string..."),
    "merge": of(_merged, "map map..."),
    "mergeOverwrite": of(lambda target, *others: _merged(target, *others, over=True), "map map..."),
}
CHOICES: dict[str, Function] = {
    "default": of(_default, "any any..."),
    "empty": of(lambda value: not true(value), "any"),
    "coalesce": of(lambda *values: next((each for each in values if true(each)), None), "any..."),
    "ternary": of(_ternary, "any any bool"),
    "fail": of(_fail, "string"),
    "kindOf": of(kind, "any"),
    "kindIs": of(lambda name, value: kind(value) == name, "string any"),
    "typeOf": of(type_name, "any"),
    "typeIs": of(lambda name, value: type_name(value) == name, "string any"),
    "typeIsLike": of(lambda name, value: type_name(value) == name, "string any"),
    "deepEqual": of(_same, "any any"),
    "toJson": of(to_json, "any"),
    "toPrettyJson": of(lambda value: to_json(value, 2), "any"),
}
