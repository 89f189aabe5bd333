"""A small App with every kind of answer a door can be given."""

import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from typing import Any

from acrlab.wire import http
from acrlab.wire.http import Answer, Buffered, FileSlice, Request, Response


class Upload:
    """A body on its way to a file."""

    small = False

    def __init__(self, app: "ToyApp", path: Path) -> None:
        self.app, self.path = app, path
        self.file = path.open("wb")
        self.hash = hashlib.sha256()
        self.size = 0
        self.sealed = False

    def write(self, chunk: bytes | memoryview) -> None:
        self.size += len(chunk)
        self.hash.update(chunk)
        self.file.write(chunk)
        self.app.arrived.put(self.size)

    def seal(self) -> None:
        self.file.close()
        self.sealed = True

    def finish(self) -> Response:
        assert self.sealed
        return http.json(201, {"size": self.size, "sha256": self.hash.hexdigest()})

    def abort(self) -> None:
        self.file.close()
        self.app.aborted.put(self.size)


class Broken(Upload):
    """An upload whose disk is full after the first bytes."""

    def write(self, chunk: bytes | memoryview) -> None:
        raise OSError("disk full")


class ToyApp:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = 1
        self.counted: list[str] = []
        self.clock = 1000.0
        self.calls = 0
        self.slept: list[float] = []
        self.aborted: Queue[int] = Queue()
        self.arrived: Queue[int] = Queue()
        self.begun: Queue[str] = Queue()
        self.waiting: Queue[Callable[[Exception | None], None]] = Queue()
        self.journal_error: Exception | None = None

    def now(self) -> float:
        return self.clock

    def count(self, key: str) -> None:
        self.counted.append(key)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def knows(self, host: str) -> bool:
        return host.endswith(".azurecr.io")

    def azure(self, host: str) -> bool:
        return self.knows(host) or host.endswith(".azure.com") or host == "localhost"

    def when_durable(self, position: int, done: Callable[[Exception | None], None]) -> None:
        if position == 1:
            done(self.journal_error)
        elif position == 2:
            threading.Thread(target=done, args=(self.journal_error,)).start()
        else:
            self.waiting.put(done)

    def begin(self, head: Request) -> Answer:
        self.calls += 1
        self.begun.put(head.path)
        parts = head.path.strip("/").split("/")
        route = getattr(self, f"on_{parts[0]}", None)
        if route is None:
            return http.json(404, {"path": head.path})
        answer: Answer = route(head, *parts[1:])
        if head.method == "HEAD" and isinstance(answer, Response):
            answer.headers.append(("content-length", str(answer.length)))
            answer.body = b""
        return answer

    def on_echo(self, head: Request, *_: str) -> Answer:
        seen = {name: getattr(head, name) for name in head.__struct_fields__}
        seen["headers"] = {k: v for k, v in head.headers.items() if k != "x-unique"}
        if head.method in ("POST", "PUT"):
            return Buffered(1 << 20, lambda body: http.json(200, {**seen, "body": len(body or b"")}))
        return http.json(200, seen, ("server", "toy"))

    def on_fresh(self, head: Request, *_: str) -> Answer:
        body = json.dumps({"calls": self.calls, "scheme": head.scheme}).encode()
        return Response(200, [("x-kind", "fresh")], body, 0, self.clock + 10)

    def on_file(self, head: Request, name: str) -> Answer:
        parameters = head.parameters()
        path = self.folder / name
        offset = int(parameters.get("offset", 0))
        size = path.stat().st_size if path.exists() else 100
        length = int(parameters.get("length", size - offset))
        until = self.clock + 10 if "fresh" in parameters else 0.0
        return Response(200, [("x-kind", "file")], FileSlice(str(path), offset, length), 0, until)

    def on_upload(self, head: Request, name: str) -> Answer:
        return Upload(self, self.folder / name)

    def on_full(self, head: Request) -> Answer:
        return Broken(self, self.folder / "full")

    def on_refused(self, head: Request) -> Answer:
        return http.json(403, {"refused": True})

    def on_durable(self, head: Request, position: str) -> Answer:
        return Response(200, [], b"kept", int(position))

    def on_status(self, head: Request, status: str) -> Answer:
        return Response(int(status), [("x-kind", "status")])

    def on_evil(self, head: Request) -> Answer:
        value = "a\r\nset-cookie: b\x00\u20ac"
        return Response(200, [("x-evil", value)], b"evil")

    def on_boom(self, head: Request) -> Answer:
        raise ZeroDivisionError("boom")


def facts(answer: bytes) -> Any:
    return json.loads(answer)
