"""`az` 2.91 on roles of one's own, and on conditions by repository. Each test ends with who may do what."""

import json

import pytest

from tests.peers.test_az import Az

pytestmark = pytest.mark.peers

GROUP = "roles"
KEYS = ["Microsoft.ContainerRegistry/registries/read", "Microsoft.ContainerRegistry/registries/listCredentials/action"]
ONE = "@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringStartsWithIgnoreCase 'team/'"


@pytest.fixture(scope="module")
def somebody(az, cloud, tmp_path_factory) -> Az:
    """`az`, signed in as an application that holds no role but Reader on the group."""
    scope = f"/subscriptions/{cloud.subscription}/resourceGroups/{GROUP}"
    made = az.json("ad", "sp", "create-for-rbac", "--name", "somebody", "--role", "Reader", "--scopes", scope)
    program = Az(cloud, tmp_path_factory.mktemp("somebody"))
    program.app = made["appId"]
    program.run("login", "--service-principal", "--username", made["appId"], "--password", made["password"],
                "--tenant", made["tenant"])  # fmt: skip
    return program


def scope(az, name: str = "") -> str:
    group = f"/subscriptions/{az.cloud.subscription}/resourceGroups/{GROUP}"
    return f"{group}/providers/Microsoft.ContainerRegistry/registries/{name}" if name else group


def push(az, name: str, *repositories: str) -> None:
    az.json("acr", "update", "--name", name, "--admin-enabled", "true")
    secret = az.json("acr", "credential", "show", "--name", name)
    server = az.json("acr", "show", "--name", name)["loginServer"]
    for each in repositories:
        az.cloud.push(_Home(server, secret["username"], secret["passwords"][0]["value"]), each, "v1")
    az.json("acr", "update", "--name", name, "--admin-enabled", "false")


class _Home:
    def __init__(self, login_server: str, username: str, password: str) -> None:
        self.login_server, self.username, self.password = login_server, username, password


def test_a_custom_role_from_its_file_to_its_end(az, somebody, tmp_path):
    az.json("acr", "create", "--resource-group", GROUP, "--name", "rolespeer", "--sku", "Basic", "--admin-enabled")
    asking = ("acr", "credential", "show", "--name", "rolespeer")
    refused = somebody.refused(*asking)
    assert "AuthorizationFailed" in refused and "listCredentials/action" in refused
    file = tmp_path / "role.json"
    role = {"Name": "Key reader", "Description": "keys", "Actions": KEYS, "AssignableScopes": [scope(az)]}
    file.write_text(json.dumps(role))
    made = az.json("role", "definition", "create", "--role-definition", str(file))
    assert (made["roleName"], made["roleType"]) == ("Key reader", "CustomRole")
    listed = az.json("role", "definition", "list", "--custom-role-only", "true", "--resource-group", GROUP)
    assert [each["id"] for each in listed] == [made["id"]]
    given = az.json("role", "assignment", "create", "--role", "Key reader", "--assignee", somebody.app,
                    "--scope", scope(az, "rolespeer"))  # fmt: skip
    assert somebody.json(*asking)["username"] == "rolespeer"
    file.write_text(json.dumps(role | {"NotActions": KEYS[1:]}))
    az.json("role", "definition", "update", "--role-definition", str(file))
    assert "AuthorizationFailed" in somebody.refused(*asking), "what a role excludes, it does not allow"
    deleting = ("role", "definition", "delete", "--name", "Key reader", "--resource-group", GROUP)
    assert "RoleDefinitionHasAssignments" in az.refused(*deleting)
    az.run("role", "assignment", "delete", "--ids", given["id"])
    az.run(*deleting)
    assert az.json("role", "definition", "list", "--custom-role-only", "true", "--resource-group", GROUP) == []


def test_a_role_that_names_no_action_is_refused(az, tmp_path):
    file = tmp_path / "role.json"
    wrong = ["Microsoft.ContainerRegistry/registries/fly/action"]
    file.write_text(json.dumps({"Name": "Wrong", "Actions": wrong, "AssignableScopes": [scope(az)]}))
    said = az.refused("role", "definition", "create", "--role-definition", str(file))
    assert "InvalidActionOrNotAction" in said and "does not match any of the actions supported by the providers" in said


def test_a_condition_opens_the_repositories_that_it_names(az, somebody):
    made = az.json("acr", "create", "--resource-group", GROUP, "--name", "rolesabac", "--sku", "Basic",
                   "--role-assignment-mode", "rbac-abac")  # fmt: skip
    assert made["roleAssignmentMode"] == "AbacRepositoryPermissions"
    push(az, "rolesabac", "team/app", "other/app")
    tags = ("acr", "repository", "show-tags", "--name", "rolesabac", "--repository")
    for program in (az, somebody):  # an Owner and a Reader of the group: neither role opens content here
        said = program.refused(*tags, "team/app")
        assert "Access to registry 'rolesabac.azurecr.io' was denied. Response code: 401." in said
    az.json("role", "assignment", "create", "--role", "Container Registry Repository Reader", "--assignee",
            somebody.app, "--scope", scope(az, "rolesabac"), "--condition", ONE)  # fmt: skip
    assert somebody.json(*tags, "team/app") == ["v1"]
    assert "authentication required" in somebody.refused(*tags, "other/app")
    assert "authentication required" in somebody.refused("acr", "repository", "list", "--name", "rolesabac")
    az.json("role", "assignment", "create", "--role", "Container Registry Repository Catalog Lister", "--assignee",
            somebody.app, "--scope", scope(az, "rolesabac"))  # fmt: skip
    assert somebody.json("acr", "repository", "list", "--name", "rolesabac") == ["other/app", "team/app"]
    az.json("acr", "update", "--name", "rolesabac", "--role-assignment-mode", "rbac")
    assert somebody.json(*tags, "other/app") == ["v1"], "Reader counts again"
