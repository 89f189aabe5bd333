"""Every answer, over the plain door, with and without the fast path."""

import hashlib
import os

import pytest

from acrlab.serve import asgi, bulk, protocol
from acrlab.serve.fastpath import FastState
from acrlab.serve.server import Doors
from tests.serve.conftest import Connect, get
from tests.serve.toy import ToyApp

MIB = 1024 * 1024


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_request_arrives_as_it_was_sent(connect: Connect) -> None:
    wire = connect().send(get("/echo/a%2Fb%20c?x=%201&y", "X-A: 1", "x-a: 2", host="One.AzureCR.io.:5000"))
    seen = wire.answer().json
    assert seen["path"] == "/echo/a/b c"
    assert seen["query"] == "x=%201&y"
    assert seen["host"] == "one.azurecr.io"
    assert seen["authority"] == "One.AzureCR.io.:5000"
    assert seen["headers"]["x-a"] == "1, 2"
    assert seen["scheme"] == "http"
    assert seen["client"] == "127.0.0.1"


def test_date_is_sent_and_no_foreign_server_header(connect: Connect) -> None:
    answer = connect().send(get("/echo")).answer()
    assert answer.header("date")
    assert [value for name, value in answer.headers if name == "server"] == ["toy"]


def test_head_has_the_length_and_no_body(connect: Connect) -> None:
    wire = connect().send(get("/echo", method="HEAD"), get("/echo"))
    head, whole = wire.answer(head=True), wire.answer()
    assert head.status == 200
    # the echo names the method, so the two lengths differ by a letter
    assert int(head.header("content-length") or 0) == len(whole.body) + 1


@pytest.mark.parametrize("status", [204, 304, 202])
def test_empty_answers(connect: Connect, status: int) -> None:
    answer = connect().send(get(f"/status/{status}")).answer()
    assert (answer.status, answer.body) == (status, b"")
    assert answer.header("content-length") == ("0" if status == 202 else None)
    assert answer.header("transfer-encoding") is None


def test_connection_is_kept_and_closed_when_asked(connect: Connect) -> None:
    wire = connect()
    for _ in range(3):
        assert wire.send(get("/echo")).answer().status == 200
    answer = wire.send(get("/echo", "Connection: close")).answer()
    assert answer.header("connection") == "close"
    assert wire.ended()


def test_http_1_0_is_answered_and_closed(connect: Connect) -> None:
    wire = connect().send(b"GET /echo HTTP/1.0\r\n\r\n")
    answer = wire.answer()
    assert answer.status == 200 and answer.json["host"] == ""
    assert answer.header("connection") == "close"
    assert wire.ended()


def test_pipelined_requests_are_answered_in_order(connect: Connect) -> None:
    paths = [f"/echo/{number}" for number in range(200)]
    wire = connect().send(*(get(path) for path in paths))
    assert [wire.answer().json["path"] for _ in paths] == paths


def test_pipelined_behind_a_slow_one(connect: Connect, app: ToyApp) -> None:
    wire = connect().send(get("/durable/3"), *(get(f"/echo/{n}") for n in range(1500)))
    app.waiting.get(timeout=20)(None)
    assert wire.answer().body == b"kept"
    assert [wire.answer().json["path"] for _ in range(1500)] == [f"/echo/{n}" for n in range(1500)]


def test_nothing_is_done_after_connection_close(connect: Connect, app: ToyApp) -> None:
    wire = connect().send(get("/echo", "Connection: close"), get("/never"))
    assert wire.answer().status == 200
    assert wire.ended()
    assert list(app.begun.queue) == ["/echo"]


def test_bytes_that_arrive_one_by_one(connect: Connect) -> None:
    wire = connect()
    for byte in get("/echo/slow"):
        wire.send(bytes([byte]))
    assert wire.answer().json["path"] == "/echo/slow"


def test_a_remembered_head_inside_a_body_is_a_body(connect: Connect, app: ToyApp) -> None:
    head = get("/fresh")
    wire = connect()
    assert wire.send(head).answer().status == 200
    wire.send(get("/upload/x", f"Content-Length: {len(head)}", method="PUT"))
    assert app.begun.get(timeout=20) == "/fresh"
    assert app.begun.get(timeout=20) == "/upload/x"
    answer = wire.send(head).answer()
    assert answer.json == {"size": len(head), "sha256": hashlib.sha256(head).hexdigest()}


def test_a_remembered_head_that_completes_a_partial_one(connect: Connect) -> None:
    head = get("/fresh")
    wire = connect()
    wire.send(head).answer()
    partial = connect().send(b"GET /echo HTTP/1.1\r\nX-Rest: ")
    partial.sock.setsockopt(6, 1, 1)
    answer = partial.send(head).answer()
    assert answer.json["path"] == "/echo" and answer.json["headers"]["x-rest"] == "GET /fresh HTTP/1.1"


