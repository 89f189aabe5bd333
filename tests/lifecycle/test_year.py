"""A year of lab time; how long it takes is measured by benchmarks/year.py."""

from pathlib import Path

import pytest

from acrlab.engine import directory
from acrlab.store.keys import KeyRing
from tests.lifecycle import year


def test_a_year_is_the_same_twice(tmp_path: Path, keys: KeyRing) -> None:
    first = year.passed(tmp_path / "first", keys)
    assert first == year.passed(tmp_path / "second", keys)
    assert len(first.kept) == 2, "the newest, and the one that lost its tag less than fifteen days ago"
    assert first.opened[0] == 200 and first.opened[-1] == 401, "the password has expired meanwhile"
    assert first.deleted == 0, "the last was deleted ten days ago"
    assert first.nights == 365, "each was due"
    assert first.cost == pytest.approx(2 * 365 * 1.6666, rel=1e-3)
    assert directory.USER in first.state.decode(errors="replace")
