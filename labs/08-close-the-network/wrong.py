"""Wrong answers to lab 08."""

from typing import Any

from acrlab.course.beginning import LOCATION
from acrlab.course.proof import SOLVED, Bench, wrong

REGISTRY, ZONE = "contosolab08", "privateDnsZones/privatelink.azurecr.io"


def rules(bench: Bench, action: str, *ranges: str) -> None:
    given = {"defaultAction": action, "ipRules": [{"value": each} for each in ranges]}
    bench.change(REGISTRY, {"properties": {"networkRuleSet": given}})


def home(bench: Bench) -> str:
    return f"/resourceGroups/{bench.lab.group}/providers/Microsoft.Network"


def whole(bench: Bench, path: str) -> str:
    return f"/subscriptions/{bench.rest.subscription}{path}"


def make(bench: Bench, path: str, properties: dict[str, Any], version: str = "2024-05-01") -> None:
    location = "global" if path.startswith(ZONE) else LOCATION
    body = {"location": location, "properties": properties}
    bench.rest.arm("PUT", f"{home(bench)}/{path}", body, version=version)


def endpoint(bench: Bench, kind: str = "privateLinkServiceConnections") -> None:
    id = whole(bench, bench.rest.registry_path(bench.lab.group, REGISTRY))
    link = {"name": "registry", "properties": {"privateLinkServiceId": id, "groupIds": ["registry"]}}
    subnet = {"id": whole(bench, f"{home(bench)}/virtualNetworks/office/subnets/links")}
    make(bench, "privateEndpoints/shop", {"subnet": subnet, kind: [link]})


def zone(bench: Bench, *, linked: bool, grouped: bool) -> None:
    make(bench, ZONE, {}, "2020-06-01")
    if linked:
        network = {"id": whole(bench, f"{home(bench)}/virtualNetworks/office")}
        properties = {"virtualNetwork": network, "registrationEnabled": False}
        make(bench, f"{ZONE}/virtualNetworkLinks/office", properties, "2020-06-01")
    if grouped:
        configs = [{"name": "acr", "properties": {"privateDnsZoneId": whole(bench, f"{home(bench)}/{ZONE}")}}]
        make(bench, "privateEndpoints/shop/privateDnsZoneGroups/default", {"privateDnsZoneConfigs": configs})


def public(bench: Bench, access: str) -> None:
    bench.change(REGISTRY, {"properties": {"publicNetworkAccess": access}})


@wrong("ruled", "the rule, and everybody else still let in")
def nobody_denied(bench: Bench) -> None:
    rules(bench, "Allow", "198.51.100.0/24")


@wrong("ruled", "one address of the agency only")
def one_address(bench: Bench) -> None:
    rules(bench, "Deny", "198.51.100.7")


@wrong("ruled", "everybody denied, the agency too")
def nobody_named(bench: Bench) -> None:
    rules(bench, "Deny")


@wrong("linked", "an endpoint, and no name that leads there")
def no_names(bench: Bench) -> None:
    endpoint(bench)


@wrong("linked", "a zone that is linked to no network")
def not_linked(bench: Bench) -> None:
    endpoint(bench)
    zone(bench, linked=False, grouped=True)


@wrong("linked", "a zone without records")
def no_records(bench: Bench) -> None:
    endpoint(bench)
    zone(bench, linked=True, grouped=False)


@wrong("linked", "a connection that waits for approval")
def pending(bench: Bench) -> None:
    endpoint(bench, "manualPrivateLinkServiceConnections")
    zone(bench, linked=True, grouped=True)


@wrong("closed", "closed before there is another way in")
def locked_out(bench: Bench) -> None:
    public(bench, "Disabled")


@wrong("closed", "opened again", after=SOLVED)
def opened_again(bench: Bench) -> None:
    public(bench, "Enabled")


@wrong("closed", "everybody denied by rules, the switch left alone")
def only_rules(bench: Bench) -> None:
    endpoint(bench)
    zone(bench, linked=True, grouped=True)
    rules(bench, "Deny")
