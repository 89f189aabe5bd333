"""The built-in docker as a program: a script that hands its command to the process that runs the pipeline."""

import json
import socketserver
import sys
import threading
from pathlib import Path
from typing import Any

from acrlab.pipelines.engine.docker import Asked, Docker

LARGEST = 4 * 1024 * 1024  # bytes of a request
END = 0xFFFFFFFF
# Only the standard library, and nothing of acrlab: it starts at once.
SCRIPT = """\
#!{python} -I
import json, os, socket, struct, sys
given = sys.stdin.read() if "--password-stdin" in sys.argv else ""
door = socket.socket(socket.AF_UNIX)
door.connect({door!r})
asked = json.dumps({{"argv": sys.argv[1:], "folder": os.getcwd(), "given": given}}).encode() + b"\\n"
door.sendall(asked)
stream = door.makefile("rb")
while True:
    length, = struct.unpack(">I", stream.read(4))
    if length == {end}:
        sys.exit(struct.unpack(">I", stream.read(4))[0])
    sys.stdout.buffer.write(stream.read(length))
    sys.stdout.buffer.flush()
"""


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    docker: Docker


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        asked: dict[str, Any] = json.loads(self.rfile.readline(LARGEST))
        server = self.server
        assert isinstance(server, _Server)
        lock = threading.Lock()

        def sink(data: bytes) -> None:
            with lock:
                self.wfile.write(len(data).to_bytes(4, "big") + data)

        code = server.docker(Asked(asked["argv"], Path(asked["folder"]), asked["given"]), sink)
        self.wfile.write(END.to_bytes(4, "big") + code.to_bytes(4, "big"))


class BuiltIn:
    """The program and what is behind it, for the length of a run."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        door = folder / "door"
        self._docker = Docker(folder / "agent", environment)
        self._server = _Server(str(door), _Handler)
        self._server.docker = self._docker
        self._thread = threading.Thread(target=self._server.serve_forever, name="acrlab-docker", daemon=True)
        self._thread.start()
        self.program = folder / "docker"
        self.program.write_text(SCRIPT.format(python=sys.executable, door=str(door), end=END))
        self.program.chmod(0o755)

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._docker.close()
