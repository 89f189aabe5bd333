"""Requests that are counted and change nothing: by registry, kind and minute, until they are written down together.

A pull is answered without touching the journal, so what was counted since the last writing is lost with the process.
"""

import threading
from typing import TYPE_CHECKING

from acrlab.domain import events

if TYPE_CHECKING:
    from acrlab.engine.world import World

MOST = 5_000  # minutes with something in them before they are written down
MINUTE = 60.0  # seconds


class Tally:
    """Counts of one world. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, int], int] = {}

    def add(self, key: str, now: float) -> None:
        """Count one request; `now` is epoch seconds."""
        place = (key, int(now // MINUTE))
        with self._lock:
            self._counts[place] = self._counts.get(place, 0) + 1

    @property
    def full(self) -> bool:
        """Whether it is time to write down."""
        return len(self._counts) >= MOST

    def clear(self) -> dict[tuple[str, int], int]:
        """Begin anew, and give what there was."""
        with self._lock:
            found, self._counts = self._counts, {}
        return found


def written(world: "World") -> None:
    """Write down what was counted. Raises: JournalUnavailable."""
    found = world.tally.clear()
    if not found:
        return
    counts: dict[str, dict[int, int]] = {}
    for (key, minute), count in sorted(found.items()):
        counts.setdefault(key, {})[minute] = count
    world.commit(events.RequestsCounted(at=world.now(), counts=counts))
