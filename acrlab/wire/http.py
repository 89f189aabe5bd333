"""HTTP as values: what the doors hand in, and what they carry out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote

import msgspec


class Request(msgspec.Struct):
    """The head of a request. `path` is percent-decoded once, `query` is raw, header names are lower case."""

    method: str
    host: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}
    scheme: str = "https"
    authority: str = ""
    client: str = "127.0.0.1"

    @property
    def base(self) -> str:
        """Scheme and authority as the client addressed them."""
        return f"{self.scheme}://{self.authority or self.host}"

    def parameters(self) -> dict[str, str]:
        """The query, the first value of each name."""
        found: dict[str, str] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            found.setdefault(name, value)
        return found

    def repeated(self, name: str) -> list[str]:
        """Every value of one query parameter."""
        return [value for key, value in parse_qsl(self.query, keep_blank_values=True) if key == name]


class FileSlice(msgspec.Struct, frozen=True):
    """Part of a file as a body. Units: bytes. A passing file goes once it has been read."""

    path: str
    offset: int
    length: int
    passing: bool = False

    def spent(self) -> None:
        """To be called when it was opened and closed again, or never will be."""
        if self.passing:
            Path(self.path).unlink(missing_ok=True)


class Response(msgspec.Struct):
    """An answer. `position` must be durable before it leaves; `fresh_until` lets a door repeat it.

    `counted` is what a door counts when it does.
    """

    status: int
    headers: list[tuple[str, str]] = []
    body: bytes | FileSlice = b""
    position: int = 0
    fresh_until: float = 0.0
    counted: str = ""

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return self.body.length if isinstance(self.body, FileSlice) else len(self.body)


class Intake(Protocol):
    """What `App.begin` returns when it wants the body."""

    small: bool

    def write(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes; from one thread at a time."""
        ...

    def seal(self) -> None:
        """Do the slow part after the last byte; may block."""
        ...

    def finish(self) -> "Answer":
        """Decide, commit, answer; quick. What is not to be decided yet is another intake, with no body to come."""
        ...

    def abort(self) -> None:
        """The connection was lost."""
        ...


Answer = Response | Intake


def concluded(answer: Answer) -> Response:
    """What an answer comes to once its body has been taken; may block."""
    while not isinstance(answer, Response):
        answer.seal()
        answer = answer.finish()
    return answer


def json(
    status: int, value: Any, *headers: tuple[str, str], media_type: str = "application/json; charset=utf-8"
) -> Response:
    """An answer with a JSON body."""
    return Response(status, [("content-type", media_type), *headers], msgspec.json.encode(value))


def escaped(path: str) -> str:
    """A path for a header: percent-encoded, slashes and colons kept."""
    return quote(path, safe="/:@!$&'()*+,;=-._~")


class Buffered:
    """An intake that keeps a bounded body in memory and hands it to a handler."""

    small = True

    def __init__(self, limit: int, answer: Callable[[bytes | None], Answer]) -> None:
        self._limit, self._answer = limit, answer
        self._chunks: list[bytes] = []
        self._size = 0

    def write(self, chunk: bytes | memoryview) -> None:
        self._size += len(chunk)
        if self._size <= self._limit:
            self._chunks.append(bytes(chunk))
        else:
            self._chunks.clear()

    def seal(self) -> None:
        """Nothing is slow here."""

    def finish(self) -> Answer:
        """Answer; a body over the limit arrives as None."""
        return self._answer(b"".join(self._chunks) if self._size <= self._limit else None)

    def abort(self) -> None:
        self._chunks.clear()
