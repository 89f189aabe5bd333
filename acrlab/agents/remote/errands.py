"""What a run on a worker needs of the world it belongs to: registries, secrets, contexts, all over the one door."""

import shutil
import tarfile
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import urllib3

from acrlab.agents.protocol import Download, EngineFailed, Registries
from acrlab.agents.remote.door import Door, DoorClosed, DoorRefused
from acrlab.agents.runner.services import SecretFailed, Services, SourceFailed
from acrlab.domain.tasks import workers
from acrlab.domain.tasks.run import Ending, Order, Source
from acrlab.wire.agents import COMMIT, DIGEST, MODIFIED, NAME

OVER = "the run is over"
FAILURES: dict[str, Callable[[str, int], Exception]] = {
    "ENGINE": EngineFailed,
    "SECRET": lambda text, _: SecretFailed(text),
    "SOURCE": SourceFailed,
}


class Stint:
    """A run as the worker has it. `cancelled` is set when it is over, for whatever reason."""

    def __init__(self, door: Door, taken: workers.Taken) -> None:
        self.door, self.token = door, taken.token
        self.cancelled = threading.Event()
        self.lost = ""  # why the emulator cannot be told of it any more

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> urllib3.BaseHTTPResponse:
        """One request for this run. Raises: EngineFailed, SecretFailed, SourceFailed."""
        try:
            return self.door.ask(method, f"/run/{path}", self.token, body, **more)
        except DoorRefused as refused:
            if refused.code in FAILURES:
                raise FAILURES[refused.code](refused.text, (refused.detail or {}).get("number", 0)) from None
            self.give_up(refused.text)
            raise EngineFailed(refused.text) from None
        except DoorClosed as closed:
            self.give_up(str(closed))
            raise EngineFailed(str(closed)) from None

    def give_up(self, why: str) -> None:
        """There is nobody to work for any more."""
        self.lost = self.lost or why
        self.cancelled.set()

    def order(self) -> Order:
        """What is to be done. Raises: EngineFailed."""
        return msgspec.json.decode(self.ask("GET", "order").data, type=Order)

    def end(self, ending: Ending) -> None:
        """Say how it ended. Raises: EngineFailed."""
        self.ask("POST", "end", msgspec.json.encode(ending))


class DoorRegistries(Registries):
    """The registries as the emulator reaches them for this run."""

    def __init__(self, stint: Stint) -> None:
        self._stint = stint

    def manifest(self, reference: str, platform: str = "") -> tuple[str, bytes]:
        """Media type and bytes. Raises: EngineFailed."""
        answer = self._stint.ask("GET", "manifest", query={"reference": reference, "platform": platform})
        return answer.headers["content-type"], answer.data

    def fetch(self, reference: str, digest: str, target: Path) -> None:
        """Put a blob into a file. Raises: EngineFailed."""
        with open(target, "wb") as file:
            self._stint.ask("GET", "blob", query={"reference": reference, "digest": digest}, into=file)

    def upload(self, reference: str, digest: str, source: Path) -> bool:
        """Push a blob; False when the repository has it already. Raises: EngineFailed."""
        query = {"reference": reference, "digest": digest}
        if msgspec.json.decode(self._stint.ask("GET", "held", query=query).data):
            return False
        with open(source, "rb") as file:
            answer = self._stint.ask("PUT", "blob", query=query, stream=file, kind="application/octet-stream")
        return bool(msgspec.json.decode(answer.data))

    def publish(self, reference: str, media_type: str, raw: bytes) -> None:
        """Push a manifest. Raises: EngineFailed."""
        self._stint.ask("PUT", "manifest", raw, query={"reference": reference}, kind=media_type)

    def login(self, registry: str, user: str, password: str) -> None:
        """Sign in, for the rest of the run. Raises: EngineFailed."""
        said = workers.SignIn(registry=registry, user=user, password=password)
        self._stint.ask("POST", "login", msgspec.json.encode(said))


class DoorServices(Services):
    """What else a run needs. `flush` lets the log catch up before somebody else writes to it."""

    def __init__(self, stint: Stint, folder: Path, flush: Callable[[], None]) -> None:
        self._stint, self._folder, self._flush = stint, folder, flush

    def secret(self, keyvault_url: str, client_id: str) -> str:
        """The value of a Key Vault secret. Raises: SecretFailed."""
        asked = workers.SecretAsked(url=keyvault_url, client=client_id)
        with _as(SecretFailed):
            return msgspec.json.decode(self._stint.ask("POST", "secret", msgspec.json.encode(asked)).data, type=str)

    def upload(self, path: str) -> Path:
        """The tar of an uploaded context. Raises: SourceFailed."""
        with _as(SourceFailed):
            return self._received("GET", "context", None, query={"path": path})[0]

    def fetch(self, source: Source, target: Path) -> str:
        """Put the content of a context into a folder; its commit or nothing. Raises: SourceFailed."""
        self._flush()
        with _as(SourceFailed):
            packed, commit = self._received("POST", "source", msgspec.json.encode(source))
        _unpack(packed, target)
        return commit

    def download(self, url: str, target: Path) -> Download:
        """A file for an ADD. Raises: SourceFailed."""
        with _as(SourceFailed), open(target, "wb") as file:
            told = self._stint.ask("POST", "download", msgspec.json.encode(url), into=file).headers
        return Download(told[DIGEST], float(told[MODIFIED]), unquote(told[NAME]))

    def clone(self, url: str, token: str, target: Path, *, keep: bool) -> None:
        """A repository for an ADD. Raises: SourceFailed."""
        asked = workers.CloneAsked(url=url, token=token, keep=keep)
        with _as(SourceFailed):
            packed, _ = self._received("POST", "clone", msgspec.json.encode(asked))
        _unpack(packed, target)

    def _received(self, method: str, path: str, body: Any, **more: Any) -> tuple[Path, str]:
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / uuid.uuid4().hex
        with open(target, "wb") as file:
            answer = self._stint.ask(method, path, body, into=file, **more)
        return target, answer.headers.get(COMMIT, "")

    def read(self, url: str) -> str:
        """The text behind a URL. Raises: SourceFailed."""
        with _as(SourceFailed):
            return msgspec.json.decode(self._stint.ask("POST", "read", msgspec.json.encode(url)).data, type=str)

    def acr(self, argv: Sequence[str], log: Callable[[str], None]) -> int:
        """The built-in acr-cli; its exit code. Raises: SecretFailed when the run is over."""
        said = msgspec.json.encode(workers.CommandAsked(argv=tuple(argv)))
        with _as(SecretFailed):
            done = msgspec.json.decode(self._stint.ask("POST", "acr", said, again=False).data, type=workers.CommandDone)
        for line in done.lines:
            log(line)
        return done.code

    def close(self) -> None:
        """Delete what was received."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _unpack(packed: Path, target: Path) -> None:
    """What the emulator has packed of a folder of its own, and has looked through already."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(packed) as tar:
            tar.extractall(target, filter=_anybodys)
    except (tarfile.TarError, OSError) as error:
        raise SourceFailed(f"failed to extract the context: {error}") from error
    finally:
        packed.unlink(missing_ok=True)


def _anybodys(member: tarfile.TarInfo, _: str) -> tarfile.TarInfo:
    return member.replace(uid=None, gid=None, uname=None, gname=None, deep=False)  # type: ignore[arg-type]


@contextmanager
def _as(kind: type[Exception]) -> Iterator[None]:
    """The run's end, in the words that are expected here."""
    try:
        yield
    except EngineFailed as failure:
        raise kind(failure.text) from None
