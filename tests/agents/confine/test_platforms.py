"""Programs of other machines, run by an interpreter that only the sandbox's own user namespace knows."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.agents.bases.hello import program
from acrlab.agents.confine import interpreters
from acrlab.agents.confine.confinement import Confinement
from acrlab.agents.confine.probe import tried
from acrlab.agents.confine.rungs import CHROOT, NAMESPACES, Rung
from acrlab.agents.embedded.engine import EmbeddedEngine
from acrlab.agents.protocol import Agent, Build, Capabilities, Container, EngineFailed
from tests.agents.confine.boxes import Output, every_mounting_rung
from tests.agents.doubles import Kept
from tests.peers.lanes import not_run

TAG, SAID = "r.azurecr.io/app:1", "said by another machine\n"
FOREIGN = [each for each in interpreters.ARCHITECTURES if each != interpreters.NATIVE]


class Site:
    """A context with a program of each architecture, and an agent on a rung."""

    def __init__(self, agent: Agent, context: Path, registries: Kept) -> None:
        self.agent, self.context, self.registries = agent, context, registries

    def build(self, dockerfile: str, **settings: object) -> str:
        (self.context / "Dockerfile").write_text(dockerfile)
        output = Output()
        what = Build(context=self.context, dockerfile="Dockerfile", **{"tags": (TAG,), **settings})  # type: ignore[arg-type]
        self.agent.build(what, output.take, threading.Event())
        return output.text()

    def run(self, **settings: object) -> str:
        output = Output()
        container = Container(image=TAG, name="one", **settings)  # type: ignore[arg-type]
        assert self.agent.start(container, output.take).wait(60) == 0
        self.agent.remove("one")
        return output.text()


def site(rung: Rung, capabilities: Capabilities, folder: Path) -> Site:
    context, registries = folder / "context", Kept()
    context.mkdir()
    for each in interpreters.ARCHITECTURES:
        (context / each).write_bytes(program(each, SAID.encode()))
        (context / each).chmod(0o755)
    embedded = EmbeddedEngine(lambda: capabilities, lambda place, outside: Confinement(rung, capabilities, place))
    return Site(embedded.agent(folder / "agent", registries), context, registries)


@pytest.fixture
def here(rung: Rung, tmp_path: Path) -> Iterator[Site]:
    capabilities = tried(rung)
    if len(capabilities.platforms) < 2:
        not_run(f"rung {rung.title} runs {capabilities.platforms} only: apt-get install qemu-user-static, Linux 6.7")
    found = site(rung, capabilities, tmp_path)
    yield found
    found.agent.close()


@every_mounting_rung
@pytest.mark.parametrize("architecture", FOREIGN)
def test_a_command_of_another_machine_runs_and_the_machine_itself_learns_nothing(
    architecture: str, rung: Rung, here: Site
) -> None:
    text = f'FROM scratch\nCOPY {architecture} /hello\nRUN ["/hello"]\nCMD ["/hello"]\n'
    assert f"{SAID}Removing intermediate container" in here.build(text, platform=f"linux/{architecture}")
    assert here.run(platform=f"linux/{architecture}") == SAID
    host, wanted = f"linux/{interpreters.NATIVE}", f"linux/{architecture}"
    assert here.run() == (
        f"WARNING: The requested image's platform ({wanted}) does not match the detected host platform ({host}) "
        f"and no specific platform was requested\n{SAID}"
    )
    if not Path("/proc/sys/fs/binfmt_misc", f"qemu-{architecture}").exists() and rung is NAMESPACES:
        with pytest.raises(OSError, match="Exec format error"):
            subprocess.run([here.context / architecture], check=False)


@every_mounting_rung
def test_both_machines_on_one_network(rung: Rung, here: Site) -> None:
    here.agent.network("common", "bridge", create=True)
    for architecture in (interpreters.NATIVE, FOREIGN[0]):
        text = f'FROM scratch\nCOPY {architecture} /hello\nCMD ["/hello"]\n'
        here.build(text, platform=f"linux/{architecture}")
        assert here.run(network="common", platform=f"linux/{architecture}") == SAID


@every_mounting_rung
def test_a_local_image_of_another_platform_is_not_taken_for_the_one_asked_for(rung: Rung, here: Site) -> None:
    here.build(f"FROM scratch\nCOPY {FOREIGN[0]} /hello\n", platform=f"linux/{FOREIGN[0]}")
    assert f"FROM {TAG}" in here.build(f"FROM {TAG}\nLABEL a=b\n", tags=("r.azurecr.io/kept:1",))
    with pytest.raises(EngineFailed, match="not found"):  # so it is looked for where its name says
        here.build(f"FROM --platform=linux/{interpreters.NATIVE} {TAG}\nLABEL a=b\n")


def test_without_an_interpreter_the_refusal_says_what_would_help(tmp_path: Path) -> None:
    capabilities = Capabilities(engine="embedded", run=True, platforms=(f"linux/{interpreters.NATIVE}",))
    found = site(CHROOT, capabilities, tmp_path)
    try:
        with pytest.raises(
            EngineFailed, match=r"RUN for linux/s390x cannot be done here: this machine runs linux/.*qemu"
        ):
            found.build('FROM scratch\nCOPY arm64 /hello\nRUN ["/hello"]\n', platform="linux/s390x")
    finally:
        found.agent.close()


def test_a_rung_claims_only_what_it_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    if not tried(NAMESPACES).run:
        not_run("the first rung needs root")
    if any(Path("/proc/sys/fs/binfmt_misc").glob("qemu-*")):
        not_run("this machine runs other machines' programs by itself")
    monkeypatch.setenv("PATH", "/nowhere")  # where there is no QEMU
    tried.cache_clear()
    try:
        assert tried(NAMESPACES).platforms == (f"linux/{interpreters.NATIVE}",)
    finally:
        tried.cache_clear()
