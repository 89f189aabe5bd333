import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from acrlab.serve.certificates import Authority
from acrlab.serve.server import Doors
from tests.serve.toy import ToyApp


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def ca(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "bundle.pem"
    return authority.write_bundle(path, {})


@pytest.fixture
def app(tmp_path: Path) -> ToyApp:
    return ToyApp(tmp_path)


@pytest.fixture(params=[True, False], ids=["fast", "plain"])
def doors(request: pytest.FixtureRequest, app: ToyApp, authority: Authority) -> Iterator[Doors]:
    with Doors(app, authority, fast=request.param) as doors:
        yield doors


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    raw: bytes  # without the date

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


class Wire:
    """A socket that speaks HTTP by hand."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(20)
        self.buffer = b""

    def send(self, *data: bytes) -> "Wire":
        self.sock.sendall(b"".join(data))
        return self

    def answer(self, *, head: bool = False) -> Answer:
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        text, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = text.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
        status = int(first.split(" ")[1])
        bodiless = head or status in (204, 304) or status < 200
        length = 0 if bodiless else int(dict(headers).get("content-length", 0))
        while len(self.buffer) < length:
            self._more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        kept = [line for line in [first, *lines] if not line.startswith("date: ")]
        return Answer(status, headers, body, "\r\n".join(kept).encode() + b"\r\n\r\n" + body)

    def ended(self) -> bool:
        """Wait for the other side's end; whether nothing came before it."""
        try:
            return self.sock.recv(65536) == b"" and not self.buffer
        except ConnectionResetError:
            return True

    def _more(self) -> None:
        data = self.sock.recv(1 << 20)
        if not data:
            raise EOFError(f"closed after {self.buffer!r}")
        self.buffer += data


Connect = Callable[..., Wire]


@pytest.fixture
def connect(doors: Doors) -> Iterator[Connect]:
    """Connections to a door by name; closed at the end."""
    opened: list[Wire] = []

    def connect(door: str = "http") -> Wire:
        wire = Wire(socket.create_connection(("127.0.0.1", doors.ports[door])))
        opened.append(wire)
        return wire

    yield connect
    for wire in opened:
        wire.sock.close()


def get(path: str, *fields: str, method: str = "GET", host: str = "one.azurecr.io") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
