"""The networks of a run: containers that find each other by name, each with its own ports."""

import base64
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from acrlab.agents.confine import hashed
from acrlab.agents.confine.names import Names
from acrlab.agents.confine.rungs import CHROOT, NAMESPACES, Rung
from acrlab.agents.protocol import EngineFailed, Mount, Outside
from tests.agents.confine.boxes import PATH, Box, Output, box, every_mounting_rung, every_rung
from tests.peers.lanes import not_run

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


def python(
    here: Box, source: str, *words: str, inside: Path | None = None, **settings: object
) -> tuple[object, Output]:
    """This test's own interpreter, mounted where it lies."""
    places = {sys.base_prefix, *(place for place in ("/usr/lib", "/lib64", "/lib") if Path(place).exists())}
    mounts = tuple(Mount(Path(place), place, read_only=True) for place in sorted(places))
    executable = f"{sys.base_prefix}/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    argv = (executable, "-I", "-S", "-c", source, *words)
    environment = {**PATH, "LD_LIBRARY_PATH": f"{sys.base_prefix}/lib"}  # of its own, wherever it was moved to
    return here.start(
        "", root=inside or here.another(), argv=argv, mounts=mounts, environment=environment, **settings
    )  # fmt: skip


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
def test_without_an_emulator_outside_the_machine_s_network_is_shared(rung: Rung, root: Path) -> None:
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


BUNDLE = "etc/ssl/certs/ca-certificates.crt"
ASKING = f"""
import http.client, os, ssl, sys
trust = ssl.create_default_context(cafile="/{BUNDLE}")
connection = http.client.HTTPSConnection(sys.argv[1], timeout=60, context=trust)
connection.request("GET", sys.argv[2])
answer = connection.getresponse()
print(answer.status, len(answer.read()), os.path.getsize("/{BUNDLE}"))
"""
DISCOVERY = ("login.microsoftonline.com", "/common/v2.0/.well-known/openid-configuration")


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    """A sealed emulator's; an interpreter that was moved away from its libraries cannot have one."""
    try:
        from acrlab import Emulator
    except ImportError as error:
        not_run(f"no emulator beside the sandbox: {error}")
    with Emulator(sealed=True, engine="none") as emulator:
        yield Outside("127.0.0.1", emulator.doors.ports["proxy"], emulator.bundle, sealed=True)


@every_mounting_rung
def test_emulated_hosts_are_reached_from_a_network(rung: Rung, root: Path, outside: Outside) -> None:
    """By their names, over TLS that the image's own certificates prove; the other containers still by theirs."""
    (root / BUNDLE).parent.mkdir(parents=True)
    (root / BUNDLE).write_text("none")
    with box(rung, root, outside=outside) as here:
        here.sandbox.network("n", create=True)
        process, output = python(here, ASKING, *DISCOVERY, network="n")
        assert process.wait(60) == 0, output.text()  # type: ignore[attr-defined]
        status, size, trusted = map(int, output.text().split())
        assert (status, size > 100, trusted) == (200, True, outside.certificates.stat().st_size)
        _, served = python(here, SERVER, "8080", "I am here", name="server", network="n")
        served.until("listening")
        process, output = python(here, CLIENT, "server", "8080", network="n")
        assert process.wait(60) == 0, output.text()  # type: ignore[attr-defined]
        assert output.text() == "I am here\n"
    assert (root / BUNDLE).read_text() == "none"


