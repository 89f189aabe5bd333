"""Durations for people: 8d, 1h30m, 45s."""

import re

_UNITS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([wdhms])")


def seconds(text: str) -> float:
    """Seconds in a duration such as `8d` or `1h30m`. Raises: ValueError."""
    compact = text.replace(" ", "").lower()
    parts = _PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError(f"{text!r} is no duration: write 8d, 1h30m, 45s (units w, d, h, m, s)")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def words(span: float) -> str:
    """A number of seconds as the shortest such text."""
    parts = []
    for unit, size in _UNITS.items():
        count, span = divmod(span, size)
        if count:
            parts.append(f"{int(count)}{unit}")
    return "".join(parts) or "0s"
