"""The log of a run on its way to the emulator: in order, in pieces as large as there is something to say."""

import threading
from collections import deque

from acrlab.agents.protocol import EngineFailed
from acrlab.agents.remote.errands import Stint

MOST_WAITING, PIECE = 8 * 1024 * 1024, 1024 * 1024  # bytes


class Telling:
    """A thread that sends what `tell` is given. Whoever says more than it can send waits."""

    def __init__(self, stint: Stint) -> None:
        self._stint = stint
        self._lines: deque[bytes] = deque()
        self._size = self._number = 0
        self._sending = self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._send, name="acrlab-log", daemon=True)
        self._thread.start()

    def tell(self, *lines: str) -> None:
        """Add lines to the log."""
        data = "".join(f"{line}\n" for line in lines).encode()
        with self._changed:
            self._changed.wait_for(lambda: self._size < MOST_WAITING or bool(self._stint.lost))
            if self._stint.lost:
                return
            self._lines.append(data)
            self._size += len(data)
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything has been sent."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._lines or self._sending) or bool(self._stint.lost))

    def close(self) -> None:
        """Send the rest, and end."""
        self.flush()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _send(self) -> None:
        while True:
            with self._changed:
                self._sending = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._lines or self._closed)
                if not self._lines:
                    return
                piece = self._piece()
                self._sending = True
                self._changed.notify_all()
            if not self._stint.lost:
                self._post(piece)

    def _piece(self) -> bytes:
        taken, size = [], 0
        while self._lines and (not taken or size + len(self._lines[0]) <= PIECE):
            taken.append(self._lines.popleft())
            size += len(taken[-1])
        self._size -= size
        return b"".join(taken)

    def _post(self, piece: bytes) -> None:
        """A piece has a number, so that it is written once however often it is sent."""
        try:
            self._stint.ask("POST", "log", piece, query={"number": str(self._number)}, kind="text/plain")
        except EngineFailed:
            return  # the run is over: `lost` says so
        except Exception as fault:  # whoever waits for this thread has to hear of it
            self._stint.give_up(f"{type(fault).__name__}: {fault}")
            return
        self._number += 1
