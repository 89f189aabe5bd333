"""The world: state, clock, ids, blobs, journal and future jobs. Two worlds share nothing."""

import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator

from acrlab.domain import events
from acrlab.domain.errors import JournalUnavailable
from acrlab.engine import consequences, fold, jobs
from acrlab.engine.blobs import BlobStore
from acrlab.engine.clock import Clock
from acrlab.engine.errands import Errands
from acrlab.engine.hosting.objects import GitObjects, NoHosts
from acrlab.engine.insight.tally import Tally, written
from acrlab.engine.journal import Journal, JournalFailed
from acrlab.engine.keys import Keys
from acrlab.engine.state import Job, Registry, State
from acrlab.engine.storage import NoStorage, Storage
from acrlab.engine.throttling import Buckets
from acrlab.engine.upstream import Upstreams, nowhere
from acrlab.engine.why import Refusal

Listener = Callable[[tuple[events.Event, ...]], None]  # told of what was committed; of nothing when all may differ
GENESIS = "genesis"  # the mark that `reset` goes back to


class World:
    """State is a fold of the journal; `commit` is the only way to change it."""

    def __init__(
        self,
        *,
        journal: Journal,
        blobs: BlobStore,
        clock: Clock,
        entropy: Callable[[int], bytes],
        keys: Keys,
        realistic_timing: bool = False,
        upstreams: Upstreams = nowhere,
        storage: Storage | None = None,
        git: GitObjects | None = None,
    ) -> None:
        self.journal, self.blobs, self.clock, self.keys = journal, blobs, clock, keys
        self.realistic_timing, self.upstreams = realistic_timing, upstreams
        self.storage: Storage = storage or NoStorage()
        self.git: GitObjects = git or NoHosts()
        self.listeners: list[Listener] = []
        self.buckets: Buckets | None = None  # where requests are counted; none: nobody is throttled
        self.tally = Tally()
        self.lock = threading.RLock()
        self.version = 0
        self.ahead = 0.0  # seconds of a turn of the dial that are still to come
        self.refusals: deque[Refusal] = deque(maxlen=200)
        self.arriving: dict[str, int] = {}  # digests between their bytes and their event
        self.writing: set[str] = set()  # uploads that a request is writing to
        self.errands = Errands(self)
        self.family: list[World] = [self]
        self._entropy = entropy
        self.state = self._replayed()

    # Time

    def now(self) -> float:
        """The present on this world's clock, in epoch seconds."""
        return self.clock.now() + self.state.advanced

    def advance(self, seconds: float) -> None:
        """Turn the dial forward, and do everything that falls due on the way, each at its own time."""
        left = seconds
        while True:
            with self.lock:
                left = self._turned(left)
                if not self.errands:
                    return
            self.errands.carry_out()  # others go on meanwhile

    def _turned(self, seconds: float) -> float:
        """Turn the dial as far as nothing slow stands in the way. What is left then."""
        goal = self.state.advanced + seconds
        while not self.errands and (job := self._next(self.now() + goal - self.state.advanced)) is not None:
            self._turn(min(max(job.due - self.now(), 0.0), goal - self.state.advanced))
            self.ahead = goal - self.state.advanced
            try:
                self.settle(job.due)
            finally:
                self.ahead = 0.0
        if not self.errands:
            self._turn(goal - self.state.advanced)
        return goal - self.state.advanced

    def _turn(self, seconds: float) -> None:
        if seconds > 0:
            self.commit(events.ClockAdvanced(at=self.now(), seconds=seconds))

    def sleep(self, seconds: float) -> None:
        """Let time pass as the clock of this world does it."""
        self.clock.sleep(seconds, self.advance)

    def settle(self, moment: float = 0.0) -> None:
        """Do what has fallen due by now, or by a moment that rounding left just ahead."""
        while (job := self._next(max(self.now(), moment))) is not None:
            self._fall_due(job)
        if self.tally.full:
            written(self)

    def _next(self, until: float) -> Job | None:
        """The first that falls due until then and that nobody does already."""
        if not self.state.jobs or self.state.jobs[0].due > until:
            return None
        if not self.errands:
            return self.state.jobs[0]
        found = min((job for job in self.state.jobs if job.id not in self.errands), default=None)
        return found if found is not None and found.due <= until else None

    def _fall_due(self, job: Job) -> None:
        ended = events.JobEnded(at=self.now(), job=job.id)
        if job.name not in jobs.SLOW:
            self.commit(ended)
            jobs.TABLE[job.name](self, job)
            return
        errand = jobs.SLOW[job.name](self, job)
        if errand.slow:
            self.errands.begin(job, errand)
        else:
            self.commit(ended, *errand.finish())

    # Events

    def commit(self, *happened: events.Event) -> None:
        """Append the events, and what follows from them, as one record and apply them.

        Raises: JournalUnavailable, and then nothing has changed.
        """
        with self.lock:
            happened += consequences.of(self, happened)
            try:
                self.journal.append(events.encode(happened))
            except JournalFailed as failure:
                raise JournalUnavailable(reason=str(failure)) from failure
            for event in happened:
                fold.apply(self.state, event)
            self.version += 1
            for listener in self.listeners:
                listener(happened)

    def _replayed(self, upto: int | None = None) -> State:
        state = State()
        for _, record in self.journal.replay(upto):
            for event in events.decode(record):
                fold.apply(state, event)
        return state

    def events(self) -> Iterator[events.Event]:
        """The history that led to the present state."""
        for _, record in self.journal.replay():
            yield from events.decode(record)

    # Snapshots

    def snapshot(self, name: str) -> None:
        """Name the present, so that `restore` can come back to it."""
        with self.lock:
            self.journal.mark(name)

    def restore(self, name: str) -> None:
        """Go back, or forward, to a named present. Nothing is lost: other snapshots stay reachable.

        Raises: KeyError when no snapshot has the name.
        """
        with self.lock:
            self.journal.rewind(self.journal.marks()[name])
            self.journal.flush()
            self.tally.clear()
            self.errands.clear()
            self.state = self._replayed()
            self.version += 1
            for listener in self.listeners:
                listener(())

    def reset(self) -> None:
        """Go back to how the world began."""
        self.restore(GENESIS)

    def fork(self, journal: Journal, *, upto: str | None = None) -> "World":
        """A world of its own that begins as this one is now, or was at a snapshot. Blobs are shared."""
        with self.lock:
            position = self.journal.marks()[upto] if upto else None
            for _, record in self.journal.replay(position):
                journal.append(record)
            other = World(
                journal=journal, blobs=self.blobs, clock=self.clock, entropy=self._entropy, keys=self.keys,
                realistic_timing=self.realistic_timing, upstreams=self.upstreams, storage=self.storage,
                git=self.git,
            )  # fmt: skip
            other.journal.mark(GENESIS)
            other.buckets = Buckets() if self.buckets is not None else None
            other.family = self.family
            self.family.append(other)
            return other

    def states(self) -> Iterator[State]:
        """Every state that may still be returned to: this one, its forks', and those of all snapshots."""
        for world in self.family:
            yield world.state
            for position in world.journal.marks().values():
                yield world._replayed(position)

    # Identifiers

    def uuid(self) -> str:
        """A fresh random UUID, from the world's own source."""
        return str(uuid.UUID(bytes=self._entropy(16), version=4))

    def random(self, size: int) -> bytes:
        """Fresh random bytes, from the world's own source."""
        return self._entropy(size)

    # Reading

    def registry_at(self, host: str) -> Registry | None:
        """The registry whose login server this is."""
        name = self.state.login_servers.get(host)
        return self.state.registries[name] if name is not None else None

    def expect(self, digest: str, change: int) -> None:
        """Count the blobs between their bytes and their event, so that none of them is collected."""
        with self.lock:
            count = self.arriving.get(digest, 0) + change
            self.arriving[digest] = count
            if count <= 0:
                del self.arriving[digest]
