"""Cache rules, credential sets, and the first pull that fills a cache."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from tests.arm import test_vaults as vaults
from tests.arm.cloud import NEWEST, Cloud
from tests.arm.test_sdk import client
from tests.lifecycle.content import Shelf
from tests.lifecycle.test_imports import Library

Make = Callable[..., Shelf]
SECRET = "https://vaulty.vault.azure.net/secrets/name"


def cached(cloud: Cloud, source: str, target: str, name: str = "rule1", **more: Any) -> Any:
    body = {"properties": {"sourceRepository": source, "targetRepository": target, **more}}
    return cloud.ask("PUT", f"{cloud.r}/contoso/cacheRules/{name}", body)


def test_the_sdk_makes_a_set_and_a_rule_and_takes_them_apart(cloud: Cloud, shelf: Make) -> None:
    shelf()
    auth = {"name": "Credential1", "usernameSecretIdentifier": SECRET, "passwordSecretIdentifier": SECRET}
    wanted = {
        "identity": {"type": "SystemAssigned"}, "properties": {"loginServer": "docker.io", "authCredentials": [auth]},
    }  # fmt: skip
    with client(ContainerRegistryManagementClient, cloud) as acr:
        made = acr.credential_sets.begin_create("lab", "contoso", "hub-login", wanted).result()
        assert made.identity.principal_id in cloud.world.state.principals
        assert made.properties.auth_credentials[0].credential_health.status == "Unhealthy"
        rule = {
            "properties": {
                "sourceRepository": "docker.io/library/ubuntu", "targetRepository": "ubuntu",
                "credentialSetResourceId": made.id,
            }
        }  # fmt: skip
        found = acr.cache_rules.begin_create("lab", "contoso", "ubuntu-rule", rule).result()
        assert found.properties.credential_set_resource_id == made.id
        none = {"properties": {"credentialSetResourceId": None}}
        found = acr.cache_rules.begin_update("lab", "contoso", "ubuntu-rule", none).result()
        assert found.properties.credential_set_resource_id is None
        assert [each.name for each in acr.cache_rules.list("lab", "contoso")] == ["ubuntu-rule"]
        acr.cache_rules.begin_delete("lab", "contoso", "ubuntu-rule").result()
        acr.credential_sets.begin_delete("lab", "contoso", "hub-login").result()
        assert list(acr.credential_sets.list("lab", "contoso")) == []
    assert made.identity.principal_id not in cloud.world.state.principals


def test_the_first_pull_fills_the_cache_and_the_next_needs_no_upstream(cloud: Cloud, shelf: Make) -> None:
    source, target = shelf("fabrikam", anonymousPullEnabled=True), shelf()
    children = [source.push("team/app", text=text) for text in ("one", "two")]
    source.index("team/app", *children, tags=("v1",))
    source.push("team/app", "v2", text="three")
    assert cached(cloud, "fabrikam.azurecr.io/team/app", "mirror").status == 201
    assert target.tags("mirror") == []
    assert target.pull("mirror", "v1").raw == source.pull("team/app", "v1").raw
    assert target.tags("mirror") == ["v1"] and not set(children) & set(target.digests("mirror"))
    assert target.pull("mirror", children[0]).raw == source.pull("team/app", children[0]).raw
    assert cloud.ask("DELETE", source.id).status == 200
    assert target.pull("mirror", "v1").status == target.pull("mirror", children[0]).status == 200
    assert target.pull("mirror", "v2").code == target.pull("mirror", children[1]).code == "MANIFEST_UNKNOWN"


def test_a_tag_that_moves_upstream_is_followed_after_five_minutes(cloud: Cloud, shelf: Make) -> None:
    """Until then, and when upstream does not answer, what is held is served; a copy by import is never followed."""
    source, target = shelf("fabrikam", anonymousPullEnabled=True), shelf()
    first = source.push("app", "v1", text="one")
    cached(cloud, "fabrikam.azurecr.io/app", "mirror")
    copied = {"source": {"resourceId": source.id, "sourceImage": "app:v1"}, "targetTags": ["copy:v1"]}
    assert cloud.ask("POST", f"{cloud.r}/contoso/importImage", copied).status == 202
    assert target.pull("mirror", "v1").headers["docker-content-digest"] == first
    second = source.push("app", "v1", text="two")
    cloud.world.advance(299)
    assert target.pull("mirror", "v1").headers["docker-content-digest"] == first
    cloud.world.advance(1)
    before = cloud.world.version
    assert target.pull("mirror", "v1").headers["docker-content-digest"] == second
    assert target.pull("mirror", first).status == 200 and cloud.world.version > before
    cloud.world.advance(600)
    before = cloud.world.version
    assert target.pull("mirror", "v1").status == 200 and cloud.world.version == before
    source.push("app", "v1", text="three")
    assert target.ask("PATCH", "/acr/v1/mirror/_tags/v1", b'{"writeEnabled":false}').status == 200
    assert target.pull("mirror", "v1").headers["docker-content-digest"] == second
    assert cloud.ask("DELETE", source.id).status == 200
    assert target.pull("mirror", "v1").headers["docker-content-digest"] == second
    assert target.pull("copy", "v1").headers["docker-content-digest"] == first


def test_a_wildcard_fills_any_repository_below_and_a_fixed_rule_goes_first(cloud: Cloud, shelf: Make) -> None:
    source, target = shelf("fabrikam", anonymousPullEnabled=True), shelf()
    source.push("library/a", "v1", text="a")
    source.push("library/b", "v1", text="b")
    assert cached(cloud, "fabrikam.azurecr.io/library/*", "hub/*").status == 201
    assert cached(cloud, "fabrikam.azurecr.io/library/b", "hub/a", "rule2").status == 201
    assert target.pull("hub/b", "v1").raw == source.pull("library/b", "v1").raw
    assert target.pull("hub/a", "v1").raw == source.pull("library/b", "v1").raw
    assert target.pull("hub/c", "v1").code == target.pull("elsewhere", "v1").code == "MANIFEST_UNKNOWN"
    assert target.ask("GET", "/v2/_catalog").json["repositories"] == ["hub/a", "hub/b"]


def test_a_source_that_asks_for_a_credential_is_not_read(cloud: Cloud, shelf: Make) -> None:
    source, target = shelf("fabrikam"), shelf()
    source.push("app", "v1")
    cached(cloud, "fabrikam.azurecr.io/app", "mirror")
    assert target.pull("mirror", "v1").code == "MANIFEST_UNKNOWN"
    assert any("cache rule rule1 covers mirror" in each for each in cloud.world.refusals[-1].because)


def test_a_credential_is_read_from_the_vault_and_judged_by_the_source(cloud: Cloud, shelf: Make) -> None:
    """Unhealthy until the set's identity may read its vault; then the source's own judgement of the password counts."""
    source, target = shelf("fabrikam"), shelf()
    source.push("app", "v1")
    vaults.create(cloud)
    vaults.assign(cloud, "Key Vault Administrator", cloud.id_of("acrlab-sp"))
    names = ("user", "password")
    for name, value in zip(names, ("fabrikam", "wrong"), strict=True):
        assert vaults.ask(cloud, "PUT", f"/secrets/{name}", {"value": value}).status == 200
    auth = {f"{name}SecretIdentifier": f"https://{vaults.HOST}/secrets/{key}"
            for name, key in zip(("username", "password"), names, strict=True)}  # fmt: skip
    wanted = {
        "identity": {"type": "SystemAssigned"},
        "properties": {"loginServer": "fabrikam.azurecr.io", "authCredentials": [{"name": "Credential1", **auth}]},
    }
    made = cloud.ask("PUT", f"{cloud.r}/contoso/credentialSets/neighbour", wanted).json
    cached(cloud, "fabrikam.azurecr.io/app", "mirror", credentialSetResourceId=made["id"])

    def health() -> Any:
        shown = cloud.ask("GET", f"{cloud.r}/contoso/credentialSets/neighbour").json
        return shown["properties"]["authCredentials"][0]["credentialHealth"]

    assert health()["errorCode"] == "Forbidden" and target.pull("mirror", "v1").status == 404
    vaults.assign(cloud, "Key Vault Secrets User", made["identity"]["principalId"])
    assert health() == {"status": "Healthy"} and target.pull("mirror", "v1").status == 404
    right = source.cloud.world.state.registries["fabrikam"].passwords[0]
    vaults.ask(cloud, "PUT", "/secrets/password", {"value": right})
    assert target.pull("mirror", "v1").raw == source.pull("app", "v1").raw


def test_a_rule_reads_another_registry_as_its_identity(cloud: Cloud, shelf: Make) -> None:
    """No password is needed: an identity that is assigned to the rule, and a role of it at the source."""
    source, target = shelf("fabrikam"), shelf()
    source.push("team/app", "v1")
    path = f"{cloud.g}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
    identity = cloud.ask("PUT", path, {"location": "westus"}, version="2023-01-31").json
    block = {"type": "UserAssigned", "userAssignedIdentities": {identity["id"]: {}}}
    own = {"sourceRepository": "fabrikam.azurecr.io/team/*", "targetRepository": "mirror/*"}
    where = f"{cloud.r}/contoso/cacheRules/rule1"
    nobody = {"type": "UserAssigned", "userAssignedIdentities": {f"{path}x": {}}}
    refused = cloud.ask("PUT", where, {"properties": own, "identity": nobody}, version=NEWEST)
    assert refused.code == "FailedIdentityOperation"
    made = cloud.ask("PUT", where, {"properties": own, "identity": block}, version=NEWEST)
    shown = made.json["identity"]["userAssignedIdentities"][identity["id"]]
    assert made.status == 201 and shown["principalId"] == identity["properties"]["principalId"]
    assert target.pull("mirror/app", "v1").status == 404
    assert any("managedIdentity reader may not pull" in each for each in cloud.world.refusals[-1].because)
    role = "7f951dda-4ed3-4680-a7ca-43fe172d538d"  # AcrPull
    given = {"roleDefinitionId": f"{cloud.s}/providers/Microsoft.Authorization/roleDefinitions/{role}"}
    given["principalId"] = identity["properties"]["principalId"]
    at = f"{source.id}/providers/Microsoft.Authorization/roleAssignments/{cloud.world.uuid()}"
    assert cloud.ask("PUT", at, {"properties": given}, version="2022-04-01").status == 201
    assert target.pull("mirror/app", "v1").raw == source.pull("team/app", "v1").raw
    kept = cloud.ask("PATCH", where, {"properties": {}}, version=NEWEST).json
    assert "userAssignedIdentities" in kept["identity"]
    assert "identity" not in cloud.ask("PATCH", where, {"identity": {"type": "None"}}, version=NEWEST).json
    assert target.pull("mirror/app", "v2").status == 404


def test_a_registry_outside_is_cached_too(cloud: Cloud, shelf: Make) -> None:
    target, library = shelf(), Library()
    cloud.world.upstreams = lambda host: library if host == "docker.io" else None
    cached(cloud, "docker.io/library/*", "hub/*")
    library.corrupt = True
    assert target.pull("hub/hello", "latest").status == 404 and target.digests("hub/hello") == []
    library.corrupt = False
    assert target.pull("hub/hello", "latest").raw == library.raw and target.tags("hub/hello") == ["latest"]


@pytest.mark.parametrize(
    ("source", "target", "more", "code"),
    [
        ("docker.io/library/ubuntu", "taken", {}, "CacheRuleConflict"),
        ("docker.io/library/ubuntu", "fixed", {}, "CacheRuleConflict"),
        ("docker.io/library/*", "wild/below/*", {}, "CacheRuleConflict"),
        ("docker.io/library/*", "*", {}, "CacheRuleConflict"),
        ("docker.io/library/*", "plain", {}, "InvalidCacheRule"),
        ("docker.io/library*", "plain*", {}, "InvalidCacheRule"),
        ("ubuntu", "plain", {}, "InvalidCacheRule"),
        ("docker.io/Ubuntu", "plain", {}, "InvalidCacheRule"),
        ("docker.io/ubuntu", "", {}, "InvalidCacheRule"),
        ("docker.io/ubuntu", "plain", {"credentialSetResourceId": "/subscriptions"}, "LinkedInvalidPropertyId"),
        ("docker.io/ubuntu", "plain", {"credentialSetResourceId": "{own}/credentialSets/no"}, "CredentialSetNotFound"),
        ("docker.io/ubuntu", "plain", {"credentialSetResourceId": "{own}/cacheRules/wild1"}, "CredentialSetNotFound"),
    ],
)  # fmt: skip
def test_what_a_rule_cannot_be(cloud: Cloud, shelf: Make, source: str, target: str, more: Any, code: str) -> None:
    registry = shelf()
    registry.push("taken", "v1")
    assert cached(cloud, "docker.io/library/*", "wild/*", "wild1").status == 201
    assert cached(cloud, "docker.io/library/debian", "fixed", "fixed1").status == 201
    assert cached(cloud, "docker.io/library/debian", "wild/debian", "under1").status == 201
    before = cloud.world.version
    more = {name: value.replace("{own}", registry.id) for name, value in more.items()}
    assert cached(cloud, source, target, **more).code == code
    assert cached(cloud, "docker.io/a", "other", "fixed1").code == "PropertyChangeNotAllowed"
    assert cached(cloud, "docker.io/a", "other", "r").code == "InvalidResourceName"
    assert cloud.world.version == before


def test_cache_and_soft_delete_exclude_each_other(cloud: Cloud, shelf: Make) -> None:
    shelf()
    on = {"properties": {"policies": {"softDeletePolicy": {"status": "enabled"}}}}
    cached(cloud, "docker.io/library/debian", "debian")
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", on, version=NEWEST).code == "FeatureConflict"
    cloud.ask("DELETE", f"{cloud.r}/contoso/cacheRules/rule1")
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", on, version=NEWEST).status == 200
    assert cached(cloud, "docker.io/library/debian", "debian").code == "FeatureConflict"


@pytest.mark.parametrize(
    "properties",
    [
        {}, {"loginServer": "docker.io"},
        {"loginServer": "docker.io", "authCredentials": [{"name": "Credential1"}]},
        {"loginServer": "docker.io", "authCredentials": [
            {"usernameSecretIdentifier": "http://x", "passwordSecretIdentifier": SECRET}
        ]},
    ],
)  # fmt: skip
def test_what_a_credential_set_cannot_be(cloud: Cloud, shelf: Make, properties: Any) -> None:
    shelf()
    answer = cloud.ask("PUT", f"{cloud.r}/contoso/credentialSets/hub-login", {"properties": properties})
    assert answer.code == "InvalidCredentialSet"
