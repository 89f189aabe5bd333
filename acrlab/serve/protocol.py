"""HTTP/1.1 on a connection: uvicorn's protocol with the limits a door to the world needs."""

import asyncio
import socket
import time
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from acrlab.serve import heads
from acrlab.serve.asgi import DRAINED, Application
from acrlab.wire.http import Response

LARGEST_HEAD = 64 * 1024  # bytes
HEAD_PATIENCE = 30.0  # seconds for a head, from its first byte to its last
BODY_PATIENCE = 60.0  # seconds without a byte of a body, or without the client taking one of ours
IDLE_PATIENCE = 75.0  # seconds of a connection on which nobody asks anything
LINGER = 1.0  # seconds for a client to read why it was refused before it learns that we left
FRAMING = frozenset({b"content-length", b"transfer-encoding"})
TLS_HELLO = 0x16
QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux; elsewhere the delay is short
MALFORMED = 400, "The request is malformed."
TOO_LARGE = 431, "The head of the request is too large."
TOO_SLOW = 408, "The head of the request did not arrive in time."


class DoorState(ServerState):
    """What the connections of all doors share."""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self.application = application
        self.tick = 0.0
        self.date = b""
        self.keep_time()

    def keep_time(self) -> None:
        """Once a second: the date to send, and an end to connections that waste our time."""
        self.tick = time.monotonic()
        value = formatdate(usegmt=True).encode()
        self.date = b"date: " + value + b"\r\n"
        self.default_headers = [(b"date", value)]
        for connection in list(self.connections):
            connection.check_patience(self.tick)  # type: ignore[union-attr]


def configure(application: Application, protocol: type[asyncio.Protocol]) -> Config:
    """uvicorn's settings for an application of ours: no signals, no log, no headers of its own."""
    config = Config(
        application,
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=int(IDLE_PATIENCE),
    )
    config.load()
    return config


