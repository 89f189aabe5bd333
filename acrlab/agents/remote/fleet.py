"""Workers on other machines, as the emulator sees them: who there is, which runs wait for them, who has which."""

import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from acrlab.agents.registries import RunRegistries
from acrlab.agents.remote import credentials, version
from acrlab.agents.remote.credentials import Badge
from acrlab.agents.remote.postgres import PostgresQueue
from acrlab.agents.remote.register import Enrolled, Register
from acrlab.agents.remote.seat import Seat
from acrlab.agents.services import RunServices
from acrlab.agents.work import Work
from acrlab.domain.tasks import workers
from acrlab.domain.tasks.run import Ending, Order
from acrlab.engine.state import Resource
from acrlab.engine.tasks import queue, runs
from acrlab.wire.agents import AgentUnknown, HelloMissing, RunOver, VersionDiffers
from acrlab.wire.app import App

if TYPE_CHECKING:
    import urllib3

SILENCE = 20.0  # seconds without a sign of life after which a worker counts as gone
MOST_RUNS, MOST_WORKERS = 10_000, 1000
REVOKED = "the credential of the agent that had the run was revoked"
SECRET = "agents"  # of the world: what credentials are sealed with


class Worker(msgspec.Struct):
    """A worker that has come, and when it was last heard of by this machine's clock."""

    badge: Badge
    hello: workers.Hello
    heard: float

    def silent(self) -> float:
        """Units: seconds."""
        return time.monotonic() - self.heard


