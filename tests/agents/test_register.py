"""Who may come to work: kept over a restart, ended one by one, and by time."""

import stat
from pathlib import Path

import pytest

from acrlab.agents.remote import register
from acrlab.agents.remote.credentials import Badge
from acrlab.agents.remote.postgres import QueueFailed
from acrlab.agents.remote.register import Enrolled, Register
from acrlab.domain.errors import BodyInvalid


class Watch:
    """A clock that goes when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def badge(enrolled: Enrolled) -> Badge:
    return Badge(enrolled.id, enrolled.name, (), enrolled.until)


def test_what_was_written_holds_after_a_restart(tmp_path: Path) -> None:
    path, watch = tmp_path / "workers.json", Watch()
    before = Register(path, watch)
    one, two = (before.enrol(id, name, ("a/pool",), 100.0) for id, name in (("1", "one"), ("2", "two")))
    assert before.revoke("one") == ["1"] and before.revoke("one") == []
    after = Register(path, watch)
    assert not after.holds(badge(one)) and after.holds(badge(two)) and after.all() == [two]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert after.revoke("2") == ["2"], "an id names one of several that share a name"
    assert Register(path, watch).all() == []


def test_time_ends_a_credential_and_renewal_makes_another(tmp_path: Path) -> None:
    watch = Watch()
    found = Register(tmp_path / "workers.json", watch)
    old = found.enrol("1", "one", (), 100.0)
    watch.now += 60
    new = found.renew(badge(old))
    watch.now += 60
    assert (found.holds(badge(old)), found.holds(badge(new))) == (False, True)
    watch.now += 60
    assert not found.holds(badge(new)) and found.all() == []
    found.enrol("2", "two", (), 100.0)
    assert "one" not in (tmp_path / "workers.json").read_text(), "what is over is not kept"


@pytest.mark.parametrize("life", [0.0, -1.0, float("nan"), float("inf"), register.LONGEST + 1])
def test_a_life_has_bounds(tmp_path: Path, life: float) -> None:
    with pytest.raises(BodyInvalid, match="for a year at most"):
        Register(tmp_path / "workers.json", Watch()).enrol("1", "one", (), life)


def test_not_everybody_fits_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "MOST", 1)
    found = Register(tmp_path / "workers.json", Watch())
    found.enrol("1", "one", (), 100.0)
    with pytest.raises(BodyInvalid, match="acrlab agent --revoke NAME"):
        found.enrol("2", "two", (), 100.0)


def test_a_register_that_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    path = tmp_path / "workers.json"
    path.write_bytes(b"[{")
    with pytest.raises(QueueFailed, match=r"workers\.json cannot be read"):
        Register(path, Watch())
