"""HEALTHCHECK: what asks whether a container is well, and how often."""

import re
from typing import Any

from acrlab.agents.dockerfile import options
from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.dockerfile.words import kind_and_rest
from acrlab.agents.protocol import EngineFailed
from acrlab.domain.tasks.gotemplate.lexer import quoted

_PART = re.compile(r"([0-9]*)(\.[0-9]*)?([^.0-9]*)")
_NANOSECONDS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
_TIMES = {
    "interval": "Interval", "timeout": "Timeout", "start-period": "StartPeriod", "start-interval": "StartInterval",
}  # fmt: skip
INTERVALS = tuple(_TIMES.values())  # as an image's configuration calls them
_LONGEST = 2**63


def config(each: Instruction) -> dict[str, Any]:
    """As an image's configuration has it. Raises: EngineFailed."""
    kind, rest = kind_and_rest(each.arguments)
    if kind.upper() == "NONE":
        if rest and each.words != ():
            raise EngineFailed("HEALTHCHECK NONE takes no arguments")
        return {"Test": ["NONE"]}
    options.check(each)
    if kind.upper() != "CMD":
        raise EngineFailed(f"Unknown type {quoted(kind.upper())} in HEALTHCHECK (try CMD)")
    if not (rest if each.words is None else each.words):
        raise EngineFailed("Missing command after HEALTHCHECK CMD")
    test = ["CMD-SHELL", rest] if each.words is None else ["CMD", *each.words]
    flags = dict(each.flags)
    times = {key: _interval(name, flags.get(name, "")) for name, key in _TIMES.items()}
    times["Retries"] = _retries(flags.get("retries", ""))
    return {"Test": test, **{key: value for key, value in times.items() if value}}


def _retries(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise EngineFailed(f"strconv.ParseInt: parsing {quoted(text)}: invalid syntax")
    digits = text.lstrip("+-0") or "0"
    number = int(digits) if len(digits) < 12 else 2**40
    number = -number if text.startswith("-") else number
    if not -(2**31) <= number < 2**31:
        raise EngineFailed(f"strconv.ParseInt: parsing {quoted(text)}: value out of range")
    if number < 0:
        raise EngineFailed(f"--retries cannot be negative ({number})")
    return number


def _interval(name: str, text: str) -> int:
    nanoseconds = _nanoseconds(text) if text else 0
    if nanoseconds and nanoseconds < 1_000_000:
        raise EngineFailed(f"Interval {quoted(name)} cannot be less than 1ms")
    return nanoseconds


def _nanoseconds(text: str) -> int:
    """As Go reads a duration."""
    rest = text[1:] if text.startswith(("+", "-")) else text
    if rest == "0":
        return 0
    total, wrong = 0, EngineFailed(f"time: invalid duration {quoted(text)}")
    if not rest:
        raise wrong
    while rest:
        found = _PART.match(rest)
        whole, fraction, unit = (each or "" for each in found.groups())  # type: ignore[union-attr]
        if not (whole or fraction[1:]) or len(whole) > 19:
            raise wrong
        if not unit:
            raise EngineFailed(f"time: missing unit in duration {quoted(text)}")
        if unit not in _NANOSECONDS:
            raise EngineFailed(f"time: unknown unit {quoted(unit)} in duration {quoted(text)}")
        size, digits = _NANOSECONDS[unit], fraction[1:19]
        part = int(whole or "0") * size + int(float(digits or "0") * (size / 10 ** len(digits)))
        total += part
        if total > _LONGEST or part > _LONGEST:
            raise wrong
        rest = rest[found.end() :]  # type: ignore[union-attr]
    if text.startswith("-"):
        return -total
    if total == _LONGEST:
        raise wrong
    return total
