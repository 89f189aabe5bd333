"""A worker's way to the emulator: one door, TLS, the lab's own authority."""

import ssl
from collections.abc import Iterable
from typing import IO, Any
from urllib.parse import urlencode

import msgspec
import urllib3

from acrlab.agents.remote import version
from acrlab.domain.tasks import workers
from acrlab.wire.agents import HOST

CONNECT, READ = 10.0, 900.0  # seconds; a context from elsewhere may take a while
PIECE = 1024 * 1024

ONCE = urllib3.Retry(3, read=0, redirect=False, status=0, other=0, backoff_factor=0.2)
AGAIN = urllib3.Retry(3, read=3, redirect=False, status=0, other=0, backoff_factor=0.2, allowed_methods=None)


class DoorClosed(Exception):
    """Nobody answers there. The text is a sentence for a person."""


class DoorRefused(Exception):
    """The emulator says no: `status`, `code` and its sentence."""

    def __init__(self, status: int, code: str, text: str, detail: Any = None) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.detail = status, code, text, detail


class Door:
    """Where an emulator takes workers in. Used by several threads at once."""

    def __init__(self, address: str, authority: str) -> None:
        self._address, self._authority = address, authority
        host, _, port = address.rpartition(":")
        context = ssl.create_default_context(cadata=authority)
        self._pool = urllib3.HTTPSConnectionPool(
            host.strip("[]"), int(port), ssl_context=context, server_hostname=HOST, assert_hostname=HOST, maxsize=16,
            timeout=urllib3.Timeout(connect=CONNECT, read=READ), headers={"host": HOST},
        )  # fmt: skip

    def at(self, address: str) -> "Door":
        """The same emulator at another address."""
        return self if address == self._address else Door(address, self._authority)

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.close()

    def ask(
        self, method: str, path: str, token: str, body: Any = None, *, query: dict[str, str] | None = None,
        stream: IO[bytes] | None = None, kind: str = "application/json", into: IO[bytes] | None = None,
        again: bool = True,
    ) -> urllib3.BaseHTTPResponse:  # fmt: skip
        """One request; its answer, whose content is in `into` where that is given. `again`: it may be sent twice.

        Raises: DoorClosed, DoorRefused.
        """
        url = path + (f"?{urlencode(query)}" if query else "")
        headers = {"host": HOST, "authorization": f"Bearer {token}", "content-type": kind}
        try:
            answer = self._pool.urlopen(
                method, url, body=_pieces(stream) if stream is not None else body, headers=headers,
                preload_content=into is None, chunked=stream is not None,
                retries=AGAIN if again and stream is None else ONCE,
            )  # fmt: skip
            if answer.status > 299:
                raise _refused(answer.status, answer.data)
            if into is not None:
                for piece in answer.stream(PIECE):
                    into.write(piece)
                answer.release_conn()
            return answer
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise DoorClosed(f"no emulator answers at {self._address}: {_words(error)}") from None

    def told(self, path: str, token: str, said: Any, model: type[Any], *, again: bool = True) -> Any:
        """Say something and read the answer. Raises: DoorClosed, DoorRefused."""
        answer = self.ask("POST", path, token, msgspec.json.encode(said), again=again)
        return msgspec.json.decode(answer.data, type=model)

    def hello(self, credential: str, engine: str, count: int) -> workers.Greeting:
        """Come to work. Raises: DoorClosed, DoorRefused."""
        said = workers.Hello(version=version(), engine=engine, count=count)
        found: workers.Greeting = self.told("/hello", credential, said, workers.Greeting)
        return found


def _pieces(stream: IO[bytes]) -> Iterable[bytes]:
    return iter(lambda: stream.read(PIECE), b"")


def _refused(status: int, raw: bytes) -> DoorRefused:
    try:
        error = msgspec.json.decode(raw)["errors"][0]
        return DoorRefused(status, str(error["code"]), str(error["message"]), error.get("detail"))
    except (msgspec.MsgspecError, LookupError, TypeError):
        return DoorRefused(status, "", f"the emulator answered {status}")


def _words(error: Exception) -> str:
    inner = getattr(error, "reason", None) or error
    return str(inner).rpartition(": ")[2] or type(inner).__name__
