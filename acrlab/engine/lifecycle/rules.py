"""The policies of a registry, as its content meets them."""

from typing import TYPE_CHECKING, Any

from acrlab.engine.state import Registry

if TYPE_CHECKING:
    from acrlab.engine.world import World


def rule(world: "World", registry: Registry, policy: str) -> dict[str, Any]:
    """A policy's own part of the registry's properties; empty where there is none."""
    resource = world.state.resources.get(registry.resource.lower())
    return stated(resource.body if resource is not None else {}, policy)


def stated(body: dict[str, Any], policy: str) -> dict[str, Any]:
    """The same from the body of a registry."""
    found: dict[str, Any] = body.get("properties", {}).get("policies", {}).get(policy, {})
    return found