@pytest.mark.parametrize("length", [0, 1, 1000, 70_000, 300_000, 3 * MIB + 7])
@pytest.mark.parametrize("coding", ["length", "chunks", "small chunks", "separate"])
def test_uploads(connect: Connect, app: ToyApp, length: int, coding: str) -> None:
    body = os.urandom(length)
    wire = connect()
    for _ in range(2):  # the connection can be used again
        if coding in ("length", "separate"):
            wire.send(get("/upload/x", f"Content-Length: {length}", method="PUT"))
            if coding == "separate":
                app.begun.get(timeout=20)
            wire.send(body)
        else:
            head = get("/upload/x", "Transfer-Encoding: chunked", method="PATCH")
            wire.send(head, chunked(body, 65536 if coding == "chunks" else 1999))
        answer = wire.answer()
        assert answer.status == 201
        assert answer.json == {"size": length, "sha256": hashlib.sha256(body).hexdigest()}
        assert (app.folder / "x").read_bytes() == body


@pytest.mark.parametrize("coding", ["length", "chunks"])
def test_a_request_behind_a_large_upload(connect: Connect, coding: str) -> None:
    body = os.urandom(2 * MIB)
    if coding == "length":
        data = get("/upload/x", f"Content-Length: {len(body)}", method="PUT") + body
    else:
        data = get("/upload/x", "Transfer-Encoding: chunked", method="PUT") + chunked(body, 50_000)
    wire = connect().send(data, get("/echo/behind"))
    assert wire.answer().json["sha256"] == hashlib.sha256(body).hexdigest()
    assert wire.answer().json["path"] == "/echo/behind"


@pytest.mark.parametrize("length", [10, 2 * MIB])
def test_expect_continue(connect: Connect, length: int) -> None:
    fields = (f"Content-Length: {length}", "Expect: 100-continue")
    wire = connect().send(get("/upload/x", *fields, method="PUT"))
    assert wire.answer().status == 100
    assert wire.send(b"x" * length).answer().json["size"] == length


def test_expect_continue_of_a_refused_body(connect: Connect) -> None:
    fields = ("Content-Length: 10000000", "Expect: 100-continue")
    wire = connect().send(get("/refused", *fields, method="PUT"))
    answer = wire.answer()
    assert answer.status == 403 and answer.header("connection") == "close"
    assert wire.ended()


@pytest.mark.parametrize("length", [10, 2 * MIB])
def test_a_refused_body_is_drained(connect: Connect, length: int) -> None:
    wire = connect()
    wire.send(get("/refused", f"Content-Length: {length}", method="PUT"), b"x" * length)
    assert wire.answer().status == 403
    assert wire.send(get("/echo")).answer().status == 200


def test_an_endless_refused_body_is_answered_and_cut(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "DRAINED", 1 * MIB)
    wire = connect().send(get("/refused", f"Content-Length: {500 * MIB}", method="PUT"))
    answer = wire.answer()
    assert answer.status == 403 and answer.header("connection") == "close"
    with pytest.raises((ConnectionError, EOFError)):
        while True:
            wire.send(b"x" * 65536)


@pytest.mark.parametrize("sent", [100, 2 * MIB])
@pytest.mark.parametrize("coding", ["length", "chunks"])
def test_a_client_that_leaves_mid_body(connect: Connect, app: ToyApp, sent: int, coding: str) -> None:
    wire = connect()
    if coding == "length":
        wire.send(get("/upload/x", f"Content-Length: {10 * MIB}", method="PATCH"), b"x" * sent)
    else:
        wire.send(get("/upload/x", "Transfer-Encoding: chunked", method="PATCH"))
        wire.send(b"%x\r\n" % (sent + 1), b"x" * sent)
    while app.arrived.get(timeout=20) < sent:
        pass
    wire.sock.close()
    assert app.aborted.get(timeout=20) == sent
    assert connect().send(get("/echo")).answer().status == 200


@pytest.mark.parametrize("length", [1000, 2 * MIB])
def test_an_intake_that_fails(connect: Connect, app: ToyApp, length: int) -> None:
    wire = connect()
    wire.send(get("/full", f"Content-Length: {length}", method="PUT"), b"x" * length)
    assert wire.answer().status == 500
    assert app.aborted.get(timeout=20) == 0
    assert wire.send(get("/echo")).answer().status == 200


@pytest.mark.parametrize("length", [0, 10, 100_000, 300_000, 5 * MIB])
def test_files(connect: Connect, app: ToyApp, length: int) -> None:
    content = os.urandom(length + 20)
    (app.folder / "blob").write_bytes(content)
    wire = connect()
    for _ in range(2):
        answer = wire.send(get(f"/file/blob?offset=7&length={length}")).answer()
        assert answer.body == content[7 : 7 + length]
        assert answer.header("content-length") == str(length)
    head = wire.send(get("/file/blob", method="HEAD")).answer(head=True)
    assert head.header("content-length") == str(length + 20)
    wire.send(get(f"/file/blob?length={length}"), get("/echo"))
    assert wire.answer().body == content[:length]
    assert wire.answer().status == 200


