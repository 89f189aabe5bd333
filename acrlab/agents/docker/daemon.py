"""The Engine API over a Unix socket: requests, streams, and errors in the daemon's words."""

import http.client
import json
import socket
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from acrlab.agents.protocol import EngineFailed

_NEWEST = (1, 44)  # the version that this is written for; an older daemon is asked in its own
_CHUNK = 1 << 16
Body = bytes | Iterable[bytes] | None


class _Connection(http.client.HTTPConnection):
    """HTTP to a socket in the file system."""

    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Stream:
    """The answer to a request, as it comes."""

    def __init__(self, connection: _Connection, response: http.client.HTTPResponse) -> None:
        self._connection, self._response = connection, response
        self.socket = connection.sock or getattr(response.fp, "raw", None)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def chunks(self) -> Iterator[bytes]:
        """The bytes."""
        while chunk := self._response.read1(_CHUNK):
            yield chunk

    def frames(self) -> Iterator[bytes]:
        """What a container without a terminal prints: frames of stdout and stderr, told apart by a header."""
        while len(header := self._response.read(8)) == 8:
            left = int.from_bytes(header[4:])
            while left and (chunk := self._response.read1(min(left, _CHUNK))):
                left -= len(chunk)
                yield chunk

    def lines(self) -> Iterator[dict[str, Any]]:
        """The JSON objects of a progress stream. Raises: EngineFailed for what is none."""
        rest = b""
        for chunk in self.chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in filter(bytes.strip, lines):
                yield _object(line)
        if rest.strip():
            yield _object(rest)

    def read(self) -> bytes:
        """All of it."""
        return self._response.read()

    def abort(self) -> None:
        """Let go of it in mid-answer; whoever reads sees its end."""
        try:
            if self._connection.sock:
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        self._response.close()
        self._connection.close()


class Daemon:
    """A Docker or Podman daemon at a socket. Used by several threads at once: each request has its connection."""

    def __init__(self, path: str) -> None:
        self.path, self._prefix = path, ""

    def version(self) -> dict[str, Any]:
        """What it is, and from now on it is asked in a version it speaks. Raises: EngineFailed."""
        found = self.ask("GET", "/version", timeout=5)
        spoken = tuple(int(part) for part in str(found.get("ApiVersion", "1.24")).split("."))
        major, minor = min(spoken, _NEWEST)
        self._prefix = f"/v{major}.{minor}"
        return dict(found)

    def ask(
        self, method: str, path: str, query: Mapping[str, object] | None = None, body: object = None,
        timeout: float | None = None,
    ) -> Any:  # fmt: skip
        """A request with a JSON body and a JSON answer. Raises: EngineFailed."""
        raw = None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if raw else {}
        with self.open(method, path, query, raw, kind, timeout) as stream:
            answer = stream.read()
        try:
            return json.loads(answer) if answer.strip() else {}
        except ValueError:
            raise EngineFailed(f"the engine answered what is no JSON: {answer[:200]!r}", 125) from None

    def open(
        self, method: str, path: str, query: Mapping[str, object] | None = None, body: Body = None,
        headers: Mapping[str, str] | None = None, timeout: float | None = None,
    ) -> Stream:  # fmt: skip
        """A request whose answer is read as it comes. Raises: EngineFailed in the daemon's words."""
        connection = _Connection(self.path, timeout)
        target = self._prefix + path + (f"?{urlencode(query)}" if query else "")
        try:
            chunked = body is not None and not isinstance(body, bytes)
            sent = {**(headers or {}), **({"Transfer-Encoding": "chunked"} if chunked else {})}
            connection.request(method, target, body, sent, encode_chunked=chunked)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise EngineFailed(_unreachable(self.path, error), 125) from error
        if response.status >= 400:
            text = _message(response.read(), response.reason)
            connection.close()
            raise EngineFailed(f"Error response from daemon: {text}", 125)
        return Stream(connection, response)


def _unreachable(path: str, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return f"permission denied while trying to connect to the Docker daemon socket at unix://{path}"
    return f"Cannot connect to the Docker daemon at unix://{path}. Is the docker daemon running?"


def _message(raw: bytes, reason: str) -> str:
    try:
        return str(json.loads(raw)["message"])
    except (ValueError, KeyError, TypeError):
        return raw.decode(errors="replace").strip()[:1000] or reason


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        raise EngineFailed(f"the engine answered what is no JSON: {line[:200]!r}") from None
    return found if isinstance(found, dict) else {}
