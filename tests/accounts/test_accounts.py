"""Storage accounts as resources."""

from typing import Any

import pytest

from tests.accounts.account import VERSION, Account
from tests.arm.cloud import Cloud


def test_an_account_from_birth_to_death(account: Account, cloud: Cloud) -> None:
    shown = account.made.json
    assert shown["sku"] == {"name": "Standard_LRS", "tier": "Standard"}
    assert shown["properties"]["primaryEndpoints"]["blob"] == f"{account.url}/"
    assert "generations" not in str(shown)
    patched = cloud.ask("PATCH", account.id, {"tags": {"a": "b"}}, version=VERSION)
    assert (patched.status, patched.json["tags"], patched.json["kind"]) == (200, {"a": "b"}, "StorageV2")
    listed = cloud.ask("GET", f"{cloud.s}/providers/Microsoft.Storage/storageAccounts", version=VERSION)
    assert [each["name"] for each in listed.json["value"]] == ["contosodata"]
    before = account.keys
    account.client().create_container("transfer").upload_blob("one", b"x")
    assert cloud.ask("DELETE", account.id, version=VERSION).status == 200
    assert cloud.world.state.links == {} and cloud.world.state.accounts[account.id.lower()] == {}
    cloud.world.advance(1)
    account.put()
    assert not set(before) & set(account.keys)


def test_names_are_global(account: Account, cloud: Cloud) -> None:
    check = lambda name: cloud.ask(  # noqa: E731
        "POST", f"{cloud.s}/providers/Microsoft.Storage/checkNameAvailability",
        {"name": name, "type": "Microsoft.Storage/storageAccounts"}, version=VERSION,
    ).json  # fmt: skip
    assert check("fabrikamdata") == {"nameAvailable": True}
    assert check("contosodata")["reason"] == "AlreadyExists"
    assert check("No_Name")["reason"] == "AccountNameInvalid"
    cloud.group("other")
    there = account.id.replace("/lab/", "/other/")
    body = {"location": "westus", "sku": {"name": "Standard_LRS"}}
    assert cloud.ask("PUT", there, body, version=VERSION).code == "StorageAccountAlreadyTaken"
    assert cloud.ask("PUT", f"{account.id}-x", body, version=VERSION).code == "AccountNameInvalid"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"sku": {}}, 400),
        ({"sku": {"name": 7}}, 400),
        ({"properties": {"allowSharedKeyAccess": "yes"}}, 400),
        ({"properties": {"isHnsEnabled": True}}, 501),
        ({"identity": {"type": "SystemAssigned"}}, 501),
        ({"location": "nowhere"}, 400),
    ],
)
def test_what_an_account_cannot_be(cloud: Cloud, change: dict[str, Any], status: int) -> None:
    body = {"location": "westus", "sku": {"name": "Standard_LRS"}, **change}
    path = f"{cloud.g}/providers/Microsoft.Storage/storageAccounts/contosodata"
    before = cloud.world.version
    assert cloud.ask("PUT", path, body, version=VERSION).status == status
    assert cloud.world.version == before


def test_only_the_default_service_has_containers(account: Account, cloud: Cloud) -> None:
    path = f"{account.id}/blobServices/second/containers/transfer"
    assert cloud.ask("PUT", path, {}, version=VERSION).status == 400
    path = f"{account.id}/blobServices/default/containers/UPPER"
    assert cloud.ask("PUT", path, {}, version=VERSION).status == 400
    assert cloud.ask("POST", f"{account.id}/regenerateKey", {"keyName": "key3"}, version=VERSION).status == 400
