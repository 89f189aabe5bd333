"""Go's values as Python holds them: their types, their truth, how they are printed and compared.

Source: spec (Go fmt, text/template, encoding/json).
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from acrlab.domain.tasks.gotemplate.lexer import quoted


class Int64(int):
    """An int64, which Go does not take for an int."""


class Strings(list[str]):
    """A []string, which Go does not take for a list of anything."""


KINDS = (
    (bool, "bool"), (Int64, "int64"), (int, "int"), (float, "float64"), (str, "string"), (datetime, "struct"),
    (Mapping, "map"), (Sequence, "slice"),
)  # fmt: skip
TYPES = {
    "slice": "[]interface {}", "map": "map[string]interface {}", "invalid": "<nil>", "struct": "time.Time",
}  # fmt: skip
FAMILIES = {"bool": "bool", "int": "int", "int64": "int", "float64": "float", "string": "string"}
VERB = re.compile(r"%([-+# 0]*)(\d{1,4}|\*)?(?:\.(\d{0,4}))?(.?)", re.DOTALL)


class CallFailed(ValueError):
    """A function that was given what it cannot take; the text follows `error calling <name>: `."""


def kind(value: object) -> str:
    """As reflect names it."""
    return next((name for python, name in KINDS if isinstance(value, python)), "invalid")


def type_name(value: object) -> str:
    """As %T writes it."""
    if isinstance(value, Strings):
        return "[]string"
    found = kind(value)
    return TYPES.get(found, found)


def true(value: object) -> bool:
    """Whether `if` takes it."""
    return bool(value) if not isinstance(value, datetime) else True


def shown(value: object, top: bool = True) -> str:
    """As %v writes it; a nil is <no value> where a template prints it, <nil> within others."""
    if value is None:
        return "<no value>" if top else "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_shown(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} +0000 UTC"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{shown(key, False)}:{shown(value[key], False)}' for key in ordered(value))}]"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{' '.join(shown(each, False) for each in value)}]"
    return str(value)


def ordered(value: Mapping[Any, Any]) -> list[Any]:
    """Keys in the order in which Go prints them."""
    return sorted(value, key=lambda key: (kind(key), key))


def float_shown(value: float) -> str:
    """The shortest digits that give it back; an exponent when it is below -4 or 21 and more."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    mantissa, exponent = f"{value!r}e0".split("e")[:2] if "e" in repr(value) else (repr(value), "0")
    power = int(exponent) if "e" in repr(value) else (len(str(int(abs(value)))) - 1 if abs(value) >= 1 else 0)
    if value and (power < -4 or power >= 21):
        return f"{mantissa.removesuffix('.0')}e{power:+03d}"
    plain = (
        f"{value:.17f}".rstrip("0") if 0 < abs(value) < 1e-4 else f"{value:.0f}" if abs(value) >= 1e16 else repr(value)
    )
    return plain.removesuffix(".0").rstrip(".")


