"""Roles: definitions, assignments, and what they allow in both planes."""

from typing import Any

import pytest

from acrlab.domain import roles
from acrlab.domain.access import ANONYMOUS, Principal
from acrlab.engine import authorization, directory
from tests.arm.cloud import Cloud

V = "2022-04-01"
GUID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
PULL = {"pull", "metadata_read"}


@pytest.fixture
def home(cloud: Cloud) -> Cloud:
    """With a registry, and a machine that holds no role at all."""
    cloud.registry()
    for each in [each.id for each in authorization.assignments(cloud.world)]:
        if cloud.world.state.resources[each.lower()].body["properties"]["principalId"] == cloud.id_of("acrlab-vm"):
            assert cloud.ask("DELETE", each, version=V).status == 200
    return cloud


def give(
    cloud: Cloud, role: str, scope: str, *, to: str = "acrlab-vm", name: str = GUID, who: str = "acrlab-sp", **more: Any
) -> Any:
    found = roles.find(role)
    definition = f"{cloud.s}/providers/Microsoft.Authorization/roleDefinitions/{found.id if found else role}"
    body = {"properties": {"roleDefinitionId": definition, "principalId": cloud.id_of(to), **more}}
    return cloud.ask(
        "PUT", f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", body, version=V, who=who
    )


def principal(cloud: Cloud, name: str = "acrlab-vm") -> Principal:
    return directory.principal(directory.seeded(cloud.world, name))


def actions(cloud: Cloud, who: Principal, repository: str = "app") -> frozenset[str]:
    registry = cloud.world.state.registries["contoso"]
    return authorization.token_actions(cloud.world, registry, who, "repository", repository)


def catalog(cloud: Cloud, who: Principal) -> frozenset[str]:
    return authorization.token_actions(cloud.world, cloud.world.state.registries["contoso"], who, "registry", "catalog")


# Refusals


def test_a_reader_reads(home: Cloud) -> None:
    assert home.ask("GET", f"{home.r}/contoso", who="reader").status == 200
    for method, path, body, action in (
        ("PUT", "fabrikam", {}, "registries/write"),
        ("PATCH", "contoso", {}, "registries/write"),
        ("DELETE", "contoso", None, "registries/delete"),
        ("POST", "contoso/listCredentials", None, "registries/listCredentials/action"),
        ("POST", "contoso/regenerateCredential", {}, "registries/regenerateCredential/action"),
    ):
        answer = home.ask(method, f"{home.r}/{path}", body, who="reader")
        assert (answer.status, answer.code) == (403, "AuthorizationFailed")
        scope = f"{home.r}/{path.partition('/')[0]}"
        assert answer.message == (
            f"The client 'reader@learner.onmicrosoft.com' with object id '{home.id_of('reader')}' does not have "
            f"authorization "
            f"to perform action 'Microsoft.ContainerRegistry/{action}' over scope '{scope}' or the scope is invalid. "
            "If access was recently granted, please refresh your credentials."
        )


def test_why_names_the_roles_that_are_held(home: Cloud) -> None:
    home.ask("DELETE", f"{home.r}/contoso", who="reader")
    because = home.world.refusals[-1].because
    assert f"action Microsoft.ContainerRegistry/registries/delete is needed at {home.r}/contoso" in because
    assert f"user reader@learner.onmicrosoft.com holds Reader at {home.s}" in because


def test_applications_are_named_by_their_client_id(home: Cloud) -> None:
    answer = home.ask("PUT", home.g, {}, who="acrlab-reader-sp")
    assert (
        f"The client '{directory.app_id(home.world.state.tenant, 'acrlab-reader-sp')}' with object id" in answer.message
    )


def test_refused_before_anything_is_said_about_what_exists(home: Cloud) -> None:
    for name in ("contoso", "nothing"):
        assert home.ask("GET", f"{home.r}/{name}", who="acrlab-vm").code == "AuthorizationFailed"


def test_a_role_at_one_registry_opens_that_one_only(home: Cloud) -> None:
    home.registry("fabrikam")
    assert give(home, "Contributor", f"{home.r}/contoso").status == 201
    assert home.ask("GET", f"{home.r}/contoso", who="acrlab-vm").status == 200
    assert home.ask("GET", f"{home.r}/fabrikam", who="acrlab-vm").status == 403
    assert home.ask("GET", home.r, who="acrlab-vm").status == 403
    everywhere = home.ask("GET", f"{home.s}/providers/Microsoft.ContainerRegistry/registries", who="acrlab-vm").json[
        "value"
    ]
    assert [each["name"] for each in everywhere] == ["contoso"]
    assert len(home.ask("GET", f"{home.s}/resources", who="acrlab-vm").json["value"]) == 1
    assert home.ask("GET", f"{home.s}/resourceGroups", who="acrlab-vm").json["value"] == []
    assert home.ask("GET", "/subscriptions", who="acrlab-vm").json["value"]


