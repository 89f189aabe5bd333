"""Where the engine docker looks for a daemon, and what it says when there is none."""

import socket
import sys
import threading
from pathlib import Path

import pytest

from acrlab.agents.docker.engine import DockerEngine, sockets
from acrlab.agents.protocol import EngineFailed


def test_places_where_a_daemon_may_listen() -> None:
    assert sockets({"DOCKER_HOST": "unix:///x/y.sock"}) == ["/x/y.sock"]
    assert "/run/user/1/podman/podman.sock" in sockets({"XDG_RUNTIME_DIR": "/run/user/1"})
    with pytest.raises(EngineFailed, match="Unix socket only: DOCKER_HOST is tcp://there:2375"):
        sockets({"DOCKER_HOST": "tcp://there:2375"})


def test_without_a_daemon_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = DockerEngine(str(tmp_path / "none.sock")).probe()
    assert not found.run
    assert found.reasons == (
        f"Cannot connect to the Docker daemon at unix://{tmp_path}/none.sock. Is the docker daemon running?",
    )
    monkeypatch.setattr(sys, "platform", "win32")
    assert "named pipe" in DockerEngine().probe().reasons[0]


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz", b"nonsense\r\n\r\n"])
def test_what_is_no_daemon_is_none(tmp_path: Path, answer: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        assert not DockerEngine(str(tmp_path / "s")).probe().run
        thread.join()
