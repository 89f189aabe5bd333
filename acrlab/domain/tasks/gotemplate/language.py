"""The functions that text/template brings itself. Source: spec (Go text/template, functions)."""

import html
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from acrlab.domain.tasks.gotemplate.signatures import Function, of
from acrlab.domain.tasks.gotemplate.values import CallFailed, equal, formatted, less, shown, true, type_name


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping | Sequence):
        return len(value)
    if value is None:
        raise CallFailed("reflect: call of reflect.Value.Type on zero Value")
    raise CallFailed(f"len of type {type_name(value)}")


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if value is None:
            raise CallFailed("index of nil pointer")
        if isinstance(value, Mapping):
            if not isinstance(key, str):
                raise CallFailed(f"value has type {type_name(key)}; should be string")
            value = value.get(key)
            continue
        if not isinstance(value, str | Sequence):
            raise CallFailed(f"can't index item of type {type_name(value)}")
        value = _item(value, key)
    return value


def _item(value: Any, key: Any) -> Any:
    if key is None:
        raise CallFailed("cannot index slice/array with nil")
    if not isinstance(key, int) or isinstance(key, bool):
        raise CallFailed(f"cannot index slice/array with type {type_name(key)}")
    raw = value.encode() if isinstance(value, str) else value
    if key == len(raw):
        raise CallFailed(f"reflect: {'string' if isinstance(value, str) else 'slice'} index out of range")
    if not 0 <= key < len(raw):
        raise CallFailed(f"index out of range: {key}")
    return raw[key]


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise CallFailed("missing argument for comparison")
    return any(equal(first, other) for other in others)


def _printed(*values: Any) -> str:
    """fmt.Sprint: a space between two that are both no strings."""
    parts: list[str] = []
    for place, value in enumerate(values):
        if place and not isinstance(value, str) and not isinstance(values[place - 1], str):
            parts.append(" ")
        parts.append(shown(value, top=False))
    return "".join(parts)


def _escaped(*values: Any) -> str:
    return html.escape(_printed(*values)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def _script(*values: Any) -> str:
    special = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}
    return "".join(
        special.get(char) or (f"\\u{ord(char):04X}" if char < " " else char) for char in _printed(*values)
    )  # fmt: skip


def _call(function: Any, *_: Any) -> Any:
    raise CallFailed(f"non-function {shown(function, False)} of type {type_name(function)}")


LANGUAGE: dict[str, Function] = {
    "and": of(lambda first, *rest: first, "any any..."),
    "or": of(lambda first, *rest: first, "any any..."),
    "not": of(lambda value: not true(value), "any"),
    "len": of(_length, "any"),
    "index": of(_index, "any any..."),
    "print": of(_printed, "any..."),
    "println": of(lambda *values: " ".join(shown(each, False) for each in values) + "\n", "any..."),
    "printf": of(lambda pattern, *values: formatted(pattern, values), "string any..."),
    "html": of(_escaped, "any..."),
    "js": of(_script, "any..."),
    "urlquery": of(lambda *values: quote_plus(_printed(*values)), "any..."),
    "call": of(_call, "any any..."),
    "eq": of(_equal, "any any..."),
    "ne": of(lambda left, right: not equal(left, right), "any any"),
    "lt": of(less, "any any"),
    "le": of(lambda left, right: less(left, right) or equal(left, right), "any any"),
    "gt": of(lambda left, right: not (less(left, right) or equal(left, right)), "any any"),
    "ge": of(lambda left, right: not less(left, right), "any any"),
}
