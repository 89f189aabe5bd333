"""Sprig's functions of strings. Source: spec (sprig 2.22: strings, string slices)."""

import re
from collections.abc import Sequence
from typing import Any

from acrlab.domain.tasks.gotemplate.lexer import quoted
from acrlab.domain.tasks.gotemplate.signatures import Function, of
from acrlab.domain.tasks.gotemplate.values import CallFailed, Strings, shown

LONGEST = 1 << 20  # characters that a function makes
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


def text(value: Any) -> str:
    """A value as sprig makes a string of it."""
    return shown(value, top=False)


def strings(value: Any) -> list[str]:
    """A list as strings, without nil; one value is a list of one."""
    if value is None:
        return []
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [text(each) for each in value if each is not None]
    return [text(value)]


def _repeat(count: int, value: str) -> str:
    if count < 0:
        raise CallFailed("strings: negative Repeat count")
    if count * len(value) > LONGEST:
        raise CallFailed("strings: Repeat output length overflow")
    return value * count


def _indent(spaces: int, value: str) -> str:
    if spaces > 1000 or (value.count("\n") + 1) * spaces + len(value) > LONGEST:
        raise CallFailed("strings: Repeat output length overflow")
    pad = _repeat(spaces, " ")
    return pad + value.replace("\n", f"\n{pad}")


def _replace(old: str, new: str, source: str) -> str:
    if source.count(old) * len(new) + len(source) > LONGEST:
        raise CallFailed("strings: Replace output length overflow")
    return source.replace(old, new)


def _substring(start: int, end: int, value: str) -> str:
    raw = value.encode()
    if start < 0:
        found = raw[: max(end, 0)]
    elif end < 0 or end > len(raw):
        found = raw[start:]
    else:
        found = raw[start:end]
    return found.decode(errors="replace")


def _truncate(count: int, value: str) -> str:
    raw = value.encode()
    if count < 0:
        raise CallFailed(f"runtime error: slice bounds out of range [:{count}]")
    return raw[:count].decode(errors="replace")


def _abbreviated(width: int, value: str) -> str:
    if width < 4 or len(value) <= width:
        return value
    return f"{value[: width - 3]}..."


def _title(value: str) -> str:
    return re.sub(r"(^|\W)(\w)", lambda found: found[1] + found[2].upper(), value)


def _untitled(value: str) -> str:
    return re.sub(r"(^|\s)(\S)", lambda found: found[1] + found[2].lower(), value)


def _initials(value: str) -> str:
    return "".join(word[0] for word in value.split())


def _joined(between: str, value: Any) -> str:
    return between.join(strings(value))


def _quoted(*values: Any) -> str:
    return " ".join(quoted(text(each)) for each in values if each is not None)


def _single(*values: Any) -> str:
    return " ".join(f"'{text(each)}'" for each in values if each is not None)


def _split(between: str, value: str) -> dict[str, str]:
    return {f"_{place}": part for place, part in enumerate(_parts(between, value))}


def _split_most(between: str, most: int, value: str) -> dict[str, str]:
    if most == 0:
        return {}
    parts = _parts(between, value) if most < 0 else value.split(between, most - 1) if between else list(value)
    return {f"_{place}": part for place, part in enumerate(parts)}


def _parts(between: str, value: str) -> list[str]:
    return value.split(between) if between else list(value)


def _wrapped(width: int, value: str) -> str:
    return _wrapped_with(width, "\n", value)


def _wrapped_with(width: int, between: str, value: str) -> str:
    lines, line = list[str](), ""
    for word in value.split(" "):
        if line and len(line) + 1 + len(word) > max(width, 1):
            lines, line = [*lines, line], word
        else:
            line = f"{line} {word}" if line else word
    return between.join([*lines, line])


def _words(value: str) -> list[str]:
    return WORD.findall(value)


def _camel(value: str) -> str:
    first, *rest = _words(value) or [""]
    return first.lower() + "".join(word[:1].upper() + word[1:] for word in rest)


STRINGS: dict[str, Function] = {
    "trim": of(str.strip, "string"),
    "trimAll": of(lambda chars, value: value.strip(chars), "string string"),
    "trimall": of(lambda chars, value: value.strip(chars), "string string"),
    "trimSuffix": of(lambda end, value: value.removesuffix(end), "string string"),
    "trimPrefix": of(lambda start, value: value.removeprefix(start), "string string"),
    "upper": of(str.upper, "string"),
    "lower": of(str.lower, "string"),
    "title": of(_title, "string"),
    "untitle": of(_untitled, "string"),
    "swapcase": of(str.swapcase, "string"),
    "repeat": of(_repeat, "int string"),
    "substr": of(_substring, "int int string"),
    "trunc": of(_truncate, "int string"),
    "abbrev": of(_abbreviated, "int string"),
    "nospace": of(lambda value: "".join(value.split()), "string"),
    "initials": of(_initials, "string"),
    "contains": of(lambda part, value: part in value, "string string"),
    "hasPrefix": of(lambda start, value: value.startswith(start), "string string"),
    "hasSuffix": of(lambda end, value: value.endswith(end), "string string"),
    "quote": of(_quoted, "any..."),
    "squote": of(_single, "any..."),
    "cat": of(lambda *values: " ".join(text(each) for each in values if each is not None), "any..."),
    "indent": of(_indent, "int string"),
    "nindent": of(lambda spaces, value: "\n" + _indent(spaces, value), "int string"),
    "replace": of(_replace, "string string string"),
    "plural": of(lambda one, many, count: one if count == 1 else many, "string string int"),
    "wrap": of(_wrapped, "int string"),
    "wrapWith": of(_wrapped_with, "int string string"),
    "snakecase": of(lambda value: "_".join(_words(value)).lower(), "string"),
    "kebabcase": of(lambda value: "-".join(_words(value)).lower(), "string"),
    "camelcase": of(_camel, "string"),
    "toString": of(text, "any"),
    "toStrings": of(lambda value: Strings(strings(value)), "any"),
    "join": of(_joined, "string any"),
    "sortAlpha": of(lambda value: Strings(sorted(strings(value))), "any"),
    "split": of(_split, "string string"),
    "splitList": of(lambda between, value: Strings(_parts(between, value)), "string string"),
    "splitn": of(_split_most, "string int string"),
    "hello": of(lambda: "Hello!"),
}
