"""Bulk bodies, moved by threads straight between the socket and the disk.

Bytes by the megabyte do not belong on the event loop: hashing, reading and sending all let go of
the interpreter's lock, so a thread of their own costs the other connections nothing.
"""

import os
import re
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

from acrlab.serve.asgi import DRAINED
from acrlab.serve.heads import CHUNKED
from acrlab.wire.http import FileSlice, Intake

LEAST = 256 * 1024  # bytes; below this a hand-over costs more than it saves
BUFFER = 2 * 1024 * 1024  # with less the two ends of a loopback wake each other more often than they copy
PATIENCE = 60.0  # seconds without a byte
AHEAD = 64 * 1024 * 1024  # bytes that the disk is asked for before they are needed
LANES = 64  # transfers with a thread of their own; the rest go through the event loop
LONGEST_LINE = 4096
LONGEST_TRAILER = 16 * 1024
POSSIBLE = sys.platform != "win32"  # a proactor has reads of its own under way on the socket

SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;[^\r\n]*)?\Z")
AT_SIZE, AT_DATA, AT_BREAK, AT_TRAILER, AT_END = range(5)


_kept = threading.local()


class Broken(Exception):
    """The body is not what its head said it would be."""


class Gone(Exception):
    """The client left, or said nothing for too long."""


class Source(Protocol):
    """What a body is received from: a socket, or a feed."""

    def settimeout(self, value: float, /) -> None: ...
    def recv_into(self, buffer: memoryview, /) -> int: ...
    def shutdown(self, how: int, /) -> None: ...


class Lanes:
    """Threads for bulk transfers, a bounded number of them."""

    def __init__(self, most: int = LANES) -> None:
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="acrlab-bulk")
        self._free = most

    def take(self) -> bool:
        """Reserve a lane; to be asked on the event loop, like `release`."""
        if not self._free:
            return False
        self._free -= 1
        return True

    def release(self) -> None:
        self._free += 1

    def run(self, job: Callable[[], None]) -> None:
        self._threads.submit(job)

    def close(self) -> None:
        self._threads.shutdown()


class Chunks:
    """Takes the chunked coding off a buffer, in place.

    Source: RFC 9112 7.1
    """

    def __init__(self) -> None:
        self.state, self.left, self.trailer = AT_SIZE, 0, 0
        self._steps = {
            AT_SIZE: self._size,
            AT_BREAK: self._break,
            AT_TRAILER: self._end,
        }

    @property
    def ended(self) -> bool:
        return self.state == AT_END

    def strip(self, buffer: bytearray, end: int) -> tuple[int, int]:
        """Move the payload of `buffer[:end]` to its front; how much that is, and how much was read.

        Raises: Broken.
        """
        at = kept = 0
        with memoryview(buffer) as view:
            while at < end and self.state != AT_END:
                if self.state == AT_DATA:
                    length = min(self.left, end - at)
                    if kept != at:
                        view[kept : kept + length] = view[at : at + length]
                    kept, at, self.left = kept + length, at + length, self.left - length
                    self.state = AT_DATA if self.left else AT_BREAK
                    continue
                used = self._steps[self.state](buffer, at, end)
                if not used:
                    break
                at += used
        return kept, at

    def _line(self, buffer: bytearray, at: int, end: int) -> bytes | None:
        stop = buffer.find(b"\r\n", at, end)
        if stop < 0 and end - at > LONGEST_LINE:
            raise Broken("a line of the chunked coding is too long")
        return None if stop < 0 else bytes(buffer[at:stop])

    def _size(self, buffer: bytearray, at: int, end: int) -> int:
        line = self._line(buffer, at, end)
        if line is None:
            return 0
        size = SIZE.match(line)
        if not size:
            raise Broken("a chunk's size is not a number")
        self.left = int(size[1], 16)
        self.state = AT_DATA if self.left else AT_TRAILER
        return len(line) + 2

    def _break(self, buffer: bytearray, at: int, end: int) -> int:
        if end - at < 2:
            return 0
        if buffer[at : at + 2] != b"\r\n":
            raise Broken("a chunk is longer than its size")
        self.state = AT_SIZE
        return 2

    def _end(self, buffer: bytearray, at: int, end: int) -> int:
        line = self._line(buffer, at, end)
        if line is None:
            return 0
        self.trailer += len(line)
        if self.trailer > LONGEST_TRAILER:
            raise Broken("the trailer is too long")
        self.state = AT_TRAILER if line else AT_END
        return len(line) + 2


