"""Two connections joined: what one end says, the other hears."""

import asyncio
from collections.abc import Callable
from typing import Any

from acrlab.serve.bulk import Broken, Chunks
from acrlab.serve.heads import CHUNKED


class Pipe(asyncio.Protocol):
    """One end. Buffers stay small: an end that cannot write stops the other from reading."""

    def __init__(self, transport: Any = None) -> None:
        self.transport = transport
        self.peer: Pipe | None = None
        self.ended = False
        self.on_lost: Callable[[], None] = lambda: None

    def join(self, other: "Pipe") -> None:
        """Let the bytes flow."""
        self.peer, other.peer = other, self
        for end in (self, other):
            end.transport.set_protocol(end)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.send(data)

    def send(self, data: bytes) -> None:
        """Pass bytes on to the other end."""
        if data and self.peer is not None and not self.peer.transport.is_closing():
            self.peer.transport.write(data)

    def eof_received(self) -> bool:
        self.ended = True
        peer = self.peer
        if peer is None or peer.ended or not peer.transport.can_write_eof():
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


class Opening(asyncio.Protocol):
    """Our side of a CONNECT through somebody else's proxy, until that proxy has answered."""

    LARGEST = 64 * 1024

    def __init__(self) -> None:
        self.answer: asyncio.Future[tuple[bytes, bytes]] = (
            asyncio.get_running_loop().create_future()
        )
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, mark, rest = self._buffer.partition(b"\r\n\r\n")
        if mark:
            self._settle((head, rest), None)
        elif len(self._buffer) > self.LARGEST:
            self._settle(None, ConnectionError("its answer has no end"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._settle(None, exc or ConnectionError("it closed the connection"))

    def _settle(self, value: tuple[bytes, bytes] | None, error: Exception | None) -> None:
        if self.answer.done():
            return
        if value is not None:
            self.answer.set_result(value)
        else:
            self.answer.set_exception(error or ConnectionError())
