"""Private endpoint connections: what private endpoints ask of a registry, and what it answers."""

from typing import Any

from acrlab.domain.network_errors import ConnectionFixed, PrivateEndpointsLeft
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.engine import neighbours
from acrlab.engine.ask import Ask
from acrlab.engine.network.dns import ZONE
from acrlab.engine.state import Resource
from acrlab.engine.world import World

TYPE = f"{REGISTRIES}/privateEndpointConnections"
GROUP = "registry"
APPROVED, PENDING, REJECTED, DISCONNECTED = "Approved", "Pending", "Rejected", "Disconnected"
_STATES = {each.lower(): each for each in (APPROVED, PENDING, REJECTED, DISCONNECTED)}


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a connection that is judged: approved or rejected, with a word about it.

    Raises: BodyInvalid, PropertyInvalid, ConnectionFixed.
    Source: PrivateEndpointConnectionCreateOrUpdate.json (2025-11-01); MicrosoftDocs/azure-docs#115121 (2023-09):
    a rejected connection cannot be approved.
    """
    if ask.known is None:
        raise ConnectionFixed(reason=f"There is no connection {ask.id.name}: private endpoints make them.")
    properties = neighbours.tracked(ask)["properties"]
    neighbours.checked(properties, privateLinkServiceConnectionState=dict)
    given = properties.get("privateLinkServiceConnectionState") or {}
    neighbours.checked(given, status=str, description=str)
    before = ask.known.body["properties"]
    was = before["privateLinkServiceConnectionState"]
    status = _STATES.get((given.get("status") or was["status"]).lower())
    if status is None:
        raise ConnectionFixed(reason=f"The status of a connection is one of {', '.join(_STATES.values())}.")
    if was["status"] in (REJECTED, DISCONNECTED) and status == APPROVED:
        raise ConnectionFixed(reason=f"A connection that is {was['status']} cannot be approved: make a new endpoint.")
    state = {"status": status, "description": given.get("description") or "", "actionsRequired": "None"}
    return {"properties": {**before, "privateLinkServiceConnectionState": state}}


def of(world: World, registry: str) -> list[Resource]:
    """The connections of a registry, by name."""
    prefix = f"{registry.lower()}/privateendpointconnections/"
    return [each for key, each in sorted(world.state.resources.items()) if key.startswith(prefix)]


def status(connection: Resource) -> str:
    """Approved, Pending, Rejected or Disconnected."""
    return str(connection.body["properties"]["privateLinkServiceConnectionState"]["status"])


def releasing(world: World, registry: Resource) -> None:
    """A registry goes after its private endpoints. Raises: PrivateEndpointsLeft.

    Source: delete-operation-issues (2024-08).
    """
    left = of(world, registry.id)
    if left:
        names = [each.id.rpartition("/")[2] for each in left]
        raise PrivateEndpointsLeft(name=registry.id.rpartition("/")[2], connections=", ".join(names[:5]))


def members(world: World, registry: Resource) -> list[str]:
    """What an endpoint needs an address for: one for each region, and the registry.

    Source: container-registry-private-endpoints (2026-02).
    """
    prefix = f"{registry.id.lower()}/replications/"
    replicas = {each.body["location"] for key, each in world.state.resources.items() if key.startswith(prefix)}
    regions = sorted({registry.body["location"], *replicas})
    regional = registry.body["properties"]["regionalEndpoints"] == "Enabled"
    words = ("data", "geo") if regional else ("data",)
    return [*(f"registry_{word}_{region}" for word in words for region in regions), "registry"]


def link_resources(ask: Ask) -> dict[str, Any]:
    """What a private endpoint can connect to. Source: RegistryListPrivateLinkResources.json (2025-11-01)."""
    return {"value": [link_resource(ask)]}


def link_resource(ask: Ask) -> dict[str, Any]:
    """The one thing that there is: the registry. Source: RegistryGetPrivateLinkResource.json (2025-11-01)."""
    assert ask.known is not None
    properties = {"groupId": GROUP, "requiredMembers": members(ask.world, ask.known), "requiredZoneNames": [ZONE]}
    return {
        "id": f"{ask.id}/privateLinkResources/{GROUP}", "name": GROUP,
        "type": f"{REGISTRIES}/privateLinkResources", "properties": properties,
    }  # fmt: skip