class Fleet:
    """The agents of an emulator with a queue, and the desk that they come to."""

    most = MOST_RUNS

    def __init__(
        self, app: App, folder: Path, network: "Callable[[], urllib3.PoolManager]", url: str, authority: str,
        silence: float = SILENCE,
    ) -> None:  # fmt: skip
        self._app, self._world, self._folder, self._network = app, app.world, folder, network
        self._authority, self._silence = authority, silence
        self._secret = app.world.keys.secret(SECRET)
        self._queue = PostgresQueue(url, credentials.lab(self._secret), silence, self._waits)
        self._offers: dict[str, Callable[[Resource], None]] = {}  # by lower-case id of the run
        self._register = Register(folder.with_name("workers.json"), app.world.clock.now)
        self._workers: dict[str, Worker] = {}  # by id
        self._seats: dict[str, Seat] = {}  # by hash of the token
        self._address, self._closed = "", False
        app.desk = self

    def open(self, address: str) -> None:
        """Begin, with the door for agents at that address."""
        with self._world.lock:
            self._address = address
            self._queue.open()
            for id in self.offered():
                self._put(self._world.state.resources[id])

    def refuse(self) -> None:
        """Give no more runs out."""
        with self._world.lock:
            self._closed = True

    def close(self) -> None:
        """Let go of the queue; what waits in it goes on waiting."""
        self._queue.close()
        self.sweep()

    # What the dispatcher wants

    def offered(self) -> frozenset[str]:
        """The runs that wait to be taken; those that were called off do not."""
        for id in [id for id in self._offers if not self._queued(id)]:
            del self._offers[id]
        return frozenset(self._offers)

    def _queued(self, id: str) -> bool:
        run = self._world.state.resources.get(id)
        return run is not None and run.body.get("status") == runs.QUEUED

    def offer(self, run: Resource, take: Callable[[Resource], None]) -> None:
        """Put it on the queue of its pool."""
        self._offers[run.id.lower()] = take
        if self._address:
            self._put(run)

    def _put(self, run: Resource) -> None:
        self._queue.put(self._queue_of(run), run.id, self._address)

    def _queue_of(self, run: Resource) -> str:
        return credentials.queue(self._secret, _pool(run))

    def _waits(self, run: str) -> bool:
        """Whether a run that a dead worker had found is still to be taken."""
        with self._world.lock:
            return run.lower() in self.offered()

    def sweep(self) -> None:
        """Delete what passes between workers and registries."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def carry_out(self, id: str, order: Order, work: Work, tell: Callable[..., None]) -> Ending:
        """Hand the order to the worker that has taken the run, and wait for its ending."""
        with self._world.lock:
            seat = next(each for each in self._seats.values() if each.run == id.lower())
        registries = RunRegistries(self._app, id.lower(), order.logins)
        stopped = work.cancelled.is_set
        services = RunServices(self._world, id.lower(), registries, self._network, tell, stopped)
        try:
            seat.open(order, registries, services, tell)
            return seat.ended(work, self._silence)
        finally:
            services.close()

    def over(self, id: str) -> None:
        """Its token is worth nothing from here on."""
        for token in [token for token, seat in self._seats.items() if seat.run == id.lower()]:
            seat = self._seats.pop(token)
            seat.over()
            shutil.rmtree(seat.folder, ignore_errors=True)

    # What workers want: with the world's lock held

    def enrol(self, name: str, pools: Sequence[str], life: float = workers.LIFE) -> workers.Enrolment:
        """A credential for a worker of these pools, or of the service's own agents. Raises: BodyInvalid, OSError."""
        queues = self._queues(pools)
        enrolled = self._register.enrol(secrets.token_hex(8), name, tuple(pools), life)
        return workers.Enrolment(
            name=name, address=self._address, authority=self._authority, queues=queues,
            credential=self._issued(enrolled),
        )  # fmt: skip

    def _queues(self, pools: Sequence[str]) -> tuple[str, ...]:
        return tuple(credentials.queue(self._secret, pool) for pool in pools or ("",))

    def _issued(self, enrolled: Enrolled) -> str:
        badge = Badge(enrolled.id, enrolled.name, self._queues(enrolled.pools), enrolled.until)
        return credentials.issued(self._secret, badge)

    def renew(self, credential: str) -> workers.Renewed:
        """Another life for a worker that is known. The credential that it has holds until its own end."""
        enrolled = self._register.renew(self._badge(credential))
        return workers.Renewed(credential=self._issued(enrolled), renewal=enrolled.life / 2)

    def revoke(self, name: str) -> list[str]:
        """Send workers away, by name or id: what they have under way has failed. Their ids. Raises: OSError."""
        gone = self._register.revoke(name)
        for id in gone:
            self._workers.pop(id, None)
        for seat in self._seats.values():
            if seat.worker.id in gone:
                seat.dismiss(REVOKED)
        return gone

    def enrolled(self) -> list[dict[str, Any]]:
        """Who may come: told by `acrlab agent --list`."""
        return [
            {"id": each.id, "name": each.name, "pools": each.pools, "until": each.until, "here": self._here(each.id)}
            for each in self._register.all()
        ]

    def _here(self, id: str) -> bool:
        found = self._workers.get(id)
        return found is not None and found.silent() <= self._silence

    def known(self, credential: str) -> str:
        """The worker's name. Raises: AgentUnknown."""
        return self._badge(credential).name

    def _badge(self, credential: str) -> Badge:
        found = credentials.read(self._secret, credential)
        if found is None or not self._register.holds(found):
            raise AgentUnknown()
        return found

    def hello(self, credential: str, said: workers.Hello) -> workers.Greeting:
        """Raises: VersionDiffers."""
        if said.version != version():
            raise VersionDiffers(emulator=version(), worker=said.version[:40])
        while len(self._workers) >= MOST_WORKERS:
            del self._workers[min(self._workers, key=lambda each: self._workers[each].heard)]
        badge = self._badge(credential)
        self._workers[badge.id] = Worker(badge, said, time.monotonic())
        return workers.Greeting(silence=self._silence)

    def beat(self, credential: str, given: Sequence[str]) -> workers.Stops:
        """A worker is there: those of its runs that are over."""
        worker = self._worker(credential)
        worker.heard = time.monotonic()
        held = {token: self._seats.get(credentials.token_hash(token)) for token in given}
        for seat in held.values():
            if seat is not None:
                seat.heard = worker.heard
        return workers.Stops(runs=tuple(token for token, seat in held.items() if seat is None))

    def bye(self, credential: str) -> None:
        """A worker leaves; runs that it has are over in a moment."""
        self._workers.pop(self._badge(credential).id, None)

    def _worker(self, credential: str) -> Worker:
        """Raises: HelloMissing: this process has not heard its hello."""
        found = self._workers.get(self._badge(credential).id)
        if found is None:
            raise HelloMissing()
        return found

    def claim(self, credential: str, run: str) -> workers.Taken:
        """Give a run to a worker. Raises: RunOver, HelloMissing."""
        worker = self._worker(credential)
        id = run.lower()
        if self._closed or id not in self.offered():
            raise RunOver()
        resource = self._world.state.resources[id]
        if self._queue_of(resource) not in worker.badge.queues:
            raise RunOver()
        token = secrets.token_urlsafe(32)
        hashed = credentials.token_hash(token)
        self._seats[hashed] = Seat(id, worker.badge, self._folder / hashed[:32])
        self._offers.pop(id)(resource)
        return workers.Taken(token=token, now=self._world.now())

    def seat(self, token: str) -> Seat:
        """The run that a token stands for. Raises: RunOver."""
        found = self._seats.get(credentials.token_hash(token))
        if found is None or found.dismissed:
            raise RunOver()
        found.heard = time.monotonic()
        return found

    # What `acrlab status` wants

    def status(self) -> dict[str, Any]:
        """Where the queue is, who works, and what waits for whom. Called with the world's lock held."""
        known = sorted(self._workers.values(), key=lambda each: each.badge.name)
        return {
            "queue": self._queue.where, "trouble": self._queue.trouble, "address": self._address,
            "workers": [
                {
                    "name": each.badge.name, "engine": each.hello.engine, "count": each.hello.count,
                    "heard": round(each.silent(), 1), "gone": each.silent() > self._silence,
                    "runs": [
                        seat.run.rpartition("/")[2] for seat in self._seats.values() if seat.worker.id == each.badge.id
                    ],
                }
                for each in known
            ],
            "waiting": self._waiting(),
        }  # fmt: skip

    def _waiting(self) -> list[dict[str, Any]]:
        places: dict[str, list[Resource]] = {}
        for run in runs.unfinished(self._world):
            if run.body["status"] == runs.QUEUED:
                places.setdefault(_pool(run), []).append(run)
        return [
            {"pool": pool, "runs": len(found), "why": self._why(found[0], pool)} for pool, found in places.items()
        ]

    def _why(self, run: Resource, pool: str) -> str:
        if not queue.capacity(self._world, queue.place(run)):
            return "the pool is scaled to zero"
        alive = [each for each in self._workers.values() if each.silent() <= self._silence]
        if not any(self._queue_of(run) in each.badge.queues for each in alive):
            return f"no agent is there for them: start one with `acrlab agent{f' --pool {pool}' if pool else ''}`"
        return "its agents are busy"


def _pool(run: Resource) -> str:
    """The agent pool of a run, as registry/pool; empty for the service's own agents."""
    name = run.body["properties"].get("agentPoolName")
    return f"{run.id.rpartition('/runs/')[0].rpartition('/')[2]}/{name}" if name else ""
