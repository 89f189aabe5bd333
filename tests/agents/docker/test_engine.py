"""The engine docker, tried on daemons of Docker and Podman."""

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.agents.docker.daemon import Daemon
from acrlab.agents.docker.engine import DockerEngine
from acrlab.agents.images import sha256
from acrlab.agents.protocol import Build, Container, EngineFailed, Mount
from tests.agents.confine.boxes import Output
from tests.agents.confine.conftest import filled
from tests.agents.doubles import Kept

pytestmark = pytest.mark.peers
BASE, TAG = "r.azurecr.io/base:1", "r.azurecr.io/app:1"


class Workshop:
    """A context, registries with a base image of this machine's programs, and an agent of the daemon."""

    def __init__(self, daemon: Path, folder: Path, base: bytes) -> None:
        self.daemon, self.registries, self.context = Daemon(str(daemon)), Kept(), folder / "context"
        self.context.mkdir()
        self.daemon.version()
        plain = {"os": "linux", "architecture": "amd64", "config": {"Env": ["PATH=/usr/bin:/bin"]}}
        plain |= {"history": [{"created_by": "by hand"}]}
        config = {**plain, "rootfs": {"type": "layers", "diff_ids": [sha256(base)]}}
        self.base = self.registries.add(BASE, base, config)
        self.before = self.known()
        self.agent = DockerEngine(str(daemon)).agent(folder / "agent", self.registries)
        self.output = Output()

    def build(self, text: str, **settings: object) -> str:
        (self.context / "Dockerfile").write_text(text)
        known = {"context": self.context, "dockerfile": "Dockerfile", "tags": (TAG,), "network": "none", **settings}
        self.built = self.agent.build(Build(**known), self.output.take, threading.Event())  # type: ignore[arg-type]
        return self.output.text()

    def run(self, script: str, **settings: object) -> tuple[int | None, str]:
        output = Output()
        words = {"command": ("/bin/sh", "-c", script), "network": "none", "image": BASE, "name": "step", **settings}
        started = self.agent.start(Container(**words), output.take)  # type: ignore[arg-type]
        return started.wait(60), output.text()

    def known(self) -> list[object]:
        """Everything that the daemon has."""
        images = sorted(str(each["Id"]) for each in self.daemon.ask("GET", "/images/json", {"all": 1}))
        containers = [each["Id"] for each in self.daemon.ask("GET", "/containers/json", {"all": 1})]
        return [images, containers, sorted(each["Id"] for each in self.daemon.ask("GET", "/networks"))]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The layer of the base image."""
    root, file = filled(tmp_path_factory.mktemp("base") / "root"), io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for path in sorted(root.rglob("*")):
            archive.add(path, str(path.relative_to(root)), recursive=False)
    return file.getvalue()


@pytest.fixture
def shop(daemon: Path, tmp_path: Path, base: bytes) -> Iterator[Workshop]:
    shop = Workshop(daemon, tmp_path, base)
    yield shop
    shop.agent.close()
    assert shop.known() == shop.before, shop.daemon.ask("GET", "/images/json", {"all": 1})


def test_a_daemon_says_what_it_is(shop: Workshop, daemon: Path) -> None:
    found = DockerEngine(str(daemon)).probe()
    assert found.run and found.engine == "docker" and found.platforms == ("linux/amd64",)
    assert found.rung.split()[0] in ("Docker", "Podman")


def test_a_build_takes_its_base_from_the_run_s_registries_and_goes_back_to_them(shop: Workshop) -> None:
    (shop.context / "file").write_text("content")
    (shop.context / "left-out").write_text("secret")
    (shop.context / ".dockerignore").write_text("left-out\n")
    said = shop.build("ARG TAG=1\nFROM r.azurecr.io/base:$TAG AS first\nCOPY . /d/\nRUN echo made > /made; echo said\n")
    assert "said\n" in said
    assert "acrlab-" not in said
    assert "r.azurecr.io/base" in said
    assert said.endswith(f"Successfully tagged {TAG}\n")
    assert dict(shop.built.bases) == {BASE: shop.base}
    digest, size = shop.agent.push(TAG, shop.output.take)
    _, raw = shop.registries.manifests[TAG]
    assert (sha256(raw), len(raw), shop.agent.digest(TAG)) == (digest, size, digest)
    assert shop.output.text().endswith(f"1: digest: {digest} size: {size}\n")
    layers = json.loads(raw)["layers"]
    assert layers[0]["digest"] == json.loads(shop.registries.manifests[BASE][1])["layers"][0]["digest"]
    names: set[str] = set()
    for layer in layers[1:]:
        with tarfile.open(fileobj=io.BytesIO(shop.registries.blobs[layer["digest"]])) as archive:
            names |= {entry.name.strip("/") for entry in archive}
    assert {"d/file", "made"} <= names
    assert not {name for name in names if "left-out" in name or ".dockerfile" in name}


def test_an_image_of_the_run_is_the_base_of_the_next(shop: Workshop) -> None:
    shop.build(f"FROM {BASE}\nRUN echo one > /one\n")
    said = shop.build(
        f"FROM {TAG}\nRUN cat /one\nCOPY --from={BASE} /etc/passwd /copied\n", tags=("r.azurecr.io/next:2",)
    )
    assert "one\n" in said
    assert {name for name, _, _ in shop.agent.images()} == {BASE, TAG, "r.azurecr.io/next:2"}
    shop.agent.tag("r.azurecr.io/next:2", "other.azurecr.io/moved:3")
    shop.agent.push("other.azurecr.io/moved:3", shop.output.take)
    assert "other.azurecr.io/moved:3" in shop.registries.manifests


def test_failures_are_told_in_the_daemon_s_words(shop: Workshop) -> None:
    with pytest.raises(EngineFailed, match="manifest unknown"):
        shop.build("FROM r.azurecr.io/none:1\n")
    with pytest.raises(EngineFailed, match=r"(?s)false.*(non-zero code: 3|exit status 3)"):
        shop.build(f"FROM {BASE}\nRUN echo first\nRUN sh -c 'exit 3' || false && exit 3; exit 3\n")
    with pytest.raises(EngineFailed, match="unknown instruction: NONSENSE"):
        shop.build("FROM scratch\nNONSENSE\n")
    with pytest.raises(EngineFailed, match="no such file or directory"):
        shop.build("FROM scratch\n", dockerfile="other")
    with pytest.raises(EngineFailed, match="does not exist locally"):
        shop.agent.push("r.azurecr.io/never:1", shop.output.take)
    with pytest.raises(EngineFailed, match="No such image"):
        shop.agent.tag("r.azurecr.io/never:1", "r.azurecr.io/b:1")


def test_containers(shop: Workshop, tmp_path: Path) -> None:
    code, said = shop.run("echo out; echo err >&2; exit 7")
    assert (code, sorted(said.splitlines()[-2:])) == (7, ["err", "out"])
    assert "Unable to find image" in said
    (tmp_path / "w").mkdir()
    mounts = (Mount(tmp_path / "w", "/workspace"),)
    given = {"environment": {"A": "b c"}, "workdir": "/workspace", "mounts": mounts, "user": "1000"}
    (tmp_path / "w").chmod(0o777)
    assert shop.run("echo $A $(id -u) > out", **given) == (0, "")
    assert (tmp_path / "w/out").read_text() == "b c 1000\n"
    assert shop.run("", command=("-c", "echo given"), entrypoint=("/bin/sh",)) == (0, "given\n")
    with pytest.raises(EngineFailed) as failed:
        shop.run("", command=("nosuch",))
    assert failed.value.code == 127
    with pytest.raises(EngineFailed, match="Invalid container name") as failed:
        shop.run("true", name="a")
    assert failed.value.code == 125


def test_a_kill_ends_a_container(shop: Workshop) -> None:
    output = Output()
    words = ("/bin/sh", "-c", "echo started; sleep 1000 & sleep 1000")
    started = shop.agent.start(Container(image=BASE, name="step", command=words, network="none"), output.take)
    output.until("started\n")
    assert len(started.id) == 64 and started.wait(0) is None
    with pytest.raises(EngineFailed, match="already in use"):
        shop.run("true")
    started.kill()
    assert started.wait(60) == 137
    shop.agent.remove("step")
    shop.agent.remove("never there")


def test_closing_takes_along_what_still_runs(shop: Workshop) -> None:
    output = Output()
    words = ("/bin/sh", "-c", "echo started; sleep 1000")
    container = Container(image=BASE, name="step", command=words, network="none", remove=False, detach=True)
    shop.agent.start(container, output.take)
    output.until("started\n")


def test_networks(shop: Workshop) -> None:
    if "bridge" not in str(shop.daemon.ask("GET", "/info")):
        pytest.skip("no bridges")
    try:
        shop.agent.network("n", "bridge", create=True)
    except EngineFailed as failure:
        pytest.skip(f"no networks in this daemon: {failure.text}")
    with pytest.raises(EngineFailed, match="already exists"):
        shop.agent.network("n", "bridge", create=True)
    shop.agent.network("n", "bridge", create=False)
    with pytest.raises(EngineFailed, match="network n not found"):
        shop.run("true", network="n")


def test_a_cancelled_build_ends(shop: Workshop) -> None:
    if reasons := shop.agent.capabilities.reasons:
        pytest.skip("; ".join(reasons))
    cancelled = threading.Event()

    def watch(chunk: bytes) -> None:
        if b"begun\n" in chunk:
            cancelled.set()

    (shop.context / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo begun; sleep 1000\n")
    what = Build(context=shop.context, dockerfile="Dockerfile", tags=(TAG,), network="none")
    with pytest.raises(EngineFailed, match="Build cancelled"):
        shop.agent.build(what, watch, cancelled)
