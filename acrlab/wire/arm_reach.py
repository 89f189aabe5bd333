"""Replications and webhooks as ARM shows them."""

from collections.abc import Callable
from typing import Any

from acrlab.engine import operations
from acrlab.engine.state import Resource
from acrlab.engine.world import World
from acrlab.wire.arm_marks import system_data
from acrlab.wire.times import iso

_SECRET = ("serviceUri", "customHeaders")


def _replication(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: recorded, acr_create_replication (2023-12): while it is made there is no displayStatus."""
    body, now = resource.body, state or operations.state_of(world, resource.id)
    ready = {} if now == "Creating" else {"displayStatus": "Ready"}
    properties = {
        "provisioningState": now, "status": {**ready, "timestamp": iso(resource.modified)}, **body["properties"],
    }  # fmt: skip
    return {**head, **body, "systemData": system_data(world, resource), "properties": properties}


def _webhook(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: recorded, acr_create_webhook (2023-12): address and headers are told by getCallbackConfig only."""
    body, now = resource.body, state or operations.state_of(world, resource.id)
    shown = {name: value for name, value in body["properties"].items() if name not in _SECRET}
    properties = {**shown, "provisioningState": now}
    return {**head, **body, "systemData": system_data(world, resource), "properties": properties}


SHOWN: dict[str, Callable[[World, Resource, dict[str, Any], str], dict[str, Any]]] = {
    "microsoft.containerregistry/registries/replications": _replication,
    "microsoft.containerregistry/registries/webhooks": _webhook,
}
