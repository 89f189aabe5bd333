"""Opening and closing the doors."""

import asyncio
import gc
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from acrlab.serve import server
from acrlab.serve.certificates import Authority
from acrlab.serve.server import Doors
from tests.serve.conftest import Wire, get
from tests.serve.toy import ToyApp


def knock(doors: Doors, door: str = "http") -> Wire:
    return Wire(socket.create_connection(("127.0.0.1", doors.ports[door])))


def test_three_doors_on_loopback(app: ToyApp, authority: Authority) -> None:
    with Doors(app, authority) as doors:
        assert sorted(doors.ports) == ["http", "proxy", "tls"]
        assert len(set(doors.ports.values())) == 3
        assert doors.notes == []
        for opened in doors._servers:
            for listener in opened.sockets:  # type: ignore[attr-defined]
                assert listener.getsockname()[0] == "127.0.0.1"
        assert doors._listener and doors._listener.getsockname()[0] == "127.0.0.1"


def test_wanted_ports(app: ToyApp, authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        port, wanted = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        with Doors(app, authority, ports={"tls": port, "http": wanted}) as doors:
            assert doors.ports["http"] == wanted
            assert doors.ports["tls"] != port
            assert doors.notes == [f"Port {port} is taken: the tls door is at {doors.ports['tls']}."]


def test_one_port_names_three(app: ToyApp, authority: Authority) -> None:
    assert Doors(app, authority, port=5000)._wanted == {"proxy": 5000, "tls": 5001, "http": 5002}


def test_doors_on_the_callers_loop(app: ToyApp, authority: Authority) -> None:
    async def visit() -> int:
        doors = Doors(app, authority)
        await doors.open()
        reader, writer = await asyncio.open_connection("127.0.0.1", doors.ports["http"])
        writer.write(get("/echo"))
        line = await reader.readline()
        await doors.close()
        writer.close()
        return int(line.split()[1])

    assert asyncio.run(visit()) == 200


def test_without_uvloop(app: ToyApp, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with Doors(app, authority) as doors:
        assert "uvloop" not in type(doors._loop).__module__
        (app.folder / "blob").write_bytes(b"x" * 3_000_000)
        wire = knock(doors)
        wire.send(get("/upload/x", "Content-Length: 3000000", method="PUT"), b"x" * 3_000_000)
        assert wire.answer().json["size"] == 3_000_000
        assert len(wire.send(get("/file/blob")).answer().body) == 3_000_000
        for _ in range(2):
            assert wire.send(get("/fresh")).answer().json["calls"] == 3
        wire.sock.close()


def test_closing_ends_idle_connections_and_leaves_nothing_open(app: ToyApp, authority: Authority) -> None:
    threads = threading.active_count()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        doors = Doors(app, authority).start()
        wires = [knock(doors, door) for door in doors.ports for _ in range(3)]
        wires[-1].send(get("/echo")).answer()
        doors.stop()
        for wire in wires:
            assert wire.ended()
            wire.sock.close()
        del doors
        gc.collect()
    assert threading.active_count() == threads


def test_closing_lets_an_answer_that_is_under_way_leave(app: ToyApp, authority: Authority) -> None:
    doors = Doors(app, authority).start()
    wire = knock(doors).send(get("/durable/3"))
    done = app.waiting.get(timeout=20)
    stopping = threading.Thread(target=doors.stop)
    stopping.start()
    done(None)
    assert wire.answer().body == b"kept"
    assert wire.ended()
    stopping.join()
    wire.sock.close()


def test_closing_does_not_wait_for_ever(app: ToyApp, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GRACE", 0.05)
    (app.folder / "blob").write_bytes(b"x" * 64 * 1024 * 1024)
    doors = Doors(app, authority).start()
    waiting = knock(doors).send(get("/durable/3"), get("/durable/3"))
    app.waiting.get(timeout=20)
    reading = knock(doors).send(get("/file/blob"))
    writing = knock(doors).send(get("/upload/x", "Content-Length: 9999999", method="PUT"), b"x")
    app.arrived.get(timeout=20)
    tunnel = knock(doors, "proxy")
    tunnel.send(b"CONNECT localhost:%d HTTP/1.1\r\n\r\n" % doors.ports["http"])
    assert tunnel.answer().status == 200
    doors.stop()
    for wire in (waiting, writing, tunnel):
        assert wire.ended()
    for wire in (waiting, writing, tunnel, reading):
        wire.sock.close()
    assert app.aborted.get(timeout=20) == 1


def test_stopping_twice_and_before_starting(app: ToyApp, authority: Authority) -> None:
    doors = Doors(app, authority)
    doors.stop()
    doors.start().stop()
    doors.stop()


def test_the_server_needs_no_azure_library(tmp_path: Path) -> None:
    code = (
        "import sys, acrlab.serve.server;"
        "found = {name.split('.')[0] for name in sys.modules} & {'azure', 'requests', 'urllib3'};"
        "sys.exit(str(found) if found else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
