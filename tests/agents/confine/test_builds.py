"""Dockerfiles built and containers run by the embedded engine, on each rung."""

import io
import json
import shutil
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.agents import engines
from acrlab.agents.confine.confinement import Confinement
from acrlab.agents.confine.probe import tried
from acrlab.agents.confine.rungs import RUNGS, SINGLE, Rung
from acrlab.agents.embedded.engine import EmbeddedEngine
from acrlab.agents.protocol import Agent, Build, Container, EngineFailed, Mount
from tests.agents.confine.boxes import Output, every_mounting_rung, every_rung
from tests.agents.doubles import Kept
from tests.peers.lanes import not_run

BASE = "FROM scratch\nCOPY machine /\nENV PATH=/usr/bin:/bin\n"
TAG = "r.azurecr.io/app:1"


class Workshop:
    """A context with this machine's programs, and an agent on a rung."""

    def __init__(self, agent: Agent, registries: Kept, context: Path) -> None:
        self.agent, self.registries, self.context, self.output = agent, registries, context, Output()

    def build(self, dockerfile: str) -> str:
        (self.context / "Dockerfile").write_text(BASE + dockerfile)
        what = Build(context=self.context, dockerfile="Dockerfile", tags=(TAG,))
        self.agent.build(what, self.output.take, threading.Event())
        return self.output.text()

    def entries(self) -> dict[str, tarfile.TarInfo]:
        """The image after a push, entry by entry."""
        self.agent.push(TAG, self.output.take)
        found: dict[str, tarfile.TarInfo] = {}
        for layer in json.loads(self.registries.manifests[TAG][1])["layers"]:
            with tarfile.open(fileobj=io.BytesIO(self.registries.blobs[layer["digest"]])) as archive:
                found |= {entry.name: entry for entry in archive}
        return found


@pytest.fixture
def shop(rung: Rung, original: Path, tmp_path: Path) -> Iterator[Workshop]:
    capabilities = tried(rung)
    if not capabilities.run:
        not_run(f"rung {rung.title}: {'; '.join(capabilities.reasons)}")
    context, registries = tmp_path / "context", Kept()
    shutil.copytree(original, context / "machine", symlinks=True)
    embedded = EmbeddedEngine(lambda: capabilities, lambda folder, outside: Confinement(rung, capabilities, folder))
    agent = embedded.agent(tmp_path / "agent", registries)
    yield Workshop(agent, registries, context)
    agent.close()


@every_rung
def test_a_dockerfile_s_commands_run(rung: Rung, shop: Workshop) -> None:
    said = shop.build(
        "RUN echo built by $(id -u) && mkdir /d && echo x > /d/f && chmod 4755 /d/f\nRUN rm /usr/bin/wc\n"
    )
    assert "built by 0" in said
    entries = shop.entries()
    assert entries["d/f"].mode & 0o7777 == 0o4755
    assert entries["usr/bin/.wh.wc"].size == 0
    added = {name for name in entries if not name.startswith(("usr", "bin", "lib", "tmp"))}
    assert added == {"d", "d/f", "etc", "etc/passwd"}, "what was only mounted on is no part of a layer"


@every_rung
def test_owners_are_kept_in_layers(rung: Rung, shop: Workshop) -> None:
    if rung is SINGLE:
        pytest.skip("files of one user only")
    first = "RUN touch /mine && chown 1000:27 /mine\n"
    shop.build(first + "RUN echo untouched > /other && cat /mine\nUSER app\nRUN touch /tmp/app\n")
    entries = shop.entries()
    assert (entries["mine"].uid, entries["mine"].gid) == (1000, 27)
    assert (entries["tmp/app"].uid, entries["tmp/app"].gid) == (1000, 1000)
    assert (entries["other"].uid, entries["other"].gid) == (0, 0)


@every_rung
def test_containers_share_a_workspace(rung: Rung, shop: Workshop, tmp_path: Path) -> None:
    shop.build("WORKDIR /workspace\n")
    (tmp_path / "workspace").mkdir()
    mounts = (Mount(tmp_path / "workspace", "/workspace"),)
    for name, script in (("first", "echo from first > note"), ("second", "cat note")):
        container = Container(image=TAG, name=name, command=("/bin/sh", "-c", script), mounts=mounts)
        assert shop.agent.start(container, shop.output.take).wait(60) == 0
    assert shop.output.text().endswith("from first\n")
    script = "mkdir -m 700 own && echo x > own/f && chown -R 1000:1000 own" if rung is not SINGLE else "true"
    container = Container(image=TAG, name="third", command=("/bin/sh", "-c", script), mounts=mounts)
    assert shop.agent.start(container, shop.output.take).wait(60) == 0
    shop.agent.close()
    shutil.rmtree(tmp_path / "workspace")  # by whoever runs this


@every_mounting_rung
def test_steps_of_a_run_find_each_other_by_name(rung: Rung, shop: Workshop) -> None:
    shop.build("CMD echo up; while :; do cat /etc/hosts; sleep 0.1; done\n")
    shop.agent.network("acb_default_network", "bridge", create=True)
    first, second = Output(), Output()
    on = {"image": TAG, "network": "acb_default_network"}
    shop.agent.start(Container(name="server", detach=True, **on), first.take)
    first.until("up\n")
    asking = Container(name="client", command=("/bin/sh", "-c", "grep server /etc/hosts; sleep 1000"), cpus=".5", **on)
    shop.agent.start(asking, second.take)
    second.until("\tserver ")
    first.until("\tclient ")
    with pytest.raises(EngineFailed, match="failed to parse many as a rational number"):
        shop.agent.start(Container(name="wrong", cpus="many", **on), second.take)


def test_auto_is_the_best_engine_there_is() -> None:
    able = any(tried(rung).run for rung in RUNGS)
    assert (engines.engine().probe().engine == "embedded") == able
    assert engines.engine("none").probe().engine == "none"
    with pytest.raises(EngineFailed, match="no engine 'other'"):
        engines.engine("other")