class DoorProtocol(HttpToolsProtocol):
    """One connection. Whatever is malformed, too large or too slow ends here."""

    def __init__(
        self,
        config: Config,
        server_state: DoorState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        standpoint: str = "",
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.standpoint = standpoint  # where the client says that it stands; empty: on this machine
        self.access_log = False  # whatever loggers the embedding program has
        self.shared = server_state
        self.in_message = self.in_head = self.refused = self.too_large = False
        self.running: RequestResponseCycle | None = None  # the one whose task was started last
        self.fresh = True  # nothing has arrived yet
        self.head_size = self.fed = self.unwanted = 0
        self.stamp = self.head_since = self.stalled = server_state.tick

    # What the transport tells us

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self.standpoint:
            self.client = (self.standpoint, 0)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        for cycle in (self.running, *(cycle for cycle, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        self.stamp = self.shared.tick
        self._unset_keepalive_if_required()
        if self.fresh:
            self.fresh = False
            if data[0] == TLS_HELLO:  # at once, or clients that try TLS first lose time
                self.refuse(400, "This port speaks plain HTTP, not TLS.", linger=0)
        if not self.refused:
            self.feed(data)
        if self.in_message and not self.in_head:
            self.acknowledge()

    def acknowledge(self) -> None:
        """Tell the client at once that the head has come.

        urllib3 leaves Nagle's algorithm on behind a proxy and sends head and body apart: the body would wait for
        the system's delayed acknowledgement, 40 ms on Linux, in every request of the SDKs and of az.
        """
        if QUICK_ACK is not None:
            self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)

    def pause_writing(self) -> None:
        self.stalled = self.shared.tick
        super().pause_writing()

    def shutdown(self) -> None:
        if self.refused and self.cycle is not None and self.cycle.disconnected:
            self.transport.close()
        super().shutdown()

    def feed(self, data: bytes) -> None:
        """Parse; what is malformed ends the connection."""
        begun = self.in_head
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # Asked for, not given: the request is answered as it is, and the next one read.
                data = data[upgrade.args[0] :]
                continue
            except httptools.HttpParserError:
                self.refuse(*TOO_LARGE if self.too_large else MALFORMED)
                return
            break
        if begun and self.in_head:  # a head that only began here may have a large body before it
            self.fed += len(data)
            if self.fed > LARGEST_HEAD:
                self.refuse(*TOO_LARGE)

    # What the parser tells us

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.in_message = self.in_head = True
        self.head_size = self.fed = self.unwanted = 0
        self.head_since = self.shared.tick

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._measure(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.in_head:
            return  # a trailer: it may not pass for a header that was checked
        self._measure(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        authority, self.url = heads.origin_form(self.url)
        if authority is not None:  # RFC 9112 3.2.2: the target's authority overrules Host
            self.headers[:] = [header for header in self.headers if header[0] != b"host"]
            self.headers.append((b"host", authority))
        # The parser would find these too, but only after the App had been asked.
        framing = [header for header in self.headers if header[0] in FRAMING]
        codings = [value.lower() for name, value in framing if name == b"transfer-encoding"]
        if len(framing) > 1 or codings not in ([], [b"chunked"]):
            raise ValueError("no telling where the body ends")
        self.in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.cycle.response_complete:
            self.unwanted += len(body)
            if self.unwanted > DRAINED:
                self.transport.abort()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.in_message = False
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        async def until_cancelled(*channel: Any) -> None:
            with suppress(asyncio.CancelledError):  # the doors are closing, and the client has gone
                await app(*channel)

        self.running = cycle
        super()._start_asgi_task(cycle, until_cancelled)

    def _measure(self, length: int) -> None:
        self.head_size += length
        if self.head_size > LARGEST_HEAD:
            self.too_large = True
            raise ValueError("too large")

    def new_parser(self) -> None:
        """Forget a half-read message."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    # What ends a connection

    @property
    def idle(self) -> bool:
        """Between requests: nothing half received, nothing half answered."""
        return not self.in_message and (self.cycle is None or self.cycle.response_complete)

    def refuse(self, status: int, message: str, *, linger: float = LINGER) -> None:
        """Say what is wrong, if that can still be said, and heed no more."""
        self.refused = True
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not self.in_message or self.in_head:
                cycle.keep_alive = False  # the requests before this one are still answered
                return
            cycle.disconnected = True  # it was this one's body
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self.transport.close()
                return
        response = heads.problem(status, message, ("connection", "close"))
        self.transport.write(self.whole(response, "GET"))
        if linger and self.transport.can_write_eof():
            self.transport.write_eof()
            self.flow.resume_reading()
            self.loop.call_later(linger, self.transport.close)
        else:
            self.transport.close()

    def whole(self, response: Response, method: str) -> bytes:
        """A response as bytes, but for a body that is a file."""
        head = [STATUS_LINE[response.status], self.shared.date, self.tail(response, method)]
        return b"".join(head)

    def tail(self, response: Response, method: str, *, close: bool = False) -> bytes:
        """Everything that follows the date: headers, and a body that is not a file."""
        lines = [name + b": " + value + b"\r\n" for name, value in heads.fields(response, method)]
        if close:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        if method != "HEAD" and isinstance(response.body, bytes):
            lines.append(response.body)
        return b"".join(lines)

    def check_patience(self, tick: float) -> None:
        """Drop a connection that has made us wait for too long."""
        if self.flow.write_paused:
            if tick - self.stalled > BODY_PATIENCE:
                self.transport.abort()
        elif self.in_head:
            if tick - self.head_since > HEAD_PATIENCE and not self.flow.read_paused:
                self.refuse(*TOO_SLOW)
        elif self.in_message:
            if tick - self.stamp > BODY_PATIENCE and not self.flow.read_paused:
                self.transport.abort()
        elif self.idle and tick - self.stamp > IDLE_PATIENCE:
            self.transport.close()
