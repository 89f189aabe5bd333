"""Custom roles: defined, listed where they may be assigned, held, changed, and refused."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.models import Permission, RoleDefinition

from acrlab.domain import actions, roles
from acrlab.engine import authorization, directory, table
from tests.arm.cloud import Answer, Cloud
from tests.arm.test_sdk import client

V = "2022-04-01"
ROLE = "0c0ffee0-1111-4111-8111-111111111111"
OTHER = "0c0ffee0-2222-4222-8222-222222222222"
P = "Microsoft.ContainerRegistry/registries"
PULLER = {"actions": [f"{P}/pull/read", f"{P}/read"], "notActions": [], "dataActions": [], "notDataActions": []}


@pytest.fixture
def home(cloud: Cloud) -> Cloud:
    """With a registry, and a machine that holds no role at all."""
    cloud.registry()
    for each in [each.id for each in authorization.assignments(cloud.world)]:
        if cloud.world.state.resources[each.lower()].body["properties"]["principalId"] == cloud.id_of("acrlab-vm"):
            assert cloud.ask("DELETE", each, version=V).status == 200
    return cloud


def path(scope: str, name: str = ROLE) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}"


def define(
    cloud: Cloud, permission: dict[str, Any] = PULLER, *, name: str = ROLE, title: str = "Puller",
    who: str = "acrlab-sp", scopes: list[str] | None = None, at: str = "", **more: Any,
) -> Answer:  # fmt: skip
    scopes = [cloud.s] if scopes is None else scopes
    properties = {"roleName": title, "type": "CustomRole", "assignableScopes": scopes, "permissions": [permission]}
    return cloud.ask("PUT", path(at or cloud.s, name), {"properties": properties | more}, version=V, who=who)


def give(cloud: Cloud, role: str, scope: str, name: str = OTHER, **more: Any) -> Answer:
    body = {"properties": {"roleDefinitionId": path(cloud.s, role), "principalId": cloud.id_of("acrlab-vm"), **more}}
    return cloud.ask("PUT", f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", body, version=V)


def content(cloud: Cloud, repository: str) -> frozenset[str]:
    who = directory.principal(directory.seeded(cloud.world, "acrlab-vm"))
    return authorization.token_actions(
        cloud.world, cloud.world.state.registries["contoso"], who, "repository", repository
    )


def names(cloud: Cloud, scope: str, query: str = "") -> list[str]:
    terms = f"$filter={query}" if query else ""
    found = cloud.ask("GET", f"{scope}/providers/Microsoft.Authorization/roleDefinitions", version=V, query=terms)
    return [each["properties"]["roleName"] for each in found.json["value"]]


def test_a_role_is_defined_shown_changed_and_deleted(home: Cloud) -> None:
    made = define(home, description="pulls")
    assert made.status == 201
    properties = made.json["properties"]
    assert (properties["roleName"], properties["type"], properties["description"]) == ("Puller", "CustomRole", "pulls")
    assert properties["permissions"] == [PULLER] and properties["assignableScopes"] == [home.s]
    assert properties["createdBy"] == home.id_of("acrlab-sp")
    assert made.json["id"] == path(home.s)
    assert home.ask("GET", path(home.s), version=V).json == made.json
    changed = define(home, {**PULLER, "actions": [f"{P}/pull/read"]}, title="Puller only")
    assert changed.status == 201 and names(home, home.s, "roleName eq 'puller only'") == ["Puller only"]
    assert home.ask("DELETE", path(home.s), version=V).json == changed.json
    assert home.ask("DELETE", path(home.s), version=V).status == 204
    missing = home.ask("GET", path(home.s), version=V)
    assert (missing.status, missing.code) == (404, "RoleDefinitionDoesNotExist")


def test_the_official_client_sees_the_same(home: Cloud) -> None:
    def wanted(*allowed: str) -> RoleDefinition:
        return RoleDefinition(role_name="Puller", assignable_scopes=[home.g], permissions=[Permission(actions=allowed)])

    with client(AuthorizationManagementClient, home) as rights:
        made = rights.role_definitions.create_or_update(home.s, ROLE, wanted("*/read"))
        assert (made.role_name, made.role_type) == ("Puller", "CustomRole")
        listed = list(rights.role_definitions.list(home.g, filter="type eq 'CustomRole'"))
        assert [each.id for each in listed] == [made.id]
        assert rights.role_definitions.get_by_id(made.id).permissions[0].actions == ["*/read"]
        with pytest.raises(HttpResponseError, match="InvalidActionOrNotAction"):
            rights.role_definitions.create_or_update(home.s, ROLE, wanted(f"{P}/fly"))
        assert rights.role_definitions.delete(home.s, ROLE).id == made.id


def test_it_is_listed_where_it_may_be_assigned(home: Cloud) -> None:
    home.group("other")
    define(home, scopes=[home.g])
    assert "Puller" in names(home, home.g) and "Puller" in names(home, f"{home.r}/contoso")
    assert "Puller" not in names(home, home.s)
    assert "Puller" in names(home, home.s, "atScopeAndBelow()")
    assert "Puller" not in names(home, f"{home.s}/resourceGroups/other")
    assert names(home, home.g, "type eq 'CustomRole'") == ["Puller"]
    assert give(home, ROLE, f"{home.r}/contoso").status == 201
    outside = give(home, ROLE, f"{home.s}/resourceGroups/other", name="33333333-3333-4333-8333-333333333333")
    assert (outside.status, outside.code) == (400, "RoleAssignmentScopeNotAssignableToRoleDefinition")
    assert give(home, ROLE, home.s, name="33333333-3333-4333-8333-333333333333").status == 400


def test_it_opens_exactly_what_it_says(home: Cloud) -> None:
    assert home.ask("GET", f"{home.r}/contoso", who="acrlab-vm").status == 403
    define(home, {**PULLER, "actions": [f"{P}/*"], "notActions": [f"{P}/listCredentials/action", f"{P}/push/write"]})
    give(home, ROLE, f"{home.r}/contoso")
    assert home.ask("GET", f"{home.r}/contoso", who="acrlab-vm").status == 200
    denied = home.ask("POST", f"{home.r}/contoso/listCredentials", who="acrlab-vm")
    assert denied.code == "AuthorizationFailed" and "listCredentials/action" in denied.message
    assert "Puller at" in " ".join(home.world.refusals[-1].because)
    assert {"pull", "delete"} <= content(home, "app") and "push" not in content(home, "app")
    define(home, {**PULLER, "actions": [f"{P}/read"]})
    assert content(home, "app") == frozenset(), "a changed role changes what its holders may do"


def test_data_actions_count_in_the_other_mode_with_their_condition(home: Cloud) -> None:
    reading = {"actions": [], "dataActions": [f"{P}/repositories/content/read", f"{P}/repositories/metadata/read"]}
    define(home, reading)
    condition = "@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringStartsWithIgnoreCase 'team/'"
    assert give(home, ROLE, f"{home.r}/contoso", condition=condition, conditionVersion="2.0").status == 201
    assert content(home, "team/app") == frozenset(), "legacy permissions look at actions alone"
    home.ask("PATCH", f"{home.r}/contoso", {"properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}})
    assert content(home, "team/app") == {"pull", "metadata_read"}
    assert content(home, "other/app") == frozenset()


def test_who_defines_a_role_may_do_so_at_all_its_scopes(home: Cloud) -> None:
    define(home, {"actions": ["Microsoft.Authorization/roleDefinitions/*"]}, title="Role maker")
    give(home, ROLE, home.g)
    home.group("other")
    other = f"{home.s}/resourceGroups/other"
    refused = define(home, name=OTHER, title="Mine", who="acrlab-vm", at=home.g, scopes=[home.g, other])
    assert (refused.status, refused.code) == (403, "LinkedAuthorizationFailed") and other in refused.message
    assert define(home, name=OTHER, title="Mine", who="acrlab-vm", at=home.g, scopes=[home.g]).status == 201
    assert define(home, name=OTHER, title="Mine", who="acrlab-vm").code == "AuthorizationFailed"


def test_a_role_that_is_held_stays(home: Cloud) -> None:
    define(home)
    given = give(home, ROLE, home.g)
    kept = home.ask("DELETE", path(home.s), version=V)
    assert (kept.status, kept.code) == (400, "RoleDefinitionHasAssignments")
    assert kept.message == "There are existing role assignments referencing role."
    assert given.json["id"] in home.world.refusals[-1].because[0]
    assert home.ask("DELETE", given.json["id"], version=V).status == 200
    assert home.ask("DELETE", path(home.s), version=V).status == 200


@pytest.mark.parametrize(
    ("permission", "more", "code"),
    [
        ({"actions": [f"{P}/fly"]}, {}, "InvalidActionOrNotAction"),
        ({"actions": ["*"], "notActions": [f"{P}/fly/*"]}, {}, "InvalidActionOrNotAction"),
        ({"actions": ["nonsense"]}, {}, "InvalidActionOrNotAction"),
        ({"actions": [f"{P}/repositories/content/read"]}, {}, "InvalidActionOrNotAction"),
        ({"dataActions": [f"{P}/pull/read"]}, {}, "InvalidDataActionOrNotDataAction"),
        ({"actions": ["x" * 500]}, {}, "InvalidActionOrNotAction"),
        ({"actions": []}, {}, "InvalidRoleDefinition"),
        ({"actions": [1]}, {}, "InvalidRoleDefinition"),
        (PULLER, {"permissions": [PULLER, PULLER]}, "InvalidRoleDefinition"),
        (PULLER, {"permissions": []}, "InvalidRoleDefinition"),
        (PULLER, {"assignableScopes": []}, "InvalidRoleDefinition"),
        (PULLER, {"assignableScopes": ["/"]}, "InvalidRoleDefinition"),
        (PULLER, {"assignableScopes": ["nonsense"]}, "LinkedInvalidPropertyId"),
        (PULLER, {"assignableScopes": [f"/subscriptions/{OTHER}"]}, "LinkedAuthorizationFailed"),
        (PULLER, {"roleName": ""}, "InvalidRoleDefinition"),
        (PULLER, {"roleName": "x" * 513}, "InvalidRoleDefinition"),
        (PULLER, {"roleName": "acrPULL"}, "RoleDefinitionWithSameNameExists"),
        (PULLER, {"surprise": 1}, "InvalidRequestContent"),
        ({"actions": "Microsoft.ContainerRegistry/*"}, {}, "InvalidRequestContent"),
    ],
)  # fmt: skip
def test_what_is_refused(home: Cloud, permission: dict[str, Any], more: dict[str, Any], code: str) -> None:
    before = home.world.version
    assert define(home, permission, **more).code == code
    assert home.world.version == before


def test_an_action_on_the_wrong_list_is_told_so(home: Cloud) -> None:
    define(home, {"actions": [f"{P}/repositories/content/read"]})
    assert "is a data action: list it there" in home.world.refusals[-1].because[0]


def test_names_are_unique_and_ids_are_guids(home: Cloud) -> None:
    define(home)
    taken = define(home, name=OTHER, title="PULLER")
    assert (taken.status, taken.code) == (409, "RoleDefinitionWithSameNameExists")
    assert taken.message == "A role definition cannot be updated with a name that already exists."
    assert define(home, name="no-guid", title="x").code == "InvalidRoleDefinitionId"
    builtin = roles.find("AcrPull")
    assert builtin is not None
    assert define(home, name=builtin.id, title="x").code == "BuiltInRoleDefinitionNotModifiable"
    assert home.ask("DELETE", path(home.s, builtin.id), version=V).code == "BuiltInRoleDefinitionNotModifiable"


def test_the_catalogue_has_every_action_that_the_table_asks_for() -> None:
    known = {each.lower() for each in actions.catalogue()}
    for row in table.TABLE.values():
        if row.namespace == actions.NAMESPACE:
            wanted = {row.allows(method) for method in row.methods} | {row.needs(action) for action in row.actions}
            lacking = {each for each in wanted if each.lower() not in known}
            assert not lacking
    for need in roles.OPERATIONS.values():
        assert all(actions.exists(each, need.data) for alternative in need.any_of for each in alternative)
    for role in roles.BUILTIN.values():
        assert all(map(actions.exists, role.actions))
        assert all(actions.exists(each, True) for each in role.data_actions)
