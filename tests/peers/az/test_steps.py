"""az inside of steps: that of this machine, lent to the stand-in of its image, signed in as the task."""

import json
import shutil

import pytest

from acrlab.agents import azure_cli, engines
from tests.peers.cloud import LOCATION, Cloud
from tests.peers.test_az import Az

pytestmark = pytest.mark.peers

GROUP, NAME = "steps", "stepspeer"
FILE = """version: v1.1.0
steps:
  - cmd: mcr.microsoft.com/azure-cli az login --identity --output none
  - cmd: az acr show --name $RegistryName --query sku.name --output tsv
  - cmd: mcr.microsoft.com/azure-cli bash -c "az acr repository list --name $RegistryName --output json"
"""


@pytest.fixture(scope="module")
def az(tmp_path_factory):
    if not engines.engine("embedded").probe().run:
        pytest.skip("LANE NOT RUN: no process can be confined here")
    with Cloud.open(tmp_path_factory.mktemp("home")) as cloud:
        program = Az(cloud, tmp_path_factory.mktemp("azure"))
        program.sign_in()
        program.json("group", "create", "--name", GROUP, "--location", LOCATION)
        program.json("acr", "create", "--resource-group", GROUP, "--name", NAME, "--sku", "Basic")
        yield program


@pytest.fixture
def lent(az, monkeypatch):
    """The az that the tests themselves use is the one of this machine."""
    monkeypatch.setenv("ACRLAB_AZ", str(az.tool.path))
    try:
        azure_cli.modules()
    except azure_cli.AzMissing as missing:
        pytest.skip(f"LANE NOT RUN: {missing}")


def task(az, folder, name, *more):
    file = folder / "acb.yaml"
    file.write_text(FILE)
    return az.json("acr", "task", "create", "--registry", NAME, "--name", name, "--file", str(file), "--context",
                   "/dev/null", *more)  # fmt: skip


def test_a_task_asks_azure_as_itself(az, lent, tmp_path):
    made = task(az, tmp_path, "listing", "--assign-identity", "[system]")
    scope = az.json("acr", "show", "--name", NAME)["id"]
    az.json("role", "assignment", "create", "--role", "Contributor", "--scope", scope, "--assignee-object-id",
            made["identity"]["principalId"], "--assignee-principal-type", "ServicePrincipal")  # fmt: skip
    az.run("acr", "import", "--name", NAME, "--source", "mcr.microsoft.com/hello-world", "--image", "hello:1")
    done = az.run("acr", "task", "run", "--registry", NAME, "--name", "listing")
    assert "[Warning] mcr.microsoft.com/azure-cli:latest is a stand-in: the Azure CLI of this machine" in done.stdout
    lines = done.stdout.splitlines()
    assert "Basic" in lines
    assert json.loads("".join(lines[lines.index("[") : lines.index("]") + 1])) == ["hello"]


def test_a_task_without_an_identity_cannot_sign_in(az, lent, tmp_path):
    task(az, tmp_path, "nobody")
    done = az.run("acr", "task", "run", "--registry", NAME, "--name", "nobody", code=1)
    assert "Identity not found" in done.stdout and "failed to run step ID: acb_step_0" in done.stdout


def test_without_az_there_is_no_such_image_and_a_way_to_have_it(az, monkeypatch, tmp_path):
    monkeypatch.delenv("ACRLAB_AZ", raising=False)
    monkeypatch.setenv("ACRLAB_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    done = az.run("acr", "run", "--registry", NAME, "--cmd", "mcr.microsoft.com/azure-cli az version", "/dev/null",
                  code=1)  # fmt: skip
    assert "manifest for mcr.microsoft.com/azure-cli:latest not found" in done.stdout
    assert "`acrlab az --install`" in done.stdout
