"""The address of a queue, as it is shown: never with a password, nor with what a badly written one leaves behind."""

import pytest

from acrlab.agents.remote.postgres import QueueFailed, described


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://lab:secret@db.example:5433/runs", "postgresql://lab@db.example:5433/runs"),
        ("postgres://lab:se%2Fcret@db/runs?password=secret", "postgresql://lab@db/runs"),
        ("postgresql://lab:secret@one,two:5433/runs", "postgresql://lab@one,two:,5433/runs"),
        ("postgresql:///runs", "postgresql://localhost/runs"),
    ],
)
def test_a_queue_is_shown_without_its_password(url: str, shown: str) -> None:
    assert described(url) == shown


@pytest.mark.parametrize(
    "url",
    ["postgresql://lab:se/cret@db/runs", "postgresql://lab:7/cret@db/runs", "postgresql://lab:se@cret@db/runs",
     "postgresql://lab:se%cret@db/runs", "mysql://lab:cret@db"],
)  # fmt: skip
def test_a_password_that_cuts_its_address_apart_is_not_shown(url: str) -> None:
    with pytest.raises(QueueFailed) as refused:
        described(url)
    assert "cret" not in str(refused.value)