@every_mounting_rung
@pytest.mark.parametrize("added", [[], ["new"]])
def test_a_folder_of_hashed_certificates_proves_emulated_hosts(
    rung: Rung, root: Path, outside: Outside, added: list[str]
) -> None:
    """As OpenSSL of Debian before 12 has it; afterwards the folder is the image's."""
    asking = ("import ssl, socket; t = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n"
              "t.load_verify_locations(capath='/etc/ssl/certs')\n"
              f"host = '{DISCOVERY[0]}'\n"
              "t.wrap_socket(socket.create_connection((host, 443)), server_hostname=host).close()\n"
              f"for each in {added}: open('/etc/ssl/certs/' + each, 'w')\n"
              "print('believed')")  # fmt: skip
    with box(rung, root, outside=outside) as here:
        inside = here.another()
        folder = (inside / BUNDLE).parent
        folder.mkdir(parents=True)
        (folder / "00000000.0").symlink_to("nothing.pem")
        os.utime(folder, (7, 7))
        process, output = python(here, asking, inside=inside)
        assert process.wait(60) == 0, output.text()  # type: ignore[attr-defined]
        assert output.text() == "believed\n"
        assert sorted(each.name for each in folder.iterdir()) == ["00000000.0", *added]
        assert (folder.stat().st_mtime == 7) is not bool(added)


@pytest.mark.skipif(not shutil.which("openssl"), reason="NOT PROBED: no openssl here")
def test_the_hash_is_that_of_openssl(tmp_path: Path, outside: Outside) -> None:
    words = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(outside.certificates)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert hashed.subject(outside.certificates.read_bytes()) == said.strip()


@every_mounting_rung
def test_a_sealed_emulator_says_who_was_not_contacted(rung: Rung, root: Path, outside: Outside) -> None:
    (root / BUNDLE).parent.mkdir(parents=True)
    (root / BUNDLE).write_text("none")
    with box(rung, root, outside=outside) as here:
        here.sandbox.network("n", create=True)
        process, output = python(here, ASKING, "elsewhere.example", "/", network="n")
        assert process.wait(60) == 1  # type: ignore[attr-defined]
        assert "acrlab: acrlab is sealed, so elsewhere.example was not contacted" in output.text()


@every_mounting_rung
def test_nothing_but_hosts_is_behind_the_way_out(rung: Rung, root: Path, outside: Outside) -> None:
    """Neither what listens on this machine, nor addresses, nor other ports."""
    with box(rung, root, outside=outside) as here:
        here.sandbox.network("n", create=True)
        for name, port in (
            ("x.localhost", "443"), ("single", "443"), ("127.0.0.1", str(outside.port)), ("198.18.0.9", "443"),
            ("management.azure.com", "22"), ("172.18.0.1", str(outside.port)), ("172.18.0.1", "443"),
        ):  # fmt: skip
            process, output = python(here, CLIENT, name, port, network="n")
            told = output.text() if process.wait(60) else "\n"  # type: ignore[attr-defined]
            assert told == "\n" or "Error" in told or "error" in told, (name, told)


METADATA = """
import http.client
connection = http.client.HTTPConnection("169.254.169.254", timeout=60)
connection.request("GET", "/metadata/instance?api-version=2021-02-01", headers={"Metadata": "true"})
print(connection.getresponse().status)
"""


@every_mounting_rung
@pytest.mark.parametrize("word", ["", f"Basic {base64.b64encode(b'tasks:nobody').decode()}"])
def test_nobody_without_a_run_s_word_is_told_who_this_machine_is(
    rung: Rung, root: Path, outside: Outside, word: str
) -> None:
    with box(rung, root, outside=msgspec.structs.replace(outside, authorization=word)) as here:
        process, output = python(here, METADATA)
        assert process.wait(60) == (0 if word else 1), output.text()  # type: ignore[attr-defined]


DEFAULTS = ("", "default", "bridge", "host")


