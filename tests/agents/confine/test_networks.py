"""The networks of a run: containers that find each other by name, each with its own ports."""

import socket
import sys
from pathlib import Path

import pytest

from acrlab.agents.confine.rungs import CHROOT, Rung
from acrlab.agents.protocol import EngineFailed, Mount
from tests.agents.confine.boxes import Box, Output, box, every_mounting_rung, every_rung

SERVER = """
import socket, sys
server = socket.create_server(("0.0.0.0", int(sys.argv[1])))
print("listening", flush=True)
while True:
    peer, _ = server.accept()
    peer.sendall(sys.argv[2].encode())
    peer.close()
"""
CLIENT = """
import socket, sys
print(socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).recv(100).decode())
"""


def python(here: Box, source: str, *words: str, **settings: object) -> tuple[object, Output]:
    """This test's own interpreter, mounted where it lies."""
    places = {sys.base_prefix, *(place for place in ("/usr/lib", "/lib64", "/lib") if Path(place).exists())}
    mounts = tuple(Mount(Path(place), place, read_only=True) for place in sorted(places))
    executable = f"{sys.base_prefix}/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    return here.start(
        "", root=here.another(), argv=(executable, "-I", "-S", "-c", source, *words), mounts=mounts, **settings
    )


@every_mounting_rung
def test_a_step_reaches_another_by_its_name_at_the_port_both_listen_on(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        here.sandbox.network("acb_default_network", create=True)
        for name in ("first", "second"):
            _, output = python(here, SERVER, "80", f"I am {name}", name=name, network="acb_default_network")
            output.until("listening")
        for name in ("first", "second"):
            process, output = python(here, CLIENT, name, "80", name="asking", network="acb_default_network")
            assert process.wait(60) == 0, output.text()  # type: ignore[attr-defined]
            assert output.text() == f"I am {name}\n"


@every_mounting_rung
def test_names_come_and_go(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        here.sandbox.network("n", create=True)
        first, output = here.start("echo started; sleep 1000", root=here.another(), name="first", network="n")
        output.until("started")
        script = "echo started; while ! grep third /etc/hosts; do :; done; sleep 1000"
        _, told = here.start(script, root=here.another(), name="second", network="n")
        told.until("started")
        assert here.run("cat /etc/hosts", name="third", network="n")[1].count("172.") == 3
        told.until("third")
        first.kill()
        first.wait(60)
        assert "first" not in here.run("cat /etc/hosts", name="third", network="n")[1]


@every_mounting_rung
def test_networks_are_apart_and_the_machine_s_is_not_reached(rung: Rung, root: Path) -> None:
    with box(rung, root) as here, socket.create_server(("127.0.0.1", 0)) as machine:
        port = str(machine.getsockname()[1])
        here.sandbox.network("one", create=True)
        here.sandbox.network("two", create=True)
        _, output = python(here, SERVER, "80", "one", name="server", network="one")
        output.until("listening")
        for network, name, at in (("two", "server", "80"), ("two", "172.19.0.3", "80"), ("one", "127.0.0.1", port)):
            process, _ = python(here, CLIENT, name, at, network=network)
            assert process.wait(60) == 1  # type: ignore[attr-defined]
        process, output = python(here, CLIENT, "127.0.0.1", port, network="none")
        assert process.wait(60) == 1  # type: ignore[attr-defined]
        assert "refused" in output.text()


@every_mounting_rung
def test_a_build_step_shares_the_machine_s_network(rung: Rung, root: Path) -> None:
    with box(rung, root) as here, socket.create_server(("127.0.0.1", 0)) as machine:
        for network in ("", "host"):
            process, output = python(here, CLIENT, "localhost", str(machine.getsockname()[1]), network=network)
            peer, _ = machine.accept()
            with peer:
                peer.sendall(b"the machine")
            assert process.wait(60) == 0, output.text()  # type: ignore[attr-defined]
            assert output.text() == "the machine\n"


@every_rung
def test_networks_are_made_and_removed_once(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        here.sandbox.network("n", create=True)
        with pytest.raises(EngineFailed, match="network with name n already exists"):
            here.sandbox.network("n", create=True)
        assert here.run("echo on it", network="n") == (0, "on it\n")
        here.sandbox.network("n", create=False)
        with pytest.raises(EngineFailed, match="network n not found"):
            here.sandbox.network("n", create=False)
        with pytest.raises(EngineFailed, match="network n not found"):
            here.run("true", network="n")


def test_in_chroot_names_lead_to_this_machine(root: Path) -> None:
    with box(CHROOT, root) as here:
        here.sandbox.network("n", create=True)
        assert not here.sandbox.capabilities.networks
        assert "127.0.0.1\tstep" in here.run("cat /etc/hosts", name="step", network="n")[1]
