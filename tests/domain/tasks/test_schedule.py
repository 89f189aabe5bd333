"""Timers: the next time that all five fields allow, and refusals instead of crashes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acrlab.domain.tasks.schedule import ScheduleInvalid, following, parse

START = datetime(2026, 11, 25, 6, 30, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("* * * * *", (2026, 11, 25, 6, 31)),
        ("0 21 * * *", (2026, 11, 25, 21, 0)),
        ("*/20 * * * *", (2026, 11, 25, 6, 40)),
        ("30 9 * * 6,0", (2026, 11, 28, 9, 30)),
        ("0 12 * * Mon-Fri", (2026, 11, 25, 12, 0)),
        ("0 0 13 * Fri", (2027, 8, 13, 0, 0)),  # day and day of week, both
        ("0 0 29 feb *", (2028, 2, 29, 0, 0)),
    ],
)
def test_next(expression, expected):
    assert following(parse(expression), START) == datetime(*expected, tzinfo=UTC)


def test_a_day_that_never_comes():
    assert following(parse("0 0 30 2 *"), START) is None


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "* * * * * *", "60 * * * *", "*/0 * * * *", "a * * * *", "*-3 * * * *"]
)
def test_refused(expression):
    with pytest.raises(ScheduleInvalid):
        parse(expression)


@given(st.text(alphabet="0123456789*/,- monfri?L#٣", max_size=40))
def test_hostile_text_is_refused_or_fires_later(text):
    try:
        fields = parse(text)
    except ScheduleInvalid:
        return
    found = following(fields, START)
    assert found is None or found > START
