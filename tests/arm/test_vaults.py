"""Key vaults: the resource, what is inside and who may, and a registry encrypted with a key of its own."""

from typing import Any

import msgspec
import pytest

from acrlab.domain.vault_errors import VaultForbidden
from acrlab.engine import directory, entra
from acrlab.engine.vaults import items
from acrlab.wire.http import Request, Response
from tests.arm.cloud import Answer, Cloud

KIND = "Microsoft.KeyVault/vaults"
HOST = "safe.vault.azure.net"
ROLES = {
    "Key Vault Administrator": "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
}


def create(cloud: Cloud, name: str = "safe", **properties: Any) -> Answer:
    body = {"location": "westus", "properties": {"enableRbacAuthorization": True, **properties}}
    return cloud.ask("PUT", f"{cloud.g}/providers/{KIND}/{name}", body, version="2023-02-01")


def assign(cloud: Cloud, role: str, principal: str) -> None:
    properties = {
        "roleDefinitionId": f"{cloud.s}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role]}",
        "principalId": principal,
    }
    path = f"{cloud.g}/providers/{KIND}/safe/providers/Microsoft.Authorization/roleAssignments/{cloud.world.uuid()}"
    assert cloud.ask("PUT", path, {"properties": properties}, version="2022-04-01").status == 201


def ask(
    cloud: Cloud, method: str, path: str, body: Any = None, *, who: str = "acrlab-sp", query: str = "", raw: bytes = b""
) -> Answer:
    headers = {}
    if who:
        identity = directory.find(cloud.world, who)
        assert identity is not None
        token = entra.issue(cloud.world, directory.principal(identity), "https://vault.azure.net")
        headers["authorization"] = f"Bearer {token}"
    answer = cloud.app.begin(Request(method, HOST, path, f"api-version=7.4{query}", headers, authority=HOST))
    if not isinstance(answer, Response):
        answer.write(raw or (msgspec.json.encode(body) if body is not None else b""))
        answer.seal()
        answer = answer.finish()
    return Answer(answer)


@pytest.fixture
def safe(cloud: Cloud) -> Cloud:
    """With a vault in which the lab's application may do everything."""
    assert create(cloud, enablePurgeProtection=True).status == 201
    assign(cloud, "Key Vault Administrator", cloud.id_of("acrlab-sp"))
    return cloud


def test_the_vault_as_a_resource(cloud: Cloud) -> None:
    shown = create(cloud).json
    assert shown["properties"]["vaultUri"] == f"https://{HOST}/"
    assert shown["properties"]["provisioningState"] == "Succeeded"
    assert create(cloud, "no--vault").code == "VaultNameNotValid"
    cloud.group("other")
    path = f"{cloud.s}/resourceGroups/other/providers/{KIND}/SAFE"
    taken = cloud.ask("PUT", path, {"location": "westus", "properties": {}}, version="2023-02-01")
    assert (taken.status, taken.code) == (409, "VaultAlreadyExists")
    free = cloud.ask(
        "POST", f"{cloud.s}/providers/Microsoft.KeyVault/checkNameAvailability", {"name": "safe", "type": KIND},
        version="2023-02-01",
    )  # fmt: skip
    assert free.json["nameAvailable"] is False
    assert [each["name"] for each in cloud.ask("GET", f"{cloud.s}/providers/{KIND}").json["value"]] == ["safe"]


def test_the_challenge_says_where_to_get_a_token(safe: Cloud) -> None:
    refused = ask(safe, "GET", "/secrets/password", who="")
    assert refused.status == 401
    assert refused.headers["www-authenticate"] == (
        f'Bearer authorization="https://login.microsoftonline.com/{safe.world.state.tenant}", '
        'resource="https://vault.azure.net"'
    )


def test_the_life_of_a_secret(safe: Cloud) -> None:
    first = ask(safe, "PUT", "/secrets/password", {"value": "one", "contentType": "text/plain", "tags": {"a": "b"}})
    second = ask(safe, "PUT", "/secrets/password", {"value": "two"})
    assert first.json["id"] != second.json["id"]
    assert ask(safe, "GET", "/secrets/password").json["value"] == "two"
    old = first.json["id"].removeprefix(f"https://{HOST}")
    assert ask(safe, "GET", old).json["value"] == "one"
    versions = ask(safe, "GET", "/secrets/password/versions").json["value"]
    assert [each["id"] for each in versions] == [first.json["id"], second.json["id"]]
    assert ask(safe, "PATCH", old, {"attributes": {"enabled": False}}).json["attributes"]["enabled"] is False
    disabled = ask(safe, "GET", old)
    assert (disabled.status, disabled.json["error"]["innererror"]["code"]) == (403, "SecretDisabled")
    assert ask(safe, "DELETE", "/secrets/password").json["recoveryId"] == f"https://{HOST}/deletedsecrets/password"
    assert ask(safe, "GET", "/secrets/password").code == "SecretNotFound"
    assert ask(safe, "PUT", "/secrets/password", {"value": "three"}).status == 409
    assert len(ask(safe, "GET", "/deletedsecrets").json["value"]) == 1
    assert ask(safe, "DELETE", "/deletedsecrets/password").status == 403  # purge protection
    assert ask(safe, "POST", "/deletedsecrets/password/recover").status == 200
    assert ask(safe, "GET", "/secrets/password").json["value"] == "two"


