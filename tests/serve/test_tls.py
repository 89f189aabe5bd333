"""The TLS door with real clients."""

import asyncio
import hashlib
import http.client
import os
import shutil
import ssl
import subprocess
import threading
from pathlib import Path

import aiohttp
import pytest
import requests

from acrlab.serve.server import Doors
from tests.serve.conftest import Wire, get
from tests.serve.test_certificates import client
from tests.serve.toy import ToyApp, Upload

MIB = 1024 * 1024


def connection(doors: Doors, ca: Path) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection("localhost", doors.ports["tls"], context=client(ca), timeout=20)


@pytest.mark.parametrize("length", [0, 100, 300_000, 5 * MIB + 3])
@pytest.mark.parametrize("chunked", [False, True])
def test_uploads_and_downloads(doors: Doors, ca: Path, app: ToyApp, length: int, chunked: bool) -> None:
    body = os.urandom(length)
    link = connection(doors, ca)
    for _ in range(2):
        pieces = (body[at : at + 50_000] for at in range(0, length, 50_000))
        link.request("PUT", "/upload/x", pieces if chunked else body, encode_chunked=chunked,
                     headers={"Transfer-Encoding": "chunked"} if chunked else {})  # fmt: skip
        answer = link.getresponse()
        assert answer.status == 201
        assert hashlib.sha256(body).hexdigest().encode() in answer.read()
        link.request("GET", "/file/x")
        assert link.getresponse().read() == body
    link.close()


def test_scheme_and_memory_are_those_of_the_door(doors: Doors, ca: Path, app: ToyApp) -> None:
    fields = {"Host": "one.azurecr.io", "Accept-Encoding": "identity"}
    seen = []
    for link in (connection(doors, ca), http.client.HTTPConnection("127.0.0.1", doors.ports["http"])):
        for _ in range(2):
            link.request("GET", "/fresh", headers=fields)
            seen.append(link.getresponse().read())
        link.close()
    assert b"https" in seen[0] and b"https" in seen[1]
    assert b"https" not in seen[2] and b"https" not in seen[3]


def test_a_client_that_leaves_mid_download(doors: Doors, ca: Path, app: ToyApp) -> None:
    (app.folder / "blob").write_bytes(b"x" * 64 * MIB)
    link = connection(doors, ca)
    link.request("GET", "/file/blob")
    link.getresponse().read(1000)
    link.close()
    link = connection(doors, ca)
    link.request("GET", "/echo")
    assert link.getresponse().status == 200
    link.close()


def test_a_client_that_leaves_mid_upload(doors: Doors, ca: Path, app: ToyApp) -> None:
    link = connection(doors, ca)
    link.putrequest("PATCH", "/upload/x")
    link.putheader("Content-Length", str(10 * MIB))
    link.endheaders(b"x" * MIB)
    while app.arrived.get(timeout=20) < MIB:
        pass
    link.close()
    assert app.aborted.get(timeout=20) == MIB


def test_requests(doors: Doors, ca: Path, app: ToyApp) -> None:
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(ca)
        base = f"https://localhost:{doors.ports['tls']}"
        assert session.get(f"{base}/echo").json()["authority"] == f"localhost:{doors.ports['tls']}"
        answer = session.put(f"{base}/refused", data=b"x" * 3 * MIB)
        assert answer.status_code == 403


def test_aiohttp(doors: Doors, ca: Path, app: ToyApp) -> None:
    async def talk() -> list[int]:
        connector = aiohttp.TCPConnector(ssl=client(ca))
        base = f"https://localhost:{doors.ports['tls']}"
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one(number: int) -> int:
                async with session.put(f"{base}/upload/{number}", data=b"x" * MIB) as answer:
                    return int((await answer.json())["size"])

            return list(await asyncio.gather(*(one(number) for number in range(20))))

    assert asyncio.run(talk()) == [MIB] * 20


def test_curl(doors: Doors, ca: Path, app: ToyApp) -> None:
    curl = shutil.which("curl")
    if not curl:
        pytest.skip("no curl")
    body = app.folder / "body"
    body.write_bytes(os.urandom(3 * MIB))
    base = [curl, "-sS", "--noproxy", "*", "--cacert", str(ca), "--fail"]
    tls = f"https://localhost:{doors.ports['tls']}"
    plain = f"http://127.0.0.1:{doors.ports['http']}"
    for url in (tls, plain):
        put = subprocess.run([*base, "-T", str(body), f"{url}/upload/x"], capture_output=True, check=True)
        assert hashlib.sha256(body.read_bytes()).hexdigest().encode() in put.stdout
        got = subprocess.run([*base, f"{url}/file/x"], capture_output=True, check=True)
        assert got.stdout == body.read_bytes()
    upgrade = subprocess.run([*base, "--http2", f"{plain}/echo"], capture_output=True, check=True)
    assert b'"h2c"' in upgrade.stdout


def test_wrong_ca_is_noticed(doors: Doors) -> None:
    link = http.client.HTTPSConnection(
        "localhost", doors.ports["tls"], context=ssl.create_default_context(), timeout=20
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        link.request("GET", "/echo")
    link.close()


def test_a_request_behind_a_large_upload(doors: Doors, ca: Path, app: ToyApp) -> None:
    body = os.urandom(5 * MIB)
    link = connection(doors, ca)
    link.connect()
    wire = Wire(link.sock)
    wire.sock.settimeout(60)
    head = get("/upload/x", f"Content-Length: {len(body)}", method="PUT")
    wire.send(head + body + get("/echo/behind") + head[:20])
    assert wire.answer().json["sha256"] == hashlib.sha256(body).hexdigest()
    assert wire.answer().json["path"] == "/echo/behind"
    wire.send(head[20:], body)
    assert wire.answer().json["size"] == len(body)
    link.close()


def test_a_slow_disk_holds_the_client_back(
    doors: Doors, ca: Path, app: ToyApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not yet written stays with the client, not in our memory."""
    gate = threading.Event()
    write = Upload.write
    monkeypatch.setattr(Upload, "write", lambda *args: gate.wait() and write(*args))
    link = connection(doors, ca)
    link.connect()
    link.sock.settimeout(0.3)
    link.sock.sendall(get("/upload/x", f"Content-Length: {400 * MIB}", method="PUT"))
    sent = 0
    with pytest.raises(TimeoutError):
        while True:
            link.sock.sendall(b"x" * 65536)
            sent += 65536
    gate.set()
    assert sent < 64 * MIB
    link.close()
    assert app.aborted.get(timeout=20) <= sent + 65536
