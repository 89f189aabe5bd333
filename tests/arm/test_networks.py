"""A registry behind a firewall: rules, the public switch, private endpoints, and clients that stand somewhere."""

from typing import Any

import pytest

from acrlab.engine.network import firewall
from acrlab.wire.http import Request, Response
from tests.arm.cloud import NEWEST, Answer, Cloud

NETWORK = "Microsoft.Network"
VERSION = "2024-05-01"
ELSEWHERE = "198.51.100.7"
ZONE = "privatelink.azurecr.io"


def put(cloud: Cloud, path: str, properties: dict[str, Any], location: str = "westus", **options: Any) -> Answer:
    body = {"location": location, "properties": properties}
    return cloud.ask("PUT", f"{cloud.g}/providers/{NETWORK}/{path}", body, version=VERSION, **options)


def office(cloud: Cloud, *services: str) -> Answer:
    desks = {"addressPrefix": "10.0.1.0/24", "serviceEndpoints": [{"service": each} for each in services]}
    links = {"addressPrefix": "10.0.2.0/28"}
    subnets = [{"name": "desks", "properties": desks}, {"name": "links", "properties": links}]
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    return put(cloud, "virtualNetworks/office", {"addressSpace": space, "subnets": subnets})


def change(cloud: Cloud, **properties: Any) -> Answer:
    return cloud.ask("PATCH", f"{cloud.r}/contoso", {"properties": properties}, version=NEWEST)


def closed(cloud: Cloud, *addresses: str, subnet: str = "") -> Answer:
    rules = {
        "defaultAction": "Deny", "ipRules": [{"value": each} for each in addresses],
        "virtualNetworkRules": [{"virtualNetworkSubnetResourceId": subnet}] if subnet else [],
    }  # fmt: skip
    return change(cloud, networkRuleSet=rules)


def knock(cloud: Cloud, client: str = "127.0.0.1", path: str = "/v2/") -> Answer:
    host = "contoso.azurecr.io"
    answer = cloud.app.begin(Request("GET", host, path, authority=host, client=client))
    assert isinstance(answer, Response)
    return Answer(answer)


def let_in(cloud: Cloud, client: str = "127.0.0.1") -> bool:
    """Asked for a credential, or turned away before."""
    status = knock(cloud, client).status
    assert status in (401, 403)
    return status == 401


def endpoint(cloud: Cloud, kind: str = "privateLinkServiceConnections", name: str = "pe", **options: Any) -> Answer:
    link = {"name": "registry", "properties": {"privateLinkServiceId": f"{cloud.r}/contoso", "groupIds": ["registry"]}}
    subnet = f"{cloud.g}/providers/{NETWORK}/virtualNetworks/office/subnets/links"
    return put(cloud, f"privateEndpoints/{name}", {"subnet": {"id": subnet}, kind: [link]}, **options)


def zone(cloud: Cloud, *, linked: bool = True, grouped: bool = True) -> None:
    assert put(cloud, f"privateDnsZones/{ZONE}", {}, "global").status == 201
    office_id = f"{cloud.g}/providers/{NETWORK}/virtualNetworks/office"
    if linked:
        link = {"virtualNetwork": {"id": office_id}, "registrationEnabled": False}
        assert put(cloud, f"privateDnsZones/{ZONE}/virtualNetworkLinks/office", link, "global").status == 201
    if grouped:
        id = f"{cloud.g}/providers/{NETWORK}/privateDnsZones/{ZONE}"
        configs = {"privateDnsZoneConfigs": [{"name": "acr", "properties": {"privateDnsZoneId": id}}]}
        assert put(cloud, "privateEndpoints/pe/privateDnsZoneGroups/default", configs).status == 201


@pytest.fixture
def home(cloud: Cloud) -> Cloud:
    """With a registry and a network of two subnets."""
    assert cloud.registry().status == 201
    assert office(cloud).status == 201
    return cloud


# Rules


def test_the_default_action_and_rules_for_addresses(home: Cloud) -> None:
    assert let_in(home)
    closed(home)
    refused = knock(home)
    assert (refused.status, refused.json["errors"][0]["code"]) == (403, "DENIED")
    assert refused.json["errors"][0]["message"] == (
        f"client with IP '{firewall.PUBLIC}' is not allowed access. Refer https://aka.ms/acr/firewall to grant access."
    )
    assert any("defaultAction is Deny" in line for line in home.world.refusals[-1].lines())
    closed(home, "198.51.100.0/24")
    assert let_in(home, ELSEWHERE)
    assert not let_in(home, "192.0.2.1")
    assert not let_in(home)
    closed(home, firewall.PUBLIC)
    assert let_in(home)