def test_a_list_comes_in_pages(safe: Cloud) -> None:
    for number in range(5):
        ask(safe, "PUT", f"/secrets/s{number}", {"value": "x"})
    first = ask(safe, "GET", "/secrets", query="&maxresults=3").json
    rest = ask(safe, "GET", "/secrets", query="&" + first["nextLink"].partition("&")[2]).json
    names = [each["id"].rpartition("/")[2] for each in (*first["value"], *rest["value"])]
    assert names == [f"s{number}" for number in range(5)]
    assert rest["nextLink"] is None


def test_roles_and_policies_decide(safe: Cloud) -> None:
    ask(safe, "PUT", "/secrets/password", {"value": "one"})
    refused = ask(safe, "GET", "/secrets/password", who="acrlab-reader-sp")
    assert (refused.status, refused.json["error"]["innererror"]["code"]) == (403, "ForbiddenByRbac")
    assert "Microsoft.KeyVault/vaults/secrets/getSecret/action" in refused.message
    assign(safe, "Key Vault Secrets User", safe.id_of("acrlab-reader-sp"))
    assert ask(safe, "GET", "/secrets/password", who="acrlab-reader-sp").status == 200
    assert ask(safe, "PUT", "/secrets/password", {"value": "x"}, who="acrlab-reader-sp").status == 403
    policy = {"objectId": safe.id_of("reader"), "permissions": {"secrets": ["Get"]}, "tenantId": "t"}
    create(safe, enableRbacAuthorization=False, accessPolicies=[policy])
    reader = f"reader@{directory.DOMAIN}"
    assert ask(safe, "GET", "/secrets/password", who=reader).status == 200
    denied = ask(safe, "DELETE", "/secrets/password", who=reader)
    assert denied.json["error"]["innererror"]["code"] == "AccessDenied"


def test_a_runner_reads_a_secret_as_somebody(safe: Cloud) -> None:
    ask(safe, "PUT", "/secrets/password", {"value": "one"})
    somebody = directory.principal(directory.seeded(safe.world, "acrlab-sp"))
    assert items.secret(safe.world, f"https://{HOST}/secrets/password", somebody) == "one"
    nobody = directory.principal(directory.seeded(safe.world, "acrlab-reader-sp"))
    with pytest.raises(VaultForbidden):
        items.secret(safe.world, f"https://{HOST}/secrets/password", nobody)


def test_values_stay_out_of_the_history_and_go_with_the_vault(safe: Cloud) -> None:
    ask(safe, "PUT", "/secrets/password", {"value": "not-to-be-told"})
    secret = safe.world.keys.secret("control").hex()
    answer = safe.app.begin(Request("GET", "localhost", "/_acrlab/events", "", {"authorization": f"Bearer {secret}"}))
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert isinstance(answer.body, bytes)
    assert b"VaultItemPut" in answer.body
    assert b"not-to-be-told" not in answer.body
    assert safe.ask("DELETE", f"{safe.g}/providers/{KIND}/safe", version="2023-02-01").status == 200
    assert safe.world.state.vaults == {}
    assert ask(safe, "GET", "/secrets/password").code == "VaultNotFound"


@pytest.mark.parametrize(
    ("method", "path", "raw"),
    [
        ("PUT", "/secrets/x", b"{"),
        ("PUT", "/secrets/x", b"[]"),
        ("PUT", "/secrets/x", b'{"value": 1}'),
        ("PUT", "/secrets/x", b'{"value": "v", "tags": {"a": 1}}'),
        ("PUT", "/secrets/x", b'{"value": "v", "attributes": {"exp": "soon"}}'),
        ("PUT", "/secrets/x_y", b'{"value": "v"}'),
        ("PUT", "/secrets/x", b'{"value": "v", "contentType": []}'),
        ("POST", "/keys/x/create", b'{"kty": "EC"}'),
        ("POST", "/keys/x/create", b'{"kty": ["RSA"]}'),
        ("POST", "/keys/x/create", b'{"kty": "RSA", "key_size": 1}'),
        ("POST", "/keys/x/create", b'{"kty": "RSA", "key_ops": [{}]}'),
    ],
)
def test_what_a_vault_does_not_take(safe: Cloud, method: str, path: str, raw: bytes) -> None:
    before = safe.world.version
    assert ask(safe, method, path, raw=raw).status == 400
    assert safe.world.version == before


