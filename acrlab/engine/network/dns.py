"""Private DNS: zones, their links to networks, A records; and what a name is inside a network."""

import ipaddress
from typing import Any

from acrlab.domain import events
from acrlab.domain.network_errors import RecordInvalid, ReferenceInvalid
from acrlab.domain.resource_id import parse
from acrlab.engine import neighbours
from acrlab.engine.ask import Ask
from acrlab.engine.network import subnets
from acrlab.engine.state import Resource
from acrlab.engine.world import World

ZONES = "Microsoft.Network/privateDnsZones"
LINKS = f"{ZONES}/virtualNetworkLinks"
RECORDS = f"{ZONES}/A"
ZONE = "privatelink.azurecr.io"
TTL = 10  # seconds. Source: private-endpoint-dns (2025), records of zone groups
HOUR = 3600


def zone(ask: Ask) -> dict[str, Any]:
    """The body of a zone. Source: privatedns 2020-06-01, PrivateZonePut.json.

    Raises: BodyInvalid.
    """
    given = neighbours.tracked(ask)
    properties = {
        "maxNumberOfRecordSets": 25000, "maxNumberOfVirtualNetworkLinks": 1000,
        "maxNumberOfVirtualNetworkLinksWithRegistration": 100, "provisioningState": "Succeeded",
    }  # fmt: skip
    return {"location": "global", "tags": given.get("tags", {}), "properties": properties}


def link(ask: Ask) -> dict[str, Any]:
    """The body of a link to a network.

    Raises: BodyInvalid, PropertyInvalid, ReferenceInvalid, LinkedIdInvalid.
    """
    given = neighbours.tracked(ask)
    properties = given["properties"]
    neighbours.checked(properties, registrationEnabled=bool)
    id = neighbours.reference(properties, "virtualNetwork")
    if not id or parse(id).key not in ask.world.state.resources or parse(id).type.lower() != subnets.NETWORKS.lower():
        raise ReferenceInvalid(id=id[:300], by=str(ask.id))
    shown = {
        "virtualNetwork": {"id": id}, "registrationEnabled": bool(properties.get("registrationEnabled")),
        "virtualNetworkLinkState": "Completed", "provisioningState": "Succeeded",
        "resolutionPolicy": properties.get("resolutionPolicy") or "Default",
    }  # fmt: skip
    return {"location": "global", "tags": given.get("tags", {}), "properties": shown}


def records(ask: Ask) -> dict[str, Any]:
    """The body of a set of A records.

    Raises: BodyInvalid, PropertyInvalid, RecordInvalid.
    """
    properties = neighbours.tracked(ask)["properties"]
    rows = neighbours.objects(properties, "aRecords")
    ttl = properties.get("ttl", HOUR)
    if type(ttl) is not int or not 1 <= ttl < 1 << 31:
        raise RecordInvalid(reason="The ttl of a record set is a number of seconds, 1 or more.")
    addresses = [_address(each.get("ipv4Address")) for each in rows]
    return record_set(ask.id.name, _name(ask), addresses, ttl, properties.get("metadata"))


def _name(ask: Ask) -> str:
    home = ask.id.parent
    assert home is not None
    return home.name


def _address(text: Any) -> str:
    try:
        return str(ipaddress.IPv4Address(text if isinstance(text, str) else ""))
    except ValueError:
        raise RecordInvalid(reason=f"{str(text)[:60]} is not an IPv4 address.") from None


def record_set(name: str, zone: str, addresses: list[str], ttl: int = TTL, metadata: Any = None) -> dict[str, Any]:
    """The body of a record set."""
    properties = {
        "fqdn": f"{name}.{zone}.", "ttl": ttl, "isAutoRegistered": False,
        "aRecords": [{"ipv4Address": each} for each in addresses],
    }  # fmt: skip
    return {"properties": properties | ({"metadata": metadata} if metadata else {})}


def written(world: World, zone: str, names: dict[str, str], by: str) -> tuple[events.Event, ...]:
    """The events that point names of a zone to addresses."""
    title = parse(zone).name
    return tuple(
        events.ResourcePut(at=world.now(), by=by, id=f"{zone}/A/{name}", body=record_set(name, title, [address]))
        for name, address in names.items()
    )


# Resolving


def linked(world: World, network: str) -> list[Resource]:
    """The zones for registries' private links that a network asks."""
    found = []
    for key, each in sorted(world.state.resources.items()):
        ours = f"/privatednszones/{ZONE}/virtualnetworklinks/" in key
        if ours and each.body["properties"]["virtualNetwork"]["id"].lower() == network.lower():
            found.append(world.state.resources[key.rpartition("/virtualnetworklinks/")[0]])
    return found


def resolved(world: World, network: str, label: str) -> tuple[str, ...]:
    """What `<label>.azurecr.io` is inside a network: private addresses, or nothing of the kind."""
    for zone in linked(world, network):
        records = world.state.resources.get(f"{zone.id.lower()}/a/{label.lower()}")
        if records is not None:
            return tuple(each["ipv4Address"] for each in records.body["properties"]["aRecords"])
    return ()
