"""Durations, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acrlab.client import durations


@pytest.mark.parametrize(
    ("text", "seconds"), [("8d", 691200), ("1h30m", 5400), ("45s", 45), ("2w", 1209600), ("1.5h", 5400)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "8", "d", "8 days", "1h30", "-1d", "1y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        durations.seconds(text)


@given(st.integers(1, 10**8))
def test_words_are_read_back(span: int) -> None:
    assert durations.seconds(durations.words(span)) == span
