"""Connected registries in Resource Manager."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from tests.arm.cloud import Cloud
from tests.arm.test_sdk import client
from tests.lifecycle.content import Shelf

Make = Callable[..., Shelf]


@pytest.fixture
def home(cloud: Cloud, shelf: Make) -> Shelf:
    """With a data endpoint and a token to sync with."""
    registry = shelf(dataEndpointEnabled=True)
    body = {"properties": {"scopeMapId": f"{registry.id}/scopeMaps/_repositories_pull"}}
    assert cloud.ask("PUT", f"{registry.id}/tokens/synctoken", body).status == 201
    return registry


def properties(home: Shelf, mode: str = "ReadWrite", parent: str = "", **sync: Any) -> dict[str, Any]:
    above = {"id": f"{home.id}/connectedRegistries/{parent}"} if parent else {}
    wanted = {"tokenId": f"{home.id}/tokens/synctoken", **sync}
    return {"mode": mode, "parent": {**above, "syncProperties": wanted}}


def connect(home: Shelf, name: str, **more: Any) -> Any:
    return home.cloud.ask("PUT", f"{home.id}/connectedRegistries/{name}", {"properties": properties(home, **more)})


def test_the_sdk_makes_a_tree_and_takes_it_down(cloud: Cloud, home: Shelf) -> None:
    with client(ContainerRegistryManagementClient, cloud) as acr:
        made = acr.connected_registries.begin_create(
            "lab", "contoso", "factory", {"properties": properties(home, "readwrite", messageTtl="P2D")}
        ).result()
        assert (made.properties.mode, made.properties.connection_state) == ("ReadWrite", "Offline")
        assert made.properties.activation.status == "Inactive"
        assert made.properties.parent.sync_properties.gateway_endpoint == "contoso.westus.data.azurecr.io"
        acr.connected_registries.begin_create(
            "lab", "contoso", "machine", {"properties": properties(home, "ReadOnly", "factory")}
        ).result()
        change = {"properties": {"syncProperties": {"syncWindow": "PT3H"}, "logging": {"logLevel": "Debug"}}}
        found = acr.connected_registries.begin_update("lab", "contoso", "factory", change).result().properties
        assert (found.logging.log_level, found.logging.audit_log_status) == ("Debug", "Disabled")
        sync = found.parent.sync_properties
        assert (sync.message_ttl.days, sync.token_id) == (2, f"{home.id}/tokens/synctoken")
        acr.connected_registries.begin_deactivate("lab", "contoso", "factory").result()
        assert cloud.ask("DELETE", f"{home.id}/connectedRegistries/factory").code == "ConnectedRegistryHasChildren"
        for name in ("machine", "factory"):
            acr.connected_registries.begin_delete("lab", "contoso", name).result()
        assert list(acr.connected_registries.list("lab", "contoso")) == []


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("edge", {}),
        ("edge1", {"tokenId": "{home}/tokens/none1"}),
        ("edge1", {"tokenId": "{home}/scopeMaps/_repositories_pull"}),
        ("edge1", {"tokenId": ""}),
        ("edge1", {"messageTtl": "PT3H"}),
        ("edge1", {"syncWindow": "P8D"}),
        ("edge1", {"syncWindow": "soon"}),
        ("edge1", {"syncWindow": "P"}),
        ("edge1", {"parent": "nobody"}),
        ("edge1", {"parent": "reader", "mode": "ReadWrite"}),
        ("edge1", {"mode": "Perhaps"}),
    ],
)
def test_what_a_connected_registry_cannot_be(home: Shelf, name: str, more: dict[str, Any]) -> None:
    assert connect(home, "reader", mode="ReadOnly").status == 200
    before = home.cloud.world.version
    assert connect(home, name, **{key: value.replace("{home}", home.id) for key, value in more.items()}).status == 400
    assert home.cloud.world.version == before


def test_it_needs_a_data_endpoint_and_premium(cloud: Cloud, shelf: Make, home: Shelf) -> None:
    off = {"properties": {"dataEndpointEnabled": False}}
    assert cloud.ask("PATCH", home.id, off).status == 200
    assert "data endpoint" in connect(home, "edge1").message
    small = shelf("fabrikam", sku="Standard")
    body = {"properties": properties(home)}
    assert cloud.ask("PUT", f"{small.id}/connectedRegistries/edge1", body).code == "FeatureNotSupported"


def test_mode_and_parent_stay(home: Shelf) -> None:
    connect(home, "factory")
    connect(home, "machine", mode="ReadOnly", parent="factory")
    assert connect(home, "factory", mode="ReadOnly").code == "PropertyChangeNotAllowed"
    assert connect(home, "machine", mode="ReadOnly").code == "PropertyChangeNotAllowed"


PREVIEW = "2026-09-01-preview"


def signing_in(cloud: Cloud, *names: str) -> dict[str, Any]:
    """An identity block with user-assigned identities that are there."""
    ids = [f"{cloud.g}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}" for name in names]
    for id in ids:
        assert cloud.ask("PUT", id, {"location": "westus"}, version="2023-01-31").status in (200, 201)
    return {"type": "UserAssigned", "userAssignedIdentities": {id: {} for id in ids}}


def as_identity(home: Shelf, method: str, name: str, identity: dict[str, Any], **parent: str) -> Any:
    sync = {"authType": "ManagedIdentity"}
    whole = {"mode": "ReadOnly", "parent": {"syncProperties": sync, **parent}}
    changed = {"syncProperties": sync}
    body = {"identity": identity, "properties": changed if method == "PATCH" else whole}
    return home.cloud.ask(method, f"{home.id}/connectedRegistries/{name}", body, version=PREVIEW)


def test_one_signs_in_as_an_identity(cloud: Cloud, home: Shelf) -> None:
    identity = signing_in(cloud, "porter")
    made = as_identity(home, "PUT", "factory", identity)
    assert made.status == 200
    (held,) = made.json["identity"]["userAssignedIdentities"].values()
    assert held["clientId"] and made.json["properties"]["parent"]["syncProperties"]["authType"] == "ManagedIdentity"
    older = cloud.ask("GET", f"{home.id}/connectedRegistries/factory", version="2025-11-01").json
    assert "identity" not in older
    assert "no parent" in connect(home, "machine", mode="ReadOnly", parent="factory").message


def test_one_with_a_token_becomes_one_with_an_identity_for_good(cloud: Cloud, home: Shelf) -> None:
    connect(home, "factory")
    changed = as_identity(home, "PATCH", "factory", signing_in(cloud, "porter"))
    assert changed.status == 200 and "tokenId" not in changed.json["properties"]["parent"]["syncProperties"]
    assert connect(home, "factory").code == "PropertyChangeNotAllowed"


def test_what_does_not_go_with_an_identity(cloud: Cloud, home: Shelf) -> None:
    connect(home, "factory")
    connect(home, "machine", parent="factory")
    above = {"id": f"{home.id}/connectedRegistries/factory"}
    refused = [
        as_identity(home, "PUT", "edge1", {"type": "None"}),
        as_identity(home, "PUT", "edge1", signing_in(cloud, "porter", "second")),
        as_identity(home, "PUT", "edge1", signing_in(cloud, "porter"), **above),
        as_identity(home, "PATCH", "factory", signing_in(cloud, "porter")),
        cloud.ask("PATCH", f"{home.id}/connectedRegistries/machine", {"identity": signing_in(cloud, "porter")},
                  version=PREVIEW),
    ]  # fmt: skip
    assert {each.code for each in refused} == {"InvalidConnectedRegistry"}
