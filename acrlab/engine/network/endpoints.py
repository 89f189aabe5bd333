"""Private endpoints: an address in a subnet for a registry, the connection that asks for it, and its DNS names."""

from typing import Any

from acrlab.domain import events
from acrlab.domain.network_errors import ApprovalRefused, PrivateLinkInvalid, ReferenceInvalid
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.resource_id import parse
from acrlab.engine import authorization, neighbours, registries
from acrlab.engine.ask import Ask
from acrlab.engine.network import connections, dns, subnets
from acrlab.engine.state import Resource
from acrlab.engine.world import World

TYPE = "Microsoft.Network/privateEndpoints"
ZONE_GROUPS = f"{TYPE}/privateDnsZoneGroups"
APPROVAL = f"{REGISTRIES}/privateEndpointConnectionsApproval/action"
KINDS = _AUTO, _MANUAL = "privateLinkServiceConnections", "manualPrivateLinkServiceConnections"


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a private endpoint; what it connects to is fixed when it is made.

    Raises: BodyInvalid, PropertyInvalid, ReferenceInvalid, PrivateLinkInvalid, ApprovalRefused, TierRefused.
    """
    given = neighbours.tracked(ask)
    if ask.known is not None:
        return {**ask.known.body, "tags": given.get("tags", ask.known.body["tags"])}
    properties = given["properties"]
    subnet = subnets.found(ask.world, neighbours.reference(properties, "subnet"), str(ask.id))
    kind, wanted = _wanted(properties)
    registry = _registry(ask, wanted)
    _require_tier(ask.world, registry)
    if kind == _AUTO:
        _require_approval(ask, registry)
    members = connections.members(ask.world, registry)
    addresses = dict(zip(members, subnets.free(ask.world, subnet, len(members)), strict=True))
    connection = f"{registry.id}/privateEndpointConnections/{parse(registry.id).name}.{ask.world.random(16).hex()}"
    asked = wanted.get("properties") or {}
    return {
        "location": given["location"], "tags": given.get("tags", {}),
        "properties": {
            "subnet": {"id": subnet.id}, "kind": kind, "connection": connection, "registry": registry.id,
            "name": str(wanted.get("name") or ask.id.name), "message": str(asked.get("requestMessage") or ""),
            "addresses": addresses,
            "interface": f"{_group(ask)}/networkInterfaces/{ask.id.name}.nic.{ask.world.uuid()}",
            "resourceGuid": ask.world.uuid(),
        },
    }  # fmt: skip


def _group(ask: Ask) -> str:
    return f"/subscriptions/{ask.id.subscription}/resourceGroups/{ask.id.group}/providers/Microsoft.Network"


def _wanted(properties: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    asked = [(kind, each) for kind in KINDS for each in neighbours.objects(properties, kind)]
    if len(asked) != 1:
        raise PrivateLinkInvalid(reason="A private endpoint has exactly one private link service connection.")
    return asked[0]


def _registry(ask: Ask, wanted: dict[str, Any]) -> Resource:
    asked = wanted.get("properties") or {}
    neighbours.checked(asked, privateLinkServiceId=str, groupIds=list, requestMessage=str)
    id = parse(asked.get("privateLinkServiceId") or "/")
    found = ask.world.state.resources.get(id.key)
    if found is None:
        raise ReferenceInvalid(id=str(id), by=str(ask.id))
    if id.type.lower() != REGISTRIES.lower():
        raise PrivateLinkInvalid(reason=f"In this lab private endpoints lead to registries, not to {id.type}.")
    if asked.get("groupIds") != [connections.GROUP]:
        raise PrivateLinkInvalid(reason=f"The group id of a registry is '{connections.GROUP}', and it has to be named.")
    return found


def _require_tier(world: World, registry: Resource) -> None:
    facts, tier = registries.edition(world), registry.body["sku"]["name"]
    registries.require(facts, tier, "private_link")
    registries.require_room(facts, tier, "private_endpoints", len(connections.of(world, registry.id)))


def _require_approval(ask: Ask, registry: Resource) -> None:
    verdict = authorization.permits(ask.world, ask.principal, APPROVAL, registry.id)
    if not verdict.allowed:
        refusal = ApprovalRefused(id=ask.principal.id, endpoint=str(ask.id), action=APPROVAL, scope=registry.id)
        raise refusal.why(*verdict.because, "without it a connection can only be asked for: --manual-request true")


def opening(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """What comes with an endpoint: interface and connection; the registry's data endpoint is switched on.

    Source: container-registry-private-endpoints (2026-02).
    """
    properties, now = body["properties"], ask.world.now()
    registry = ask.world.state.resources[properties["registry"].lower()]
    approved = properties["kind"] == _AUTO
    state = {
        "status": connections.APPROVED if approved else connections.PENDING,
        "description": "Auto-Approved" if approved else properties["message"], "actionsRequired": "None",
    }  # fmt: skip
    connection = {
        "privateEndpoint": {"id": str(ask.id)}, "privateLinkServiceConnectionState": state,
        "provisioningState": "Succeeded",
    }  # fmt: skip
    switched = {**registry.body, "properties": {**registry.body["properties"], "dataEndpointEnabled": True}}
    return (
        events.ResourcePut(at=now, by=ask.by, id=properties["interface"], body=_interface(ask, body)),
        events.ResourcePut(at=now, by=ask.by, id=properties["connection"], body={"properties": connection}),
        events.ResourcePut(at=now, by=ask.by, id=registry.id, body=switched),
    )


def _interface(ask: Ask, body: dict[str, Any]) -> dict[str, Any]:
    properties = body["properties"]
    names = fqdns(ask.world, body)
    configurations = [
        {
            "name": f"privateEndpointIpConfig.{number}",
            "properties": {
                "provisioningState": "Succeeded", "privateIPAddress": address, "privateIPAllocationMethod": "Dynamic",
                "subnet": properties["subnet"], "primary": member == connections.GROUP,
                "privateIPAddressVersion": "IPv4",
                "privateLinkConnectionProperties": {
                    "groupId": connections.GROUP, "requiredMemberName": member, "fqdns": [names[member]],
                },
            },
        }
        for number, (member, address) in enumerate(properties["addresses"].items())
    ]  # fmt: skip
    return {
        "location": body["location"], "tags": {},
        "properties": {
            "provisioningState": "Succeeded", "ipConfigurations": configurations, "dnsSettings": {"dnsServers": []},
            "privateEndpoint": {"id": str(ask.id)}, "enableIPForwarding": False,
        },
    }  # fmt: skip


def fqdns(world: World, body: dict[str, Any]) -> dict[str, str]:
    """The public names behind each member of an endpoint. Source: container-registry-private-endpoints (2026-02)."""
    registry = world.state.resources[body["properties"]["registry"].lower()]
    label = labelled(world, registry)
    found = {}
    for member in body["properties"]["addresses"]:
        _, _, where = member.partition("_")
        word, _, region = where.partition("_")
        found[member] = f"{label}.{region}.{word}.azurecr.io" if region else f"{label}.azurecr.io"
    return found


def labelled(world: World, registry: Resource) -> str:
    """The first part of a registry's login server."""
    known = world.state.registries.get(parse(registry.id).name.lower())
    return known.login_server.removesuffix(".azurecr.io") if known is not None else parse(registry.id).name.lower()


