"""The proxy: Azure's hosts never leave this machine, others do when they may."""

import contextlib
import hashlib
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import requests

from acrlab.serve import protocol, proxy
from acrlab.serve.certificates import Authority
from acrlab.serve.server import Doors
from tests.serve.conftest import Wire, get
from tests.serve.test_certificates import client
from tests.serve.toy import ToyApp

MIB = 1024 * 1024
VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


class World(BaseHTTPRequestHandler):
    """A server that is not Azure's."""

    protocol_version = "HTTP/1.1"
    heads: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.heads.append(f"{self.requestline}\n{self.headers}")
        body = b"the world: " + self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        if "Content-Length" in self.headers:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        else:
            body = b"".join(self.chunks())
        digest = hashlib.sha256(body).hexdigest().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(digest)))
        self.end_headers()
        self.wfile.write(digest)

    def chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that leave are the point
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def world() -> Iterator[int]:
    World.heads = []
    with serving(World) as port:
        yield port


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def sealed(app: ToyApp, authority: Authority) -> Iterator[Doors]:
    with Doors(app, authority, sealed=True) as doors:
        yield doors


@pytest.fixture
def session(doors: Doors, ca: Path) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(ca)
        url = f"http://127.0.0.1:{doors.ports['proxy']}"
        session.proxies = {"http": url, "https": url}
        yield session


def knock(doors: Doors, *data: bytes) -> Wire:
    return Wire(socket.create_connection(("127.0.0.1", doors.ports["proxy"]))).send(*data)


def test_azure_is_answered_under_its_own_name(session: requests.Session) -> None:
    for host in ("management.azure.com", "one.azurecr.io"):
        seen = session.get(f"https://{host}/echo/a").json()
        assert (seen["host"], seen["scheme"], seen["authority"]) == (host, "https", host)


def test_azure_by_plain_http(session: requests.Session, app: ToyApp) -> None:
    seen = session.get("http://169.254.169.254/echo/token?x=1", headers={"Metadata": "true"}).json()
    assert seen["host"] == seen["authority"] == "169.254.169.254"
    assert (seen["path"], seen["query"], seen["scheme"]) == ("/echo/token", "x=1", "http")
    assert seen["headers"]["metadata"] == "true"
    body = os.urandom(MIB)
    answer = session.put("http://one.azurecr.io/upload/x", data=body)
    assert answer.json()["sha256"] == hashlib.sha256(body).hexdigest()
    assert answer.headers["connection"] == "close"


def test_uploads_and_downloads_through_a_tunnel(session: requests.Session, app: ToyApp) -> None:
    body = os.urandom(5 * MIB)
    for _ in range(2):
        answer = session.put("https://one.azurecr.io/upload/x", data=body)
        assert answer.json()["sha256"] == hashlib.sha256(body).hexdigest()
        assert session.get("https://one.azurecr.io/file/x").content == body


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("name", ["ONE.azurecr.io", "one.azurecr.io."])
def test_connect_by_hand(doors: Doors, ca: Path, version: str, name: str) -> None:
    wire = knock(doors, f"CONNECT {name}:443 HTTP/{version}\r\n\r\n".encode())
    assert wire.answer().status == 200
    with client(ca).wrap_socket(wire.sock, server_hostname="one.azurecr.io") as sock:
        wire = Wire(sock)
        for _ in range(3):
            assert wire.send(get("/echo")).answer().json["scheme"] == "https"