def test_without_any_role_there_is_no_subscription(home: Cloud) -> None:
    assert home.ask("GET", "/subscriptions", who="acrlab-vm").json["value"] == []


def test_a_contributor_gives_no_roles(home: Cloud) -> None:
    give(home, "Contributor", home.s)
    answer = give(home, "Reader", home.g, name=OTHER, who="acrlab-vm")
    assert (answer.status, answer.code) == (403, "AuthorizationFailed")
    assert "Microsoft.Authorization/roleAssignments/write" in answer.message
    give(home, "Role Based Access Control Administrator", home.s, name=OTHER)
    assert give(home, "Reader", home.g, name="33333333-3333-4333-8333-333333333333", who="acrlab-vm").status == 201


# Definitions


def test_roles_are_found_by_name_at_any_scope(home: Cloud) -> None:
    for scope in ("", home.s, home.g, f"{home.r}/contoso", f"/{home.s}"):
        path = f"{scope}/providers/Microsoft.Authorization/roleDefinitions"
        (found,) = home.ask("GET", path, version=V, query="$filter=roleName eq 'acrpull'").json["value"]
        assert found["name"] == "7f951dda-4ed3-4680-a7ca-43fe172d538d"
        assert found["properties"]["type"] == "BuiltInRole"
        assert home.ask("GET", f"{path}/{found['name']}", version=V).json == found


def test_definitions_by_type(home: Cloud) -> None:
    path = f"{home.s}/providers/Microsoft.Authorization/roleDefinitions"
    builtin = home.ask("GET", path, version=V, query="$filter=type eq 'BuiltInRole'").json["value"]
    assert len(builtin) == len(roles.BUILTIN)
    assert home.ask("GET", path, version=V, query="$filter=type eq 'CustomRole'").json["value"] == []
    missing = home.ask("GET", f"{path}/{GUID}", version=V)
    assert (missing.status, missing.code) == (404, "RoleDefinitionDoesNotExist")
    assert missing.message == f"The specified role definition with ID '{GUID.replace('-', '')}' does not exist."


# Assignments


@pytest.mark.parametrize("where", ["s", "g", "registry"])
def test_an_assignment_is_given_found_and_taken(home: Cloud, where: str) -> None:
    scope = {"s": home.s, "g": home.g, "registry": f"{home.r}/contoso"}[where]
    given = give(home, "AcrPull", scope, principalType="ServicePrincipal", description="for the build")
    assert given.status == 201
    properties = given.json["properties"]
    assert (properties["scope"], properties["principalType"]) == (scope, "ServicePrincipal")
    assert properties["description"] == "for the build"
    assert properties["createdBy"] == home.id_of("acrlab-sp")
    assert given.json["type"] == "Microsoft.Authorization/roleAssignments"
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
    assert home.ask("GET", f"{path}/{GUID}", version=V).json == given.json
    assert give(home, "AcrPull", scope).status == 200
    assert home.ask("DELETE", f"{path}/{GUID}", version=V).status == 200
    assert home.ask("DELETE", f"{path}/{GUID}", version=V).status == 204
    assert home.ask("GET", f"{path}/{GUID}", version=V).code == "RoleAssignmentNotFound"


def test_assignments_are_listed_by_scope_and_principal(home: Cloud) -> None:
    give(home, "AcrPull", f"{home.r}/contoso")
    vm = home.id_of("acrlab-vm")

    def listed(scope: str, terms: str = "") -> list[str]:
        query = f"$filter={terms}" if terms else ""
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
        return [each["properties"]["scope"] for each in home.ask("GET", path, version=V, query=query).json["value"]]

    assert f"{home.r}/contoso" in listed(home.s), "below the scope as well"
    assert set(listed(home.s, "atScope()")) == {home.s}
    assert set(listed(f"{home.r}/contoso", "atScope()")) == {home.s, f"{home.r}/contoso"}
    assert listed(home.s, f"principalId eq '{vm}'") == [f"{home.r}/contoso"]
    assert listed(home.s, f"atScope() and assignedTo('{vm}')") == []
    assert listed(f"{home.r}/contoso", f"atScope() and assignedTo('{vm}')") == [f"{home.r}/contoso"]


