"""ARM itself: who and where one is, groups, and the list of everything."""

import pytest

from tests.arm.cloud import Cloud

CORE = "2022-12-01"


def test_the_subscription_is_seen_by_those_with_a_role_in_it(cloud: Cloud) -> None:
    listed = cloud.ask("GET", "/subscriptions", version=CORE, who="reader").json["value"]
    assert [each["subscriptionId"] for each in listed] == [cloud.subscription]
    assert listed[0]["tenantId"] == cloud.world.state.tenant
    assert listed[0]["state"] == "Enabled"
    assert cloud.ask("GET", cloud.s, version=CORE).json == listed[0]


def test_tenants_and_locations(cloud: Cloud) -> None:
    assert cloud.ask("GET", "/tenants", version=CORE).json["value"][0]["tenantId"] == cloud.world.state.tenant
    regions = cloud.ask("GET", f"{cloud.s}/locations", version=CORE).json["value"]
    west = next(each for each in regions if each["name"] == "westus2")
    assert (west["displayName"], west["type"]) == ("West US 2", "Region")
    assert len(regions) > 40


def test_providers(cloud: Cloud) -> None:
    listed = cloud.ask("GET", f"{cloud.s}/providers", version=CORE).json["value"]
    assert {each["registrationState"] for each in listed} == {"Registered"}
    one = cloud.ask("GET", f"{cloud.s}/providers/microsoft.containerregistry", version=CORE).json
    types = {each["resourceType"]: each["apiVersions"] for each in one["resourceTypes"]}
    assert types["registries"][0] == "2026-09-01-preview"
    assert "registries/webhooks" in types
    for verb in ("register", "unregister"):
        assert cloud.ask("POST", f"{cloud.s}/providers/Microsoft.ContainerRegistry/{verb}", version=CORE).json == one


def test_the_operations_of_the_provider_come_from_the_table(cloud: Cloud) -> None:
    listed = cloud.ask("GET", "/providers/Microsoft.ContainerRegistry/operations").json["value"]
    names = [each["name"] for each in listed]
    assert names == sorted(names)
    assert "Microsoft.ContainerRegistry/registries/listCredentials/action" in names


def test_the_metadata_of_the_cloud_needs_no_token(bare: Cloud) -> None:
    answer = bare.ask("GET", "/metadata/endpoints", version="2022-09-01", who="")
    assert answer.json[0]["suffixes"]["acrLoginServer"] == "azurecr.io"
    assert bare.ask("GET", "/metadata/endpoints", version="2015-01-01", who="").json["portal"]


def test_a_group_is_created_once(bare: Cloud) -> None:
    created = bare.group("Lab", "West US", tags={"course": "az"})
    assert created.status == 201
    assert created.json == {
        "id": f"{bare.s}/resourceGroups/Lab", "name": "Lab", "type": "Microsoft.Resources/resourceGroups",
        "location": "westus", "tags": {"course": "az"}, "properties": {"provisioningState": "Succeeded"},
    }  # fmt: skip
    again = bare.group("LAB", "westus")
    assert (again.status, again.json["name"], "tags" in again.json) == (200, "Lab", False)
    assert bare.ask("GET", f"{bare.s}/resourcegroups/lab").json == again.json


def test_a_group_exists_or_not(cloud: Cloud) -> None:
    assert cloud.ask("HEAD", cloud.g).status == 204
    assert cloud.ask("HEAD", f"{cloud.s}/resourceGroups/none").status == 404