def test_a_request_in_the_same_breath_as_the_handshake(doors: Doors, ca: Path) -> None:
    """TLS 1.3 lets a client send its request with the end of its handshake."""
    with knock(doors, b"CONNECT one.azurecr.io:443 HTTP/1.1\r\n\r\n").sock as sock:
        Wire(sock).answer()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client(ca).wrap_bio(incoming, outgoing, server_hostname="one.azurecr.io")
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                incoming.write(sock.recv(65536))
        tls.write(get("/echo"))
        sock.sendall(outgoing.read())  # Finished and the request, in one piece
        answer = b""
        while b"/echo" not in answer:
            with contextlib.suppress(ssl.SSLWantReadError):
                answer += tls.read(65536)
                continue
            incoming.write(sock.recv(65536))
        assert answer.startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_wait_for_the_tunnel(doors: Doors, ca: Path) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client(ca).wrap_bio(incoming, outgoing, server_hostname="one.azurecr.io")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    connect = b"CONNECT one.azurecr.io:443 HTTP/1.1\r\n\r\n"
    with knock(doors, connect, outgoing.read()).sock as sock:
        wire = Wire(sock)
        assert wire.answer().status == 200
        incoming.write(wire.buffer or sock.recv(65536))
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(sock.recv(65536))


def test_plain_http_in_a_tunnel(doors: Doors) -> None:
    connect = b"CONNECT one.azurecr.io:80 HTTP/1.1\r\n\r\n"
    with knock(doors, connect, get("/echo/1")).sock as sock:
        wire = Wire(sock)
        assert wire.answer().status == 200
        assert wire.answer().json["path"] == "/echo/1"
        assert wire.send(get("/echo/2")).answer().json["scheme"] == "http"


def test_others_are_tunnelled(doors: Doors, world: int) -> None:
    link = http.client.HTTPConnection("127.0.0.1", doors.ports["proxy"], timeout=20)
    link.set_tunnel("localhost", world)
    for path in ("/a", "/b"):
        link.request("GET", path)
        assert link.getresponse().read() == b"the world: " + path.encode()
    body = os.urandom(3 * MIB)
    link.request("PUT", "/", body)
    assert link.getresponse().read() == hashlib.sha256(body).hexdigest().encode()
    link.close()


def test_a_tunnel_closes_one_direction_at_a_time(doors: Doors) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\nearly" % server.getsockname()[1]
        wire = knock(doors, target)
        peer, _ = server.accept()
        with wire.sock as near, peer as far:
            assert wire.answer().status == 200
            near.shutdown(socket.SHUT_WR)
            heard = b""
            while data := far.recv(100):
                heard += data
            assert heard == b"early"
            far.sendall(b"late")
            far.close()
            assert near.recv(100) == b"late"
            assert near.recv(100) == b""


def test_a_tunnel_to_a_reader_that_waits_is_bounded(doors: Doors) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        wire = knock(doors, b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % server.getsockname()[1])
        peer, _ = server.accept()
        with wire.sock as near, peer as far:
            wire.answer()
            near.settimeout(0.2)
            sent = 0
            with pytest.raises(TimeoutError):
                while True:
                    sent += near.send(b"x" * 65536)
            near.shutdown(socket.SHUT_WR)
            heard = 0
            while data := far.recv(MIB):
                heard += len(data)
            assert heard == sent < 64 * MIB


def test_plain_requests_are_passed_on(session: requests.Session, world: int) -> None:
    for path in ("/a?b=c", "/d"):
        assert session.get(f"http://localhost:{world}{path}").text == f"the world: {path}"
    assert World.heads[0].startswith("GET /a?b=c HTTP/1.1")
    assert f"host: localhost:{world}" in World.heads[0]
    assert "proxy" not in World.heads[0].lower()
    body = os.urandom(2 * MIB)
    answer = session.put(f"http://localhost:{world}/", data=body)
    assert answer.headers["connection"] == "close"
    assert answer.text == hashlib.sha256(body).hexdigest()
    pieces = (body[at : at + 30_001] for at in range(0, len(body), 30_001))
    answer = session.put(f"http://localhost:{world}/chunked", data=pieces)
    assert answer.text == hashlib.sha256(body).hexdigest()


