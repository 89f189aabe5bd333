"""One run that a worker has: what it needs is done here, and what it tells is written down."""

import shutil
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from acrlab.agents.protocol import EngineFailed
from acrlab.agents.registries import RunRegistries
from acrlab.agents.remote.credentials import Badge
from acrlab.agents.runner.services import SecretFailed, SourceFailed
from acrlab.agents.services import RunServices
from acrlab.agents.work import Work
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.tasks import workers
from acrlab.domain.tasks.run import Ending, Order, Source
from acrlab.wire.agents import Errand, RunOver

READY = 60.0  # seconds until an order is there; it is written when the run begins
LETTING_GO = 20.0  # seconds that a worker has to end a run that took too long
GONE = "the agent that had the run has not been heard of for {silence:g} seconds: it is gone"
CODES: dict[type[Exception], str] = {EngineFailed: "ENGINE", SecretFailed: "SECRET", SourceFailed: "SOURCE"}


class Seat:
    """Made when a worker takes a run, and over with it."""

    def __init__(self, run: str, worker: Badge, folder: Path) -> None:
        self.run, self.worker, self.folder = run, worker, folder
        self.heard = time.monotonic()
        self.dismissed = False  # the worker may not come any more
        self._order: Future[Order] = Future()
        self._ending: Future[Ending] = Future()
        self._pieces = 0
        self._writing = threading.Lock()
        self._registries: RunRegistries | None = None
        self._services: RunServices | None = None
        self._tell: Callable[..., None] | None = None

    # The emulator's side

    def open(
        self, order: Order, registries: RunRegistries, services: RunServices, tell: Callable[..., None]
    ) -> None:
        """Hand the order over."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._registries, self._services, self._tell = registries, services, tell
        self._order.set_result(order)

    def ended(self, work: Work, silence: float) -> Ending:
        """Wait until the worker says how it ended, or says nothing any more."""
        late = 0.0
        while True:
            try:
                return self._ending.result(silence / 20)
            except TimeoutError:
                now = time.monotonic()
            if now - self.heard > silence:
                gone = GONE.format(silence=silence)
                self._told(f"acrlab: {gone}")
                return Ending(status="Error", error=gone)
            if work.cancelled.is_set():
                late = late or now
                if work.reason != "Timeout" or now - late > LETTING_GO:
                    return Ending(status="Canceled")

    def over(self) -> None:
        """Nothing more is taken from the worker."""
        if not self._order.done():
            self._order.set_exception(RunOver())
        if not self._ending.done():
            self._ending.set_result(Ending(status="Canceled"))

    def dismiss(self, why: str) -> None:
        """The worker is sent away, and its run has failed by that."""
        self.dismissed = True
        if not self._ending.done():
            self._told(f"acrlab: {why}")
            self._ending.set_result(Ending(status="Error", error=why))

    # The worker's side

    def order(self) -> Order:
        """Raises: RunOver."""
        try:
            return self._order.result(READY)
        except TimeoutError:
            raise RunOver() from None

    def log(self, number: int, text: str) -> None:
        """Add a piece; one that came before is not added again. Raises: BodyInvalid."""
        with self._writing:
            if number > self._pieces:
                raise BodyInvalid(reason=f"piece {number} of the log comes before piece {self._pieces}")
            if number == self._pieces:
                self._told(*text.removesuffix("\n").split("\n"))
                self._pieces += 1

    def _told(self, *lines: str) -> None:
        if self._tell is not None:
            self._tell(*lines)

    def end(self, ending: Ending) -> None:
        """The first word counts. Raises: BodyInvalid."""
        if ending.status not in ("Succeeded", "Failed", "Timeout", "Canceled", "Error"):
            raise BodyInvalid(reason=f"a run does not end as {ending.status[:40]!r}")
        if not self._ending.done():
            self._ending.set_result(ending)

    @property
    def _with(self) -> tuple[RunRegistries, RunServices]:
        if self._registries is None or self._services is None:
            raise RunOver()
        return self._registries, self._services

    def secret(self, asked: workers.SecretAsked) -> str:
        """Raises: Errand."""
        with _failing():
            return self._with[1].secret(asked.url, asked.client)

    def context(self, path: str) -> Path:
        """Raises: Errand."""
        with _failing():
            return self._with[1].upload(path)

    def source(self, source: Source) -> tuple[Path, str]:
        """A tar of the context, and its commit. Raises: Errand."""
        folder, packed = self.arriving(), self.arriving()
        with _failing():
            commit = self._with[1].fetch(source, folder)
        return _packed(folder, packed), commit

    def download(self, url: str) -> tuple[Path, str, float, str]:
        """A file for an ADD, with its digest, time and name. Raises: Errand."""
        target = self.arriving()
        with _failing():
            found = self._with[1].download(url, target)
        return target, found.digest, found.modified, found.name

    def clone(self, asked: workers.CloneAsked) -> Path:
        """A tar of a repository for an ADD. Raises: Errand."""
        folder, packed = self.arriving(), self.arriving()
        with _failing():
            self._with[1].clone(asked.url, asked.token, folder, keep=asked.keep)
        return _packed(folder, packed)

    def read(self, url: str) -> str:
        """Raises: Errand."""
        with _failing():
            return self._with[1].read(url)

    def acr(self, argv: Sequence[str]) -> workers.CommandDone:
        """Raises: Errand."""
        lines: list[str] = []
        with _failing():
            code = self._with[1].acr(argv, lines.append)
        return workers.CommandDone(code=code, lines=tuple(lines))

    def login(self, asked: workers.SignIn) -> None:
        """Raises: Errand."""
        with _failing():
            self._with[0].login(asked.registry, asked.user, asked.password)

    def manifest(self, reference: str, platform: str) -> tuple[str, bytes]:
        """Raises: Errand."""
        with _failing():
            return self._with[0].manifest(reference, platform)

    def publish(self, reference: str, media_type: str, raw: bytes) -> None:
        """Raises: Errand."""
        with _failing():
            self._with[0].publish(reference, media_type, raw)

    def holds(self, reference: str, digest: str) -> bool:
        """Raises: Errand."""
        with _failing():
            return self._with[0].holds(reference, digest)

    def blob(self, reference: str, digest: str) -> Path:
        """A file that goes once it has been sent. Raises: Errand."""
        target = self.arriving()
        with _failing():
            self._with[0].fetch(reference, digest, target)
        return target

    def arriving(self) -> Path:
        """A name for a file of this run. Raises: RunOver."""
        if not self.folder.is_dir():
            raise RunOver()
        return self.folder / uuid.uuid4().hex

    def upload(self, reference: str, digest: str, file: Path) -> bool:
        """Raises: Errand."""
        with _failing():
            return self._with[0].upload(reference, digest, file)


def _packed(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w") as tar:
        tar.add(folder, ".")
    shutil.rmtree(folder, ignore_errors=True)
    return target


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except tuple(CODES) as failure:
        number = getattr(failure, "code", 0) or getattr(failure, "status", 0)
        raise Errand(CODES[type(failure)], str(failure), number) from None
