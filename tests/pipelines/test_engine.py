"""A machine without podman, buildah and docker: acrlab's own engine is the docker of its pipelines."""

import os

import pytest

from acrlab.engine import connections
from acrlab.pipelines.machine import OWN, TOOL
from tests.peers.test_pipelines import AZURE, JENKINS, ran, tags
from tests.pipelines.conftest import Lab

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the built-in docker is a script behind a Unix socket")


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOOL, OWN)


@pytest.mark.parametrize(("text", "name", "good"), [
    (AZURE, "azure-pipelines.yml", "Succeeded"), (JENKINS, "Jenkinsfile", "SUCCESS"),
])  # fmt: skip
def test_an_image_is_built_and_pushed(lab: Lab, text: str, name: str, good: str) -> None:
    assert ran(lab, text, name) == good, lab.log
    assert tags(lab) == {"1", "latest"}
    pushes = [event for event in lab.world.events() if type(event).__name__ == "ManifestPushed"]
    assert {event.by for event in pushes} == {lab.world.state.connections["contoso-connection"].principal}
    assert lab.world.state.connections["contoso-connection"].secret not in lab.log


def test_what_it_cannot_do_it_says(lab: Lab) -> None:
    with lab.world.lock:
        connections.connect(lab.world, "reader", "contoso", "AcrPull")
    assert ran(lab, AZURE.replace("contoso-connection", "reader")) == "Failed" and tags(lab) == set()
    text = "steps:\n- script: docker {}\n"
    for command, said in (
        ("compose up", "docker compose is not in the subset"), ("build --squash app", "--squash is not in the subset"),
        ("build nowhere", "unable to prepare context"), ("push contoso.azurecr.io/none:1", "does not exist locally"),
        ("login -u x -p y contoso.azurecr.io", "unauthorized"), ("tag one", "requires 2 arguments"),
    ):  # fmt: skip
        assert ran(lab, text.format(command)) == "Failed"
        assert said in lab.log, (command, lab.log)
    assert ran(lab, text.format("--version")) == "Succeeded" and "acrlab's own engine" in lab.log
