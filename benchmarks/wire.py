"""A client with as little of its own as possible: raw sockets, one request at a time."""

import hashlib
import os
import selectors
import socket
import time
from dataclasses import dataclass

FRAME = 32 * 1024       # bytes in a chunk of a chunked body: what `docker push` sends
BUFFER = 1024 * 1024    # bytes


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    length: int


class Wire:
    """A connection that is kept."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.common = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.host = f"localhost:{port}"
        self.rest = b""

    def close(self) -> None:
        self.socket.close()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | memoryview = b"",
        *,
        kind: str = "application/octet-stream",
        framed: bool = False,
        keep: bool = True,
    ) -> Answer:
        """One request and its answer. `framed` says that the body is chunked already; without `keep`
        the answer's body is counted and thrown away."""
        size = "Transfer-Encoding: chunked" if framed else f"Content-Length: {len(body)}"
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n{self.common}"
            f"Content-Type: {kind}\r\n{size}\r\n\r\n"
        ).encode()
        if len(body) < FRAME:
            self.socket.sendall(head + bytes(body))
        else:
            self.socket.sendall(head)
            self.socket.sendall(body)
        return self._answer(method, keep)

    def _answer(self, method: str, keep: bool) -> Answer:
        while b"\r\n\r\n" not in self.rest:
            came = self.socket.recv(65536)
            if not came:
                raise ConnectionError("closed before an answer")
            self.rest += came
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        status = int(lines[0].split()[1])
        length = 0 if method == "HEAD" or status in (204, 304) else int(headers.get("content-length", 0))
        return Answer(status, headers, self._body(length, keep), length)

    def _body(self, length: int, keep: bool) -> bytes:
        kept, self.rest = self.rest[:length], self.rest[length:]
        if keep:
            while len(kept) < length:
                kept += self.socket.recv(length - len(kept))
            return kept
        left, buffer = length - len(kept), bytearray(BUFFER)
        while left:
            count = self.socket.recv_into(buffer, min(left, BUFFER))
            if not count:
                raise ConnectionError("closed in the middle of a body")
            left -= count
        return b""


class Payload:
    """A large body that is new for every push: the first bytes change, and with them the digest."""

    def __init__(self, size: int) -> None:
        block = os.urandom(1024 * 1024)
        self.data = bytearray(block * (size // len(block)))
        self.frames = self._frames()

    def renew(self) -> str:
        """New content; gives its digest."""
        self.data[:16] = os.urandom(16)
        self.frames[self.first : self.first + 16] = self.data[:16]
        return digest(self.data)

    def _frames(self) -> bytearray:
        framed = bytearray()
        for start in range(0, len(self.data), FRAME):
            piece = memoryview(self.data)[start : start + FRAME]
            framed += b"%x\r\n" % len(piece) + piece + b"\r\n"
        framed += b"0\r\n\r\n"
        self.first = framed.index(b"\r\n") + 2
        return framed


def digest(data: bytes | bytearray) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def push(wire: Wire, root: str, data: bytes | memoryview, name: str) -> None:
    """A blob in two requests: open, and everything in one PUT."""
    place = location(wire.ask("POST", f"{root}/blobs/uploads/"))
    expect(wire.ask("PUT", finish(place, name), data), 201)


def push_streamed(wire: Wire, root: str, frames: bytes | memoryview, name: str) -> None:
    """A blob in three: open, one chunked PATCH of unknown length, close."""
    place = location(wire.ask("POST", f"{root}/blobs/uploads/"))
    place = location(wire.ask("PATCH", place, frames, framed=True))
    expect(wire.ask("PUT", finish(place, name)), 201)


def finish(place: str, name: str) -> str:
    return f"{place}{'&' if '?' in place else '?'}digest={name}"


def location(answer: Answer) -> str:
    expect(answer, 202)
    place = answer.headers["location"]
    return "/" + place.split("://", 1)[1].split("/", 1)[1] if "://" in place else place


def heads(port: int, path: str, headers: dict[str, str], connections: int, seconds: float) -> float:
    """HEAD requests per second, one at a time on each of some connections (wrk waits for HEAD bodies)."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"HEAD {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{lines}\r\n".encode()
    count, selector = 0, selectors.DefaultSelector()
    for _ in range(connections):
        line = socket.create_connection(("127.0.0.1", port), timeout=30)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(line, selectors.EVENT_READ)
        line.sendall(request)
    begun = time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        for key, _ in selector.select(1):
            answer = key.fileobj.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200 ") or not answer.endswith(b"\r\n\r\n"):
                raise RuntimeError(f"HEAD {path}: {answer[:500]!r}")
            count += 1
            key.fileobj.sendall(request)
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    return count / (now - begun)


def expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise RuntimeError(f"{answer.status} instead of {status}: {answer.body[:500]!r}")
    return answer
