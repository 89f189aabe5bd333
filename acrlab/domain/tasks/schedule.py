"""When a timer fires: the five fields of NCrontab, in UTC.

Source: doc (Tasks on a schedule, 2023-10-31); the words of its refusals are inferred.
"""

import re
from datetime import datetime, timedelta

FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    ("day of week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
HORIZON = 366 * 9  # days: the longest time between two 29ths of February
PART = re.compile(r"(\*|\w{1,9})(?:-(\w{1,9}))?(?:/(\d{1,3}))?", re.ASCII)

Field = frozenset[int]


class ScheduleInvalid(ValueError):
    """A schedule that is none; the text says why."""


def parse(expression: str) -> tuple[Field, ...]:
    """The values that each field allows. Raises: ScheduleInvalid."""
    words = expression.split()
    if len(words) != len(FIELDS):
        raise ScheduleInvalid(
            f"'{expression}' is an invalid crontab expression. It must contain 5 components of a schedule in the "
            "sequence of minutes, hours, days, months, and days of week."
        )
    return tuple(_field(word, *row) for word, row in zip(words, FIELDS, strict=True))


def following(fields: tuple[Field, ...], after: datetime) -> datetime | None:
    """The first time after `after` that every field allows; None when there is none (30 February)."""
    minutes, hours, days, months, weekdays = fields
    moment = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    day = moment.replace(hour=0, minute=0)
    for _ in range(HORIZON):
        if day.month in months and day.day in days and day.isoweekday() % 7 in weekdays:
            for hour in sorted(hours):
                for minute in sorted(minutes):
                    found = day.replace(hour=hour, minute=minute)
                    if found >= moment:
                        return found
        day += timedelta(days=1)
    return None


def _field(word: str, name: str, low: int, high: int, names: tuple[str, ...]) -> Field:
    allowed: set[int] = set()
    for part in word.split(","):
        allowed.update(_part(part, name, low, high, names))
    return frozenset(allowed)


def _part(part: str, name: str, low: int, high: int, names: tuple[str, ...]) -> range:
    match = PART.fullmatch(part)
    if match is None or (match[1] == "*" and match[2]):
        raise ScheduleInvalid(f"'{part}' is not a valid [{name}] crontab field expression.")
    step = int(match[3] or 1)
    if step < 1:
        raise ScheduleInvalid(f"'{part}' is not a valid [{name}] crontab field expression.")
    if match[1] == "*":
        return range(low, high + 1, step)
    first = _value(match[1], name, low, high, names)
    last = _value(match[2], name, low, high, names) if match[2] else high if match[3] else first
    return range(min(first, last), max(first, last) + 1, step)


def _value(text: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text.isdigit():
        value = int(text)
    elif text[:3].lower() in names:
        value = low + names.index(text[:3].lower())
    else:
        raise ScheduleInvalid(f"'{text}' is not a valid value for the [{name}] crontab field.")
    if not low <= value <= high:
        raise ScheduleInvalid(f"{value} is outside the range of the [{name}] crontab field ({low} to {high}).")
    return value
