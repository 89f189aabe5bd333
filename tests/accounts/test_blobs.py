"""Containers and blobs by azure-storage-blob, and what the service refuses."""

import copy
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import (
    AccountSasPermissions,
    BlobSasPermissions,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

from acrlab.domain import roles
from acrlab.domain.resource_id import parse
from acrlab.engine import authorization
from tests.accounts.account import Account, Token
from tests.arm.cloud import NOW, Cloud

NEVER = datetime.fromtimestamp(NOW, UTC) + timedelta(days=3650)
SOON = datetime.fromtimestamp(NOW, UTC) + timedelta(hours=1)


def refused(act: Callable[[], Any]) -> tuple[int, str]:
    """Status and code of what a call is refused with."""
    with pytest.raises(HttpResponseError) as caught:
        act()
    return caught.value.status_code or 0, str(getattr(caught.value.error_code, "value", caught.value.error_code))


def test_a_blob_there_and_back(account: Account) -> None:
    box = account.client().create_container("transfer", metadata={"use": "export"})
    made = box.upload_blob("día/one 1.tar", b"content", metadata={"from": "contoso"})
    found = made.get_blob_properties()
    assert (found.size, found.metadata, found.blob_type) == (7, {"from": "contoso"}, "BlockBlob")
    assert made.download_blob().readall() == b"content"
    assert made.download_blob(offset=3, length=2).readall() == b"te"
    assert refused(lambda: box.upload_blob("día/one 1.tar", b"x")) == (409, "BlobAlreadyExists")
    box.upload_blob("día/one 1.tar", b"", overwrite=True)
    assert made.download_blob().readall() == b""
    changed = made.get_blob_properties()
    assert changed.etag != found.etag and changed.creation_time == found.creation_time
    stale = {"etag": found.etag, "match_condition": MatchConditions.IfNotModified}
    assert refused(lambda: made.delete_blob(**stale)) == (412, "ConditionNotMet")
    made.set_blob_metadata({"seen": "yes"})
    assert made.get_blob_properties().metadata == {"seen": "yes"}
    made.delete_blob()
    assert refused(made.delete_blob) == (404, "BlobNotFound")
    assert box.get_container_properties().metadata == {"use": "export"}


def test_a_large_blob_comes_in_blocks(account: Account) -> None:
    data = os.urandom(300_000)
    service = account.client(max_single_put_size=1024, max_block_size=65536, max_single_get_size=4096)
    box = service.create_container("transfer")
    made = box.upload_blob("big", data, max_concurrency=2)
    assert made.download_blob(max_concurrency=2).readall() == data
    assert list(account.cloud.world.storage.names("blocks")) == []
    assert refused(lambda: made.commit_block_list(["bm9uZQ=="])) == (400, "InvalidBlockList")


def test_lists_go_on_and_fold(account: Account) -> None:
    service = account.client()
    box = service.create_container("transfer")
    service.create_container("another")
    for name in ("a/1", "a/2", "b", "c&<d>"):
        box.upload_blob(name, b"x")
    assert [each.name for each in service.list_containers()] == ["another", "transfer"]
    assert [each.name for each in service.list_containers(name_starts_with="tr", results_per_page=1)] == ["transfer"]
    assert [each.name for each in box.list_blobs(results_per_page=1)] == ["a/1", "a/2", "b", "c&<d>"]
    assert [each.name for each in box.walk_blobs()] == ["a/", "b", "c&<d>"]
    assert [each.size for each in box.list_blobs(name_starts_with="a/", include=["metadata"])] == [1, 1]
    service.delete_container("transfer")
    assert refused(lambda: list(box.list_blobs())) == (404, "ContainerNotFound")
    assert account.cloud.world.state.links == {}


def test_a_container_is_one_whoever_makes_it(account: Account) -> None:
    path = f"{account.id}/blobServices/default/containers/transfer"
    made = account.cloud.ask("PUT", path, {"properties": {}}, version="2024-01-01")
    assert (made.status, made.json["properties"]["publicAccess"]) == (201, "None")
    service = account.client()
    assert refused(lambda: service.create_container("transfer")) == (409, "ContainerAlreadyExists")
    service.get_container_client("transfer").upload_blob("one", b"x")
    service.create_container("second")
    listed = account.cloud.ask("GET", path.rpartition("/")[0], version="2024-01-01").json["value"]
    assert [each["name"] for each in listed] == ["second", "transfer"]
    assert account.cloud.ask("DELETE", path, version="2024-01-01").status == 200
    assert account.cloud.world.state.links == {}
    assert refused(lambda: service.create_container("second", public_access="blob")) == (
        409,
        "PublicAccessNotPermitted",
    )


def test_a_copy_has_the_same_bytes(account: Account) -> None:
    other = Account(account.cloud, "fabrikamdata")
    box = account.client().create_container("transfer")
    box.upload_blob("one", b"content")
    there = other.client().create_container("incoming")
    sas = generate_container_sas(
        account.name, "transfer", account_key=account.keys[0], permission=ContainerSasPermissions(read=True),
        expiry=SOON,
    )  # fmt: skip
    target = there.get_blob_client("one")
    assert target.start_copy_from_url(f"{account.url}/transfer/one?{sas}")["copy_status"] == "success"
    assert target.download_blob().readall() == b"content"
    there.get_blob_client("two").upload_blob_from_url(f"{account.url}/transfer/one?{sas}")
    unsigned = f"{account.url}/transfer/one"
    assert refused(lambda: target.start_copy_from_url(unsigned)) == (403, "CannotVerifyCopySource")
    assert refused(lambda: target.start_copy_from_url("https://elsewhere.example/x")) == (403, "CannotVerifyCopySource")
    other.close()


# Who may


def signed(account: Account, permission: ContainerSasPermissions, **more: Any) -> str:
    facts = {"account_key": account.keys[0], "permission": permission, "expiry": SOON, **more}
    return generate_container_sas(account.name, "transfer", **facts)


def test_a_signature_of_a_container(account: Account) -> None:
    account.client().create_container("transfer").upload_blob("one", b"x")
    box = account.client(signed(account, ContainerSasPermissions(read=True, list=True))).get_container_client(
        "transfer"
    )
    assert [each.name for each in box.list_blobs()] == ["one"]
    assert box.download_blob("one").readall() == b"x"
    assert refused(lambda: box.upload_blob("two", b"x")) == (403, "AuthorizationPermissionMismatch")
    assert refused(lambda: box.delete_blob("one")) == (403, "AuthorizationPermissionMismatch")
    assert refused(box.get_container_properties) == (403, "AuthorizationPermissionMismatch")
    elsewhere = account.client(signed(account, ContainerSasPermissions(list=True))).get_container_client("other")
    assert refused(lambda: list(elsewhere.list_blobs())) == (403, "AuthenticationFailed")


def test_a_signature_that_creates_replaces_nothing(account: Account) -> None:
    account.client().create_container("transfer")
    box = account.client(signed(account, ContainerSasPermissions(create=True))).get_container_client("transfer")
    box.upload_blob("one", b"x")
    assert refused(lambda: box.upload_blob("one", b"y", overwrite=True)) == (403, "AuthorizationPermissionMismatch")


def test_a_signature_ends_and_so_does_its_key(account: Account) -> None:
    account.client().create_container("transfer").upload_blob("one", b"x")
    sas = signed(account, ContainerSasPermissions(read=True), start=datetime.fromtimestamp(NOW, UTC))
    blob = account.client(sas).get_blob_client("transfer", "one")
    assert blob.download_blob().readall() == b"x"
    account.cloud.world.advance(3601)
    with pytest.raises(HttpResponseError, match="Signature not valid in the specified time frame"):
        blob.download_blob()
    fresh = signed(account, ContainerSasPermissions(read=True), expiry=NEVER)
    later = account.client(fresh).get_blob_client("transfer", "one")
    assert later.download_blob().readall() == b"x"
    before = account.keys
    renew = {"keyName": "key1"}
    assert account.cloud.ask("POST", f"{account.id}/regenerateKey", renew, version="2024-01-01").status == 200
    assert (account.keys[0] != before[0], account.keys[1]) == (True, before[1])
    assert refused(later.download_blob) == (403, "AuthenticationFailed")
    assert refused(lambda: list(account.client(before[0]).list_containers())) == (403, "AuthenticationFailed")


def test_a_signature_of_a_blob_is_for_that_blob(account: Account) -> None:
    box = account.client().create_container("transfer")
    for name in ("one", "two"):
        box.upload_blob(name, b"x")
    sas = generate_blob_sas(
        account.name, "transfer", "one", account_key=account.keys[1], permission=BlobSasPermissions(read=True),
        expiry=SOON, content_type="text/plain",
    )  # fmt: skip
    service = account.client(sas)
    assert service.get_blob_client("transfer", "one").download_blob().readall() == b"x"
    assert refused(service.get_blob_client("transfer", "two").download_blob) == (403, "AuthenticationFailed")
    listing = service.get_container_client("transfer")
    assert refused(lambda: list(listing.list_blobs()))[0] == 403


@pytest.mark.parametrize(
    ("types", "permission", "more", "code"),
    [
        ("sco", "rl", {}, ""),
        ("o", "rl", {}, "AuthorizationResourceTypeMismatch"),
        ("sco", "r", {}, "AuthorizationPermissionMismatch"),
        ("sco", "rl", {"ip": "203.0.113.7"}, "AuthorizationSourceIPMismatch"),
        ("sco", "rl", {"protocol": "https", "ip": "127.0.0.0-127.0.0.9"}, ""),
        ("sco", "rl", {"start": SOON}, "AuthenticationFailed"),
    ],
)
def test_a_signature_of_an_account(account: Account, types: str, permission: str, more: Any, code: str) -> None:
    account.client().create_container("transfer")
    sas = generate_account_sas(
        account.name, account.keys[0], ResourceTypes.from_string(types), AccountSasPermissions.from_string(permission),
        NEVER, **more,
    )  # fmt: skip
    box = account.client(sas).get_container_client("transfer")
    if not code:
        assert list(box.list_blobs()) == []
        return
    assert refused(lambda: list(box.list_blobs())) == (403, code)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: re.sub("sig=..", "sig=AA", text),
        lambda text: text.replace("sp=rl", "sp=rwdl"),
        lambda text: re.sub("se=2026", "se=2036", text),
        lambda text: re.sub("sv=[0-9-]+", "sv=2001-01-01", text),
        lambda text: re.sub("sv=[0-9-]+", "sv=latest", text),
        lambda text: re.sub("&sr=c", "&sr=d", text),
        lambda text: re.sub("se=[^&]+", "se=tomorrow", text),
        lambda text: text + "&si=policy",
    ],
)
def test_a_signature_that_was_changed(account: Account, change: Callable[[str], str]) -> None:
    account.client().create_container("transfer")
    sas = signed(account, ContainerSasPermissions(read=True, list=True))
    assert change(sas) != sas
    box = account.client(change(sas)).get_container_client("transfer")
    assert refused(lambda: list(box.list_blobs())) == (403, "AuthenticationFailed")


