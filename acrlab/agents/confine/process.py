"""A confined process as the emulator sees it: its output as it comes, its end, and the means to end it."""

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from acrlab.agents.protocol import EngineFailed, Sink

_CHUNK = 1 << 16
_KILLED = 137


class Confined:
    """One that was started: `control` leads to its supervisor."""

    def __init__(
        self, control: socket.socket, answers: BinaryIO, output: int, sink: Sink, controllers: frozenset[str],
        owners: dict[str, tuple[int, int]] | None,
    ) -> None:  # fmt: skip
        self._control, self._output, self._sink, self._answers = control, output, sink, answers
        self._owners = owners  # brought up to date when it ends
        self.controllers = controllers  # those that limit it
        self.restored: frozenset[str] = frozenset()
        self._done, self._code = threading.Event(), _KILLED
        self._error: Exception | None = None
        self._lock = threading.Lock()

    def follow(self, ended: Callable[[], frozenset[str]]) -> None:
        """Hand on its output from now on; `ended` is called once, when it has, and says what was restored."""
        threading.Thread(target=self._follow, args=(ended,), daemon=True, name="acrlab-container").start()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, once all output has been handed on. Raises: what the sink raised."""
        if not self._done.wait(timeout):
            return None
        if self._error:
            raise self._error
        return self._code

    def kill(self) -> None:
        """End it and all it started."""
        with self._lock, contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)

    def settle(self) -> None:
        """Wait for its end, whatever it is."""
        self._done.wait()

    def _follow(self, ended: Callable[[], frozenset[str]]) -> None:
        while chunk := os.read(self._output, _CHUNK):
            self._hand_on(chunk)
        os.close(self._output)
        with contextlib.suppress(EngineFailed):
            said = answer(self._answers)
            self._code = int(said["ended"])
            self._gather(said.get("owners"))
        with self._lock:
            self._answers.close()
            self._control.close()
        self.restored = ended()
        self._done.set()

    def _gather(self, owners: dict[str, list[int]] | None) -> None:
        if self._owners is not None and owners is not None:
            self._owners.clear()
            self._owners.update({path: (uid, gid) for path, (uid, gid) in owners.items()})

    def _hand_on(self, chunk: bytes) -> None:
        try:
            if not self._error:
                self._sink(chunk)
        except Exception as error:  # whoever waits is told; nobody reads on
            self._error = error
            self.kill()


def answer(answers: BinaryIO) -> dict[str, Any]:
    """The next line that a supervisor says. Raises: EngineFailed when it said that something failed, or nothing."""
    try:
        line = answers.readline()
    except OSError:
        line = b""
    said: dict[str, Any] = json.loads(line) if line else {"failed": "the container's supervisor was killed"}
    if "failed" in said:
        raise EngineFailed(str(said["failed"]), int(said.get("code", 125)))
    return said