@every_mounting_rung
@pytest.mark.parametrize("network", DEFAULTS)
def test_who_names_no_network_reaches_what_the_emulator_lets(
    rung: Rung, root: Path, outside: Outside, network: str
) -> None:
    """Sealed, not even host is that of the machine."""
    (root / BUNDLE).parent.mkdir(parents=True)
    (root / BUNDLE).write_text("none")
    with box(rung, root, outside=outside) as here, socket.create_server(("127.0.0.1", 0)) as machine:
        process, output = python(here, ASKING, *DISCOVERY, network=network)
        assert process.wait(60) == 0, output.text()  # type: ignore[attr-defined]
        assert output.text().splitlines()[-1].startswith("200 ")
        assert ("so network host is the default one" in output.text()) == (network == "host")
        process, output = python(here, ASKING, "elsewhere.example", "/", network=network)
        assert process.wait(60) == 1  # type: ignore[attr-defined]
        assert "acrlab: acrlab is sealed, so elsewhere.example was not contacted" in output.text()
        process, output = python(here, CLIENT, "203.0.113.9", "443", network=network)
        process.wait(60)  # type: ignore[attr-defined]
        assert "acrlab: acrlab is sealed, so 203.0.113.9 was not contacted" in output.text()
        port = str(machine.getsockname()[1])
        process, output = python(here, CLIENT, "127.0.0.1", port, network=network)
        assert process.wait(60) == 1 and "refused" in output.text()  # type: ignore[attr-defined]


@every_mounting_rung
def test_on_the_default_network_nobody_is_known_by_name(rung: Rung, root: Path, outside: Outside) -> None:
    with box(rung, root, outside=outside) as here:
        _, output = python(here, SERVER, "9000", "the first", name="first")
        output.until("listening")
        code, hosts = here.run("cat /etc/hosts", name="second", hostname="own")
        assert code == 0 and "first" not in hosts and "172.17.0.3\tsecond own" in hosts
        process, output = python(here, CLIENT, "172.17.0.2", "9000")
        assert process.wait(60) == 0, output.text()  # type: ignore[attr-defined]
        assert output.text() == "the first\n"


@every_mounting_rung
def test_an_open_emulator_leaves_host_alone(rung: Rung, root: Path, outside: Outside) -> None:
    unsealed = msgspec.structs.replace(outside, sealed=False)
    with box(rung, root, outside=unsealed) as here, socket.create_server(("127.0.0.1", 0)) as machine:
        process, output = python(here, CLIENT, "localhost", str(machine.getsockname()[1]), network="host")
        peer, _ = machine.accept()
        with peer:
            peer.sendall(b"the machine")
        assert process.wait(60) == 0, output.text()  # type: ignore[attr-defined]
        assert output.text() == "the machine\n"


@pytest.mark.parametrize("sealed", [True, False])
def test_where_there_are_no_networks_it_is_said_once(root: Path, outside: Outside, sealed: bool) -> None:
    with box(CHROOT, root, outside=msgspec.structs.replace(outside, sealed=sealed)) as here:
        _, said = here.run("true")
        assert "acrlab: containers confined by chroot share this machine's network" in said
        assert ("--sealed does not hold in them" in said) == sealed
        assert here.run("true", network="host")[1] == ""


REPLACED = f"""
cat /{BUNDLE} > /tmp/new && echo "and mine" >> /tmp/new && mv /tmp/new /{BUNDLE} && echo moved
"""