def test_keys_can_be_switched_off(account: Account) -> None:
    service = account.client()
    service.create_container("transfer")
    sas = signed(account, ContainerSasPermissions(list=True))
    assert account.put(allowSharedKeyAccess=False).json["properties"]["allowSharedKeyAccess"] is False
    off = (403, "KeyBasedAuthenticationNotPermitted")
    assert refused(lambda: list(service.list_containers())) == off
    assert refused(lambda: list(account.client(sas).get_container_client("transfer").list_blobs())) == off


def test_roles_decide_for_tokens(account: Account, cloud: Cloud) -> None:
    account.client().create_container("transfer").upload_blob("one", b"x")
    box = account.client(Token(cloud, "acrlab-sp")).get_container_client("transfer")
    assert refused(lambda: list(box.list_blobs())) == (403, "AuthorizationPermissionMismatch")  # Owner is no data role
    assert "blobs/read" in cloud.world.refusals[-1].because[0]
    grant(cloud, account.id, "Storage Blob Data Reader")
    assert [each.name for each in box.list_blobs()] == ["one"]
    assert refused(lambda: box.upload_blob("two", b"x")) == (403, "AuthorizationPermissionMismatch")
    grant(cloud, f"{account.id}/blobServices/default/containers/transfer", "Storage Blob Data Contributor")
    box.upload_blob("two", b"x")
    foreign = account.client(Token(cloud, "acrlab-sp", "https://vault.azure.net")).get_container_client("transfer")
    assert refused(lambda: list(foreign.list_blobs())) == (401, "InvalidAuthenticationInfo")
    nobody = account.client("").get_container_client("transfer")
    assert refused(lambda: list(nobody.list_blobs())) == (401, "NoAuthenticationInformation")


