"""Management locks: what each level stops at each scope, and what it does not."""

from typing import Any

import pytest

from tests.arm.cloud import Answer, Cloud

V = "2016-09-01"
TAIL = "providers/Microsoft.Authorization/locks"
GUID = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def home(cloud: Cloud) -> Cloud:
    """With a registry that has an admin user and a webhook."""
    cloud.registry(adminUserEnabled=True)
    assert cloud.ask("PUT", f"{cloud.r}/contoso/webhooks/hooked", HOOK).status == 200
    return cloud


HOOK = {"location": "westus", "properties": {"serviceUri": "https://x.example", "actions": ["push"]}}


def lock(cloud: Cloud, scope: str, level: str = "CanNotDelete", name: str = "keep", **more: Any) -> Answer:
    return cloud.ask("PUT", f"{scope}/{TAIL}/{name}", {"properties": {"level": level, **more}}, version=V)


def scopes(cloud: Cloud) -> dict[str, str]:
    contoso = f"{cloud.r}/contoso"
    return {"subscription": cloud.s, "group": cloud.g, "registry": contoso, "child": f"{contoso}/webhooks/hooked"}


def refused(answer: Answer, verb: str, scope: str, locked: str) -> None:
    assert (answer.status, answer.code) == (409, "ScopeLocked")
    assert answer.message == (
        f"The scope '{scope}' cannot perform {verb} operation because following scope(s) are locked: '{locked}'. "
        "Please remove the lock and try again."
    )


@pytest.mark.parametrize("where", ["subscription", "group", "registry", "child"])
def test_a_lock_is_set_shown_listed_changed_and_lifted(home: Cloud, where: str) -> None:
    scope = scopes(home)[where]
    made = lock(home, scope, notes="until June", owners=[{"applicationId": GUID}])
    assert made.status == 201
    assert made.json == {
        "id": f"{scope}/{TAIL}/keep", "name": "keep", "type": "Microsoft.Authorization/locks",
        "properties": {"level": "CanNotDelete", "notes": "until June", "owners": [{"applicationId": GUID}]},
    }  # fmt: skip
    assert home.ask("GET", f"{scope}/{TAIL}/keep", version=V).json == made.json
    later = home.ask("GET", f"{scope}/{TAIL}/keep", version="2020-05-01").json
    assert later["systemData"]["createdByType"] == "Application"
    changed = lock(home, scope, "readonly")
    assert (changed.status, changed.json["properties"]["level"]) == (200, "ReadOnly")
    assert home.ask("DELETE", f"{scope}/{TAIL}/keep", version=V).status == 200
    assert home.ask("DELETE", f"{scope}/{TAIL}/keep", version=V).status == 204
    missing = home.ask("GET", f"{scope}/{TAIL}/keep", version=V)
    assert (missing.status, missing.code) == (404, "LockNotFound")


def test_lists_look_inside_or_above(home: Cloud) -> None:
    for name, scope in scopes(home).items():
        lock(home, scope, name=f"on-{name}")

    def names(scope: str, query: str = "") -> list[str]:
        return [each["name"] for each in home.ask("GET", f"{scope}/{TAIL}", version=V, query=query).json["value"]]

    assert sorted(names(home.s)) == ["on-child", "on-group", "on-registry", "on-subscription"]
    assert sorted(names(home.g)) == ["on-child", "on-group", "on-registry"]
    assert sorted(names(f"{home.r}/contoso")) == ["on-child", "on-registry"]
    assert sorted(names(f"{home.r}/contoso", "$filter=atScope()")) == ["on-group", "on-registry", "on-subscription"]
    home.registry("fabrikam")
    assert names(f"{home.r}/fabrikam") == []


@pytest.mark.parametrize("where", ["subscription", "group", "registry"])
def test_cannot_delete_stops_deletions_and_nothing_else(home: Cloud, where: str) -> None:
    scope, contoso = scopes(home)[where], f"{home.r}/contoso"
    lock(home, scope)
    refused(home.ask("DELETE", contoso), "delete", contoso, scope)
    refused(home.ask("DELETE", f"{contoso}/webhooks/hooked"), "delete", f"{contoso}/webhooks/hooked", scope)
    assert home.ask("PATCH", contoso, {"tags": {"a": "b"}}).status == 200
    assert home.ask("POST", f"{contoso}/listCredentials").status == 200
    assert home.ask("PUT", f"{contoso}/webhooks/other", HOOK).status == 200
    assert home.ask("DELETE", f"{scope}/{TAIL}/keep", version=V).status == 200
    assert home.ask("DELETE", contoso).status in (200, 202)


@pytest.mark.parametrize("where", ["subscription", "group", "registry"])
def test_read_only_stops_writes_and_actions_too(home: Cloud, where: str) -> None:
    scope, contoso = scopes(home)[where], f"{home.r}/contoso"
    lock(home, scope, "ReadOnly")
    refused(home.ask("PATCH", contoso, {"tags": {}}), "write", contoso, scope)
    refused(home.ask("POST", f"{contoso}/listCredentials"), "write", contoso, scope)
    refused(home.ask("POST", f"{contoso}/importImage", {}), "write", contoso, scope)
    refused(home.ask("PUT", f"{contoso}/webhooks/new01", HOOK), "write", f"{contoso}/webhooks/new01", scope)
    refused(home.ask("DELETE", contoso), "delete", contoso, scope)
    assert home.ask("GET", contoso).status == 200
    assert home.ask("GET", f"{contoso}/listUsages").status == 200
    asked = {"name": "contoso2", "type": "Microsoft.ContainerRegistry/registries"}
    free = home.ask("POST", f"{home.s}/providers/Microsoft.ContainerRegistry/checkNameAvailability", asked)
    assert free.json["nameAvailable"] is True, "it only looks"