# A registry's own key


@pytest.fixture
def keyed(safe: Cloud) -> tuple[Cloud, dict[str, Any]]:
    """With a key, and the body of a registry that is encrypted with it."""
    key = ask(safe, "POST", "/keys/cmk/create", {"kty": "RSA"}).json["key"]["kid"].rpartition("/")[0]
    identity = safe.ask(
        "PUT", f"{safe.g}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cmk", {"location": "westus"},
        version="2024-11-30",
    ).json  # fmt: skip
    assign(safe, "Key Vault Crypto Service Encryption User", identity["properties"]["principalId"])
    encryption = {
        "status": "enabled",
        "keyVaultProperties": {"keyIdentifier": key, "identity": identity["properties"]["clientId"]},
    }
    return safe, {
        "location": "westus", "sku": {"name": "Premium"}, "properties": {"encryption": encryption},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity["id"]: {}}},
    }  # fmt: skip


def put(cloud: Cloud, body: dict[str, Any], method: str = "PUT") -> Answer:
    return cloud.ask(method, f"{cloud.r}/contoso", body)


def registry(cloud: Cloud) -> int:
    answer = cloud.app.begin(Request("GET", "contoso.azurecr.io", "/v2/", authority="contoso.azurecr.io"))
    assert isinstance(answer, Response)
    return answer.status


def test_a_registry_follows_its_key(keyed: tuple[Cloud, dict[str, Any]]) -> None:
    cloud, body = keyed
    made = put(cloud, body)
    assert made.status == 201
    before = made.json["properties"]["encryption"]["keyVaultProperties"]
    assert before["keyRotationEnabled"] is True
    assert ask(cloud, "POST", "/keys/cmk/rotate").status == 200
    again = cloud.ask("GET", f"{cloud.r}/contoso").json["properties"]["encryption"]["keyVaultProperties"]
    assert again == before  # not at once
    cloud.world.advance(3601)
    later = cloud.ask("GET", f"{cloud.r}/contoso").json["properties"]["encryption"]["keyVaultProperties"]
    assert later["versionedKeyIdentifier"] != before["versionedKeyIdentifier"]


def test_a_disabled_key_closes_the_registry(keyed: tuple[Cloud, dict[str, Any]]) -> None:
    cloud, body = keyed
    put(cloud, body)
    assert registry(cloud) == 401  # it asks for a credential
    ask(cloud, "PATCH", "/keys/cmk", {"attributes": {"enabled": False}})
    assert registry(cloud) == 403
    assert any("key is disabled" in line for line in cloud.world.refusals[-1].lines())
    ask(cloud, "PATCH", "/keys/cmk", {"attributes": {"enabled": True}})
    assert registry(cloud) == 401


def test_what_a_registry_cannot_be_encrypted_with(keyed: tuple[Cloud, dict[str, Any]]) -> None:
    cloud, body = keyed
    properties = body["properties"]["encryption"]["keyVaultProperties"]
    for change in ({"keyIdentifier": f"https://{HOST}/keys/none"}, {"identity": "nobody"}, {"keyIdentifier": "x"}):
        wrong = {"status": "enabled", "keyVaultProperties": {**properties, **change}}
        refused = put(cloud, {**body, "properties": {"encryption": wrong}})
        assert (refused.status, refused.code) == (400, "InvalidEncryptionKey")
    assert put(cloud, {**body, "sku": {"name": "Standard"}}).status == 400
    assert put(cloud, {**body, "properties": {}}).status == 201
    late = put(cloud, {"properties": body["properties"]}, "PATCH")
    assert (late.status, late.code) == (400, "EncryptionChangeNotAllowed")


def test_the_identity_of_the_key_stays(keyed: tuple[Cloud, dict[str, Any]]) -> None:
    cloud, body = keyed
    put(cloud, body)
    (id,) = body["identity"]["userAssignedIdentities"]
    for gone in ({"type": "None"}, {"type": "SystemAssigned", "userAssignedIdentities": {id: None}}):
        refused = put(cloud, {"identity": gone}, "PATCH")
        assert refused.status == 400 and "Try forcibly adding the identity" in refused.message
    more = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {id: {}}}
    assert put(cloud, {"identity": more}, "PATCH").status == 200
    assert put(cloud, {"tags": {"a": "b"}}, "PATCH").json["tags"] == {"a": "b"}
    assert registry(cloud) == 401
