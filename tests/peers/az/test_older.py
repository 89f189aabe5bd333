"""`az` 2.69, of January 2025, on the groups of commands that older material uses. Each test ends with what then is."""

import json

import pytest

from tests.peers.cloud import LOCATION
from tests.peers.lanes import need

pytestmark = pytest.mark.peers

PROGRAM = "az-2.69"
GROUP = "older"
NAME, SOURCE = "olderpeer", "oldersource"


@pytest.fixture(scope="module")
def registry(az):
    made = az.registry(GROUP, NAME)
    made.image = az.cloud.push(made, "team/app", "v1", "v2")
    return made


def acr(az, *arguments: str):
    return az.json("acr", *arguments, "--registry", NAME)


def repository(az, *arguments: str):
    return az.json("acr", "repository", *arguments, "--name", NAME)


def test_it_is_the_older_one(az):
    assert az.json("version")["azure-cli"] == "2.69.0"


def test_a_registry(az, registry):
    assert az.json("acr", "check-name", "--name", NAME)["nameAvailable"] is False
    assert az.json("acr", "update", "--name", NAME, "--tags", "a=b", "--admin-enabled", "true")["tags"] == {"a": "b"}
    assert [each["name"] for each in az.json("acr", "list", "--resource-group", GROUP)] == [NAME]
    assert {each["name"] for each in az.json("acr", "show-usage", "--name", NAME)["value"]} >= {"Size", "Webhooks"}
    renewed = az.json("acr", "credential", "renew", "--name", NAME, "--password-name", "password2")
    assert renewed["passwords"][0]["value"] == registry.password
    token = az.json("acr", "login", "--name", NAME, "--expose-token")
    assert token["loginServer"] == registry.login_server and token["accessToken"].count(".") == 2


def test_repositories_and_manifests(az, registry):
    digest = registry.image["digest"]
    assert repository(az, "list") == ["team/app"]
    assert repository(az, "show-tags", "--repository", "team/app", "--orderby", "time_desc") == ["v2", "v1"]
    assert repository(az, "show", "--image", "team/app:v1")["digest"] == digest
    assert [each["digest"] for each in repository(az, "show-manifests", "--repository", "team/app")] == [digest]
    listed = acr(az, "manifest", "list-metadata", "--name", "team/app")
    assert [each["tags"] for each in listed] == [["v1", "v2"]]
    repository(az, "update", "--image", "team/app:v1", "--write-enabled", "false", "--delete-enabled", "false")
    az.refused("acr", "repository", "delete", "--name", NAME, "--image", "team/app:v1", "--yes")
    repository(az, "update", "--image", "team/app:v1", "--write-enabled", "true", "--delete-enabled", "true")
    az.run("acr", "repository", "untag", "--name", NAME, "--image", "team/app:v2")
    assert repository(az, "show-tags", "--repository", "team/app") == ["v1"]


def test_import_and_deletion(az, registry):
    source = az.registry(GROUP, SOURCE)
    az.cloud.push(source, "base", "v1")
    az.run("acr", "import", "--name", NAME, "--source", f"{source.login_server}/base:v1", "--image", "mirror/base:v1")
    assert "mirror/base" in repository(az, "list")
    az.run("acr", "repository", "delete", "--name", NAME, "--repository", "mirror/base", "--yes")
    assert repository(az, "list") == ["team/app"]
    az.run("acr", "delete", "--name", SOURCE, "--resource-group", GROUP, "--yes")
    assert [each["name"] for each in az.json("acr", "list", "--resource-group", GROUP)] == [NAME]


def test_replications_webhooks_and_retention(az, registry):
    acr(az, "replication", "create", "--location", "westeurope")
    assert sorted(each["name"] for each in acr(az, "replication", "list")) == [LOCATION, "westeurope"]
    acr(az, "webhook", "create", "--name", "olderhook", "--uri", "http://hooks.example", "--actions", "push")
    ping = acr(az, "webhook", "ping", "--name", "olderhook")
    assert [each["id"] for each in acr(az, "webhook", "list-events", "--name", "olderhook")] == [ping["id"]]
    acr(az, "config", "retention", "update", "--status", "enabled", "--days", "30", "--type", "UntaggedManifests")
    assert acr(az, "config", "retention", "show")["days"] == 30


def test_tokens_and_scope_maps(az, registry):
    made = acr(az, "token", "create", "--name", "reader", "--repository", "team/app", "content/read", "metadata/read")
    credentials = ("--username", "reader", "--password", made["credentials"]["passwords"][0]["value"])
    assert repository(az, "show-tags", "--repository", "team/app", *credentials) == ["v1"]
    az.run("acr", "token", "delete", "--name", "reader", "--registry", NAME, "--yes")
    assert acr(az, "token", "list") == []


def test_network_rules(az, registry):
    closed = az.json("acr", "update", "--name", NAME, "--default-action", "Deny")
    assert closed["networkRuleSet"]["defaultAction"] == "Deny"
    az.json("acr", "network-rule", "add", "--name", NAME, "--ip-address", "203.0.113.0/24")
    rules = az.json("acr", "network-rule", "list", "--name", NAME)["ipRules"]
    assert [each["ipAddressOrRange"] for each in rules] == ["203.0.113.0/24"]
    az.json("acr", "network-rule", "remove", "--name", NAME, "--ip-address", "203.0.113.0/24")
    az.json("acr", "update", "--name", NAME, "--default-action", "Allow")
    assert az.json("acr", "network-rule", "list", "--name", NAME)["ipRules"] == []


def test_a_task(az, registry):
    acr(az, "task", "create", "--name", "nightly", "--cmd", "hello-world", "--context", "/dev/null",
        "--schedule", "0 1 * * *", "--commit-trigger-enabled", "false")  # fmt: skip
    (shown,) = acr(az, "task", "list")
    assert shown["name"] == "nightly" and shown["trigger"]["timerTriggers"][0]["schedule"] == "0 1 * * *"
    az.run("acr", "task", "delete", "--name", "nightly", "--registry", NAME, "--yes")
    assert acr(az, "task", "list") == []


def test_what_it_says_of_a_registry_that_is_not_there(az):
    said = az.refused("acr", "show", "--name", "nosuchregistry", "--resource-group", GROUP, code=3)
    assert "ResourceNotFound" in said
    assert json.loads(need("az").run("version", env=az.env).stdout)["azure-cli"] != "2.69.0"  # beside the newest
