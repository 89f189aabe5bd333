"""Resources of Microsoft.Network as ARM shows them, and a registry's private endpoint connections.

Source: recorded, network vnet create and subnet update (2024-07); Microsoft.Network 2024-05-01; privatedns 2020-06-01.
"""

import uuid
from collections.abc import Callable
from typing import Any

from acrlab.domain.resource_id import parse
from acrlab.engine.network import connections, dns, endpoints, subnets
from acrlab.engine.state import Resource
from acrlab.engine.world import World

Shown = dict[str, Any]


def etag(resource: Resource) -> str:
    """The tag of a resource's present body."""
    return f'W/"{uuid.uuid5(uuid.NAMESPACE_URL, f"{resource.id.lower()}#{resource.modified}")}"'


def _tagged(resource: Resource, head: Shown, properties: Shown, state: str = "") -> Shown:
    rest = {name: value for name, value in resource.body.items() if name != "properties"}
    succeeded = {"provisioningState": state or "Succeeded"}
    return {**head, "etag": etag(resource), **rest, "properties": {**succeeded, **properties}}


def _plain(world: World, resource: Resource, head: Shown, state: str) -> Shown:
    return _tagged(resource, head, resource.body["properties"], state)


def _network(world: World, resource: Resource, head: Shown, state: str) -> Shown:
    inside = [shown(world, each) for each in subnets.of(world, resource.id)]
    return _tagged(resource, head, {**resource.body["properties"], "subnets": inside}, state)


def _subnet(world: World, resource: Resource, head: Shown, state: str) -> Shown:
    standing = [each for each, _ in subnets.interfaces(world, resource.id)]
    users = [{"id": each.body["properties"]["privateEndpoint"]["id"]} for each in standing]
    held = {"privateEndpoints": users} if users else {}
    return _tagged(resource, head, {**resource.body["properties"], **held}, state)


def _endpoint(world: World, resource: Resource, head: Shown, state: str) -> Shown:
    own = resource.body["properties"]
    connection = world.state.resources.get(own["connection"].lower())
    status = (
        connection.body["properties"]["privateLinkServiceConnectionState"]
        if connection is not None
        else {"status": connections.DISCONNECTED, "description": "", "actionsRequired": "None"}
    )
    link = {
        "name": own["name"], "id": f"{resource.id}/{own['kind']}/{own['name']}", "etag": etag(resource),
        "type": f"{endpoints.TYPE}/{own['kind']}",
        "properties": {
            "provisioningState": "Succeeded", "privateLinkServiceId": own["registry"],
            "groupIds": [connections.GROUP], "requestMessage": own["message"],
            "privateLinkServiceConnectionState": status,
        },
    }  # fmt: skip
    links = {kind: [link] if kind == own["kind"] else [] for kind in endpoints.KINDS}
    names = endpoints.fqdns(world, resource.body) if own["registry"].lower() in world.state.resources else {}
    addresses = [{"fqdn": names[each], "ipAddresses": [own["addresses"][each]]} for each in names]
    properties = {
        "resourceGuid": own["resourceGuid"], **links, "customNetworkInterfaceName": "", "subnet": own["subnet"],
        "ipConfigurations": [], "networkInterfaces": [{"id": own["interface"]}], "customDnsConfigs": addresses,
    }  # fmt: skip
    return _tagged(resource, head, properties, state)


def _zone_group(world: World, resource: Resource, head: Shown, state: str) -> Shown:
    home = parse(resource.id).parent
    endpoint = world.state.resources.get(home.key) if home is not None else None
    gone = endpoint is None or endpoint.body["properties"]["registry"].lower() not in world.state.resources
    names = {} if endpoint is None or gone else endpoints.records(world, endpoint)
    sets = [
        {
            "recordType": "A", "recordSetName": name, "fqdn": f"{name}.{dns.ZONE}", "ttl": dns.TTL,
            "ipAddresses": [address],
        }
        for name, address in names.items()
    ]  # fmt: skip
    configs = [
        {"name": each["name"], "properties": {"privateDnsZoneId": each["zone"], "recordSets": sets}}
        for each in resource.body["properties"]["configs"]
    ]
    return _tagged(resource, head, {"privateDnsZoneConfigs": configs}, state)


def _zone(world: World, resource: Resource, head: Shown, state: str) -> Shown:
    key = f"{resource.id.lower()}/"
    inside = [each for each in world.state.resources if each.startswith(key)]
    links = sum(each.startswith(f"{key}virtualnetworklinks/") for each in inside)
    counted = {
        "numberOfRecordSets": len(inside) - links + 1, "numberOfVirtualNetworkLinks": links,
        "numberOfVirtualNetworkLinksWithRegistration": 0,
    }  # fmt: skip
    return _tagged(resource, head, {**resource.body["properties"], **counted}, state)


def _records(world: World, resource: Resource, head: Shown, state: str) -> Shown:
    return {**head, "etag": etag(resource), "properties": resource.body["properties"]}


def connection(resource: Resource) -> Shown:
    """A private endpoint connection. Source: PrivateEndpointConnectionCreateOrUpdate.json (2025-11-01)."""
    head = {"id": resource.id, "name": parse(resource.id).name, "type": connections.TYPE}
    return {**head, "properties": resource.body["properties"]}


SHOWN: dict[str, Callable[[World, Resource, Shown, str], Shown]] = {
    subnets.NETWORKS.lower(): _network,
    subnets.TYPE.lower(): _subnet,
    endpoints.TYPE.lower(): _endpoint,
    endpoints.ZONE_GROUPS.lower(): _zone_group,
    "microsoft.network/networkinterfaces": _plain,
    dns.ZONES.lower(): _zone,
    dns.LINKS.lower(): _plain,
    dns.RECORDS.lower(): _records,
}


def shown(world: World, resource: Resource) -> Shown:
    """A resource inside another one's document."""
    id = parse(resource.id)
    return SHOWN[id.type.lower()](world, resource, {"id": resource.id, "name": id.name, "type": id.type}, "")
