"""Sprig's functions of numbers. Source: spec (sprig 2.22: math, integer slices, type conversion)."""

import math
import re
from collections.abc import Callable
from typing import Any

from acrlab.domain.tasks.gotemplate.signatures import Function, of
from acrlab.domain.tasks.gotemplate.values import CallFailed, Int64

MOST = 10_000  # numbers in a list
INTEGER = re.compile(r"[+-]?\d{1,19}")
FLOAT = re.compile(r"[+-]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][+-]?\d{1,3})?")


def whole(value: Any) -> int:
    """As an int64; what is none is zero."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return _wrapped(int(value))
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) < 1 << 63 else 0
    return _wrapped(int(value)) if isinstance(value, str) and INTEGER.fullmatch(value) else 0


def real(value: Any) -> float:
    """As a float64; what is none is zero."""
    if isinstance(value, bool | int | float):
        return float(value)
    return float(value) if isinstance(value, str) and FLOAT.fullmatch(value) else 0.0


def _wrapped(value: int) -> int:
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _divided(left: Any, right: Any) -> int:
    if whole(right) == 0:
        raise CallFailed("runtime error: integer divide by zero")
    sign = -1 if (whole(left) < 0) != (whole(right) < 0) else 1
    return _wrapped(sign * (abs(whole(left)) // abs(whole(right))))


def _rest(left: Any, right: Any) -> int:
    return whole(left) - _divided(left, right) * whole(right)


def _product(first: Any, *others: Any) -> int:
    found = whole(first)
    for other in others:
        found = _wrapped(found * whole(other))
    return found


def _rounded(value: Any, places: int, *half: Any) -> float:
    point = real(half[0]) if half else 0.5
    power = 10.0 ** max(min(places, 300), -300)
    digit = power * real(value)
    part = math.fmod(digit, 1)
    return (math.ceil(digit) if part >= point else math.floor(digit)) / power


def _until(count: int) -> list[int]:
    return _steps(0, count, -1 if count < 0 else 1)


def _steps(start: int, stop: int, step: int) -> list[int]:
    if step == 0 or (stop < start) != (step < 0):
        return []
    found = range(start, stop, step)
    if len(found) > MOST:
        raise CallFailed(f"a list of more than {MOST} numbers")
    return list(found)


def _int64(call: Callable[..., int], takes: str) -> Function:
    return of(lambda *values: Int64(call(*values)), takes)


QUANTITIES: dict[str, Function] = {
    "int": of(whole, "any"),
    "int64": _int64(whole, "any"),
    "float64": of(real, "any"),
    "atoi": of(lambda value: whole(value), "string"),
    "add1": _int64(lambda value: _wrapped(whole(value) + 1), "any"),
    "add": _int64(lambda *values: _wrapped(sum(whole(each) for each in values)), "any..."),
    "sub": _int64(lambda left, right: _wrapped(whole(left) - whole(right)), "any any"),
    "div": _int64(_divided, "any any"),
    "mod": _int64(_rest, "any any"),
    "mul": _int64(_product, "any any..."),
    "max": _int64(lambda *values: max(whole(each) for each in values), "any any..."),
    "biggest": _int64(lambda *values: max(whole(each) for each in values), "any any..."),
    "min": _int64(lambda *values: min(whole(each) for each in values), "any any..."),
    "ceil": of(lambda value: float(math.ceil(real(value))), "any"),
    "floor": of(lambda value: float(math.floor(real(value))), "any"),
    "round": of(_rounded, "any int any..."),
    "until": of(_until, "int"),
    "untilStep": of(_steps, "int int int"),
}
