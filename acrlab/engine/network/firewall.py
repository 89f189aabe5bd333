"""Who is let in at a registry's data: private links, the public switch, rules for addresses and subnets.

Source: container-registry-private-endpoints (2026-02), container-registry-access-selected-networks (2025-02),
allow-access-trusted-services (2025-02).
"""

import ipaddress
from typing import Any

import msgspec

from acrlab.domain.access import Verdict
from acrlab.engine.network import connections, dns, endpoints, subnets
from acrlab.engine.state import Registry, Resource
from acrlab.engine.world import World

# What the internet sees of this machine: an address of RFC 5737, kept for examples. A loopback is no address there.
PUBLIC = "203.0.113.10"
SERVICE = "Microsoft.ContainerRegistry"
# Where the agents of ACR Tasks stand, with or without a system-assigned identity of the task.
TASKS, TASKS_WITH_IDENTITY = "tasks", "tasks with identity"


class Standpoint(msgspec.Struct, frozen=True):
    """Where a client stands: its address, and the subnet it is in, if any."""

    address: str
    subnet: str = ""


def standpoint(world: World, client: str) -> Standpoint | None:
    """Where a client stands: an address, or `network/subnet`. None: there is no such place."""
    network, slash, subnet = client.partition("/")
    if slash:
        found = subnets.standing(world, network, subnet)
        return Standpoint(subnets.free(world, found, 1)[0], found.id) if found is not None else None
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return Standpoint(PUBLIC)
    return Standpoint(PUBLIC if address.is_loopback else str(address))


def admits(world: World, registry: Registry, client: str) -> Verdict:
    """Decide whether a client gets at a registry's data at all; who it is comes later."""
    if client in (TASKS, TASKS_WITH_IDENTITY):
        return admits_tasks(world, registry, system_assigned=client == TASKS_WITH_IDENTITY)
    resource = world.state.resources.get(registry.resource.lower())
    properties: dict[str, Any] = resource.body["properties"] if resource is not None else {}
    if resource is None or _open(properties):
        return Verdict(True, ("the registry is open to all networks",))
    where = standpoint(world, client)
    if where is None:
        return Verdict(False, (f"no virtual network of this world has a subnet {client}",))
    private = _private(world, resource, where)
    return private if private.allowed else _public(world, properties, where, private.because)


def _open(properties: dict[str, Any]) -> bool:
    rules = properties.get("networkRuleSet") or {}
    return properties.get("publicNetworkAccess") != "Disabled" and rules.get("defaultAction") != "Deny"


def _private(world: World, resource: Resource, where: Standpoint) -> Verdict:
    if not where.subnet:
        return Verdict(False, ("the client stands on the internet, where no private endpoint can be reached",))
    network = str(subnets.home(where.subnet))
    addresses = dns.resolved(world, network, endpoints.labelled(world, resource))
    if not addresses:
        return Verdict(False, (
            f"inside {network} the name resolves to the public address: no zone {dns.ZONE} with its record is linked",
        ))  # fmt: skip
    for each in connections.of(world, resource.id):
        endpoint = world.state.resources.get(each.body["properties"]["privateEndpoint"]["id"].lower())
        own = endpoint.body["properties"]["addresses"].values() if endpoint is not None else ()
        if set(addresses) & set(own):
            return _judged(each, addresses[0])
    return Verdict(False, (f"the name resolves to {addresses[0]}, where no private endpoint of the registry is",))


def _judged(connection: Resource, address: str) -> Verdict:
    status = connections.status(connection)
    because = (f"the name resolves to {address}: the connection {connection.id} is {status}",)
    return Verdict(status == connections.APPROVED, because)


def _public(world: World, properties: dict[str, Any], where: Standpoint, because: tuple[str, ...]) -> Verdict:
    if properties["publicNetworkAccess"] == "Disabled":
        return Verdict(False, (*because, "publicNetworkAccess is Disabled: all rules for networks are overridden"))
    rules = properties["networkRuleSet"]
    if where.subnet:
        return _by_subnet(world, rules, where, because)
    for each in rules["ipRules"]:
        if ipaddress.ip_address(where.address) in ipaddress.ip_network(each["value"], strict=False):
            return Verdict(True, (f"the rule for {each['value']} lets {where.address} in",))
    named = ", ".join(each["value"] for each in rules["ipRules"]) or "none"
    return Verdict(False, (*because, "defaultAction is Deny", f"rules for addresses: {named}"))


def _by_subnet(world: World, rules: dict[str, Any], where: Standpoint, because: tuple[str, ...]) -> Verdict:
    named = {each["id"].lower() for each in rules["virtualNetworkRules"]}
    if where.subnet.lower() not in named:
        return Verdict(False, (*because, "defaultAction is Deny", f"no rule names the subnet {where.subnet}"))
    services = world.state.resources[where.subnet.lower()].body["properties"].get("serviceEndpoints", [])
    if not any(each["service"].lower() == SERVICE.lower() for each in services):
        return Verdict(False, (*because, f"a rule names {where.subnet}, but it has no service endpoint for {SERVICE}"))
    return Verdict(True, (f"the rule for the subnet {where.subnet} lets it in",))


def admits_tasks(world: World, registry: Registry, *, system_assigned: bool) -> Verdict:
    """Decide whether a run of ACR Tasks gets at a registry's data. Agent pools stand in a network of their own.

    Source: manage-network-bypass-policy-for-tasks (2025-05).
    """
    resource = world.state.resources.get(registry.resource.lower())
    properties: dict[str, Any] = resource.body["properties"] if resource is not None else {}
    if resource is None or _open(properties):
        return Verdict(True, ("the registry is open to all networks",))
    if system_assigned and properties["networkRuleBypassAllowedForTasks"]:
        return Verdict(True, ("networkRuleBypassAllowedForTasks is true, and the task has an identity of its own",))
    return Verdict(False, (
        "the registry is closed to public networks, where tasks run",
        "networkRuleBypassAllowedForTasks with a system-assigned identity, or an agent pool, would let them in",
    ))  # fmt: skip


def trusts_services(world: World, registry: Registry) -> bool:
    """Whether trusted services of Azure pass the firewall. Source: allow-access-trusted-services (2025-02)."""
    resource = world.state.resources.get(registry.resource.lower())
    properties: dict[str, Any] = resource.body["properties"] if resource is not None else {}
    return _open(properties) or properties["networkRuleBypassOptions"] == "AzureServices"
