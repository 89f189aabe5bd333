"""The application as ASGI: the complete way through the door, always there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any, Protocol

from acrlab.serve import heads
from acrlab.wire.http import Answer, FileSlice, Intake, Request, Response

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

INLINE = 64 * 1024  # bytes; less is hashed or read where we stand, more goes to a thread
CHUNK = 256 * 1024
DRAINED = 64 * 1024 * 1024  # bytes of an unwanted body still read for the connection's sake
THREADS = 16

log = logging.getLogger("acrlab.serve")


class App(Protocol):
    """What a door needs to know of the application."""

    @property
    def version(self) -> int: ...
    def now(self) -> float: ...
    def count(self, key: str) -> None: ...
    def begin(self, head: Request) -> Answer: ...
    def when_durable(self, position: int, done: Callable[[Exception | None], None]) -> None: ...
    def knows(self, host: str) -> bool: ...
    def azure(self, host: str) -> bool: ...


class Durable:
    """Whether the journal holds everything up to a position: told at once, or to be waited for."""

    def __init__(self, app: App, position: int) -> None:
        self.settled = not position
        self.error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        if position:
            app.when_durable(position, self._done)

    async def wait(self) -> Exception | None:
        """The journal's word, once there is one."""
        self._waiter = self._loop.create_future()
        if not self.settled:  # read after the waiter is in place, as _done reads in the other order
            await self._waiter
        return self.error

    def _done(self, error: Exception | None) -> None:
        self.error, self.settled = error, True
        if self._waiter is not None:
            with suppress(RuntimeError):  # the loop is gone, and whoever waited with it
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Disconnected(Exception):
    """The client left before its body was complete."""


