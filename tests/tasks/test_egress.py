"""What processes of a run reach: hosts of the emulator by their names, others as far as it lets, this machine never."""

import base64
import io
import socket
import tarfile
from pathlib import Path

import msgspec
import pytest

from acrlab import Emulator
from acrlab.agents import engines
from tests.tasks.conftest import PATIENCE
from tests.tasks.doomed import NAME, Asking

BASE = "FROM mcr.microsoft.com/acr/curl\nRUN rm -rf /tmp\n"
STATUS = "curl -sS -o /dev/null -w 'status %{http_code}\\n'"
TOKEN = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net"


class Builds:
    """Runs of one emulator, to their end."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator, self.asking = emulator, Asking(emulator)
        self.asking.prepare()

    def run(self, dockerfile: str = "FROM scratch\n", *images: str, task: str = "") -> tuple[str, str]:
        """Status and log of a build, or of a task's steps."""
        if task:
            content = base64.b64encode(f"version: v1.1.0\nsteps:\n{task}".encode()).decode()
            run = self.asking.queue(dockerfile, type="EncodedTaskRunRequest", encodedTaskContent=content)
        else:
            run = self.asking.build(*images, dockerfile=dockerfile)
        assert self.emulator.dispatcher.idle(PATIENCE)
        body = self.emulator.world.state.resources[f"{self.asking.registry}/runs/{run}".lower()].body
        return body["status"], Path(self.emulator.world.storage.path(body["log"])).read_text()

    def layers(self, repository: str) -> list[dict[str, tarfile.TarInfo]]:
        """The entries of each layer of what was pushed."""
        world = self.emulator.world
        held = world.state.registries[NAME].repositories[repository]
        manifest = msgspec.json.decode(held.manifests[held.tags["1"].digest].raw)
        found = []
        for each in manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(world.blobs.read(each["digest"]))) as archive:
                found.append({entry.name: entry for entry in archive})
        return found


def builds(*, sealed: bool):
    able = engines.engine("embedded").probe()
    if not able.run or not able.networks:
        pytest.skip(f"NO PROCESS HAS A NETWORK OF ITS OWN HERE: {'; '.join(able.reasons)}")
    with Emulator(sealed=sealed, engine="embedded") as emulator:
        yield Builds(emulator)


@pytest.fixture(scope="module")
def sealed():
    yield from builds(sealed=True)


@pytest.fixture(scope="module")
def open_():
    yield from builds(sealed=False)


def test_a_run_instruction_believes_a_registry_and_its_layer_has_no_trace(sealed):
    """Neither of the certificates that prove it, nor of what was mounted."""
    text = f"{BASE}RUN {STATUS} https://{NAME}.azurecr.io/v2/ > /answer && cat /answer /etc/resolv.conf\n"
    status, log = sealed.run(text, "believes:1")
    assert status == "Succeeded", log
    assert "status 401" in log and "nameserver 172.17.0.1" in log
    assert [set(each) for each in sealed.layers("believes")[1:]] == [{".wh.tmp"}, {"answer"}]


def test_a_run_instruction_may_replace_certificates(sealed):
    """The layer has the image's own and what was added; the next instruction is believed again."""
    place = "/etc/ssl/certs/ca-certificates.crt"
    text = f"{BASE}RUN cp {place} /new && echo mine >> /new && mv /new {place}\n"
    status, log = sealed.run(f"{text}RUN {STATUS} https://{NAME}.azurecr.io/v2/\n", "replaces:1")
    assert status == "Succeeded" and "status 401" in log, log
    _, _, changed = sealed.layers("replaces")  # and none of the last one
    assert set(changed) == {"etc", "etc/ssl", "etc/ssl/certs", place[1:]}
    own = Path(place).read_bytes()
    assert changed[place[1:]].size == len(own) + len(b"mine\n")


def test_sealed_a_run_instruction_reaches_neither_others_nor_this_machine(sealed):
    with socket.create_server(("127.0.0.1", 0)) as machine:
        machine.settimeout(0)
        port = machine.getsockname()[1]
        doors = sealed.emulator.doors.ports["http"]
        words = [f"http://127.0.0.1:{port}", f"http://localhost:{port}", "https://elsewhere.example", "http://8.8.8.8",
                 "http://elsewhere.example:8080", f"http://127.0.0.1:{doors}"]  # fmt: skip
        asked = "; ".join(f"curl -sS -m 60 {word} && echo reached" for word in words)
        status, log = sealed.run(f"{BASE}RUN {asked}; true\n")
        assert status == "Succeeded", log
        assert "\nreached" not in log
        assert log.count("acrlab: acrlab is sealed, so elsewhere.example was not contacted") == 2
        assert "acrlab: acrlab is sealed, so 8.8.8.8 was not contacted" in log
        with pytest.raises(BlockingIOError):
            machine.accept()


