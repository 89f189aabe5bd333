"""`az` 2.91 on who may do what: scope maps, tokens, policies, usage. Each test ends with what then is."""

from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.peers

GROUP = "access"
NAME = "accesspeer"


@pytest.fixture(scope="module")
def registry(az):
    full = az.registry(GROUP, NAME)
    full.image = az.cloud.push(full, "team/app", "v1")
    return full


def acr(az, *arguments: str):
    return az.json("acr", *arguments, "--registry", NAME)


def maps(az) -> dict[str, list[str]]:
    return {each["name"]: each["actions"] for each in acr(az, "scope-map", "list")}


def test_scope_maps(az, registry):
    assert sorted(maps(az)) == ["_repositories_admin", "_repositories_pull", "_repositories_push"]
    made = acr(az, "scope-map", "create", "--name", "builders", "--description", "build",
               "--repository", "team/app", "content/read", "content/write")  # fmt: skip
    assert made["description"] == "build"
    acr(az, "scope-map", "update", "--name", "builders", "--add-repository", "team/app", "metadata/read",
        "--remove-repository", "team/app", "content/write")  # fmt: skip
    assert sorted(maps(az)["builders"]) == ["repositories/team/app/content/read", "repositories/team/app/metadata/read"]
    assert acr(az, "scope-map", "show", "--name", "builders")["provisioningState"] == "Succeeded"
    az.run("acr", "scope-map", "delete", "--name", "builders", "--registry", NAME, "--yes")
    assert "builders" not in maps(az)


def test_a_token_of_its_own_repository(az, registry):
    made = acr(az, "token", "create", "--name", "puller", "--repository", "team/app", "content/read", "metadata/read")
    assert made["status"] == "enabled"
    value = made["credentials"]["passwords"][0]["value"]
    credentials = ("--username", "puller", "--password", value)
    assert az.json("acr", "repository", "show-tags", "--name", NAME, "--repository", "team/app", *credentials) == ["v1"]
    said = az.refused("acr", "repository", "delete", "--name", NAME, "--image", "team/app:v1", "--yes", *credentials)
    assert "authentication required" in said
    az.refused("acr", "scope-map", "delete", "--name", "puller-scope-map", "--registry", NAME, "--yes")
    acr(az, "token", "update", "--name", "puller", "--status", "disabled")
    az.refused("acr", "repository", "show-tags", "--name", NAME, "--repository", "team/app", *credentials)
    assert acr(az, "token", "show", "--name", "puller")["status"] == "disabled"
    az.run("acr", "token", "delete", "--name", "puller", "--registry", NAME, "--yes")
    assert [each["name"] for each in acr(az, "token", "list")] == []
    assert az.json("acr", "repository", "show-tags", "--name", NAME, "--repository", "team/app") == ["v1"]


def test_credentials_of_a_token(az, registry):
    acr(az, "token", "create", "--name", "pushing", "--scope-map", "_repositories_push", "--no-passwords")
    assert not acr(az, "token", "show", "--name", "pushing")["credentials"]["passwords"]
    one = acr(az, "token", "credential", "generate", "--name", "pushing", "--password1", "--expiration-in-days", "30")
    assert [each["name"] for each in one["passwords"]] == ["password1"] and one["passwords"][0]["expiry"]
    both = acr(az, "token", "credential", "generate", "--name", "pushing")
    assert [each["name"] for each in both["passwords"]] == ["password1", "password2"]
    az.run("acr", "token", "credential", "delete", "--name", "pushing", "--registry", NAME, "--password1")
    kept = acr(az, "token", "show", "--name", "pushing")["credentials"]["passwords"]
    assert [each["name"] for each in kept] == ["password2"]
    registry = SimpleNamespace(**{**vars(registry), "username": "pushing", "password": both["passwords"][1]["value"]})
    az.cloud.push(registry, "team/other", "v1")
    assert "team/other" in az.json("acr", "repository", "list", "--name", NAME)


def test_tokens_of_resource_manager_by_policy(az, registry):
    assert acr(az, "config", "authentication-as-arm", "show")["status"] == "enabled"
    acr(az, "config", "authentication-as-arm", "update", "--status", "disabled")
    assert acr(az, "config", "authentication-as-arm", "show")["status"] == "disabled"
    assert "team/app" in az.json("acr", "repository", "list", "--name", NAME), "2.91 asks for the registry's audience"
    acr(az, "config", "authentication-as-arm", "update", "--status", "enabled")
    assert acr(az, "config", "authentication-as-arm", "show")["status"] == "enabled"


def test_usage_counts_what_was_made(az, registry):
    before = {each["name"]: each["currentValue"] for each in az.json("acr", "show-usage", "--name", NAME)["value"]}
    acr(az, "scope-map", "create", "--name", "counted", "--repository", "team/app", "content/read")
    after = {each["name"]: each["currentValue"] for each in az.json("acr", "show-usage", "--name", NAME)["value"]}
    assert after["ScopeMaps"] == before["ScopeMaps"] + 1 and after["Size"] > 0
    assert after["Tokens"] == before["Tokens"]


def test_a_registry_with_conditions_on_repositories(az, registry):
    made = az.json("acr", "create", "--resource-group", GROUP, "--name", "accessabac", "--sku", "Basic",
                   "--role-assignment-mode", "rbac-abac")  # fmt: skip
    assert made["roleAssignmentMode"] == "AbacRepositoryPermissions"
    said = az.refused("acr", "repository", "list", "--name", "accessabac")
    assert "Access to registry 'accessabac.azurecr.io' was denied. Response code: 401." in said
    az.json("acr", "update", "--name", "accessabac", "--role-assignment-mode", "rbac")
    assert az.json("acr", "repository", "list", "--name", "accessabac") in ([], None)
    assert az.json("acr", "show", "--name", "accessabac")["roleAssignmentMode"] == "LegacyRegistryPermissions"
