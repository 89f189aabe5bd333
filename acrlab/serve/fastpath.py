"""The fast path: ordinary requests answered without a task, repeated ones without being read again.

Never the only implementation of anything: what it declines goes through `DoorProtocol` and
`Application`, which answer the same bytes.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any, TypeGuard

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from acrlab.serve import bulk, heads
from acrlab.serve.asgi import (
    App,
    Application,
    Durable,
    Receive,
    Scope,
    Send,
    failure,
    read_exactly,
    unavailable,
)
from acrlab.serve.feed import Feed
from acrlab.serve.protocol import MALFORMED, DoorProtocol, DoorState
from acrlab.wire.http import Answer, FileSlice, Intake, Response

HEAD_END = b"\r\n\r\n"
LONGEST_KEY = 8 * 1024  # bytes of a head worth remembering
LARGEST_ANSWER = 64 * 1024  # bytes of an answer worth remembering
MEMORY = 16 * 1024 * 1024  # bytes remembered in all


class Memo:
    """Answers to heads seen before, good for one version of the world."""

    def __init__(self, app: App, state: "FastState") -> None:
        self._app, self._state = app, state
        self._answers: dict[bytes, tuple[bytes, bytes, float, str]] = {}
        self._version, self._size = app.version, 0

    def find(self, head: bytes) -> bytes | None:
        """The answer to these very bytes, if it would still be given."""
        found = self._answers.get(head)
        if found is None:
            return None
        if self._version != self._app.version:
            self._clear()
            return None
        status, tail, until, counted = found
        if self._app.now() >= until:
            return None
        if counted:
            self._app.count(counted)
        return status + self._state.date + tail

    def keep(self, head: bytes, version: int, status: bytes, tail: bytes, response: Response) -> None:
        """Remember an answer that was decided at `version`."""
        if version != self._app.version or len(head) > LONGEST_KEY or len(tail) > LARGEST_ANSWER:
            return
        if version != self._version or self._size > MEMORY:
            self._clear()
        self._answers[head] = (status, tail, response.fresh_until, response.counted)
        self._size += len(head) + len(tail)

    def _clear(self) -> None:
        self._answers.clear()
        self._version, self._size = self._app.version, 0


class FastState(DoorState):
    """What fast connections share. Heads mean different things by TLS and in the clear."""

    def __init__(self, application: Application) -> None:
        super().__init__(application)
        self.memos = {scheme: Memo(application.app, self) for scheme in ("http", "https")}
        self.lanes = bulk.Lanes()


class FastProtocol(DoorProtocol):
    """One connection, with short cuts."""

    shared: FastState

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.application = self.shared.application
        self.memo: Memo
        self.alone: bytes | None = None  # the chunk being read, if it is one head and nothing else
        self.at_head = False  # the head being read began with the chunk and ended before its rest
        self.upload: Callable[[bytes], None] | None = None  # to be called with the body's first bytes
        self.moving: Any = None  # the socket that a thread is using, or what stands in for it
        self.feed_of: Feed | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # The same head means something else from elsewhere: such a connection remembers nothing.
        shared = self.shared.memos[self.scheme or "http"]
        self.memo = Memo(self.application.app, self.shared) if self.standpoint else shared

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.moving is not None:
            bulk.interrupt(self.moving)

    def data_received(self, data: bytes) -> None:
        if self.feed_of is not None:
            self.stamp = self.shared.tick
            self.feed_of.push(data)
            return
        if not self.idle or self.refused or self.flow.write_paused:
            super().data_received(data)
            return
        answer = self.memo.find(data)
        if answer is not None:
            self.stamp = self.shared.tick
            self._unset_keepalive_if_required()
            self.transport.write(answer)
            return
        end = data.find(HEAD_END) + len(HEAD_END)
        if end < len(HEAD_END):
            super().data_received(data)
            return
        self.alone = data if end == len(data) and not self.standpoint else None
        self.at_head = True
        super().data_received(data[:end])
        self.at_head, self.alone = False, None
        if self.upload is not None:
            upload, self.upload = self.upload, None
            upload(data[end:])
        elif end < len(data) and not self.refused and not self.transport.is_closing():
            super().data_received(data[end:])

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self.transport.is_closing():
            return  # an earlier request ended the connection; this one must not take effect
        if app is not self.app or self.parser is None or self.pipeline or self.flow.write_paused:
            super()._start_asgi_task(cycle, app)
            return
        version = self.application.app.version
        head = heads.read(cycle.scope)
        answer = head if isinstance(head, Response) else self.application.begin(head)
        length = heads.body_length(cycle.scope["headers"])
        if isinstance(answer, Response) and not length:
            durable = Durable(self.application.app, answer.position)
            if not durable.settled:
                answer.position = 0
                super()._start_asgi_task(cycle, partial(self._answer_later, answer, durable))
                return
            answer = answer if durable.error is None else unavailable(durable.error)
            if self._answer(cycle, answer, version):
                return
        elif self._wants_thread(answer, length) and self.shared.lanes.take():
            self.upload = partial(self._receive, cycle, answer, length)
            return
        conclude = partial(self.application.conclude, answer)
        super()._start_asgi_task(cycle, conclude)

    # Answers that are ready

    def _answer(self, cycle: RequestResponseCycle, response: Response, version: int) -> bool:
        """Answer where we stand; False when that takes more than we do here."""
        if any(name == "connection" for name, _ in response.headers):
            return False
        method = cycle.scope["method"]
        body = response.body
        if isinstance(body, FileSlice) and method != "HEAD":
            if body.length >= bulk.LEAST:
                return self._send(cycle, response, body)
            content = _content(body)
            if content is None:
                return False
            response = Response(response.status, response.headers, content, 0, response.fresh_until, response.counted)
        status = STATUS_LINE[response.status]
        tail = self.tail(response, method, close=not cycle.keep_alive)
        self.transport.write(status + self.shared.date + tail)
        self._completed(cycle)
        if self.alone is not None and cycle.keep_alive and response.fresh_until:
            self.memo.keep(self.alone, version, status, tail, response)
        if not cycle.keep_alive:
            self.transport.close()
        return True

    async def _answer_later(
        self, response: Response, durable: Durable, scope: Scope, receive: Receive, send: Send
    ) -> None:
        error = await durable.wait()
        response = response if error is None else unavailable(error)
        await self.application.reply(response, scope, receive, send)

    def _completed(self, cycle: RequestResponseCycle) -> None:
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()

    # Bulk

    @property
    def _lendable(self) -> bool:
        return bulk.POSSIBLE and self.scheme == "http"

    def _wants_thread(self, answer: Answer, length: int) -> TypeGuard[Intake]:
        large = length == heads.CHUNKED or length >= bulk.LEAST
        wanted = not isinstance(answer, Response) and not answer.small
        return large and wanted and self.at_head

    def _send(self, cycle: RequestResponseCycle, response: Response, part: FileSlice) -> bool:
        """Send a file from a thread; False when the socket is not free for that."""
        if not self._lendable or self.transport.get_write_buffer_size():
            return False
        try:
            descriptor = os.open(part.path, os.O_RDONLY)
        except OSError:
            return False
        if not self.shared.lanes.take():
            os.close(descriptor)
            return False
        tail = self.tail(response, "GET", close=not cycle.keep_alive)
        head = STATUS_LINE[response.status] + self.shared.date + tail
        cycle.response_started = True
        sock = self._lend()

        def move() -> None:
            error: Exception | None = None
            try:
                bulk.send(sock, head, descriptor, part)
            except Exception as raised:
                error = raised
            os.close(descriptor)
            part.spent()
            self._report(self._sent, cycle, error)

        self.shared.lanes.run(move)
        return True

    def _sent(self, cycle: RequestResponseCycle, error: Exception | None) -> None:
        self._take_back()
        self._completed(cycle)
        if error is not None:
            self.transport.abort()
        elif not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _receive(self, cycle: RequestResponseCycle, intake: Intake, length: int, early: bytes) -> None:
        """Receive a body in a thread, straight from the socket."""
        if self.refused or self.transport.is_closing():
            intake.abort()
            self.shared.lanes.release()
            return
        sock = self._lend() if self._lendable else self._stand_in()
        if cycle.waiting_for_100_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            cycle.waiting_for_100_continue = False

        def move() -> None:
            rest, error = b"", None
            try:
                rest = bulk.receive(sock, intake, early, length)
                intake.seal()
            except Exception as raised:
                error = raised
            self._report(self._received, cycle, intake, rest, error)

        self.shared.lanes.run(move)

    def _received(self, cycle: RequestResponseCycle, intake: Intake, rest: bytes, error: Exception | None) -> None:
        if self.feed_of is not None:
            rest += self.feed_of.rest()
            self.feed_of = None
        self._take_back()
        if isinstance(error, bulk.Gone):
            intake.abort()
            self.transport.abort()
            return
        if isinstance(error, bulk.Broken):
            intake.abort()
            self.refuse(*MALFORMED)
            return
        answer = self._finish(intake, error)
        self.in_message, cycle.more_body = False, False
        if self.parser is not None:  # the old one still waits for the body, which it never saw
            self.new_parser()
        super()._start_asgi_task(cycle, partial(self.application.reply, answer))
        if rest and self.parser is not None:
            self.data_received(rest)

    def _finish(self, intake: Intake, error: Exception | None) -> Answer:
        try:
            if error is not None:
                raise error
            return intake.finish()
        except Exception:
            intake.abort()
            return failure()

    def _lend(self) -> Any:
        """The socket, for a thread; until it is taken back the loop does not read from it."""
        self.flow.pause_reading()
        self.moving = self.transport.get_extra_info("socket").dup()
        return self.moving

    def _stand_in(self) -> Any:
        self.moving = self.feed_of = Feed(self.loop, self.flow)
        return self.moving

    def _take_back(self) -> None:
        self.moving.close()
        self.moving = None
        self.shared.lanes.release()

    def _report(self, done: Callable[..., None], *outcome: Any) -> None:
        try:
            self.loop.call_soon_threadsafe(done, *outcome)
        except RuntimeError:  # the loop ended first
            self.moving.close()


def _content(part: FileSlice) -> bytes | None:
    """A small file's bytes; None when they are not there."""
    try:
        with open(part.path, "rb", buffering=0) as file:
            file.seek(part.offset)
            content = read_exactly(file, part.length)
    except (OSError, EOFError):
        return None
    part.spent()
    return content