def test_a_large_file_then_close(connect: Connect, app: ToyApp) -> None:
    (app.folder / "blob").write_bytes(b"x" * 5 * MIB)
    wire = connect().send(get("/file/blob", "Connection: close"))
    assert len(wire.answer().body) == 5 * MIB
    assert wire.ended()


@pytest.mark.parametrize("length", [10, 5 * MIB])
def test_a_file_that_is_missing(connect: Connect, length: int) -> None:
    wire = connect().send(get(f"/file/none?length={length}"))
    assert wire.answer().status == 500
    assert wire.send(get("/echo")).answer().status == 200


@pytest.mark.parametrize("length", [1000, 1 * MIB])
def test_a_file_that_is_too_short_ends_the_connection(connect: Connect, app: ToyApp, length: int) -> None:
    (app.folder / "blob").write_bytes(b"x" * (length - 1))
    wire = connect().send(get(f"/file/blob?length={length}"))
    with pytest.raises((EOFError, ConnectionError)):
        wire.answer()


def test_a_client_that_leaves_mid_download(connect: Connect, app: ToyApp) -> None:
    (app.folder / "blob").write_bytes(b"x" * 64 * MIB)
    wire = connect().send(get("/file/blob"))
    wire.sock.recv(1000)
    wire.sock.close()
    assert connect().send(get("/echo")).answer().status == 200


def test_small_bodies(connect: Connect) -> None:
    wire = connect()
    wire.send(get("/echo", "Content-Length: 5", method="POST"), b"hello")
    assert wire.answer().json["body"] == 5
    wire.send(get("/echo", "Transfer-Encoding: chunked", method="POST"), chunked(b"hello" * 9, 7))
    assert wire.answer().json["body"] == 45


def test_a_trailer_is_not_a_header(connect: Connect) -> None:
    wire = connect().send(
        get("/echo", "Transfer-Encoding: chunked", method="POST"),
        b"1\r\nx\r\n0\r\nAuthorization: stolen\r\nHost: other\r\n\r\n",
    )
    seen = wire.answer().json
    assert "authorization" not in seen["headers"] and seen["host"] == "one.azurecr.io"


@pytest.mark.parametrize("position", [1, 2])
def test_an_answer_waits_for_the_journal(connect: Connect, app: ToyApp, position: int) -> None:
    assert connect().send(get(f"/durable/{position}")).answer().body == b"kept"
    app.journal_error = OSError("no space")
    answer = connect().send(get(f"/durable/{position}")).answer()
    assert answer.status == 503 and "no space" in answer.json["error"]["message"]


def test_a_bug_in_the_app_costs_one_request(connect: Connect) -> None:
    wire = connect().send(get("/boom"))
    assert wire.answer().status == 500
    assert wire.send(get("/echo")).answer().status == 200


def test_a_response_cannot_be_split(connect: Connect) -> None:
    answer = connect().send(get("/evil")).answer()
    assert answer.body == b"evil" and answer.header("set-cookie") is None


def test_an_absolute_target_overrules_host(connect: Connect) -> None:
    wire = connect().send(get("http://two.azurecr.io:81?q=1"), get("http://two.azurecr.io/echo?q=1"))
    assert wire.answer().json["path"] == "/"
    seen = wire.answer().json
    assert (seen["host"], seen["path"], seen["query"]) == ("two.azurecr.io", "/echo", "q=1")


def test_an_upgrade_is_not_given(connect: Connect) -> None:
    fields = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    wire = connect().send(get("/echo/1", *fields), get("/echo/2"))
    assert wire.answer().json["path"] == "/echo/1"
    assert wire.answer().json["path"] == "/echo/2"
    assert wire.send(get("/echo/3")).answer().json["path"] == "/echo/3"


