"""A worker: takes runs from its queues, does them with the engine of its machine, and tells the emulator."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from acrlab.agents.engines import described
from acrlab.agents.local import carried_out
from acrlab.agents.protocol import Engine, EngineFailed
from acrlab.agents.remote import postgres
from acrlab.agents.remote.door import Door, DoorClosed, DoorRefused
from acrlab.agents.remote.errands import DoorRegistries, DoorServices, Stint
from acrlab.agents.remote.postgres import QueueFailed
from acrlab.agents.remote.telling import Telling
from acrlab.domain.tasks import workers
from acrlab.domain.tasks.run import Ending
from acrlab.wire.agents import RunOver

LOOK = 1.0  # seconds between two looks at the queue, where nobody has told of a run
RETRY = 2  # seconds until a run whose emulator does not answer is looked at again
STOPPED = "the agent was stopped while the run was under way"


class WorkerFailed(Exception):
    """A worker cannot go on. The text is a sentence for a person."""


class Worker:
    """`count` runs at a time. `tell` is told of each in a sentence; `keep` is given each renewed credential."""

    def __init__(
        self, url: str, enrolment: workers.Enrolment, engine: Callable[[], Engine], folder: Path, count: int = 1,
        tell: Callable[[str], None] = lambda _: None, keep: Callable[[workers.Enrolment], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._keep, self._renewal = keep, time.monotonic()  # of its credential: at once, and then in time
        self._url, self._enrolment, self._engine, self._folder = url, enrolment, engine, folder
        self._count, self._say = count, tell
        self._door = Door(enrolment.address, enrolment.authority)
        self._stints: dict[str, Stint] = {}  # by token
        self._silence = self._ahead = 0.0  # `ahead`: the world's clock less this machine's
        self._stopped = threading.Event()
        self._failure = ""
        self._stop_queue: Callable[[], None] = lambda: None

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Work until `stop`. Raises: WorkerFailed."""
        try:
            postgres.check(self._url, prepare=False)
        except QueueFailed as failure:
            raise WorkerFailed(str(failure)) from None
        self._greet()
        beating = threading.Thread(target=self._beat, name="acrlab-beat", daemon=True)
        beating.start()
        try:
            with asyncio.Runner(loop_factory=postgres.loop) as runner:
                runner.run(self._work(ready))
        finally:
            self._stopped.set()
            beating.join()
            with suppress(DoorClosed, DoorRefused):
                self._door.ask("POST", "/bye", self._enrolment.credential, again=False)
            self._door.close()
        if self._failure:
            raise WorkerFailed(self._failure)

    def stop(self, why: str = "") -> None:
        """Take no more runs, and end those that are under way. `why` is given where it is a failure."""
        self._failure = self._failure or why
        self._stopped.set()
        for stint in list(self._stints.values()):
            stint.cancelled.set()
        self._stop_queue()

    def now(self) -> float:
        """The world's clock, as it stood to this machine's when a run was last taken."""
        return time.time() + self._ahead

    # The queue

    async def _work(self, ready: Callable[[], None]) -> None:
        from procrastinate import RetryStrategy
        from procrastinate.exceptions import ConnectorException

        app = postgres.connected(self._url)

        @app.task(name=postgres.TASK, retry=RetryStrategy(wait=RETRY, retry_exceptions=[DoorClosed]))
        def _(run: str, address: str) -> None:
            self._take(run, address)

        async with app.open_async():
            task = asyncio.current_task()
            loop = asyncio.get_running_loop()
            assert task is not None
            working = asyncio.create_task(
                app.run_worker_async(
                    name=self._enrolment.name, queues=list(self._enrolment.queues), concurrency=self._count,
                    install_signal_handlers=False, delete_jobs="successful",
                    fetch_job_polling_interval=LOOK, update_heartbeat_interval=self._silence / 4,
                    stalled_worker_timeout=self._silence,
                )
            )  # fmt: skip
            self._stop_queue = lambda: _quietly(loop, working.cancel)
            if self._stopped.is_set():
                working.cancel()
            ready()
            why = ""
            try:
                await working
            except asyncio.CancelledError:
                pass
            except ConnectorException as error:
                why = f": {postgres.sentence(error.__cause__ or error)}"
        if not self._stopped.is_set():
            self.stop(f"the queue at {postgres.described(self._url)} does not answer any more{why}")

    # The emulator

    def _greet(self) -> None:
        try:
            self._silence = self._door.hello(self._enrolment.credential, self._words(), self._count).silence
        except (DoorClosed, DoorRefused) as failure:
            raise WorkerFailed(str(failure)) from None

    def _words(self) -> str:
        try:
            return described(self._engine().probe())
        except EngineFailed as failure:
            raise WorkerFailed(str(failure)) from None

    def _beat(self) -> None:
        """Say that we are there, and hear what is over; an emulator that was away is greeted anew."""
        while not self._stopped.wait(self._silence / 8):
            tokens = tuple(self._stints)
            try:
                said = workers.Beat(runs=tokens)
                stops = self._door.told("/beat", self._enrolment.credential, said, workers.Stops)
            except DoorClosed:
                continue
            except DoorRefused:
                self._greet_again()
                continue
            self._renew()
            for token in stops.runs:
                if (stint := self._stints.get(token)) is not None:
                    stint.give_up("the run is over")

    def _renew(self) -> None:
        """Ask for another credential when half of the old one's life is over; if that fails, with the next beat."""
        if time.monotonic() < self._renewal:
            return
        with suppress(DoorClosed, DoorRefused):
            found = self._door.told("/renew", self._enrolment.credential, None, workers.Renewed)
            self._renewal = time.monotonic() + found.renewal
            self._enrolment = msgspec.structs.replace(self._enrolment, credential=found.credential)
            self._keep(self._enrolment)

    def _greet_again(self) -> None:
        try:
            self._greet()
        except WorkerFailed as failure:
            self.stop(str(failure))

    # Runs

    def _take(self, run: str, address: str) -> None:
        """Raises: DoorClosed, and then the run waits on."""
        try:
            taken = self._claimed(run, address)
        except DoorRefused as refused:
            if refused.code == RunOver.oci:
                return
            raise DoorClosed(refused.text) from None
        self._ahead = taken.now - time.time()
        stint = self._stints[taken.token] = Stint(self._door, taken)
        name = run.rpartition("/")[2]
        self._say(f"run {name} begins")
        try:
            self._say(f"run {name}: {self._done(stint)}")
        finally:
            del self._stints[taken.token]

    def _claimed(self, run: str, address: str) -> workers.Taken:
        """Claim a run where the emulator was last, or else where the queue says that it is now.

        Raises: DoorClosed, DoorRefused.
        """
        said = workers.Claim(run=run)
        try:
            found: workers.Taken = self._door.told(
                "/claim", self._enrolment.credential, said, workers.Taken, again=False
            )  # fmt: skip
        except DoorClosed:
            other = self._door.at(address)
            if other is self._door:
                raise
            other.hello(self._enrolment.credential, self._words(), self._count)
            self._door = other
            found = other.told("/claim", self._enrolment.credential, said, workers.Taken, again=False)
        return found

    def _done(self, stint: Stint) -> str:
        """Do a run, and say how it ended."""
        folder = self._folder / uuid.uuid4().hex
        telling = Telling(stint)
        services = DoorServices(stint, folder.with_name(f"{folder.name}-received"), telling.flush)
        try:
            ending = carried_out(
                stint.order(), self._engine, DoorRegistries(stint), services, folder, telling.tell, stint.cancelled,
                self.now,
            )  # fmt: skip
            if self._stopped.is_set() and ending.status == "Canceled":
                ending = Ending(status="Error", error=STOPPED)
                telling.tell(f"acrlab: {STOPPED}")
            telling.close()
            stint.end(ending)
        except EngineFailed as failure:
            return stint.lost or failure.text
        finally:
            services.close()
        return ending.status


def _quietly(loop: asyncio.AbstractEventLoop, step: Callable[[], object]) -> None:
    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(step)
