"""What every resource shows of its making: who, when, and how far it is."""

from collections.abc import Callable

from acrlab.engine import operations
from acrlab.engine.state import Resource
from acrlab.engine.world import World
from acrlab.wire.times import iso_offset

CREATORS = {"user": "User", "servicePrincipal": "Application", "managedIdentity": "ManagedIdentity"}


def system_data(world: World, resource: Resource, written: Callable[[float], str] = iso_offset) -> dict[str, str]:
    """Who made a resource, who changed it last, and when."""
    return {
        **_doer(world, resource.created_by, "createdBy"),
        "createdAt": written(resource.created),
        **_doer(world, resource.modified_by, "lastModifiedBy"),
        "lastModifiedAt": written(resource.modified),
    }


def _doer(world: World, by: str, field: str) -> dict[str, str]:
    """Source: recordings name users by their principal name; applications appear by their client id."""
    known = world.state.principals.get(by)
    if known is None:
        return {field: by, f"{field}Type": "Application"}
    kind = CREATORS.get(known.kind, "Application")
    return {field: known.name if kind == "User" else known.app_id or by, f"{field}Type": kind}


def life(world: World, resource: Resource, state: str) -> dict[str, str]:
    """When it was made, and what is under way with it."""
    return {
        "creationDate": iso_offset(resource.created),
        "provisioningState": state or operations.state_of(world, resource.id),
    }
