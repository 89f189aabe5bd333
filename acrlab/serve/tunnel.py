"""Two connections joined: what one end says, the other hears."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from acrlab.serve.bulk import Broken, Chunks
from acrlab.serve.heads import CHUNKED

INTERIM = re.compile(rb"HTTP/1\.[01] 1")
PERSISTENCE = re.compile(rb"(connection|proxy-connection|keep-alive):", re.IGNORECASE)


class Pipe(asyncio.Protocol):
    """One end. Buffers stay small: an end that cannot write stops the other from reading."""

    def __init__(self, transport: Any = None) -> None:
        self.transport = transport
        self.peer: Pipe | None = None
        self.early = b""  # what came before there was anybody to tell
        self.ended = self.lost = False
        self.on_lost: Callable[[], None] = lambda: None

    def join(self, other: "Pipe") -> None:
        """Let the bytes flow, those that have already come first."""
        self.peer, other.peer = other, self
        for end in (self, other):
            end.transport.set_protocol(end)
        for end in (self, other):
            early, end.early = end.early, b""
            if early:
                end.data_received(early)
            if end.ended:
                end.eof_received()
            if end.lost:
                end.connection_lost(None)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.send(data)

    def send(self, data: bytes) -> None:
        """Pass bytes on to the other end."""
        if self.peer is None:
            self.early += data
        elif data and not self.peer.transport.is_closing():
            self.peer.transport.write(data)

    def eof_received(self) -> bool:
        self.ended = True
        peer = self.peer
        if peer is None:
            return True
        if peer.ended or not peer.transport.can_write_eof():
            self.close()
            return False
        if not peer.transport.is_closing():
            peer.transport.write_eof()
        return True  # the other direction may still be in use

    def pause_writing(self) -> None:
        if self.peer is not None and not self.peer.transport.is_closing():
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer is not None and not self.peer.transport.is_closing():
            self.peer.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.on_lost()
        if self.peer is not None:
            self.peer.transport.close() if exc is None else self.peer.transport.abort()

    def close(self) -> None:
        """Close both ends, once they have said what they had to say."""
        self.transport.close()
        if self.peer is not None:
            self.peer.transport.close()


class OneRequest(Pipe):
    """The client's end when a plain request is passed on: its body goes through, and nothing else.

    A second request on the connection may be for another host; it must not reach this one.
    """

    def __init__(self, transport: Any, length: int) -> None:
        super().__init__(transport)
        self._left = length
        self._chunks = Chunks() if length == CHUNKED else None
        self._partial = bytearray()

    def data_received(self, data: bytes) -> None:
        try:
            used = self._count(data)
        except Broken:
            used = 0
        self.send(data[:used])
        if used < len(data):
            self.close()

    def _count(self, data: bytes) -> int:
        if self._chunks is None:
            used = min(self._left, len(data))
            self._left -= used
            return used
        if self._chunks.ended:
            return 0
        waiting = len(self._partial)
        self._partial += data
        _, used = self._chunks.strip(self._partial, len(self._partial))
        del self._partial[:used]
        return used - waiting if self._chunks.ended else len(data)


class OneAnswer(Pipe):
    """The server's end of the same: its answer tells the client not to use the connection again."""

    LARGEST = 64 * 1024

    def __init__(self) -> None:
        super().__init__()
        self._held: bytes | None = b""

    def data_received(self, data: bytes) -> None:
        if self._held is None:
            self.send(data)
            return
        self._held += data
        head, mark, rest = self._held.partition(b"\r\n\r\n")
        if not mark:
            if len(self._held) > self.LARGEST:
                self._let_go()
        elif INTERIM.match(head):
            self._held = b""
            self.send(head + mark)
            self.data_received(rest)
        else:
            first, *fields = head.split(b"\r\n")
            kept = [field for field in fields if not PERSISTENCE.match(field)]
            self._held = b"\r\n".join([first, *kept, b"connection: close"]) + mark + rest
            self._let_go()

    def eof_received(self) -> bool:
        self._let_go()
        return super().eof_received()

    def _let_go(self) -> None:
        self.send(self._held or b"")
        self._held = None


class Opening(asyncio.Protocol):
    """Our side of a CONNECT through somebody else's proxy, until that proxy has answered."""

    LARGEST = 64 * 1024

    def __init__(self) -> None:
        self.answer: asyncio.Future[Pipe] = asyncio.get_running_loop().create_future()
        self.head = self._buffer = b""
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self.head, mark, rest = self._buffer.partition(b"\r\n\r\n")
        if mark and not self.answer.done():
            pipe = Pipe(self.transport)
            pipe.early = rest
            self.transport.pause_reading()
            self.transport.set_protocol(pipe)
            self.answer.set_result(pipe)
        elif len(self._buffer) > self.LARGEST:
            self._fail(ConnectionError("its answer has no end"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("it closed the connection"))

    def _fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)
