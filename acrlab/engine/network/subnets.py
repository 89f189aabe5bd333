"""Virtual networks and their subnets: address ranges, and who stands in them."""

import ipaddress
from collections.abc import Iterator
from typing import Any

from acrlab.domain import events
from acrlab.domain.arm_errors import PropertyInvalid
from acrlab.domain.network_errors import (
    PrefixInvalid,
    ReferenceInvalid,
    SubnetFull,
    SubnetInUse,
    SubnetOutside,
    SubnetsOverlap,
)
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.engine import neighbours
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

NETWORKS = "Microsoft.Network/virtualNetworks"
TYPE = f"{NETWORKS}/subnets"
INTERFACES = "/providers/microsoft.network/networkinterfaces/"
RESERVED = 4  # addresses at a subnet's beginning; one more at its end. Source: virtual-networks-faq (2025)
_OURS = ("addressPrefixes", "serviceEndpoints", "privateEndpoints", "ipConfigurations")
_MOST = 65_536  # addresses of a subnet that are looked through
Range = ipaddress.IPv4Network | ipaddress.IPv6Network


# Virtual networks


def network(ask: Ask) -> dict[str, Any]:
    """The body of a virtual network; its subnets are resources of their own.

    Raises: BodyInvalid, PropertyInvalid, PrefixInvalid, SubnetOutside, SubnetsOverlap. Source: recorded (2024-07).
    """
    given = neighbours.tracked(ask)
    properties = given["properties"]
    neighbours.checked(properties, addressSpace=dict, subnets=list, enableDdosProtection=bool)
    space = properties.get("addressSpace") or (ask.known.body["properties"]["addressSpace"] if ask.known else {})
    prefixes = space.get("addressPrefixes")
    if not isinstance(prefixes, list) or not prefixes:
        raise PropertyInvalid(reason="The virtual network needs an address space with at least one prefix.")
    ranges = [_range(prefix, ask.id.name) for prefix in prefixes]
    _require_apart(ask, ranges, [(_name(each), _given(ask, each)["addressPrefix"]) for each in _listed(properties)])
    location = ask.known.body["location"] if ask.known is not None else given["location"]
    guid = ask.known.body["properties"]["resourceGuid"] if ask.known is not None else ask.world.uuid()
    kept = {name: value for name, value in properties.items() if name != "subnets" and value is not None}
    shown = {
        **kept, "addressSpace": space, "resourceGuid": guid, "virtualNetworkPeerings": [],
        "enableDdosProtection": bool(properties.get("enableDdosProtection")),
    }  # fmt: skip
    return {"location": location, "tags": given.get("tags", {}), "properties": shown}


def _listed(properties: dict[str, Any]) -> list[dict[str, Any]]:
    return neighbours.objects(properties, "subnets")


def _name(subnet: dict[str, Any]) -> str:
    name = subnet.get("name")
    if not isinstance(name, str) or not name or "/" in name:
        raise PropertyInvalid(reason="Every subnet of a virtual network needs a name.")
    return name


def _given(ask: Ask, subnet: dict[str, Any]) -> dict[str, Any]:
    return _shaped(subnet.get("properties") or {}, _name(subnet))


def _require_apart(ask: Ask, ranges: list[Range], subnets: list[tuple[str, str]]) -> None:
    for place, (name, prefix) in enumerate(subnets):
        own = _range(prefix, name)
        if not any(own.version == each.version and own.subnet_of(each) for each in ranges):  # type: ignore[arg-type]
            raise SubnetOutside(subnet=name, network=ask.id.names[0])
        other = next((known for known, taken in subnets[:place] if own.overlaps(_range(taken, known))), None)
        if other is not None:
            refusal = SubnetsOverlap(subnet=name, network=ask.id.names[0])
            raise refusal.why(f"the range of {name} overlaps with that of {other}")


def _range(prefix: Any, name: str) -> Range:
    if not isinstance(prefix, str):
        raise PrefixInvalid(prefix=str(prefix)[:60], name=name)
    try:
        return ipaddress.ip_network(prefix)
    except ValueError:
        raise PrefixInvalid(prefix=prefix[:60], name=name) from None


