"""What lab 08 expects of the registry contosolab08 and of the network around it."""

from collections.abc import Iterator
from typing import Any

from acrlab.course import Evidence, Finding, check, expect

REGISTRY, RANGE = "contosolab08", "198.51.100.0/24"
ZONE = "privatednszones/privatelink.azurecr.io"


def properties(seen: Evidence) -> dict[str, Any]:
    """The properties of the registry; empty when there is none."""
    return dict(seen.resource(REGISTRY).get("properties", {}))


def inside(seen: Evidence, part: str) -> list[dict[str, Any]]:
    """The properties of the resources of the lab's group whose id holds these words."""
    mine = f"/resourcegroups/{seen.group}/".lower()
    found = sorted(seen.state.resources.items())
    return [each.body["properties"] for id, each in found if mine in id and part in id]


@check(
    "Of the internet, only the agency is let in",
    points=3,
    step=1,
    hints=(
        "Two things: what happens to those whom no rule names, and who is named.",
        "az acr update --default-action Deny, az acr network-rule add --ip-address. A range is written in CIDR "
        "notation.",
        'rules = {"defaultAction": "Deny", "ipRules": [{"value": "198.51.100.0/24"}]}\n'
        'change = {"properties": {"networkRuleSet": rules}}\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab08", change).result()',
    ),
)
def ruled(seen: Evidence) -> Iterator[Finding]:
    rules = properties(seen).get("networkRuleSet") or {}
    action = rules.get("defaultAction", "Allow")
    yield expect(action == "Deny", "whom no rule names is denied", f"the default action is {action}")
    named = sorted(each["value"] for each in rules.get("ipRules", []))
    yield expect(named == [RANGE], f"one rule, for {RANGE}", ", ".join(named) or "no rule")


@check(
    "The office reaches the registry by a private endpoint",
    points=4,
    step=2,
    hints=(
        "An endpoint is an address in the network. Who tells the desks to use it?",
        "An endpoint in the subnet links, the private zone privatelink.azurecr.io, a link from the zone to the "
        "network, and a zone group at the endpoint, which writes the records.",
        'target = {"privateLinkServiceId": registry.properties.id, "groupIds": ["registry"]}\n'
        'endpoint = {\n'
        '    "subnet": {"id": f"{home}/virtualNetworks/office/subnets/links"},\n'
        '    "privateLinkServiceConnections": [{"name": "registry", "properties": target}],\n'
        "}\n"
        'make("privateEndpoints/shop", endpoint)\n'
        'make(zone, {}, "2020-06-01", "global")\n'
        'office = {"virtualNetwork": {"id": f"{home}/virtualNetworks/office"}, "registrationEnabled": False}\n'
        'make(f"{zone}/virtualNetworkLinks/office", office, "2020-06-01", "global")\n'
        'configs = [{"name": "acr", "properties": {"privateDnsZoneId": f"{home}/{zone}"}}]\n'
        'make("privateEndpoints/shop/privateDnsZoneGroups/default", {"privateDnsZoneConfigs": configs})',
    ),
)
def linked(seen: Evidence) -> Iterator[Finding]:
    connections = inside(seen, f"/registries/{REGISTRY}/privateendpointconnections/")
    states = [each["privateLinkServiceConnectionState"]["status"] for each in connections]
    yield expect("Approved" in states, "a connection that is approved", ", ".join(states) or "no connection")
    networks = [each["virtualNetwork"]["id"].lower() for each in inside(seen, f"{ZONE}/virtualnetworklinks/")]
    home = any(each.endswith("/virtualnetworks/office") for each in networks)
    yield expect(home, "privatelink.azurecr.io linked to the network office", "it is" if home else "it is not")
    records = inside(seen, f"{ZONE}/a/{REGISTRY}")
    yield expect(len(records) == 2, "records for the registry and its data endpoint", f"{len(records)} records")


@check(
    "The public door is closed",
    points=2,
    step=3,
    hints=(
        "The rules of step 1 let the agency in. One property outdoes them all.",
        "az acr update --public-network-enabled false. Close it only when the office has its own way in.",
        'change = {"properties": {"publicNetworkAccess": "Disabled"}}\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab08", change).result()',
    ),
)
def closed(seen: Evidence) -> Iterator[Finding]:
    access = properties(seen).get("publicNetworkAccess", "Enabled")
    yield expect(access == "Disabled", "public network access is disabled", access)
    states = [
        each["privateLinkServiceConnectionState"]["status"]
        for each in inside(seen, f"/registries/{REGISTRY}/privateendpointconnections/")
    ]
    safe = access == "Disabled" and "Approved" in states
    yield expect(safe, "and the office still has its own way in", "it has" if safe else "not yet")