def test_networks_none_and_host(sealed):
    """Sealed, host is the default one; BuildKit's flag and docker's say the same."""
    curl = f"{STATUS} https://{NAME}.azurecr.io/v2/"
    text = f"{BASE}RUN --network=none {curl} || echo alone $?\nRUN --network=host {curl}\n"
    status, log = sealed.run(text, task="  - build: -t x .\n    env: [DOCKER_BUILDKIT=1]\n")
    assert status == "Succeeded" and "alone 6" in log and "status 401" in log, log
    assert log.count("acrlab is sealed, so network host is the default one") == 1
    task = "".join(f"  - cmd: docker run --rm --network {each} mcr.microsoft.com/acr/curl -sS https://{NAME}.azurecr.io\n"
                   "    ignoreErrors: true\n" for each in ("none", "host", "bridge"))  # fmt: skip
    status, log = sealed.run(task=task)
    assert status == "Succeeded" and log.count("Could not resolve host") == 1, log
    assert log.count("acrlab is sealed, so network host is the default one") == 1


def test_open_host_is_this_machine(open_):
    doors = open_.emulator.doors.ports["http"]
    curl = f"{STATUS} -m 60 http://127.0.0.1:{doors}/_acrlab/status"
    text = f"{BASE}RUN --network=host {curl}\nRUN {curl} || echo apart $?\n"
    status, log = open_.run(text, task="  - build: -t x .\n    env: [DOCKER_BUILDKIT=1]\n")
    assert status == "Succeeded" and log.count("status 40") == 1 and "apart 7" in log, log


def test_open_other_ports_are_passed_on(open_):
    """What is behind them is asked, and its answer, or that there is none, is told."""
    for port in (8080, 11371):
        status, log = open_.run(f"{BASE}RUN curl -sS -m 60 http://nosuch.invalid:{port} || echo code $?\n")
        assert status == "Succeeded" and "acrlab: nosuch.invalid could not be reached" in log, log


def test_who_has_no_identity_gets_no_token(sealed):
    """The metadata service answers a process of a run as that run: not as this machine."""
    status, log = sealed.run(f"{BASE}RUN {STATUS} -H Metadata:true '{TOKEN}'\n")
    assert status == "Succeeded" and "status 400" in log, log


def test_an_image_for_two_machines_of_a_task(open_):
    """Source: push-multi-architecture-images (2024): build and push each, `docker manifest` puts them together."""
    name = f"{NAME}.azurecr.io/multi"
    task = "".join(f"  - build: -t {name}:{each} --platform linux/{each} .\n  - push: [{name}:{each}]\n"
                   for each in ("amd64", "arm64"))  # fmt: skip
    lines = (f"create {name}:1 {name}:amd64 {name}:arm64", f"annotate --os-version 9 {name}:1 {name}:amd64",
             f"push --purge {name}:1", f"inspect {name}:1")  # fmt: skip
    task += "".join(f"  - cmd: docker manifest {line}\n" for line in lines)
    status, log = open_.run("FROM hello-world\n", task=task)
    assert status == "Succeeded" and f"Created manifest list {name}:1" in log, log
    held = open_.emulator.world.state.registries[NAME].repositories["multi"]
    index = msgspec.json.decode(held.manifests[held.tags["1"].digest].raw)
    assert [each["platform"] for each in index["manifests"]] == [
        {"architecture": "amd64", "os": "linux", "os.version": "9"},
        {"architecture": "arm64", "os": "linux", "variant": "v8"},
    ]  # fmt: skip
    assert [each["digest"] for each in index["manifests"]] == [held.tags[each].digest for each in ("amd64", "arm64")]
    refused = {
        f"create {name}:2 {name}:none": f"no such manifest: {name}:none",
        f"push {name}:1": f"No such manifest: {name}:1",
        f"create {name}:2 {name}:1": f"{name}:1 is a manifest list",
    }
    for line, why in refused.items():
        status, log = open_.run(task=f"  - cmd: docker manifest {line}\n")
        assert status == "Failed" and why in log, log