def closing(world: World, resource: Resource, by: str) -> tuple[events.Event, ...]:
    """What goes with an endpoint: interface, connection, the names that its zone groups wrote."""
    properties = resource.body["properties"]
    own = [properties["interface"], properties["connection"]]
    return tuple(
        events.ResourceDeleted(at=world.now(), by=by, id=id) for id in own if id.lower() in world.state.resources
    )


# DNS


def zone_group(ask: Ask) -> dict[str, Any]:
    """The body of a group of zones that an endpoint writes its names into.

    Raises: BodyInvalid, PropertyInvalid, ReferenceInvalid, LinkedIdInvalid.
    """
    rows = neighbours.objects(neighbours.tracked(ask)["properties"], "privateDnsZoneConfigs")
    configs = []
    for each in rows:
        zone = str((each.get("properties") or {}).get("privateDnsZoneId") or "/")
        found = ask.world.state.resources.get(parse(zone).key)
        if found is None or parse(zone).type.lower() != dns.ZONES.lower():
            raise ReferenceInvalid(id=zone[:300], by=str(ask.id))
        configs.append({"name": str(each.get("name") or "default"), "zone": found.id})
    return {"properties": {"configs": configs}}


def named(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The records that a zone group writes."""
    home = ask.id.parent
    assert home is not None
    names = records(ask.world, ask.world.state.resources[home.key])
    zones = [each["zone"] for each in body["properties"]["configs"]]
    return tuple(event for zone in zones for event in dns.written(ask.world, zone, names, ask.by))


def records(world: World, endpoint: Resource) -> dict[str, str]:
    """The names of an endpoint inside the zone, and their addresses."""
    addresses = endpoint.body["properties"]["addresses"]
    names = fqdns(world, endpoint.body)
    return {names[member].removesuffix(".azurecr.io"): address for member, address in addresses.items()}


def unnamed(world: World, resource: Resource, by: str) -> tuple[events.Event, ...]:
    """The records go with the zone group."""
    home = parse(resource.id).parent
    endpoint = world.state.resources.get(home.key) if home is not None else None
    if endpoint is None or endpoint.body["properties"]["registry"].lower() not in world.state.resources:
        return ()
    zones = [each["zone"] for each in resource.body["properties"]["configs"]]
    ids = [f"{zone}/A/{name}" for zone in zones for name in records(world, endpoint)]
    there = [id for id in ids if id.lower() in world.state.resources]
    return tuple(events.ResourceDeleted(at=world.now(), by=by, id=id) for id in there)
