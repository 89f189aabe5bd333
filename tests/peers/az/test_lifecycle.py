"""`az` 2.91 on content that comes, stays and goes, and on what reaches beyond. Each test ends with what then is."""

from types import SimpleNamespace

import pytest

from tests.peers.cloud import LOCATION
from tests.peers.test_az import Az

pytestmark = pytest.mark.peers

GROUP = "lifecycle"
NAME, SOURCE = "lifepeer", "sourcepeer"


@pytest.fixture(scope="module")
def az(cloud, tmp_path_factory) -> Az:
    program = Az(cloud, tmp_path_factory.mktemp("azure"))
    program.sign_in()
    program.json("group", "create", "--name", GROUP, "--location", LOCATION)
    return program


def created(az, name: str):
    made = az.json("acr", "create", "--resource-group", GROUP, "--name", name, "--sku", "Premium", "--admin-enabled")
    secrets = az.json("acr", "credential", "show", "--name", name)
    return SimpleNamespace(
        id=made["id"], name=name, login_server=made["loginServer"], username=secrets["username"],
        password=secrets["passwords"][0]["value"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def registry(az):
    return created(az, NAME)


@pytest.fixture(scope="module")
def source(az):
    made = created(az, SOURCE)
    az.cloud.push(made, "team/app", "v1", "v2")
    return made


def acr(az, *arguments: str):
    return az.json("acr", *arguments, "--registry", NAME)


def tags(az, repository: str) -> list[str]:
    return az.json("acr", "repository", "show-tags", "--name", NAME, "--repository", repository)


def test_import(az, registry, source):
    az.run("acr", "import", "--name", NAME, "--source", f"{source.login_server}/team/app:v1", "--image", "copy:v1")
    az.run("acr", "import", "--name", NAME, "--source", "team/app:v2", "--registry", source.id,
           "--image", "copy:v2", "--repository", "shadow", "--no-wait")  # fmt: skip
    assert tags(az, "copy") == ["v1", "v2"]
    assert "shadow" in az.json("acr", "repository", "list", "--name", NAME)
    taken = az.refused("acr", "import", "--name", NAME, "--source", f"{source.login_server}/team/app:v2",
                       "--image", "copy:v1")  # fmt: skip
    assert "already exists" in taken
    az.run("acr", "import", "--name", NAME, "--source", f"{source.login_server}/team/app:v2", "--image", "copy:v1",
           "--force", "--username", source.username, "--password", source.password)  # fmt: skip
    assert tags(az, "copy") == ["v1", "v2"]


def test_webhooks(az, registry):
    made = acr(az, "webhook", "create", "--name", "peerhook", "--uri", "http://hooks.example", "--actions", "push",
               "delete", "--headers", "key=value", "--scope", "hooked:*")  # fmt: skip
    assert (made["status"], made["scope"], made["actions"]) == ("enabled", "hooked:*", ["push", "delete"])
    az.cloud.push(registry, "hooked", "v1")
    ping = acr(az, "webhook", "ping", "--name", "peerhook")
    told = [each["eventRequestMessage"]["content"] for each in acr(az, "webhook", "list-events", "--name", "peerhook")]
    assert [each["action"] for each in told] == ["ping", "push"] and told[0]["id"] == ping["id"]
    assert acr(az, "webhook", "get-config", "--name", "peerhook")["customHeaders"] == {"key": "value"}
    changed = acr(az, "webhook", "update", "--name", "peerhook", "--status", "disabled", "--scope", "other")
    assert (changed["status"], changed["scope"]) == ("disabled", "other")
    assert acr(az, "webhook", "show", "--name", "peerhook")["provisioningState"] == "Succeeded"
    az.run("acr", "webhook", "delete", "--name", "peerhook", "--registry", NAME)
    assert acr(az, "webhook", "list") == []


def test_replications(az, registry):
    made = acr(az, "replication", "create", "--location", "westeurope")
    assert made["status"]["displayStatus"] == "Ready"
    assert [each["name"] for each in acr(az, "replication", "list")] == [LOCATION, "westeurope"]
    changed = acr(az, "replication", "update", "--name", "westeurope", "--global-endpoint-routing", "false")
    assert changed["regionEndpointEnabled"] is False
    endpoints = az.json("acr", "show-endpoints", "--name", NAME)
    assert {each["region"] for each in endpoints["dataEndpoints"]} == {LOCATION, "westeurope"}
    assert "home region" in az.refused("acr", "replication", "delete", "--name", LOCATION, "--registry", NAME)
    az.run("acr", "replication", "delete", "--name", "westeurope", "--registry", NAME)
    assert [each["name"] for each in acr(az, "replication", "list")] == [LOCATION]