def test_a_second_request_never_reaches_the_first_ones_host(doors: Doors, world: int) -> None:
    first = get(f"http://localhost:{world}/a", host=f"localhost:{world}")
    second = get("http://one.azurecr.io/secret", "Authorization: Bearer lab")
    with knock(doors, first, second).sock as sock:
        Wire(sock).ended()
    assert not any("secret" in head for head in World.heads)


def test_sealed_refuses_others_by_name(sealed: Doors, world: int) -> None:
    """Other services of this machine, too: what it answers is not the lab's."""
    for host in ("example.com", "127.0.0.1", "localhost", "a.localhost", "[::1]", "127.9.9.9", "0.0.0.0"):
        target = f"{host}:{world}"
        for request in (f"CONNECT {target} HTTP/1.1\r\n\r\n".encode(), get(f"http://{target}/x")):
            with knock(sealed, request).sock as sock:
                answer = Wire(sock).answer()
                assert answer.status == 403
                assert host.strip("[]").encode() in answer.body and b"--sealed" in answer.body
    assert not World.heads
    own = sealed.ports["http"]
    for request in (
        f"CONNECT 127.0.0.1:{own} HTTP/1.1\r\n\r\n".encode(),
        get(f"http://localhost:{own}/echo"),
        b"CONNECT one.azurecr.io:443 HTTP/1.1\r\n\r\n",
    ):
        with knock(sealed, request).sock as sock:
            assert Wire(sock).answer().status == 200


def test_a_port_that_no_emulated_host_has(sealed: Doors, doors: Doors) -> None:
    """Who asks there speaks another language than HTTPS, and would wait for an answer in it."""
    for port in (22, 8080, 8443, 9418, 11371):
        for each in (doors, sealed):
            with knock(each, f"CONNECT one.azurecr.io:{port} HTTP/1.1\r\n\r\n".encode()).sock as sock:
                answer = Wire(sock).answer()
                assert answer.status == 502
                assert b"one.azurecr.io is emulated at its ports 80 and 443" in answer.body


def test_a_host_that_cannot_be_reached(doors: Doors) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for request in (
        f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n".encode(),
        get(f"http://localhost:{port}/"),
        b"CONNECT no-such-host.invalid:443 HTTP/1.1\r\n\r\n",
    ):
        with knock(doors, request).sock as sock:
            assert Wire(sock).answer().status == 502