def test_what_would_go_along_is_looked_at(home: Cloud) -> None:
    contoso, hook = f"{home.r}/contoso", f"{home.r}/contoso/webhooks/hooked"
    lock(home, hook)
    refused(home.ask("DELETE", home.g, version="2024-11-01"), "delete", home.g, hook)
    refused(home.ask("DELETE", contoso), "delete", contoso, hook)
    lock(home, contoso, "ReadOnly")
    both = home.ask("DELETE", home.g, version="2024-11-01")
    assert f"are locked: '{contoso}','{hook}'. " in both.message
    because = home.world.refusals[-1].because
    assert f"the lock keep (ReadOnly) on {contoso} stands against it" in because
    assert home.ask("PATCH", home.g, {"tags": {}}, version="2024-11-01").status == 200, "what lies below is not written"
    assert home.group("other").status == 201
    assert home.ask("DELETE", f"{home.s}/resourceGroups/other", version="2024-11-01").status == 202


def test_roles_given_at_a_locked_scope(home: Cloud) -> None:
    """Source: lock-resources (2025): ReadOnly keeps roles from being given, CanNotDelete from being taken."""
    contoso = f"{home.r}/contoso"
    given = f"{contoso}/providers/Microsoft.Authorization/roleAssignments/{GUID}"
    definition = f"{home.s}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"
    body = {"properties": {"roleDefinitionId": definition, "principalId": home.id_of("reader")}}
    lock(home, contoso, "ReadOnly")
    refused(home.ask("PUT", given, body, version="2022-04-01"), "write", given, contoso)
    lock(home, contoso, "CanNotDelete")
    assert home.ask("PUT", given, body, version="2022-04-01").status == 201
    refused(home.ask("DELETE", given, version="2022-04-01"), "delete", given, contoso)
    at_group = given.replace("/providers/Microsoft.ContainerRegistry/registries/contoso", "")
    assert home.ask("PUT", at_group, body, version="2022-04-01").status == 201
    assert home.ask("DELETE", at_group, version="2022-04-01").status == 200, "the lock is not on the group"


def test_a_template_is_stopped_as_well(home: Cloud) -> None:
    lock(home, f"{home.r}/contoso", "ReadOnly")
    resource = {
        "type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2023-07-01", "name": "contoso",
        "location": "westus", "sku": {"name": "Premium"}, "properties": {},
    }  # fmt: skip
    template = {"$schema": "x", "contentVersion": "1.0.0.0", "resources": [resource]}
    path = f"{home.g}/providers/Microsoft.Resources/deployments/one"
    body = {"properties": {"mode": "Incremental", "template": template}}
    assert home.ask("PUT", path, body, version="2024-11-01").status == 201
    found = home.ask("GET", path, version="2024-11-01").json["properties"]
    assert found["provisioningState"] == "Failed" and "ScopeLocked" in str(found["error"])


def test_who_may_lock(home: Cloud) -> None:
    contoso = f"{home.r}/contoso"
    body = {"properties": {"level": "ReadOnly"}}
    answer = home.ask("PUT", f"{contoso}/{TAIL}/mine", body, version=V, who="acrlab-vm")
    assert (answer.status, answer.code) == (403, "AuthorizationFailed"), "a Contributor may not"
    lock(home, contoso, "ReadOnly")
    locked = home.ask("DELETE", contoso, who="reader")
    assert locked.code == "AuthorizationFailed", "roles are asked before locks"


@pytest.mark.parametrize(
    ("body", "name", "code"),
    [
        ({"properties": {}}, "keep", "InvalidRequestContent"),
        ({}, "keep", "InvalidRequestContent"),
        ({"properties": {"level": "NotSpecified"}}, "keep", "InvalidRequestContent"),
        ({"properties": {"level": "ReadOnly", "notes": "x" * 513}}, "keep", "InvalidLock"),
        ({"properties": {"level": "ReadOnly", "surprise": 1}}, "keep", "InvalidRequestContent"),
        ({"properties": {"level": "ReadOnly"}}, "a" * 261, "LockNameInvalid"),
        ({"properties": {"level": "ReadOnly"}}, "a&b", "LockNameInvalid"),
        ([], "keep", "InvalidRequestContent"),
    ],
)
def test_what_is_no_lock(home: Cloud, body: Any, name: str, code: str) -> None:
    before = home.world.version
    assert home.ask("PUT", f"{home.g}/{TAIL}/{name}", body, version=V).code == code
    assert home.world.version == before


def test_what_is_not_there_is_not_locked(home: Cloud) -> None:
    assert lock(home, f"{home.r}/nothing").code == "ResourceNotFound"
    assert lock(home, f"{home.s}/resourceGroups/none").code == "ResourceGroupNotFound"


def test_locks_go_with_what_they_stood_on(home: Cloud) -> None:
    home.registry("fabrikam")
    lock(home, f"{home.r}/fabrikam", name="gone")
    home.ask("DELETE", f"{home.r}/fabrikam/{TAIL}/gone", version=V)
    lock(home, f"{home.r}/contoso")
    assert home.ask("DELETE", f"{home.r}/fabrikam").status in (200, 202)
    assert len(home.ask("GET", f"{home.s}/{TAIL}", version=V).json["value"]) == 1