class Application:
    """An ASGI application over an App."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="acrlab-serve")

    def close(self) -> None:
        """Wait for what is being hashed or synced."""
        self.threads.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = heads.read(scope)
        answer = head if isinstance(head, Response) else self.begin(head)
        await self.conclude(answer, scope, receive, send)

    def begin(self, head: Request) -> Answer:
        """The App's word on a head; a bug in it costs one request."""
        try:
            return self.app.begin(head)
        except Exception:
            return failure()

    async def conclude(self, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out what the App decided about a head."""
        body = Body(receive, scope)
        if not isinstance(answer, Response):
            try:
                answer = await self._take(answer, body)
            except Disconnected:
                return
            except Exception:
                answer = failure()
        if body.ended or await body.drain():
            await self._send(answer, body, scope, send)
        else:
            await self._send_and_close(answer, body, scope, send)

    async def reply(self, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body has been taken."""
        await self._send(await self._concluded(answer), Body(receive, scope, ended=True), scope, send)

    async def _take(self, intake: Intake, body: "Body") -> Response:
        """Feed a body to an intake, one piece in a thread while the next one arrives."""
        writing: Future[None] | None = None
        try:
            while not body.ended:
                chunk = await body.read()
                if writing is not None:
                    await asyncio.wrap_future(writing)
                    writing = None
                if intake.small or len(chunk) < INLINE:
                    intake.write(chunk)
                else:
                    writing = self.threads.submit(intake.write, chunk)
            if writing is not None:
                await asyncio.wrap_future(writing)
            if intake.small:
                intake.seal()
            else:
                writing = self.threads.submit(intake.seal)
                await asyncio.wrap_future(writing)
            answer = intake.finish()
        except BaseException:
            _let_go(intake, writing)
            raise
        return await self._concluded(answer)

    async def _concluded(self, answer: Answer) -> Response:
        """What comes of an answer whose body has been taken."""
        while not isinstance(answer, Response):
            await asyncio.wrap_future(self.threads.submit(answer.seal))
            answer = answer.finish()
        return answer

    async def _send(self, response: Response, body: "Body", scope: Scope, send: Send) -> None:
        error = await Durable(self.app, response.position).wait()
        if error is not None:
            response = unavailable(error)
        if isinstance(response.body, FileSlice) and scope["method"] != "HEAD" and response.length:
            await self._send_file(response, response.body, body, scope, send)
            return
        await _send_head(response, scope, send)
        silent = scope["method"] == "HEAD" or isinstance(response.body, FileSlice)
        await send({"type": "http.response.body", "body": b"" if silent else response.body})

    async def _send_and_close(self, response: Response, body: "Body", scope: Scope, send: Send) -> None:
        """Answer, then close: a close with unread bytes would take the answer back."""
        headers = [*response.headers, ("connection", "close")]
        parting = Response(response.status, headers, response.body, response.position)

        async def send_and_linger(event: Any) -> None:
            if event["type"] == "http.response.body" and not event.get("more_body", False):
                await send({**event, "more_body": True})
                await body.linger()
                event = {"type": "http.response.body", "body": b""}
            await send(event)

        await self._send(parting, body, scope, send_and_linger)

    async def _send_file(self, response: Response, part: FileSlice, body: "Body", scope: Scope, send: Send) -> None:
        try:
            file = open(part.path, "rb", buffering=0)  # noqa: SIM115 - closed below
        except OSError:
            await self._send(failure(), body, scope, send)
            return
        try:
            with file:
                file.seek(part.offset)
                await _send_head(response, scope, send)
                if part.length <= INLINE:
                    content = read_exactly(file, part.length)
                    await send({"type": "http.response.body", "body": content})
                else:
                    await self._stream(file, part.length, body, send)
        finally:
            part.spent()

    async def _stream(self, file: IO[bytes], left: int, body: "Body", send: Send) -> None:
        """One chunk is read in a thread while the one before it is sent."""
        gone = asyncio.ensure_future(body.departure())
        reading = self.threads.submit(read_exactly, file, min(CHUNK, left))
        try:
            while left and not gone.done():
                chunk = await asyncio.wrap_future(reading)
                left -= len(chunk)
                if left:
                    reading = self.threads.submit(read_exactly, file, min(CHUNK, left))
                await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
        finally:
            gone.cancel()
            if not reading.cancel():
                with suppress(Exception):
                    await asyncio.wrap_future(reading)


class Body:
    """A request's body on its way in."""

    def __init__(self, receive: Receive, scope: Scope, *, ended: bool = False) -> None:
        self._receive = receive
        self._length = heads.body_length(scope["headers"])
        self._expects = any(name == b"expect" for name, _ in scope["headers"])
        self._asked = ended
        self.ended = ended or self._length == 0

    async def read(self) -> bytes:
        """The next bytes.

        Raises: Disconnected.
        """
        self._asked = True
        event = await self._receive()
        if event["type"] == "http.disconnect":
            raise Disconnected
        self.ended = not event.get("more_body", False)
        chunk: bytes = event.get("body", b"")
        return chunk

    async def drain(self) -> bool:
        """Drop a body that nobody wants; False when the connection is not worth that."""
        # A client that waits for our word before it sends is told no, not asked for the body.
        if self._length > DRAINED or (self._expects and not self._asked):
            return False
        await self._drop()
        return self.ended

    async def linger(self) -> None:
        """Read on for a while after the answer, for a client that reads only when it has sent."""
        if self._asked or not self._expects:
            await self._drop()

    async def departure(self) -> None:
        """Wait until the client has gone."""
        if not self._asked:
            await self._receive()  # the end of a request without a body
        await self._receive()

    async def _drop(self) -> None:
        left = DRAINED
        with suppress(Disconnected):
            while left > 0 and not self.ended:
                left -= len(await self.read())


def read_exactly(file: IO[bytes], length: int) -> bytes:
    """Bytes that must be there.

    Raises: EOFError.
    """
    chunk = file.read(length)
    while len(chunk) < length:
        more = file.read(length - len(chunk))
        if not more:
            raise EOFError(f"{file.name} ends {length - len(chunk)} bytes early")
        chunk += more
    return chunk


def failure() -> Response:
    """The answer to a fault of ours, which is logged."""
    log.exception("A request failed")
    return heads.problem(500, "The emulator failed; its log says how.")


def unavailable(error: Exception) -> Response:
    """The answer when what was decided could not be kept."""
    message = f"What was asked for could not be written to the journal: {error}"
    return heads.problem(503, message, ("retry-after", "1"))


async def _send_head(response: Response, scope: Scope, send: Send) -> None:
    headers = heads.fields(response, scope["method"])
    await send({"type": "http.response.start", "status": response.status, "headers": headers})


def _let_go(intake: Intake, writing: Future[None] | None) -> None:
    """Abort an intake, but not under the hands of the thread that writes to it."""
    if writing is None or writing.done():
        intake.abort()
    else:
        writing.add_done_callback(lambda _: intake.abort())
