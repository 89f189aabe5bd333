"""Lab 08 solved with `az`, and over plain HTTP."""

from typing import Any

from acrlab.course.beginning import LOCATION
from acrlab.course.ways import Az, Way

REGISTRY, RANGE, ZONE = "contosolab08", "198.51.100.0/24", "privatelink.azurecr.io"


def az(az: Az) -> None:
    """`az acr` for the registry, `az network` for the rest."""
    group = ("--resource-group", az.group)
    az("acr", "update", "--name", REGISTRY, "--default-action", "Deny")
    az("acr", "network-rule", "add", "--name", REGISTRY, "--ip-address", RANGE)
    id = az("acr", "show", "--name", REGISTRY)["id"]
    az(
        "network", "private-endpoint", "create", *group, "--name", "shop", "--vnet-name", "office", "--subnet",
        "links", "--private-connection-resource-id", id, "--group-id", "registry", "--connection-name", "registry",
        "--location", LOCATION,
    )  # fmt: skip
    az("network", "private-dns", "zone", "create", *group, "--name", ZONE)
    az(
        "network", "private-dns", "link", "vnet", "create", *group, "--zone-name", ZONE, "--name", "office",
        "--virtual-network", "office", "--registration-enabled", "false",
    )  # fmt: skip
    az(
        "network", "private-endpoint", "dns-zone-group", "create", *group, "--endpoint-name", "shop", "--name",
        "default", "--private-dns-zone", ZONE, "--zone-name", "acr",
    )  # fmt: skip
    az("acr", "update", "--name", REGISTRY, "--public-network-enabled", "false")


def http(way: Way) -> None:
    """Requests and nothing else."""
    rules = {"defaultAction": "Deny", "ipRules": [{"value": RANGE}]}
    way.change(REGISTRY, {"properties": {"networkRuleSet": rules}})
    home = f"/resourceGroups/{way.lab.group}/providers/Microsoft.Network"
    own = f"/subscriptions/{way.rest.subscription}"

    def make(path: str, properties: dict[str, Any], version: str = "2024-05-01", location: str = LOCATION) -> None:
        way.rest.arm("PUT", f"{home}/{path}", {"location": location, "properties": properties}, version=version)

    id = f"{own}{way.rest.registry_path(way.lab.group, REGISTRY)}"
    link = {"name": "registry", "properties": {"privateLinkServiceId": id, "groupIds": ["registry"]}}
    subnet = {"id": f"{own}{home}/virtualNetworks/office/subnets/links"}
    make("privateEndpoints/shop", {"subnet": subnet, "privateLinkServiceConnections": [link]})
    zone = f"privateDnsZones/{ZONE}"
    make(zone, {}, "2020-06-01", "global")
    network = {"virtualNetwork": {"id": f"{own}{home}/virtualNetworks/office"}, "registrationEnabled": False}
    make(f"{zone}/virtualNetworkLinks/office", network, "2020-06-01", "global")
    configs = [{"name": "acr", "properties": {"privateDnsZoneId": f"{own}{home}/{zone}"}}]
    make("privateEndpoints/shop/privateDnsZoneGroups/default", {"privateDnsZoneConfigs": configs})
    way.change(REGISTRY, {"properties": {"publicNetworkAccess": "Disabled"}})