def test_every_door_of_the_registry_is_closed(home: Cloud) -> None:
    closed(home)
    for path in ("/v2/", "/oauth2/token", "/v2/_catalog", "/acr/v1/_catalog"):
        assert knock(home, path=path).status == 403
    tags = "/v2/contoso/app/tags/list"
    plain = home.app.begin(Request("GET", "localhost", tags, scheme="http", authority="localhost"))
    assert isinstance(plain, Response)
    assert plain.status == 403
    assert home.ask("GET", f"{home.r}/contoso").status == 200  # the control plane is not behind it


def test_the_public_switch_overrides_rules(home: Cloud) -> None:
    closed(home, firewall.PUBLIC)
    assert let_in(home)
    change(home, publicNetworkAccess="Disabled")
    assert not let_in(home)
    assert any("publicNetworkAccess is Disabled" in line for line in home.world.refusals[-1].lines())


def test_a_subnet_needs_a_rule_and_a_service_endpoint(home: Cloud) -> None:
    subnet = f"{home.g}/providers/{NETWORK}/virtualNetworks/office/subnets/desks"
    closed(home)
    assert not let_in(home, "office/desks")
    closed(home, subnet=subnet)
    assert not let_in(home, "office/desks")
    assert any("service endpoint" in line for line in home.world.refusals[-1].lines())
    office(home, "Microsoft.ContainerRegistry")
    assert let_in(home, "office/desks")
    assert not let_in(home, "office/links")
    assert not let_in(home, "nowhere/desks")


# Private link


def test_a_private_endpoint_end_to_end(home: Cloud) -> None:
    change(home, publicNetworkAccess="Disabled")
    made = endpoint(home)
    assert made.status == 201
    link = made.json["properties"]["privateLinkServiceConnections"][0]["properties"]
    assert link["privateLinkServiceConnectionState"]["status"] == "Approved"
    registry = home.ask("GET", f"{home.r}/contoso").json["properties"]
    assert registry["dataEndpointEnabled"] is True
    assert len(registry["privateEndpointConnections"]) == 1
    assert not let_in(home, "office/desks")  # the name still resolves to the public address
    zone(home)
    assert let_in(home, "office/desks")
    assert not let_in(home)
    records = home.ask("GET", f"{home.g}/providers/{NETWORK}/privateDnsZones/{ZONE}/A", version="2020-06-01").json
    assert [each["name"] for each in records["value"]] == ["contoso", "contoso.westus.data"]
    interface = made.json["properties"]["networkInterfaces"][0]["id"]
    addresses = home.ask("GET", interface, version=VERSION).json["properties"]["ipConfigurations"]
    assert [each["properties"]["privateIPAddress"] for each in addresses] == ["10.0.2.4", "10.0.2.5"]
    assert home.ask("DELETE", made.json["id"], version=VERSION).status == 200
    assert not let_in(home, "office/desks")
    assert home.ask("GET", f"{home.r}/contoso").json["properties"]["privateEndpointConnections"] == []
    assert home.ask("GET", interface, version=VERSION).status == 404


def test_a_zone_that_is_not_linked_changes_nothing(home: Cloud) -> None:
    change(home, publicNetworkAccess="Disabled")
    endpoint(home)
    zone(home, linked=False)
    assert not let_in(home, "office/desks")