MALFORMED = {
    "garbage": (b"\x00\x01\x02\r\n\r\n", 400),
    "hello": (b"\x16\x03\x01\x00\xf4", 400),
    "no port": (b"CONNECT example.com HTTP/1.1\r\n\r\n", 400),
    "no such port": (b"CONNECT example.com:99999 HTTP/1.1\r\n\r\n", 400),
    "zero port": (b"CONNECT example.com:0 HTTP/1.1\r\n\r\n", 400),
    "odd host": (b"CONNECT a/b@c:443 HTTP/1.1\r\n\r\n", 400),
    "encoded host": (b"CONNECT one%2eazurecr.io:443 HTTP/1.1\r\n\r\n", 400),
    "origin form": (get("/echo"), 400),
    "https url": (get("https://one.azurecr.io/"), 400),
    "folded": (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n", 400),
    "bare newline": (b"GET http://a/ HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400),
    "two lengths": (
        b"GET http://a/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400
    ),
    "odd length": (b"GET http://a/ HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400),
    "user in url": (get("http://one.azurecr.io@evil/"), 400),
    "large": (b"GET http://a/ HTTP/1.1\r\nA: " + b"a" * 2 * protocol.LARGEST_HEAD, 431),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_refused(doors: Doors, name: str) -> None:
    data, status = MALFORMED[name]
    with knock(doors, data).sock as sock:
        assert Wire(sock).answer().status == status


def test_a_slow_head(app: ToyApp, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "HEAD_PATIENCE", 0.01)
    with Doors(app, authority) as doors, knock(doors, b"CONN").sock as sock:
        assert Wire(sock).answer().status == 408


class Corporate(BaseHTTPRequestHandler):
    """A company's proxy, which wants a password."""

    protocol_version = "HTTP/1.1"
    targets: ClassVar[list[str]] = []

    def do_CONNECT(self) -> None:
        self.targets.append(f"{self.path} {self.headers['Proxy-Authorization']}")
        if "refused" in self.path:
            self.send_error(407)
            return
        port = int(self.path.rsplit(":", 1)[1])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%d" % (len(str(port)), port))
        self.close_connection = True

    def do_GET(self) -> None:
        self.targets.append(f"{self.path} {self.headers['Proxy-Authorization']}")
        self.send_response(204)
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def corporate(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    Corporate.targets = []
    with serving(Corporate) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@localhost:{port}")
        monkeypatch.setenv("http_proxy", f"localhost:{port}")
        monkeypatch.setenv("NO_PROXY", "inside.invalid")
        yield port


def test_others_go_through_the_machines_own_proxy(
    corporate: int, app: ToyApp, authority: Authority, ca: Path, world: int
) -> None:
    basic = "Basic bWU6cEBzcw=="
    with Doors(app, authority) as doors:
        with knock(doors, b"CONNECT pypi.invalid:443 HTTP/1.1\r\n\r\n").sock as sock:
            wire = Wire(sock)
            assert wire.answer().status == 200
            assert wire.answer().body == b"443"
        with knock(doors, get("http://pypi.invalid/simple")).sock as sock:
            assert Wire(sock).answer().status == 204
        with knock(doors, b"CONNECT refused.invalid:443 HTTP/1.1\r\n\r\n").sock as sock:
            answer = Wire(sock).answer()
            assert answer.status == 502 and b"407" in answer.body
        with knock(doors, b"CONNECT inside.invalid:443 HTTP/1.1\r\n\r\n").sock as sock:
            assert Wire(sock).answer().status == 502
        with knock(doors, f"CONNECT localhost:{world} HTTP/1.1\r\n\r\n".encode()).sock as sock:
            wire = Wire(sock)
            assert wire.answer().status == 200
            assert wire.send(get("/in")).answer().body == b"the world: /in"
        with knock(doors, b"CONNECT one.azurecr.io:443 HTTP/1.1\r\n\r\n").sock as sock:
            Wire(sock).answer()
            with client(ca).wrap_socket(sock, server_hostname="one.azurecr.io") as tls:
                assert Wire(tls).send(get("/echo")).answer().status == 200
    assert Corporate.targets == [
        f"pypi.invalid:443 {basic}",
        "http://pypi.invalid/simple None",
        f"refused.invalid:443 {basic}",
    ]


def test_an_environment_that_names_ourselves(
    app: ToyApp, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    with Doors(app, authority, ports={"proxy": port}) as doors:
        assert doors.ports["proxy"] == port
        assert doors._proxy.upstream("https", "pypi.invalid") is None
        assert doors._proxy.upstream("http", "pypi.invalid") is None


def test_curl_by_environment(doors: Doors, ca: Path, app: ToyApp, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if not curl:
        pytest.skip("no curl")
    body = tmp_path / "body"
    body.write_bytes(os.urandom(3 * MIB))
    url = f"http://127.0.0.1:{doors.ports['proxy']}"
    env = {**os.environ, "HTTPS_PROXY": url, "http_proxy": url, "SSL_CERT_FILE": str(ca)}
    run = [curl, "-sS", "--fail", "--cacert", str(ca)]
    for scheme in ("https", "http"):
        put = [*run, "-T", str(body), f"{scheme}://one.azurecr.io/upload/x"]
        out = subprocess.run(put, env=env, capture_output=True, check=True).stdout
        assert hashlib.sha256(body.read_bytes()).hexdigest().encode() in out
    tunnelled = [*run, "-p", "http://one.azurecr.io/echo"]
    out = subprocess.run(tunnelled, env=env, capture_output=True, check=True).stdout
    assert b'"scheme":"http"' in out
