"""The near end of a launcher: starts it, and hands it orders with the files that they need."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

from acrlab.agents.protocol import EngineFailed

_LAUNCH = "import sys; sys.path.insert(0, sys.argv[1]); from acrlab.agents.confine.launcher import main; main()"
_HOME = Path(__file__).parents[3]  # of the package
_FAILED = 125  # what `docker run` ends with when it cannot start a container


class Starter:
    """A launcher for a kind of users: "own", "many" or "one", as rungs have them."""

    def __init__(self, ids: str) -> None:
        self._lock, self._greeted = threading.Lock(), False
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(_HOME), str(theirs.fileno()), ids]
        quiet = subprocess.DEVNULL
        with theirs:
            self._launcher = subprocess.Popen(
                words, pass_fds=[theirs.fileno()], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
            )

    def send(self, kind: bytes, files: list[int]) -> None:
        """Raises: EngineFailed when the launcher could not start, or was killed."""
        with self._lock:
            if not self._greeted:
                said = json.loads(self._orders.recv(1 << 16) or b'{"failed": "it ended at once"}')
                if "failed" in said:
                    raise EngineFailed(said["failed"], _FAILED)
                self._greeted = True
            socket.send_fds(self._orders, [kind], files)

    def close(self) -> None:
        """Let it end."""
        self._orders.close()
        self._launcher.wait()