@every_mounting_rung
@pytest.mark.parametrize(
    ("script", "left", "restored"),
    [
        ("true", "the image's\n", True),
        (REPLACED, "the image's\nand mine\n", False),
        (f"echo 'and mine' >> /{BUNDLE}", "the image's\nand mine\n", False),
        (f"echo only mine > /{BUNDLE}", "only mine\n", False),
        (f"chmod 600 /{BUNDLE}", "the image's\n", False),
        (f"rm /{BUNDLE}", None, False),
        (f"rm /{BUNDLE} && ln -s /etc/passwd /{BUNDLE}", "the users", False),
        ("mv /etc/ssl/certs /moved && ln -s / /etc/ssl/certs", None, True),
    ],
)
def test_a_process_may_replace_the_certificates(
    rung: Rung, root: Path, outside: Outside, script: str, left: str | None, restored: bool
) -> None:
    """As update-ca-certificates and package managers do; nothing of the emulator's stays."""
    own = root / BUNDLE
    own.parent.mkdir(parents=True)
    own.write_text("the image's\n")
    own.chmod(0o644)
    before, folder = own.stat(), own.parent.stat()
    with box(rung, root, outside=outside) as here:
        process, output = here.start(script)
        assert process.wait(60) == 0, output.text()
        assert process.restored == (frozenset({BUNDLE}) if restored else frozenset())
    if left == "the users":
        assert own.is_symlink()
    elif left is None:
        assert not own.exists()
    else:
        assert own.read_text() == left
    if script == "true":
        after = own.stat()
        assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, before.st_mtime_ns, before.st_mode)
        assert own.parent.stat().st_mtime_ns == folder.st_mtime_ns
    if script.startswith("chmod"):
        assert own.stat().st_mode & 0o777 == 0o600
    assert "CERTIFICATE" not in "".join(
        each.read_text(errors="replace") for each in root.rglob("*.crt") if each.is_file() and not each.is_symlink()
    )


def question(name: str, kind: int = 1, count: int = 1) -> bytes:
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split(".") if each)
    return struct.pack(">HHHHHH", 7, 0x100, count, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


@pytest.mark.parametrize(
    ("query", "code", "records"),
    [
        (question("login.example.com"), 0, 1),
        (question("LOGIN.Example.com"), 0, 1),
        (question("login.example.com", kind=28), 0, 0),
        (question("localhost"), 3, 0),
        (question("a.localhost"), 3, 0),
        (question("127.0.0.1"), 3, 0),
        (question("x." * 126 + "com"), 3, 0),
        (question(""), 3, 0),
        (question("a.com", count=2), None, 0),
        (question("a.com")[:-3], None, 0),
        (b"\0" * 12 + b"\xc0\x0c" + b"\0" * 4, None, 0),
        (b"", None, 0),
    ],
)
def test_the_name_server(query: bytes, code: int | None, records: int) -> None:
    names = Names()
    said = names.answer(query)
    if code is None:
        assert said == b""
        return
    id, flags, _, found = struct.unpack_from(">HHHH", said)
    assert (id, flags & 15, found) == (7, code, records)
    if records:
        address = socket.inet_ntoa(said[-4:])
        assert names.name(address) == "login.example.com"
        assert names.answer(query) == said


def test_a_name_server_forgets_what_it_was_asked_long_ago() -> None:
    names = Names()
    first = socket.inet_ntoa(names.answer(question("first.example.com"))[-4:])
    for number in range(5000):
        names.answer(question(f"n{number}.example.com"))
    assert names.name(first) == ""


_ASK = """
import fcntl, socket, struct, sys
from acrlab.agents.confine import syscalls
syscalls.join(int(sys.argv[1]))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
    print(fcntl.ioctl(asking, 0x8927, struct.pack("256s", b"acb0"))[18:24].hex())
"""


def hardware(namespace: int) -> str:
    """The address of a network's bridge."""
    words = [sys.executable, "-c", _ASK, str(namespace)]
    done = subprocess.run(words, pass_fds=[namespace], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT PROBED: a network can be looked into by root alone")
def test_a_bridge_keeps_its_address_when_containers_come_and_go(root: Path) -> None:
    """Source: a bridge without an address of its own takes that of one of its ports (Linux, net/bridge/br_stp_if.c)."""
    with box(NAMESPACES, root) as here:
        here.sandbox.network("one", create=True)
        network = here.sandbox._networks["one"]
        seen = [hardware(network.namespace)]
        process, output = here.start("echo here; sleep 1000", network="one")
        output.until("here")
        seen.append(hardware(network.namespace))
        process.kill()
        process.wait(60)
        assert [*seen, hardware(network.namespace)] == [f"0242{socket.inet_aton(network.gateway).hex()}"] * 3
