"""A body that reaches its thread by way of the event loop, where the socket itself cannot be lent."""

import asyncio
import threading
from collections import deque
from contextlib import suppress
from typing import Any

HIGH = 4 * 1024 * 1024  # bytes waiting for the thread at which the loop stops reading
LOW = 1024 * 1024


class Feed:
    """As much of a socket as a receiver needs: the loop pushes, a thread receives."""

    def __init__(self, loop: asyncio.AbstractEventLoop, flow: Any) -> None:
        self._loop, self._flow = loop, flow
        self._arrived: list[bytes] = []  # the loop's own, until it has read all there is
        self._ready: deque[memoryview] = deque()
        self._size = 0
        self._patience: float | None = None
        self._change = threading.Condition()
        self._ended = self._full = False

    def push(self, data: bytes) -> None:
        """Bytes for the thread, which is woken once for all that arrive together."""
        if not self._arrived:
            self._loop.call_soon(self._hand_over)
        self._arrived.append(data)

    def rest(self) -> bytes:
        """What nobody has received."""
        left = b"".join((*self._ready, *self._arrived))
        self._ready.clear()
        self._arrived.clear()
        return left

    def recv_into(self, view: memoryview) -> int:
        """Receive some bytes; none at the end.

        Raises: TimeoutError.
        """
        with self._change:
            if not self._change.wait_for(lambda: self._ready or self._ended, self._patience):
                raise TimeoutError
            filled = 0
            while self._ready and filled < len(view):
                filled += self._move(view[filled:])
            self._size -= filled
            again = self._full and self._size < LOW
            self._full = self._full and not again
        if again:
            with suppress(RuntimeError):  # the loop is gone
                self._loop.call_soon_threadsafe(self._flow.resume_reading)
        return filled

    def settimeout(self, patience: float) -> None:
        self._patience = patience

    def shutdown(self, _: int) -> None:
        with self._change:
            self._ended = True
            self._change.notify()

    def close(self) -> None:
        """There is nothing to close: the connection is the loop's."""

    def _hand_over(self) -> None:
        with self._change:
            for data in self._arrived:
                self._ready.append(memoryview(data))
                self._size += len(data)
            self._arrived.clear()
            if self._size > HIGH and not self._full:
                self._full = True
                self._flow.pause_reading()
            self._change.notify()

    def _move(self, view: memoryview) -> int:
        data = self._ready.popleft()
        length = min(len(view), len(data))
        view[:length] = data[:length]
        if length < len(data):
            self._ready.appendleft(data[length:])
        return length