MALFORMED = {
    "garbage": b"\x00\x01\x02\x03\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "bad host": b"GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n",
    "length and chunks": b"PUT /upload/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"PUT /upload/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": b"PUT /upload/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "negative length": b"PUT /upload/x HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n",
    "length with a plus": b"PUT /upload/x HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
    "other coding": b"PUT /upload/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    "chunked not last": b"PUT /upload/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
    "space before colon": b"GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n",
    "folded": b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
    "bare newline": b"GET / HTTP/1.1\nHost: a\n\n",
    "newline in target": b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
    "other version": b"GET / HTTP/3.7\r\nHost: a\r\n\r\n",
    "other protocol": b"GET / FTP/1.1\r\nHost: a\r\n\r\n",
    "unknown method": b"FETCH / HTTP/1.1\r\nHost: a\r\n\r\n",
    "connect": b"CONNECT one.azurecr.io:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "odd scheme": b"GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes in target": "GET /é HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
    "bad chunk size": b"PUT /upload/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "long chunk": b"PUT /upload/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_refused(connect: Connect, app: ToyApp, name: str) -> None:
    wire = connect().send(MALFORMED[name])
    assert wire.answer().status == 400
    assert connect().send(get("/echo")).answer().status == 200
    if not name.endswith("chunk") and not name.endswith("chunk size"):
        assert app.calls == 1  # the App never heard of it


def test_what_is_malformed_behind_good_requests_harms_only_itself(connect: Connect, app: ToyApp) -> None:
    wire = connect().send(get("/durable/3"), b"garbage\r\n\r\n")
    app.waiting.get(timeout=20)(None)
    assert wire.answer().body == b"kept"
    assert wire.ended()


@pytest.mark.parametrize("pieces", [1, 40])
def test_heads_that_are_too_large(connect: Connect, pieces: int) -> None:
    size = 2 * protocol.LARGEST_HEAD // pieces
    fields = b"".join(b"X-%d: %s\r\n" % (n, b"a" * size) for n in range(pieces))
    wire = connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n", fields, b"\r\n")
    assert wire.answer().status == 431


def test_a_head_without_end(connect: Connect) -> None:
    wire = connect().send(b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"a" * 10 * protocol.LARGEST_HEAD)
    assert wire.answer().status == 431


def test_a_head_that_begins_behind_a_body(connect: Connect) -> None:
    """A large chunk of bytes with a body in it is not a large head."""
    body = b"x" * 300_000
    put = get("/upload/x", f"Content-Length: {len(body)}", method="PUT")
    wire = connect()
    for _ in range(5):
        wire.send(put + body + put[:20])
        assert wire.answer().json["size"] == len(body)
        wire.send(put[20:], body)
        assert wire.answer().json["size"] == len(body)


def test_a_target_that_is_too_large(connect: Connect) -> None:
    wire = connect().send(get("/" + "a" * protocol.LARGEST_HEAD))
    assert wire.answer().status == 431


def test_a_tls_hello_on_the_plain_port_is_refused_at_once(connect: Connect) -> None:
    wire = connect().send(b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03")
    assert wire.answer().status == 400
    assert wire.ended()


def test_connections_that_waste_our_time(connect: Connect, app: ToyApp, doors: Doors) -> None:
    silent, partial, body = connect(), connect(), connect()
    used = connect()
    used.send(get("/fresh")).answer()
    partial.send(b"GET /echo HTTP/1.1\r\nHo")
    body.send(get("/upload/x", f"Content-Length: {MIB // 5}", method="PUT"), b"x")
    assert app.arrived.get(timeout=20) == 1
    connect().send(get("/echo")).answer()  # all of the above has been read by now
    loop = doors._loop
    assert loop is not None
    patience = max(protocol.IDLE_PATIENCE, protocol.BODY_PATIENCE, protocol.HEAD_PATIENCE)

    def later() -> None:
        for connection in list(doors._state.connections):
            connection.check_patience(doors._state.tick + patience + 1)

    loop.call_soon_threadsafe(later)
    assert partial.answer().status == 408
    assert silent.ended() and used.ended() and body.ended()
    assert app.aborted.get(timeout=20) == 1


@pytest.mark.parametrize("coding", ["length", "chunks"])
def test_a_large_upload_that_stands_still(
    connect: Connect, app: ToyApp, doors: Doors, coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isinstance(doors._state, FastState):
        pytest.skip("the loop's own patience is tested above")
    monkeypatch.setattr(bulk, "PATIENCE", 0.01)
    if coding == "length":
        wire = connect().send(get("/upload/x", f"Content-Length: {MIB}", method="PUT"), b"abc")
    else:
        head = get("/upload/x", "Transfer-Encoding: chunked", method="PUT")
        wire = connect().send(head, b"9\r\nabc")
    assert app.aborted.get(timeout=20) == 3
    assert wire.ended()


def test_a_large_download_that_is_not_taken(
    connect: Connect, app: ToyApp, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PATIENCE", 0.01)
    (app.folder / "blob").write_bytes(b"x" * 64 * MIB)
    wire = connect().send(get("/file/blob"))
    assert app.begun.get(timeout=20) == "/file/blob"
    assert wire.sock.recv(1) == b"H"
    if not isinstance(doors._state, FastState):
        pytest.skip("the loop's own patience is tested above")
    while doors._state.lanes._free != bulk.LANES:
        connect().send(get("/echo")).answer()
    with pytest.raises((EOFError, ConnectionError)):
        wire.answer()