def test_assignments_that_are_refused(home: Cloud) -> None:
    scope = f"{home.r}/contoso"
    give(home, "AcrPull", scope)
    again = give(home, "AcrPull", scope, name=OTHER)
    assert (again.status, again.code) == (409, "RoleAssignmentExists")
    assert again.message.endswith(f"The ID of the conflicting role assignment is {GUID.replace('-', '')}.")
    assert give(home, "AcrPush", scope).code == "RoleAssignmentUpdateNotPermitted"
    assert give(home, OTHER, scope, name=OTHER).code == "RoleDefinitionDoesNotExist"
    assert give(home, "AcrPush", scope, name="no-guid").code == "InvalidRoleAssignmentId"
    assert give(home, "AcrPush", scope, name=OTHER, principalId=OTHER).code == "PrincipalNotFound"
    assert give(home, "AcrPush", scope, name=OTHER, principalId="me").code == "InvalidPrincipalId"
    assert give(home, "AcrPush", scope, name=OTHER, principalType="User").code == "UnmatchedPrincipalType"
    assert give(home, "AcrPush", scope, name=OTHER, principalType="Robot").code == "InvalidRequestContent"
    assert give(home, "AcrPush", scope, name=OTHER, principalId="").code == "InvalidRequestContent"
    assert give(home, "AcrPush", scope, name=OTHER, condition="nonsense").code == "InvalidRoleAssignmentCondition"
    assert give(home, "AcrPush", f"{home.r}/nothing", name=OTHER).code == "ResourceNotFound"
    assert give(home, "AcrPush", f"{home.s}/resourceGroups/none", name=OTHER).code == "ResourceGroupNotFound"
    assert give(home, "AcrPush", "/nonsense", name=OTHER).code == "LinkedInvalidPropertyId"


def test_permissions_are_those_of_the_roles_held(home: Cloud) -> None:
    give(home, "AcrPull", home.g)
    path = f"{home.r}/contoso/providers/Microsoft.Authorization/permissions"
    assert home.ask("GET", path, version=V, who="acrlab-vm").json["value"] == [
        {
            "actions": ["Microsoft.ContainerRegistry/registries/pull/read"],
            "notActions": [],
            "dataActions": [],
            "notDataActions": [],
        }
    ]


# The data plane


@pytest.mark.parametrize(
    ("role", "granted", "lists"),
    [
        ("AcrPull", PULL, True),
        ("AcrPush", PULL | {"push"}, True),
        ("AcrDelete", {"delete"}, False),
        ("Reader", PULL, True),
        ("Container Registry Repository Writer", set(), False),
        ("Container Registry Tasks Contributor", set(), False),
    ],
)
def test_what_a_role_opens_in_legacy_mode(home: Cloud, role: str, granted: set[str], lists: bool) -> None:
    assert actions(home, principal(home)) == frozenset()
    assert give(home, role, f"{home.r}/contoso").status == 201
    assert granted <= actions(home, principal(home))
    assert actions(home, principal(home)) & {"push", "delete", "pull"} == granted & {"push", "delete", "pull"}
    assert catalog(home, principal(home)) == (frozenset("*") if lists else frozenset())


def test_owners_open_everything_in_legacy_mode_and_nothing_in_the_other(home: Cloud) -> None:
    owner = principal(home, "acrlab-sp")
    assert actions(home, owner) == authorization.EVERYTHING
    body = {"properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}}
    assert home.ask("PATCH", f"{home.r}/contoso", body).status == 200
    assert actions(home, owner) == frozenset()
    assert catalog(home, owner) == frozenset()


def test_repository_roles_with_a_condition(home: Cloud) -> None:
    home.ask("PATCH", f"{home.r}/contoso", {"properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}})
    condition = "@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringStartsWithIgnoreCase 'team/'"
    give(home, "Container Registry Repository Writer", f"{home.r}/contoso", condition=condition, conditionVersion="2.0")
    machine = principal(home)
    assert {"pull", "push", "metadata_read", "metadata_write"} <= actions(home, machine, "team/app")
    assert "delete" not in actions(home, machine, "team/app")
    assert actions(home, machine, "other/app") == frozenset()
    assert actions(home, machine, "*") == actions(home, machine, "team/app"), "welcome: there is something it may do"
    assert catalog(home, machine) == frozenset()
    give(home, "Container Registry Repository Catalog Lister", f"{home.r}/contoso", name=OTHER)
    assert catalog(home, machine) == frozenset("*")


def test_the_admin_user_and_everybody(home: Cloud) -> None:
    admin = Principal(id="contoso", kind="admin", name="contoso")
    assert actions(home, admin) == authorization.EVERYTHING
    assert actions(home, ANONYMOUS) == frozenset()
    home.ask("PATCH", f"{home.r}/contoso", {"properties": {"anonymousPullEnabled": True}})
    assert actions(home, ANONYMOUS) == PULL
    assert catalog(home, ANONYMOUS) == frozenset("*")


def test_unknown_scopes_grant_nothing(home: Cloud) -> None:
    registry, owner = home.world.state.registries["contoso"], principal(home, "acrlab-sp")
    assert authorization.token_actions(home.world, registry, owner, "registry", "nonsense") == frozenset()
    assert authorization.token_actions(home.world, registry, owner, "nonsense", "app") == frozenset()


def test_every_newcomer_has_its_role_from_the_start(bare: Cloud) -> None:
    for row in directory.SEEDED:
        found = authorization.held(bare.world, principal(bare, row.name), bare.s)
        assert [each.role.name for each in found] == [row.role]
    assert bare.world.journal.marks()["genesis"] == bare.world.journal.position