def grant(cloud: Cloud, scope: str, role: str) -> None:
    known = next(each.id for each in roles.BUILTIN.values() if each.name == role)
    who = cloud.id_of("acrlab-sp")
    cloud.world.commit(authorization.assigned(cloud.world, parse(scope), known, who, "ServicePrincipal", at=0.0))


# What cannot be


def test_names_and_headers_outside_the_rules(account: Account) -> None:
    service = account.client()
    box = service.create_container("transfer")
    for name in ("UPPER", "no", "a--b", "-a-", "$root"):
        assert refused(lambda name=name: service.create_container(name))[0] in (400, 404)
    assert refused(lambda: box.upload_blob("a" * 1025, b"x")) == (400, "InvalidResourceName")
    assert refused(lambda: box.upload_blob("a\x01", b"x")) == (400, "InvalidResourceName")
    assert refused(lambda: box.upload_blob("a", b"x", metadata={"1st": "x"})) == (400, "InvalidMetadata")
    assert refused(lambda: box.upload_blob("a", b"x", blob_type="PageBlob", length=512))[0] == 400
    assert refused(lambda: box.acquire_lease()) == (501, "NotEmulated")
    assert refused(service.get_service_properties) == (501, "NotEmulated")
    with pytest.raises(AzureError):
        list(box.list_blobs(results_per_page=-1))
    assert list(box.list_blobs()) == []


def test_what_was_put_comes_back_when_the_journal_is_read(account: Account) -> None:
    account.client().create_container("transfer").upload_blob("one", b"x")
    before = copy.deepcopy(account.cloud.world.state.accounts)
    account.cloud.world.snapshot("then")
    account.client().get_container_client("transfer").delete_blob("one")
    account.cloud.world.restore("then")
    assert account.cloud.world.state.accounts == before
    assert account.client().get_blob_client("transfer", "one").download_blob().readall() == b"x"