def filled(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The subnets that a virtual network's body names; those it no longer names go."""
    properties = ask.given.get("properties") or {} if isinstance(ask.given, dict) else {}
    if not isinstance(properties.get("subnets"), list):
        return ()
    wanted = {_name(each).lower(): each for each in _listed(properties)}
    gone = [each for each in of(ask.world, str(ask.id)) if parse(each.id).name.lower() not in wanted]
    for each in gone:
        require_empty(ask.world, each)
    now = ask.world.now()
    return (
        *(events.ResourceDeleted(at=now, by=ask.by, id=each.id) for each in gone),
        *(
            events.ResourcePut(
                at=now, by=ask.by, id=f"{ask.id}/subnets/{_name(each)}", body={"properties": _given(ask, each)}
            )
            for each in wanted.values()
        ),
    )  # fmt: skip


def of(world: World, network: str) -> list[Resource]:
    """The subnets of a virtual network, by name."""
    prefix = f"{network.lower()}/subnets/"
    return [each for key, each in sorted(world.state.resources.items()) if key.startswith(prefix)]


# Subnets


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a subnet.

    Raises: BodyInvalid, PropertyInvalid, PrefixInvalid, SubnetOutside, SubnetsOverlap.
    """
    properties = _shaped(neighbours.tracked(ask)["properties"], ask.id.name)
    home = ask.id.parent
    assert home is not None
    above = ask.world.state.resources[home.key].body["properties"]
    ranges = [_range(each, home.name) for each in above["addressSpace"]["addressPrefixes"]]
    others = [each for each in of(ask.world, str(home)) if each.id.lower() != ask.id.key]
    known = [(parse(each.id).name, each.body["properties"]["addressPrefix"]) for each in others]
    _require_apart(ask, ranges, [*known, (ask.id.name, properties["addressPrefix"])])
    return {"properties": properties}


def _shaped(properties: dict[str, Any], name: str) -> dict[str, Any]:
    """Source: recorded, network vnet subnet update (2024-07)."""
    neighbours.checked(properties, addressPrefix=str, addressPrefixes=list, delegations=list)
    several = properties.get("addressPrefixes") or [""]
    prefix = properties.get("addressPrefix") or several[0]
    _range(prefix, name)
    asked = neighbours.objects(properties, "serviceEndpoints")
    services = [each for each in asked if isinstance(each.get("service"), str)]
    kept = {key: value for key, value in properties.items() if key not in _OURS and value is not None}
    found = {
        "delegations": [], "privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled",
        **kept, "addressPrefix": prefix, "ipamPoolPrefixAllocations": [],
    }  # fmt: skip
    if services:
        found["serviceEndpoints"] = [
            {"provisioningState": "Succeeded", "service": each["service"], "locations": ["*"]} for each in services
        ]
    return found


def require_empty(world: World, subnet: Resource) -> None:
    """Raises: SubnetInUse."""
    user = next((each for each, _ in interfaces(world, subnet.id)), None)
    if user is not None:
        first = user.body["properties"]["ipConfigurations"][0]["name"]
        raise SubnetInUse(subnet=parse(subnet.id).name, user=f"{user.id}/ipConfigurations/{first}")


def releasing(world: World, network: Resource) -> None:
    """Let a virtual network go in which nothing stands. Raises: SubnetInUse."""
    for each in of(world, network.id):
        require_empty(world, each)


def interfaces(world: World, subnet: str) -> Iterator[tuple[Resource, list[str]]]:
    """The network interfaces in a subnet, with their addresses."""
    for key, each in sorted(world.state.resources.items()):
        if INTERFACES in key:
            own = [each["properties"] for each in each.body["properties"]["ipConfigurations"]]
            if any(config["subnet"]["id"].lower() == subnet.lower() for config in own):
                yield each, [config["privateIPAddress"] for config in own]


def found(world: World, id: str, by: str) -> Resource:
    """The subnet of that id. Raises: ReferenceInvalid, LinkedIdInvalid."""
    parsed = parse(id)
    subnet = world.state.resources.get(parsed.key)
    if subnet is None or parsed.type.lower() != TYPE.lower():
        raise ReferenceInvalid(id=id[:300], by=by)
    return subnet


def free(world: World, subnet: Resource, count: int) -> list[str]:
    """The first free addresses of a subnet. Raises: SubnetFull."""
    taken = {address for _, addresses in interfaces(world, subnet.id) for address in addresses}
    own = ipaddress.ip_network(subnet.body["properties"]["addressPrefix"])
    room = range(RESERVED, min(own.num_addresses, _MOST) - 1)
    found = [address for step in room if (address := str(own[step])) not in taken][:count]
    if len(found) < count:
        raise SubnetFull(subnet=parse(subnet.id).name, wanted=count)
    return found


def standing(world: World, network: str, subnet: str) -> Resource | None:
    """The subnet that a place of the form network/subnet names."""
    mark = f"/providers/{NETWORKS.lower()}/{network.lower()}/subnets/{subnet.lower()}"
    return next((each for key, each in sorted(world.state.resources.items()) if key.endswith(mark)), None)


def home(subnet: str) -> ResourceId:
    """The virtual network of a subnet."""
    above = parse(subnet).parent
    assert above is not None
    return above
