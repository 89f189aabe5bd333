"""Verbs about networks: subnets where clients stand, private endpoints, and the zones that lead to them."""

from collections.abc import Mapping
from typing import Any

from acrlab.trainer.steps import Outcome, Trip
from acrlab.trainer.values import picked

NETWORK, DNS = "2024-05-01", "2020-06-01"
ZONE = "privatelink.azurecr.io"
_SERVICE = "Microsoft.ContainerRegistry"
Step = Mapping[str, Any]


def _id(trip: Trip, path: str) -> str:
    return f"{trip.group}/providers/Microsoft.Network/{path}"


def network(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    name, _, subnet = str(step["network"]).partition("/")
    own: dict[str, Any] = {"addressPrefix": str(step.get("range", "10.1.0.0/24"))}
    if step.get("service") == "yes":
        own["serviceEndpoints"] = [{"service": _SERVICE}]
    properties = {
        "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [{"name": subnet, "properties": own}],
    }  # fmt: skip
    body = {"location": "westeurope", "properties": properties}
    return Outcome(trip.visitor.arm("PUT", _id(trip, f"virtualNetworks/{name}"), body, NETWORK))


def subnet_id(trip: Trip, place: str) -> str:
    """The id of a subnet that is written network/subnet."""
    name, _, subnet = place.partition("/")
    return _id(trip, f"virtualNetworks/{name}/subnets/{subnet}")


def endpoint(trip: Trip, step: Step) -> Outcome:
    """Its value is the state of the connection that it asks for."""
    kind = "manualPrivateLinkServiceConnections" if step.get("manual") == "yes" else "privateLinkServiceConnections"
    wanted = {"privateLinkServiceId": trip.resource, "groupIds": [str(step.get("group", "registry"))]}
    properties = {
        "subnet": {"id": subnet_id(trip, str(step["at"]))},
        kind: [{"name": str(step["endpoint"]), "properties": wanted}],
    }  # fmt: skip
    body = {"location": "westeurope", "properties": properties}
    answer = trip.visitor.arm("PUT", _id(trip, f"privateEndpoints/{step['endpoint']}"), body, NETWORK)
    state = f"properties.{kind}.0.properties.privateLinkServiceConnectionState.status"
    return Outcome(answer, picked(answer.body, state))


def zone(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    body = {"location": "global"}
    return Outcome(trip.visitor.arm("PUT", _id(trip, f"privateDnsZones/{step['zone']}"), body, DNS))


def link(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    target = _id(trip, f"virtualNetworks/{step['link']}")
    properties = {"virtualNetwork": {"id": target}, "registrationEnabled": False}
    where = f"privateDnsZones/{step.get('zone', ZONE)}/virtualNetworkLinks/{step['link']}"
    return Outcome(trip.visitor.arm("PUT", _id(trip, where), {"location": "global", "properties": properties}, DNS))


def record(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    own = _id(trip, f"privateDnsZones/{step.get('zone', ZONE)}")
    properties = {"privateDnsZoneConfigs": [{"name": "registry", "properties": {"privateDnsZoneId": own}}]}
    where = _id(trip, f"privateEndpoints/{step['record']}/privateDnsZoneGroups/default")
    return Outcome(trip.visitor.arm("PUT", where, {"properties": properties}, NETWORK))


def connection(trip: Trip, step: Step) -> Outcome:
    """Judge the first connection of the registry: its value is the state afterwards."""
    listed = trip.visitor.arm("GET", f"{trip.resource}/privateEndpointConnections", None, "2025-11-01")
    rows = (listed.body or {}).get("value") or ()
    if not rows:
        return Outcome(listed, "there is none")
    state = {"status": str(step["connection"]), "description": "judged"}
    body = {"properties": {"privateLinkServiceConnectionState": state}}
    answer = trip.visitor.arm("PUT", rows[0]["id"], body, "2025-11-01")
    return Outcome(answer, picked(answer.body, "properties.privateLinkServiceConnectionState.status"))
