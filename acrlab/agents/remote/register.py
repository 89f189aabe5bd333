"""Who may come to work here: the workers that were enrolled, until their time is over or somebody sends them away.

It is the emulator's and not the world's: going back to a snapshot lets nobody in again.
"""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from acrlab.agents.remote.credentials import Badge
from acrlab.agents.remote.postgres import QueueFailed
from acrlab.domain.errors import BodyInvalid

LONGEST = 365 * 86400.0
MOST = 10_000  # workers enrolled at a time


class Enrolled(msgspec.Struct, frozen=True):
    """A worker that may come. Units: epoch seconds on this machine's clock."""

    id: str
    name: str
    pools: tuple[str, ...]
    since: float
    life: float
    until: float


class Register:
    """Kept in a file, durably, before anybody hears of a change. Used with the world's lock held."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        """Raises: QueueFailed."""
        self._path, self._now = path, now
        self._known = {each.id: each for each in _read(path)}

    def enrol(self, id: str, name: str, pools: tuple[str, ...], life: float) -> Enrolled:
        """Raises: BodyInvalid, OSError."""
        if not 0 < life <= LONGEST:
            raise BodyInvalid(reason="a credential holds for a moment at least, and for a year at most")
        if len(self.all()) >= MOST:
            raise BodyInvalid(reason=f"{MOST} workers are enrolled: revoke some with `acrlab agent --revoke NAME`")
        now = self._now()
        return self._written(Enrolled(id, name, pools, now, life, now + life))

    def renew(self, badge: Badge) -> Enrolled:
        """Another life for a worker that is known. Raises: OSError."""
        found = self._known[badge.id]
        return self._written(msgspec.structs.replace(found, until=self._now() + found.life))

    def revoke(self, name: str) -> list[str]:
        """End what workers of this name, or the one of this id, have; their ids. Raises: OSError."""
        gone = [each.id for each in self.all() if name in (each.name, each.id)]
        if gone:
            self._write({id: each for id, each in self._known.items() if id not in gone})
        return gone

    def holds(self, badge: Badge) -> bool:
        """Whether a worker may come, and with this credential."""
        return badge.id in self._known and badge.until > self._now()

    def all(self) -> list[Enrolled]:
        """Those who may come, by name."""
        now = self._now()
        found = [each for each in self._known.values() if each.until > now]
        return sorted(found, key=lambda each: (each.name, each.id))

    def _written(self, enrolled: Enrolled) -> Enrolled:
        self._write({each.id: each for each in self.all()} | {enrolled.id: enrolled})
        return enrolled

    def _write(self, known: dict[str, Enrolled]) -> None:
        part = self._path.with_suffix(".part")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(list(known.values())))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, self._path)
        self._known = known


def _read(path: Path) -> list[Enrolled]:
    if not path.is_file():
        return []
    try:
        found: list[Enrolled] = msgspec.json.decode(path.read_bytes(), type=list[Enrolled])
    except msgspec.MsgspecError as error:
        raise QueueFailed(f"{path} cannot be read: {error}") from None
    return found
