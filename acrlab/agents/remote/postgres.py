"""The queue in PostgreSQL, by Procrastinate: which runs wait for whom. It holds a run's id and an address, no more.

Procrastinate and not DBOS: it is a queue with names, heartbeats and notifications, which is what agents need. DBOS
keeps steps of functions and goes on with them after a crash, which nothing says that the service does with a run.
"""

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import procrastinate
    from procrastinate.jobs import Job

TASK = "acrlab.run"
_PORTS = re.compile(r"[0-9]{0,5}(?:,[0-9]{0,5})*")
PATIENCE = 10  # seconds for a connection
SCHEMA_LOCK = 0x61637271  # an advisory lock: two emulators that begin at once make one schema
MISSING = "a queue in PostgreSQL needs packages that are not installed: pip install 'acrlab[queue]'"


class QueueFailed(Exception):
    """The queue cannot be used. The text is a sentence for a person, without a password."""


def described(url: str) -> str:
    """Where the queue is, without a password. Raises: QueueFailed."""
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise QueueFailed(MISSING) from None
    if not url.startswith(("postgresql://", "postgres://")):
        raise QueueFailed("a queue is named as postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:  # its text would show the address with the password
        raise QueueFailed("the address of the queue cannot be read: postgresql://USER:PASSWORD@HOST/DATABASE") from None
    where = "".join(str(parts.get(name) or "") for name in ("host", "port", "dbname"))
    if "@" in where or not _PORTS.fullmatch(str(parts.get("port") or "")):
        raise QueueFailed("a password in the address of the queue has its / : @ ? # written as %2F %3A %40 %3F %23")
    user = f"{parts['user']}@" if parts.get("user") else ""
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{user}{parts.get('host') or 'localhost'}{port}/{parts.get('dbname') or ''}"


def check(url: str, *, prepare: bool) -> None:
    """See that the database answers, and that it has its tables; `prepare` makes them. Raises: QueueFailed."""
    where = described(url)
    try:
        import psycopg
        from procrastinate.schema import SchemaManager
    except ImportError:
        raise QueueFailed(MISSING) from None
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (SCHEMA_LOCK,))
            (found,) = connection.execute("SELECT to_regclass('procrastinate_workers')").fetchone() or (None,)
            if found is None and prepare:
                connection.execute(SchemaManager.get_schema())
            elif found is None:
                raise QueueFailed(f"there is no queue at {where}: first start an emulator with it: `acrlab up --queue`")
    except psycopg.Error as error:
        raise QueueFailed(f"the queue at {where} cannot be used: {sentence(error)}") from None


def sentence(error: BaseException) -> str:
    """A database's word, on one line."""
    text = " ".join(str(error).split())
    return text.removeprefix("connection failed: ") or type(error).__name__


def connected(url: str) -> "procrastinate.App":
    """The application that workers and emulator share; to be opened. Raises: QueueFailed."""
    try:
        import procrastinate
    except ImportError:
        raise QueueFailed(MISSING) from None
    connector = procrastinate.PsycopgConnector(
        conninfo=url, min_size=1, max_size=4, timeout=PATIENCE, kwargs={"connect_timeout": PATIENCE}
    )
    return procrastinate.App(connector=connector)


def loop() -> asyncio.AbstractEventLoop:
    """One that psycopg can use on every system."""
    return asyncio.SelectorEventLoop()


class PostgresQueue:
    """The emulator's end: a thread that puts runs on the queue, and looks after those that a dead worker took.

    `stalled` says what becomes of such a run: whether it waits on.
    """

    def __init__(self, url: str, lab: str, silence: float, stalled: Callable[[str], bool]) -> None:
        check(url, prepare=True)
        self.where = described(url)
        self.trouble = ""  # why it cannot be used just now, in a sentence
        self._app, self._lab, self._silence, self._stalled = connected(url), lab, silence, stalled
        self._loop = loop()
        self._thread: threading.Thread | None = None
        self._wanted: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Begin to work."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="acrlab-queue", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result()

    def put(self, queue: str, run: str, address: str) -> None:
        """Let a run wait in a queue; back at once."""
        self._loop.call_soon_threadsafe(self._wanted.put_nowait, (queue, run, address))

    def close(self) -> None:
        """Stop, and leave what waits where it is."""
        if self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _begin(self) -> None:
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._look())]

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(Exception):  # a database that is away needs no goodbye
            await asyncio.wait_for(self._app.close_async(), PATIENCE)

    async def _work(self) -> None:
        await self._until(self._app.open_async)
        while True:
            wanted = await self._wanted.get()
            await self._until(partial(self._defer, *wanted))

    async def _until(self, step: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Do something with the database, however long it may be away."""
        while not await self._tried(step):
            await asyncio.sleep(self._silence / 10)

    async def _tried(self, step: Callable[[], Coroutine[Any, Any, Any]]) -> bool:
        try:
            await step()
        except Exception as error:
            self.trouble = sentence(error.__cause__ or error)
            return False
        self.trouble = ""
        return True

    async def _defer(self, queue: str, run: str, address: str) -> None:
        """In place of what an earlier process has put there, with the address that it had."""
        from procrastinate.exceptions import AlreadyEnqueued

        lock, jobs = f"{self._lab} {run}", self._app.job_manager
        for old in await jobs.list_jobs_async(queueing_lock=lock, status="todo"):
            if old.id is not None:
                await jobs.cancel_job_by_id_async(old.id, delete_job=True)
        with suppress(AlreadyEnqueued):
            await self._app.configure_task(TASK, queue=queue, queueing_lock=lock).defer_async(run=run, address=address)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._silence / 2)
            await self._tried(self._tend)

    async def _tend(self) -> None:
        """What a dead worker had taken from the queue: back into it, or done with."""
        for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._silence):
            if job.task_name == TASK and (job.queueing_lock or "").startswith(f"{self._lab} "):
                await self._bury(job)

    async def _bury(self, job: "Job") -> None:
        from procrastinate import utils
        from procrastinate.jobs import Status

        if self._stalled(str(job.task_kwargs.get("run"))):
            await self._app.job_manager.retry_job(job, retry_at=utils.utcnow())
        elif job.id is not None:
            await self._app.job_manager.finish_job_by_id_async(job.id, status=Status.FAILED, delete_job=False)
