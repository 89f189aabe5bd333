"""Replications and webhooks through Resource Manager, and what webhooks have to tell."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from tests.arm.cloud import Cloud
from tests.arm.test_sdk import client
from tests.lifecycle.content import Shelf

Make = Callable[..., Shelf]


def replicate(cloud: Cloud, name: str, location: str = "", **properties: Any) -> Any:
    body = {"location": location or name, "properties": properties}
    return cloud.ask("PUT", f"{cloud.r}/contoso/replications/{name}", body)


def replicas(cloud: Cloud) -> dict[str, Any]:
    found = cloud.ask("GET", f"{cloud.r}/contoso/replications").json["value"]
    return {each["name"]: each["properties"] for each in found}


def test_the_sdk_replicates_and_gives_up(cloud: Cloud, shelf: Make) -> None:
    shelf()
    with client(ContainerRegistryManagementClient, cloud) as acr:
        made = acr.replications.begin_create("lab", "contoso", "eastus", {"location": "East US"}).result()
        assert (made.properties.provisioning_state, made.properties.status.display_status) == ("Succeeded", "Ready")
        assert [each.name for each in acr.replications.list("lab", "contoso")] == ["eastus", "westus"]
        changed = {"properties": {"regionEndpointEnabled": False}, "tags": {"a": "b"}}
        found = acr.replications.begin_update("lab", "contoso", "eastus", changed).result()
        assert (found.properties.region_endpoint_enabled, found.tags) == (False, {"a": "b"})
        usage = {each.name: each.current_value for each in acr.registries.list_usages("lab", "contoso").value}
        assert usage["Geo-replications"] == 1
        acr.replications.begin_delete("lab", "contoso", "eastus").result()
    assert list(replicas(cloud)) == ["westus"]


def test_home_has_a_replication_that_stays(cloud: Cloud, shelf: Make) -> None:
    shelf()
    assert replicas(cloud) == {}
    assert replicate(cloud, "westus").code == "InvalidReplicationLocation"
    assert replicate(cloud, "westus", "eastus").code == "InvalidReplicationLocation"
    assert replicate(cloud, "eastus").status == 201
    home = f"{cloud.r}/contoso/replications/westus"
    assert cloud.ask("DELETE", home).code == "HomeReplicationCannotBeDeleted"
    assert cloud.ask("PATCH", home, {"properties": {"regionEndpointEnabled": False}}).status == 201
    assert replicas(cloud)["westus"]["regionEndpointEnabled"] is False


@pytest.mark.parametrize(
    ("name", "location", "properties", "code"),
    [
        ("east", "eastus", {}, "InvalidResourceName"),
        ("another", "northeurope", {}, "ReplicationAlreadyExists"),
        ("moonbase", "moon", {}, "LocationNotAvailableForResourceType"),
        ("northeurope", "eastus", {}, "InvalidResourceLocation"),
        ("northeurope", "northeurope", {"zoneRedundancy": "Enabled"}, "PropertyChangeNotAllowed"),
        ("eastus", "eastus", {"zoneRedundancy": "Maybe"}, "InvalidRequestContent"),
    ],
)
def test_what_a_replication_cannot_be(
    cloud: Cloud, shelf: Make, name: str, location: str, properties: Any, code: str
) -> None:
    shelf()
    assert replicate(cloud, "northeurope").status == 201
    before = cloud.world.version
    assert replicate(cloud, name, location, **properties).code == code
    assert cloud.world.version == before


def test_a_tier_below_premium_has_no_replications(cloud: Cloud, shelf: Make) -> None:
    shelf(sku="Standard")
    assert replicate(cloud, "eastus").code == "FeatureNotSupported"


def test_a_downgrade_waits_for_the_last_replica(cloud: Cloud, shelf: Make) -> None:
    shelf()
    replicate(cloud, "eastus")
    down = {"sku": {"name": "Standard"}}
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", down).status == 400
    assert cloud.ask("DELETE", f"{cloud.r}/contoso/replications/eastus").status == 202
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", down).status == 200


def test_data_endpoints_are_wherever_the_registry_is(cloud: Cloud, shelf: Make) -> None:
    shelf(dataEndpointEnabled=True)
    replicate(cloud, "eastus")
    found = cloud.ask("GET", f"{cloud.r}/contoso").json["properties"]["dataEndpointHostNames"]
    assert found == ["contoso.eastus.data.azurecr.io", "contoso.westus.data.azurecr.io"]


def test_a_registry_with_replicas_takes_its_time_to_go(cloud: Cloud, shelf: Make) -> None:
    shelf()
    replicate(cloud, "eastus")
    gone = cloud.ask("DELETE", f"{cloud.r}/contoso")
    assert (gone.status, gone.json["properties"]["provisioningState"]) == (202, "Deleting")
    assert cloud.follow(gone.headers["location"]).status == 200
    assert cloud.ask("GET", f"{cloud.r}/contoso").status == 404


# Webhooks


def hook(cloud: Cloud, name: str = "hook12345", location: str = "westus", **properties: Any) -> Any:
    body = {"location": location, "properties": {"serviceUri": "https://hooks.example/in", **properties}}
    return cloud.ask("PUT", f"{cloud.r}/contoso/webhooks/{name}", body)


def told(cloud: Cloud, name: str = "hook12345") -> list[Any]:
    """What a webhook had to tell, oldest first."""
    found = cloud.ask("POST", f"{cloud.r}/contoso/webhooks/{name}/listEvents").json["value"]
    return [each["eventRequestMessage"]["content"] for each in reversed(found)]


def test_the_sdk_makes_asks_and_pings(cloud: Cloud, shelf: Make) -> None:
    shelf()
    body = {
        "location": "westus",
        "properties": {"serviceUri": "http://hooks.example", "actions": ["push"], "customHeaders": {"key": "value"}},
    }
    with client(ContainerRegistryManagementClient, cloud) as acr:
        made = acr.webhooks.begin_create("lab", "contoso", "hook12345", body).result()
        assert (made.properties.status, made.properties.scope, made.properties.actions) == ("enabled", "", ["push"])
        ping = acr.webhooks.ping("lab", "contoso", "hook12345")
        (event,) = acr.webhooks.list_events("lab", "contoso", "hook12345")
        assert event.id == ping.id == event.event_request_message.content.id
        assert (event.event_request_message.content.action, event.event_request_message.headers["key"]) == (
            "ping",
            "value",
        )
        assert event.event_request_message.request_uri == "http://hooks.example/"
        assert not event.event_response_message.status_code, "nothing was sent, so nobody answered"
        acr.webhooks.begin_update("lab", "contoso", "hook12345", {"properties": {"scope": "app"}}).result()
        assert acr.webhooks.get("lab", "contoso", "hook12345").properties.scope == "app"
        config = acr.webhooks.get_callback_config("lab", "contoso", "hook12345")
        assert (config.service_uri, config.custom_headers) == ("http://hooks.example", {"key": "value"})
        assert [each.name for each in acr.webhooks.list("lab", "contoso")] == ["hook12345"]
        acr.webhooks.begin_delete("lab", "contoso", "hook12345").result()
        with pytest.raises(HttpResponseError):
            acr.webhooks.get("lab", "contoso", "hook12345")


def test_the_address_and_its_headers_are_not_shown(cloud: Cloud, shelf: Make) -> None:
    shelf()
    made = hook(cloud, actions=["push"], customHeaders={"Authorization": "secret-word"})
    listed = cloud.ask("GET", f"{cloud.r}/contoso/webhooks")
    assert made.status == 200
    assert b"hooks.example" not in made.raw + listed.raw and b"secret-word" not in made.raw + listed.raw


def test_pushes_and_deletions_are_told_as_the_service_words_them(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    hook(cloud, actions=["push", "delete"])
    digest = registry.push("app", "v1")
    registry.delete("app", digest)
    registry.push("other", "v1")
    registry.ask("DELETE", "/acr/v1/other")
    push, gone, again, forgotten = told(cloud)
    assert [each["action"] for each in (push, gone, again, forgotten)] == ["push", "delete", "push", "delete"]
    assert push["target"]["tag"] == "v1" and push["target"]["size"] == push["target"]["length"] > 0
    assert (push["request"]["host"], push["request"]["method"]) == ("contoso.azurecr.io", "PUT")
    assert set(gone["target"]) == {"mediaType", "digest", "repository"} and gone["target"]["digest"] == digest
    assert forgotten["target"] == {"repository": "other"}


def test_untagging_tells_nobody(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    registry.push("app", "v1")
    hook(cloud, actions=["push", "delete"])
    assert registry.ask("DELETE", "/acr/v1/app/_tags/v1").status == 202
    assert told(cloud) == []


@pytest.mark.parametrize(
    ("scope", "heard"),
    [
        ("", ["app:latest", "app:v1", "team/app:latest"]),
        ("app", ["app:latest"]),
        ("app:v1", ["app:v1"]),
        ("app:*", ["app:latest", "app:v1"]),
        ("team/app:*", ["team/app:latest"]),
        ("te:*", []),
    ],
)
def test_a_scope_narrows_what_is_heard(cloud: Cloud, shelf: Make, scope: str, heard: list[str]) -> None:
    registry = shelf()
    hook(cloud, actions=["push"], scope=scope)
    for repository, tag in (("app", "latest"), ("app", "v1"), ("team/app", "latest")):
        registry.push(repository, tag)
    assert [f"{each['target']['repository']}:{each['target']['tag']}" for each in told(cloud)] == heard


def test_a_disabled_webhook_hears_nothing_and_what_it_heard_is_bounded(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    hook(cloud, actions=["push"], status="disabled")
    registry.push("app", "v1")
    assert told(cloud) == []
    for _ in range(105):
        cloud.ask("POST", f"{cloud.r}/contoso/webhooks/hook12345/ping")
    assert len(told(cloud)) == 100


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({}, "InvalidRequestContent"),
        ({"actions": []}, "InvalidRequestContent"),
        ({"actions": ["pull"]}, "InvalidWebhook"),
        ({"actions": [{}]}, "InvalidWebhook"),
        ({"actions": ["push"], "serviceUri": "ftp://x"}, "InvalidWebhook"),
        ({"actions": ["push"], "serviceUri": "https://[x"}, "InvalidWebhook"),
        ({"actions": ["push"], "serviceUri": "https://x:99999/"}, "InvalidWebhook"),
        ({"actions": ["push"], "status": "perhaps"}, "InvalidRequestContent"),
        ({"actions": ["push"], "customHeaders": {"a": 1}}, "InvalidRequestContent"),
    ],
)
def test_what_a_webhook_cannot_be(cloud: Cloud, shelf: Make, properties: Any, code: str) -> None:
    shelf()
    assert hook(cloud, **properties).code == code
    assert hook(cloud, "hook", actions=["push"]).code == "InvalidResourceName"
    assert hook(cloud, location="eastus", actions=["push"]).code == "InvalidWebhookLocation"
    assert cloud.ask("GET", f"{cloud.r}/contoso/webhooks").json["value"] == []


def test_webhooks_have_their_quota(cloud: Cloud, shelf: Make) -> None:
    shelf(sku="Basic")
    assert [hook(cloud, f"hook{number}", actions=["push"]).status for number in (10, 11, 12)] == [200, 200, 400]


def test_replay_gives_the_same_state(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    hook(cloud, actions=["push", "delete"])
    replicate(cloud, "eastus")
    registry.delete("app", registry.push("app", "v1"))
    before, heard = cloud.world.state, told(cloud)
    cloud.world.snapshot("now")
    cloud.world.restore("now")
    assert cloud.world.state == before and cloud.world.state is not before and told(cloud) == heard