def test_a_connection_is_asked_for_approved_and_rejected(home: Cloud) -> None:
    change(home, publicNetworkAccess="Disabled")
    endpoint(home, "manualPrivateLinkServiceConnections")
    zone(home)
    found = home.ask("GET", f"{home.r}/contoso/privateEndpointConnections").json["value"][0]
    assert found["properties"]["privateLinkServiceConnectionState"]["status"] == "Pending"
    assert not let_in(home, "office/desks")

    def judge(status: str) -> Answer:
        state = {"privateLinkServiceConnectionState": {"status": status, "description": "by hand"}}
        return home.ask("PUT", found["id"], {"properties": state})

    assert judge("Approved").json["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    assert let_in(home, "office/desks")
    assert judge("Rejected").status == 200
    assert not let_in(home, "office/desks")
    assert judge("Approved").status == 400
    assert judge("Perhaps").status == 400
    assert home.ask("DELETE", found["id"]).status == 200
    shown = home.ask("GET", f"{home.g}/providers/{NETWORK}/privateEndpoints/pe", version=VERSION).json["properties"]
    link = shown["manualPrivateLinkServiceConnections"][0]["properties"]
    assert link["privateLinkServiceConnectionState"]["status"] == "Disconnected"


def test_what_stands_in_the_way_of_private_link(home: Cloud) -> None:
    home.registry("plain", "Standard")
    service: dict[str, Any] = {"privateLinkServiceId": f"{home.r}/plain", "groupIds": ["registry"]}
    link = {"name": "r", "properties": service}
    subnet = {"id": f"{home.g}/providers/{NETWORK}/virtualNetworks/office/subnets/links"}
    assert put(home, "privateEndpoints/x", {"subnet": subnet, "privateLinkServiceConnections": [link]}).status == 400
    service["privateLinkServiceId"] = f"{home.r}/contoso"
    other = {"name": "r", "properties": {**service, "groupIds": ["x"]}}
    for properties in (
        {"subnet": subnet},
        {"privateLinkServiceConnections": [link]},
        {"subnet": {"id": "x"}, "privateLinkServiceConnections": [link]},
        {"subnet": subnet, "privateLinkServiceConnections": [{"properties": {"groupIds": ["registry"]}}]},
        {"subnet": subnet, "privateLinkServiceConnections": ["link"]},
        {"subnet": subnet, "privateLinkServiceConnections": [other]},
    ):  # fmt: skip
        before = home.world.version
        assert put(home, "privateEndpoints/x", properties).status == 400, properties
        assert home.world.version == before
    endpoint(home)
    assert home.ask("DELETE", f"{home.r}/contoso").code == "RegistryHasPrivateEndpointConnections"
    network = f"{home.g}/providers/{NETWORK}/virtualNetworks/office"
    assert home.ask("DELETE", network, version=VERSION).code == "InUseSubnetCannotBeDeleted"
    assert home.ask("DELETE", f"{network}/subnets/links", version=VERSION).code == "InUseSubnetCannotBeDeleted"
    assert home.ask("DELETE", home.g, version="2024-11-01").status == 202  # all at once is no matter


def test_what_a_registry_offers_to_private_link(home: Cloud) -> None:
    listed = home.ask("GET", f"{home.r}/contoso/privateLinkResources").json["value"]
    assert listed[0]["properties"]["requiredMembers"] == ["registry_data_westus", "registry"]
    assert home.ask("GET", f"{home.r}/contoso/privateLinkResources/registry").json == listed[0]


def test_a_replica_needs_an_address_of_its_own(home: Cloud) -> None:
    path = f"{home.r}/contoso/replications/eastus"
    assert home.ask("PUT", path, {"location": "eastus"}).status == 201
    endpoint(home)
    zone(home)
    records = home.ask("GET", f"{home.g}/providers/{NETWORK}/privateDnsZones/{ZONE}/A", version="2020-06-01").json
    names = [each["name"] for each in records["value"]]
    assert names == ["contoso", "contoso.eastus.data", "contoso.westus.data"]


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({}, "InvalidParameter"),
        ({"addressSpace": {"addressPrefixes": ["10.0.0.0/99"]}}, "InvalidAddressPrefixFormat"),
        ({"addressSpace": {"addressPrefixes": [7]}}, "InvalidAddressPrefixFormat"),
        ({"addressSpace": {"addressPrefixes": "10"}}, "InvalidParameter"),
        ({"subnets": [{"name": "a", "properties": {"addressPrefix": "10.1.0.0/24"}}]}, "NetcfgInvalidSubnet"),
        ({"subnets": [{"name": "a", "properties": {}}]}, "InvalidAddressPrefixFormat"),
        ({"subnets": [{"properties": {"addressPrefix": "10.0.0.0/24"}}]}, "InvalidParameter"),
        (
            {"subnets": [{"name": each, "properties": {"addressPrefix": "10.0.0.0/24"}} for each in "ab"]},
            "NetcfgSubnetRangesOverlap",
        ),
    ],
)  # fmt: skip
def test_networks_that_are_none(cloud: Cloud, properties: dict[str, Any], code: str) -> None:
    given = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, **properties} if properties else {}
    before = cloud.world.version
    answer = put(cloud, "virtualNetworks/office", given)
    assert (answer.status, answer.code) == (400, code)
    assert cloud.world.version == before


def test_subnets_come_and_go_with_their_network(home: Cloud) -> None:
    path = "virtualNetworks/office/subnets/more"
    assert put(home, path, {"addressPrefix": "10.0.3.0/24"}).status == 201
    again = put(home, path.replace("more", "again"), {"addressPrefix": "10.0.3.0/25"})
    assert again.code == "NetcfgSubnetRangesOverlap"
    shown = home.ask("GET", f"{home.g}/providers/{NETWORK}/virtualNetworks/office", version=VERSION).json
    assert [each["name"] for each in shown["properties"]["subnets"]] == ["desks", "links", "more"]
    office(home)
    assert home.ask("GET", f"{home.g}/providers/{NETWORK}/{path}", version=VERSION).status == 404


def test_tasks_and_trusted_services(home: Cloud) -> None:
    registry = home.world.state.registries["contoso"]
    assert firewall.admits_tasks(home.world, registry, system_assigned=True).allowed
    closed(home)
    assert not firewall.admits_tasks(home.world, registry, system_assigned=True).allowed
    assert firewall.trusts_services(home.world, registry)
    change(home, networkRuleBypassAllowedForTasks=True, networkRuleBypassOptions="None")
    assert firewall.admits_tasks(home.world, registry, system_assigned=True).allowed
    assert not firewall.admits_tasks(home.world, registry, system_assigned=False).allowed
    assert not firewall.trusts_services(home.world, registry)
