"""What falls due and takes long: prepared without the world's lock, and committed with the end of its job."""

import threading
from collections.abc import Collection
from typing import TYPE_CHECKING

from acrlab.domain import events
from acrlab.engine.state import Job
from acrlab.engine.upstream import Unready

if TYPE_CHECKING:
    from acrlab.engine.world import World


class Errand:
    """The slow work of one job. Made, finished and released with the world's lock held; prepared without it.

    Its job is in the journal until it is finished: after `kill -9` it is begun anew.
    """

    @property
    def slow(self) -> bool:
        """Whether there is anything to prepare."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Do what may take long. Changes nothing that anybody sees, and raises nothing."""

    def finish(self) -> tuple[events.Event, ...]:
        """What comes of it, decided by how the world is now."""
        raise NotImplementedError

    def release(self) -> None:
        """Let go of what was held for it."""


class UnderWay:
    """An errand that waits, or that somebody does."""

    def __init__(self, world: "World", job: Job, errand: Errand) -> None:
        self.job, self.begun = job, False
        self._world, self._errand = world, errand
        self._turn = threading.Lock()
        self._over = False

    def carry_out(self) -> None:
        """Do it, or wait for whoever does. Never with the world's lock held. Raises: JournalUnavailable."""
        with self._turn:
            if self._over:
                return
            self.begun = self._over = True
            self._errand.prepare()
            with self._world.lock:
                try:
                    if self._world.errands.end(self):
                        ended = events.JobEnded(at=self._world.now(), job=self.job.id)
                        self._world.commit(ended, *self._errand.finish())
                finally:
                    self._errand.release()

    def drop(self) -> None:
        """Nobody wants it any more; whoever does it already will hear so in the end."""
        if self._turn.acquire(blocking=False):
            try:
                if not self._over:
                    self._over = True
                    self._errand.release()
            finally:
                self._turn.release()


class Errands:
    """Those of a world. `kept`: a thread of its own does them as they come."""

    def __init__(self, world: "World") -> None:
        self.kept = False
        self.arrived = threading.Event()
        self._world = world
        self._under_way: dict[str, UnderWay] = {}  # by job

    def __contains__(self, job: str) -> bool:
        return job in self._under_way

    def __bool__(self) -> bool:
        return bool(self._under_way)

    def begin(self, job: Job, errand: Errand) -> None:
        """Let it wait for somebody to do it."""
        self._under_way[job.id] = UnderWay(self._world, job, errand)
        self.arrived.set()

    def end(self, found: UnderWay) -> bool:
        """It is done; whether it counts: nobody has turned the world back meanwhile."""
        if self._under_way.get(found.job.id) is not found:
            return False
        del self._under_way[found.job.id]
        return True

    def offer(self) -> None:
        """Where no thread does them, whoever comes does what nobody has begun. Raises: Unready."""
        found = next((each for each in self._under_way.values() if not each.begun), None)
        if found is not None and not self.kept:
            raise Unready(found.carry_out)

    def require(self, runs: Collection[str]) -> None:
        """Whoever looks at one of these runs, by lower-case id, waits for what it does. Raises: Unready."""
        for each in self._under_way.values():
            if each.job.arguments.get("run") in runs:
                raise Unready(each.carry_out)

    def carry_out(self) -> None:
        """Do all that waits, and wait for what others do. Never with the world's lock held.

        Raises: JournalUnavailable.
        """
        with self._world.lock:
            found = list(self._under_way.values())
        for each in found:
            each.carry_out()

    def clear(self) -> None:
        """The world has gone back: what was under way belongs to another history."""
        found, self._under_way = self._under_way, {}
        for each in found.values():
            each.drop()
