"""What the fast path adds: it answers the same bytes, and repeats itself only while it may."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.serve.asgi import Application
from acrlab.serve.bulk import Broken, Chunks
from acrlab.serve.certificates import Authority
from acrlab.serve.fastpath import FastProtocol, FastState, Memo
from acrlab.serve.server import Doors
from acrlab.wire.http import Response
from tests.serve.conftest import Answer, Connect, Wire, get
from tests.serve.test_http import MALFORMED, chunked
from tests.serve.toy import ToyApp

KIB = 1024
BODY = os.urandom(600 * KIB)
REQUESTS = {
    **{f"malformed {name}": data for name, data in MALFORMED.items()},
    "echo": get("/echo/a%20b?c=d", "X-A: 1"),
    "head": get("/echo", method="HEAD"),
    "head of a file": get("/file/blob", method="HEAD"),
    "close": get("/echo", "Connection: close"),
    "old": b"GET /echo HTTP/1.0\r\nHost: a\r\n\r\n",
    "old, kept": b"GET /echo HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    "missing": get("/none"),
    "204": get("/status/204"),
    "304": get("/status/304"),
    "unknown status": get("/status/599"),
    "small file": get("/file/blob?length=1000"),
    "middling file": get(f"/file/blob?length={200 * KIB}"),
    "large file": get("/file/blob"),
    "part of a large file": get(f"/file/blob?offset=5&length={300 * KIB}"),
    "missing file": get(f"/file/none?length={300 * KIB}"),
    "small upload": get("/upload/x", "Content-Length: 3", method="PUT") + b"abc",
    "large upload": get("/upload/x", f"Content-Length: {len(BODY)}", method="PUT") + BODY,
    "chunked upload": get("/upload/x", "Transfer-Encoding: chunked", method="PATCH") + chunked(BODY, 30_000),
    "small chunked upload": get("/upload/x", "Transfer-Encoding: chunked", method="PATCH") + chunked(b"abc", 2),
    "full disk": get("/full", f"Content-Length: {len(BODY)}", method="PUT") + BODY,
    "refused": get("/refused", f"Content-Length: {len(BODY)}", method="PUT") + BODY,
    "refused, expecting": get("/refused", "Content-Length: 9", "Expect: 100-continue", method="PUT"),
    "post": get("/echo", "Content-Length: 3", method="POST") + b"abc",
    "empty post": get("/echo", "Content-Length: 0", method="POST"),
    "durable": get("/durable/1"),
    "durable later": get("/durable/2"),
    "evil": get("/evil"),
    "boom": get("/boom"),
    "large head": get("/echo", "X-A: " + "a" * 70 * KIB),
    "hello": b"\x16\x03\x01\x00\xf4",
}


def ask(doors: Doors, door: str, data: bytes, ca: Path) -> Answer:
    with socket.create_connection(("127.0.0.1", doors.ports[door])) as sock:
        return Wire(sock).send(data).answer(head=data.startswith(b"HEAD"))


@pytest.mark.parametrize("name", REQUESTS)
def test_both_ways_answer_the_same_bytes(name: str, app: ToyApp, authority: Authority, ca: Path) -> None:
    (app.folder / "blob").write_bytes(BODY)
    answers = []
    for fast in (True, False):
        with Doors(app, authority, fast=fast) as doors:
            answers.append(ask(doors, "http", REQUESTS[name], ca).raw)
    assert answers[0] == answers[1]


@pytest.fixture
def fast(app: ToyApp, authority: Authority) -> Iterator[Doors]:
    with Doors(app, authority) as doors:
        yield doors


@pytest.fixture
def doors(fast: Doors) -> Doors:
    return fast


def test_the_hook_the_fast_path_hangs_on_is_there() -> None:
    """uvicorn could rename it; everything would go on working, slowly."""
    assert hasattr(super(FastProtocol, FastProtocol), "_start_asgi_task")
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    assert hasattr(HttpToolsProtocol, "_start_asgi_task")


def test_a_fresh_answer_is_repeated_without_asking(connect: Connect, app: ToyApp) -> None:
    wire = connect()
    first = wire.send(get("/fresh")).answer()
    assert wire.send(get("/fresh")).answer().raw == first.raw
    assert connect().send(get("/fresh")).answer().raw == first.raw
    assert app.calls == 1


def test_a_small_file_is_repeated_without_reading(connect: Connect, app: ToyApp) -> None:
    blob = app.folder / "blob"
    blob.write_bytes(b"hello")
    wire = connect()
    assert wire.send(get("/file/blob?fresh=1")).answer().body == b"hello"
    blob.unlink()
    assert wire.send(get("/file/blob?fresh=1")).answer().body == b"hello"


def test_a_head_request_is_repeated(connect: Connect, app: ToyApp) -> None:
    wire = connect()
    first = wire.send(get("/fresh", method="HEAD")).answer(head=True)
    again = wire.send(get("/fresh", method="HEAD")).answer(head=True)
    assert again.raw == first.raw and app.calls == 1


@pytest.mark.parametrize("change", ["version", "clock", "head"])
def test_a_changed_world_is_asked_again(connect: Connect, app: ToyApp, change: str) -> None:
    wire = connect()
    assert wire.send(get("/fresh")).answer().json["calls"] == 1
    if change == "version":
        app.version += 1
    elif change == "clock":
        app.clock += 10
    fields = ["X-A: 1"] if change == "head" else []
    assert wire.send(get("/fresh", *fields)).answer().json["calls"] == 2


def test_an_answer_decided_while_the_world_changed_is_not_kept(
    connect: Connect, app: ToyApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = app.begin

    def change(head: object) -> object:
        app.version += 1
        return begin(head)  # type: ignore[arg-type]

    monkeypatch.setattr(app, "begin", change)
    wire = connect()
    assert [wire.send(get("/fresh")).answer().json["calls"] for _ in range(2)] == [1, 2]


def test_what_is_not_fresh_is_asked_each_time(connect: Connect, app: ToyApp) -> None:
    wire = connect()
    for _ in range(3):
        wire.send(get("/echo")).answer()
    assert app.calls == 3


def test_fresh_heads_in_one_chunk(connect: Connect, app: ToyApp) -> None:
    wire = connect().send(get("/fresh") * 5)
    assert len({wire.answer().status for _ in range(5)}) == 1
    assert wire.send(get("/fresh")).answer().status == 200


def test_a_client_that_does_not_read_is_not_answered_without_end(connect: Connect, app: ToyApp, fast: Doors) -> None:
    """Answers pile up in the sockets and in one bounded buffer, not in memory."""
    (app.folder / "blob").write_bytes(b"x" * 60 * KIB)
    wire = connect()
    request = get("/file/blob?fresh=1")
    wire.send(request).answer()
    wire.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        while True:
            wire.send(request * 100)
    (connection,) = fast._state.connections
    assert connection.transport.get_write_buffer_size() < 2 * KIB * KIB


def test_memory_is_bounded(app: ToyApp) -> None:
    application = Application(app)
    state = FastState(application)
    memo = Memo(app, state)
    memo.keep(b"long" * 10_000, app.version, b"", b"", Response(200, fresh_until=2000))
    assert memo.find(b"long" * 10_000) is None
    for number in range(600):
        memo.keep(b"%d" % number, app.version, b"s", b"x" * 60_000, Response(200, fresh_until=2000))
    kept = [number for number in range(600) if memo.find(b"%d" % number)]
    assert kept and len(kept) * 60_000 < 17 * KIB * KIB
    state.lanes.close()
    application.close()


def test_a_repeated_answer_is_counted_as_if_it_had_been_given_anew(app: ToyApp) -> None:
    application = Application(app)
    state = FastState(application)
    memo = Memo(app, state)
    memo.keep(b"pull", app.version, b"s", b"x", Response(200, fresh_until=2000, counted="contoso/pull"))
    memo.keep(b"blob", app.version, b"s", b"x", Response(200, fresh_until=2000))
    assert all(memo.find(each) for each in (b"pull", b"blob", b"pull"))
    assert app.counted == ["contoso/pull"] * 2
    state.lanes.close()
    application.close()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("step", [1, 2, 5, 333])
def test_chunks_cut_anywhere(size: int, step: int) -> None:
    body = bytes(range(256)) * 3
    wire = chunked(body, size)[:-2] + b"X-Trailer: 1\r\n\r\nNEXT"
    chunks, pending, found = Chunks(), bytearray(), b""
    at = 0
    while not chunks.ended:
        pending += wire[at : at + step]
        at += step
        payload, used = chunks.strip(pending, len(pending))
        found += pending[:payload]
        del pending[:used]
    assert found == body
    assert bytes(pending) + wire[at:] == b"NEXT"


@pytest.mark.parametrize(
    "wire",
    [
        b"x\r\n", b"-1\r\n", b"0x1\r\n", b" 1\r\n", b"\r\n", b"1\n\r\n", b"1;a\rb\r\nx\r\n0\r\n\r\n",
        b"1\r\nxx\r\n", b"1" * 20 + b"\r\n", b"1;" + b"a" * 5000, b"0\r\n" + b"a: b\r\n" * 5000,
    ],
)  # fmt: skip
def test_broken_chunks(wire: bytes) -> None:
    with pytest.raises(Broken):
        Chunks().strip(bytearray(wire), len(wire))