def send(sock: socket.socket, head: bytes, descriptor: int, part: FileSlice) -> None:
    """Send a head and part of a file.

    Raises: Gone.
    """
    # On loopback a read and a write are faster than sendfile, and loopback is where we are.
    buffer = _buffer()
    sock.settimeout(PATIENCE)
    offset, left, ahead = part.offset, part.length, part.offset
    try:
        _send_all(sock, memoryview(head))
        with memoryview(buffer) as view:
            while left:
                ahead = _ask_ahead(descriptor, offset, left, ahead)
                got = os.preadv(descriptor, [view[: min(left, len(view))]], offset)
                if not got:
                    raise Gone(f"{part.path} ends {left} bytes early")
                _send_all(sock, view[:got])
                offset, left = offset + got, left - got
    except OSError as error:
        raise Gone from error


def receive(sock: Source, intake: Intake, early: bytes, length: int) -> bytes:
    """Receive a body into an intake, and what the client sent after it. `early` came with the head.

    Raises: Gone, Broken, and what the intake raises.
    """
    sock.settimeout(PATIENCE)
    tap = _Tap(intake)
    if length == CHUNKED:
        rest = _receive_chunked(sock, tap, early)
    else:
        rest = _receive_sized(sock, tap, early, length)
    if tap.error is not None:
        raise tap.error
    return rest


def interrupt(sock: Source) -> None:
    """Make the thread that waits on a socket give up."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _buffer() -> bytearray:
    """This thread's own: making a new one for every body would cost as much as moving it."""
    if not hasattr(_kept, "buffer"):
        _kept.buffer = bytearray(BUFFER)
    buffer: bytearray = _kept.buffer
    return buffer


def _ask_ahead(descriptor: int, offset: int, left: int, asked: int) -> int:
    """Have the disk read on while the socket is written to; how far that was asked for.

    The rest of a large layer is not in memory right after its push: the store gave that back.
    """
    if offset + AHEAD // 2 < asked or not hasattr(os, "posix_fadvise"):
        return asked
    start = max(asked, offset)
    length = min(AHEAD, offset + left - start)
    if length > 0:
        os.posix_fadvise(descriptor, start, length, os.POSIX_FADV_WILLNEED)
    return start + AHEAD


def _send_all(sock: socket.socket, view: memoryview) -> None:
    while view:  # not sendall, whose patience would be for the whole instead of for the next byte
        view = view[sock.send(view) :]


class _Tap:
    """An intake that fails is spared the rest; the client is not, or it could not be told."""

    def __init__(self, intake: Intake) -> None:
        self._intake, self._unwanted = intake, 0
        self.error: Exception | None = None

    def write(self, chunk: bytes | memoryview) -> None:
        if self.error is not None:
            self._unwanted += len(chunk)
            if self._unwanted > DRAINED:
                raise Gone("too much is still to come") from self.error
            return
        try:
            self._intake.write(chunk)
        except Exception as error:
            self.error = error


def _receive_sized(sock: Source, intake: _Tap, early: bytes, length: int) -> bytes:
    if early:
        intake.write(early[:length])
    left = length - len(early)
    buffer = _buffer()
    with memoryview(buffer) as view:
        while left > 0:
            got = _receive_some(sock, view[: min(left, BUFFER)])
            intake.write(view[:got])
            left -= got
    return early[length:]


def _receive_chunked(sock: Source, intake: _Tap, early: bytes) -> bytes:
    buffer = _buffer() if len(early) < BUFFER else bytearray(2 * len(early))
    buffer[: len(early)] = early
    chunks, end = Chunks(), len(early)
    with memoryview(buffer) as view:
        while True:
            payload, used = chunks.strip(buffer, end)
            if payload:
                intake.write(view[:payload])
            rest = end - used
            if chunks.ended:
                return bytes(view[used:end])
            view[:rest] = view[used:end]
            end = rest + _receive_some(sock, view[rest:])


def _receive_some(sock: Source, view: memoryview) -> int:
    try:
        got = sock.recv_into(view)
    except OSError as error:
        raise Gone from error
    if not got:
        raise Gone("the client left in the middle of a body")
    return got
