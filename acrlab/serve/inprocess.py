"""A transport for azure-core that calls the App without a socket.

The requests library makes requests and responses as it always does; only the adapter beneath it,
which would open a connection, calls the App instead. So encoding, streaming and decoding are those
of azure-core's own default transport.
"""

import asyncio
import io
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from email.utils import formatdate
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import requests
from azure.core.pipeline.transport import AsyncioRequestsTransport, RequestsTransport
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from acrlab.serve import heads
from acrlab.serve.asgi import App, unavailable
from acrlab.wire.http import FileSlice, Intake, Request, Response, concluded

BLOCK = 256 * 1024
HELD = 1024 * 1024  # bytes of a file that are simply read; more is streamed


class EmulatorTransport(RequestsTransport):
    """The App as an azure-core transport. `app.sleep`, where there is one, is what waiting means."""

    def __init__(self, app: App, **kwargs: Any) -> None:
        super().__init__(session=_session(app), session_owner=False, **kwargs)
        self._sleep: Callable[[float], None] = getattr(app, "sleep", time.sleep)

    def sleep(self, duration: float) -> None:
        self._sleep(duration)


class AsyncEmulatorTransport(AsyncioRequestsTransport):
    """The same for asynchronous clients; the App runs in a thread of the loop's executor."""

    def __init__(self, app: App, **kwargs: Any) -> None:
        super().__init__(session=_session(app), session_owner=False, **kwargs)
        self._sleep: Callable[[float], None] | None = getattr(app, "sleep", None)

    async def sleep(self, duration: float) -> None:
        if self._sleep is None:
            await asyncio.sleep(duration)
        else:
            await asyncio.get_running_loop().run_in_executor(None, self._sleep, duration)


class AppAdapter(BaseAdapter):
    """Where requests would open a connection."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app
        self._builder = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = self._answer(request)
        raw = HTTPResponse(
            body=_opened(answer, request.method or "GET"),
            headers=HTTPHeaderDict(_spelled(answer, request.method or "GET")),
            status=answer.status,
            reason=_reason(answer.status),
            version=11,
            preload_content=False,
            request_method=request.method,
        )
        return self._builder.build_response(request, raw)

    def close(self) -> None:
        self._builder.close()

    def _answer(self, request: requests.PreparedRequest) -> Response:
        answer = self._app.begin(_head(request))
        response = answer if isinstance(answer, Response) else _fed(answer, request.body)
        error = self._durable(response.position)
        return response if error is None else unavailable(error)

    def _durable(self, position: int) -> Exception | None:
        if not position:
            return None
        settled: Future[Exception | None] = Future()
        self._app.when_durable(position, settled.set_result)
        return settled.result()


class Part(io.RawIOBase):
    """Part of a file, as a file."""

    def __init__(self, part: FileSlice) -> None:
        super().__init__()
        self._part, self._left = part, part.length
        self._file: IO[bytes] = open(part.path, "rb", buffering=0)  # noqa: SIM115
        self._file.seek(part.offset)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._file.read(min(len(buffer), self._left))
        buffer[: len(chunk)] = chunk
        self._left -= len(chunk)
        return len(chunk)

    def close(self) -> None:
        self._file.close()
        self._part.spent()
        super().close()


def _session(app: App) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither a proxy nor a netrc of this machine has a part in this
    session.adapters.clear()
    for scheme in ("http://", "https://"):
        session.mount(scheme, AppAdapter(app))
    return session


def _head(request: requests.PreparedRequest) -> Request:
    url = urlsplit(request.url or "")
    authority = url.netloc.rsplit("@", 1)[-1]
    headers = {_text(name).lower(): _text(value) for name, value in request.headers.items()}
    headers.setdefault("host", authority)
    return Request(
        method=(request.method or "GET").upper(),
        host=heads.hostname(authority),
        path=unquote(url.path) or "/",
        query=url.query,
        headers=headers,
        scheme=url.scheme,
        authority=authority,
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _fed(intake: Intake, body: Any) -> Response:
    """Give an intake its body, and have its answer.

    Raises: what the intake raises, and what reading the body raises.
    """
    try:
        for chunk in _chunks(body):
            intake.write(chunk)
        return concluded(intake)
    except BaseException:
        intake.abort()
        raise


def _chunks(body: Any) -> Iterator[bytes]:
    """A body in pieces: bytes, text, a file, or anything that yields them."""
    if body is None:
        return
    if isinstance(body, str):
        yield body.encode()
    elif isinstance(body, bytes | bytearray | memoryview):
        yield bytes(body)
    elif hasattr(body, "read"):
        yield from map(_bytes, iter(lambda: body.read(BLOCK) or None, None))
    else:
        pieces: Iterable[Any] = body
        yield from map(_bytes, pieces)


def _bytes(piece: str | bytes) -> bytes:
    return piece.encode() if isinstance(piece, str) else piece


def _spelled(response: Response, method: str) -> list[tuple[str, str]]:
    fields = [(name.decode(), value.decode("latin-1")) for name, value in heads.fields(response, method)]
    return [("date", formatdate(usegmt=True)), *fields]


def _opened(response: Response, method: str) -> IO[bytes] | io.RawIOBase:
    body = response.body
    if method == "HEAD" or isinstance(body, bytes):
        return io.BytesIO(b"" if method == "HEAD" else body if isinstance(body, bytes) else b"")
    part = Part(body)
    if body.length > HELD:
        return part
    with part:  # so that a response nobody closes leaves no file open
        return io.BytesIO(part.readall())


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
