"""Functions of moments: now, so much later, and seconds since 1970.

Source: template-functions-date (2025); .NET custom date and time format strings (2025).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from acrlab.domain.templates.expressions import Function, Scope

DEFAULT = "yyyyMMddTHHmmssZ"
_STANDARD = {
    "d": "MM/dd/yyyy", "D": "dddd, dd MMMM yyyy", "s": "yyyy-MM-ddTHH:mm:ss", "u": "yyyy-MM-dd HH:mm:ssZ",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffZ", "O": "yyyy-MM-ddTHH:mm:ss.fffffffZ",
    "r": "ddd, dd MMM yyyy HH:mm:ss GMT", "R": "ddd, dd MMM yyyy HH:mm:ss GMT", "t": "HH:mm", "T": "HH:mm:ss",
}  # fmt: skip
_PARTS = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "dddd": "%A", "ddd": "%a", "dd": "%d",
    "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "tt": "%p",
}  # fmt: skip
_SINGLE = {"M": "month", "d": "day", "H": "hour", "m": "minute", "s": "second"}
_TOKEN = re.compile(r"'([^']*)'|(yyyy|yy|M{1,4}|d{1,4}|HH?|hh|mm?|ss?|tt|f{1,7}|.)", re.DOTALL)
_SPAN = re.compile(
    r"(-?)P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})W)?(?:(\d{1,7})D)?"
    r"(?:T(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?"
)  # fmt: skip


def written(moment: datetime, form: str) -> str:
    """A moment in a .NET format."""

    def part(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        token = found[2]
        if token[0] == "f":
            return f"{moment.microsecond:06d}0"[: len(token)]
        if token in _PARTS:
            return moment.strftime(_PARTS[token])
        return str(getattr(moment, _SINGLE[token])) if token in _SINGLE else token

    return _TOKEN.sub(part, _STANDARD.get(form, form)[:200])


def read(text: str) -> datetime:
    """A moment as templates write it. Raises: ValueError."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _later(moment: datetime, span: str) -> datetime:
    found = _SPAN.fullmatch(span)
    if found is None or span.endswith(("P", "T")):
        raise ValueError
    years, months, weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups()[1:])
    sign = -1 if found[1] else 1
    count = moment.year * 12 + moment.month - 1 + sign * (years * 12 + months)
    year, month = divmod(count, 12)
    last = [31, 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28, *(31, 30) * 2, 31, *(31, 30) * 2, 31]
    moved = moment.replace(year=year, month=month + 1, day=min(moment.day, last[month]))
    return moved + sign * timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _now(scope: Scope, values: list[Any]) -> str:
    return written(datetime.fromtimestamp(scope.facts["now"], UTC), values[0] if values else DEFAULT)


def _add(_: Scope, values: list[Any]) -> str:
    base, span, *form = values
    moved = _later(read(base), span)
    return written(moved, form[0]) if form else written(moved, "yyyy-MM-ddTHH:mm:ssZ")


FUNCTIONS: Mapping[str, Function] = {
    "utcnow": _now, "datetimeadd": _add,
    "datetimefromepoch": lambda _, values: written(datetime.fromtimestamp(int(values[0]), UTC), "yyyy-MM-ddTHH:mm:ssZ"),
    "datetimetoepoch": lambda _, values: int(read(values[0]).timestamp()),
}  # fmt: skip