def test_patching_a_group_changes_its_tags_only(cloud: Cloud) -> None:
    assert cloud.ask("PATCH", cloud.g, {"tags": {"a": "1"}}).json["tags"] == {"a": "1"}
    assert cloud.ask("PATCH", cloud.g, {}).json["tags"] == {"a": "1"}
    assert cloud.ask("PATCH", f"{cloud.s}/resourceGroups/none", {}).code == "ResourceGroupNotFound"


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("lab", {"location": "eastus"}, 409, "InvalidResourceGroupLocation"),
        ("new", {}, 400, "LocationRequired"),
        ("new", {"location": "atlantis"}, 400, "LocationNotAvailableForResourceGroup"),
        ("new", {"location": 1}, 400, "InvalidRequestContent"),
        ("new", {"location": "westus", "colour": "red"}, 400, "InvalidRequestContent"),
        ("new", {"location": "westus", "tags": {"a": 1}}, 400, "InvalidRequestContent"),
        ("a b!", {"location": "westus"}, 400, "InvalidResourceGroup"),
        ("ends.", {"location": "westus"}, 400, "InvalidResourceGroup"),
        ("x" * 91, {"location": "westus"}, 400, "InvalidResourceGroup"),
    ],
)
def test_groups_that_are_refused(cloud: Cloud, name: str, body: dict[str, object], status: int, code: str) -> None:
    before = cloud.world.version
    answer = cloud.ask("PUT", f"{cloud.s}/resourceGroups/{name}", body)
    assert (answer.status, answer.code) == (status, code)
    assert cloud.world.version == before


def test_invalid_characters_are_named(cloud: Cloud) -> None:
    answer = cloud.group("a b!")
    assert answer.message.startswith("The provided resource group name 'a b!' has these invalid characters: ' !'.")


def test_groups_are_listed_by_tag_and_in_pages(cloud: Cloud) -> None:
    for name in ("b", "a"):
        cloud.group(name, tags={"course": name})
    listed = cloud.ask("GET", f"{cloud.s}/resourceGroups").json
    assert [each["name"] for each in listed["value"]] == ["a", "b", "lab"]
    tagged = cloud.ask("GET", f"{cloud.s}/resourceGroups", query="$filter=tagName eq 'course' and tagValue eq 'b'").json
    assert [each["name"] for each in tagged["value"]] == ["b"]
    first = cloud.ask("GET", f"{cloud.s}/resourceGroups", query="$top=2").json
    assert [each["name"] for each in first["value"]] == ["a", "b"]
    assert [each["name"] for each in cloud.follow(first["nextLink"]).json["value"]] == ["lab"]


def test_deleting_a_group_deletes_what_is_in_it(cloud: Cloud) -> None:
    cloud.registry("first")
    cloud.registry("second")
    answer = cloud.ask("DELETE", cloud.g, version="2024-11-01")
    assert (answer.status, answer.json) == (202, None)
    assert "retry-after" not in answer.headers
    assert cloud.follow(answer.headers["location"]).status == 200
    assert not cloud.world.state.registries
    assert not [key for key in cloud.world.state.resources if "registries" in key]
    assert cloud.ask("DELETE", cloud.g).code == "ResourceGroupNotFound"


def test_a_group_whose_name_another_begins_with_stays(cloud: Cloud) -> None:
    cloud.group("lab2")
    cloud.ask("DELETE", cloud.g)
    assert cloud.ask("GET", f"{cloud.s}/resourceGroups/lab2").status == 200


def test_all_resources_are_found_as_az_asks_for_them(cloud: Cloud) -> None:
    cloud.registry("first")
    cloud.group("other")
    query = "$filter=resourceType eq 'Microsoft.ContainerRegistry/registries'"
    listed = cloud.ask("GET", f"{cloud.s}/resources", query=query, version="2022-09-01").json
    (found,) = listed["value"]
    assert list(found) == ["id", "name", "type", "sku", "location", "tags", "systemData"]
    assert found["systemData"]["createdAt"].endswith("Z")
    assert cloud.ask("GET", f"{cloud.g}/resources").json["value"] == [found]
    assert cloud.ask("GET", f"{cloud.s}/resourceGroups/other/resources").json["value"] == []


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ("name eq 'FIRST'", True),
        ("resourceGroup eq 'lab' and location eq 'westus'", True),
        ("resourceGroup eq 'other'", False),
        ("tagName eq 'a' and tagValue eq '1'", True),
        ("tagName eq 'a' and tagValue eq '2'", False),
        ("resourceType eq 'Microsoft.Network/virtualNetworks'", False),
    ],
)
def test_resource_filters(cloud: Cloud, terms: str, found: bool) -> None:
    cloud.registry("first")
    cloud.ask("PATCH", f"{cloud.r}/first", {"tags": {"a": "1"}})
    assert bool(cloud.ask("GET", f"{cloud.s}/resources", query=f"$filter={terms}").json["value"]) is found