def to_json(value: object, indent: int | None = None) -> str:
    """As encoding/json writes it: sorted keys, and < > & as escapes. Raises: CallFailed."""
    separators = (",", ": ") if indent else (",", ":")
    try:
        text = json.dumps(value, sort_keys=True, indent=indent, separators=separators, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        raise CallFailed("json: unsupported value") from None
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


# Comparison.


def equal(left: object, right: object) -> bool:
    """As `eq` does. Raises: CallFailed."""
    if left is None or right is None:
        return left is right
    first, second = FAMILIES.get(kind(left), ""), FAMILIES.get(kind(right), "")
    if first != second:
        raise CallFailed(f"incompatible types for comparison: {type_name(left)} and {type_name(right)}")
    if not first:
        raise CallFailed(f"non-comparable type {shown(left, False)}: {type_name(left)}")
    return left == right


def less(left: Any, right: Any) -> bool:
    """As `lt` does. Raises: CallFailed."""
    first, second = FAMILIES.get(kind(left)), FAMILIES.get(kind(right))
    if first is None or second is None or "bool" in (first, second):
        raise CallFailed("invalid type for comparison")
    if first != second:
        raise CallFailed(f"incompatible types for comparison: {type_name(left)} and {type_name(right)}")
    return bool(left < right)


# Printing with a format.


def formatted(pattern: str, values: Sequence[object]) -> str:
    """As fmt.Sprintf does, for the verbs that templates use."""
    left = list(values)

    def verb(found: re.Match[str]) -> str:
        flags, width, precision, letter = found[1], found[2], found[3], found[4]
        if letter == "%":
            return "%"
        if not letter:
            return "%!(NOVERB)"
        if not left:
            return f"%!{letter}(MISSING)"
        text = _verb(letter, left.pop(0), flags, precision)
        return _padded(text, flags, int(width) if width and width != "*" else 0, letter)

    text = VERB.sub(verb, pattern)
    if left:
        text += "%!(EXTRA " + ", ".join(f"{type_name(each)}={shown(each, False)}" for each in left) + ")"
    return text


def _padded(text: str, flags: str, width: int, letter: str) -> str:
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and letter in "dxXfFeEgGob":
        sign = text[:1] if text[:1] in "+-" else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width)


def _verb(letter: str, value: object, flags: str, precision: str | None) -> str:
    if letter == "v":
        return _literal(value) if "#" in flags else shown(value, False)
    if letter == "T":
        return type_name(value)
    writer = WRITERS.get((kind(value).removesuffix("64") if isinstance(value, int) else kind(value), letter))
    if writer is None:
        return f"%!{letter}({type_name(value)}={shown(value, False)})" if value is not None else f"%!{letter}(<nil>)"
    text = str(writer(value, precision))
    return f"+{text}" if "+" in flags and isinstance(value, int | float) and not text.startswith("-") else text


def _literal(value: object) -> str:
    return quoted(value) if isinstance(value, str) else shown(value, False)


def _cut(value: str, precision: str | None) -> str:
    return value if precision is None else value[: int(precision or 0)]


def _general(value: float, precision: str | None) -> str:
    return float_shown(value) if precision is None else f"{value:.{int(precision or 0)}g}"


WRITERS: dict[tuple[str, str], Any] = {
    ("string", "s"): _cut,
    ("string", "q"): lambda value, precision: quoted(_cut(value, precision)),
    ("string", "x"): lambda value, _: value.encode().hex(),
    ("string", "X"): lambda value, _: value.encode().hex().upper(),
    ("bool", "t"): lambda value, _: "true" if value else "false",
    ("int", "d"): lambda value, _: str(value),
    ("int", "x"): lambda value, _: f"{value:x}",
    ("int", "X"): lambda value, _: f"{value:X}",
    ("int", "o"): lambda value, _: f"{value:o}",
    ("int", "b"): lambda value, _: f"{value:b}",
    ("int", "c"): lambda value, _: chr(value) if 0 <= value < 0x110000 else "\ufffd",
    ("int", "q"): lambda value, _: f"'{chr(value)}'" if 0 <= value < 0x110000 else "'\ufffd'",
    ("int", "U"): lambda value, _: f"U+{value:04X}",
    ("float64", "f"): lambda value, precision: f"{value:.{int(precision) if precision else 6}f}",
    ("float64", "F"): lambda value, precision: f"{value:.{int(precision) if precision else 6}f}",
    ("float64", "e"): lambda value, precision: f"{value:.{int(precision) if precision else 6}e}",
    ("float64", "g"): _general,
    ("slice", "s"): lambda value, _: f"[{' '.join(_verb('s', each, '', None) for each in value)}]",
    ("slice", "d"): lambda value, _: f"[{' '.join(_verb('d', each, '', None) for each in value)}]",
    ("slice", "q"): lambda value, _: f"[{' '.join(_verb('q', each, '', None) for each in value)}]",
}
