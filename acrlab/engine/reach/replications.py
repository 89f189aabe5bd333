"""Replications: made, switched out of routing, given up; the home region has one of its own."""

from typing import Any

from acrlab.domain import events, replications
from acrlab.domain.reach_errors import (
    ReachNameInvalid,
    ReplicationAtHome,
    ReplicationHomeFixed,
    ReplicationLocationTaken,
    ReplicationPropertyFixed,
    ReplicationsExcluded,
)  # fmt: skip
from acrlab.domain.registry import read
from acrlab.domain.resource_id import parse
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World


def check_name(name: str) -> None:
    """Raises: ReachNameInvalid."""
    if not replications.NAME.fullmatch(name):
        raise ReachNameInvalid(what="Replication")


def registry_of(world: World, id: str) -> Resource:
    """The registry that a resource belongs to."""
    own = parse(id)
    assert own.parent is not None
    return world.state.resources[own.parent.key]


def held(world: World, registry: Resource) -> list[Resource]:
    """The replications of a registry, the home region's too, by name."""
    return world.state.inside(registry.id, "replications")


def regions(world: World, registry: Resource) -> list[str]:
    """Where a registry is, by name."""
    return sorted({registry.body["location"], *(each.body["location"] for each in held(world, registry))})


def at_home(registry: Resource, replication: Resource) -> bool:
    """Whether it is the home region's own."""
    return bool(replication.body["location"] == registry.body["location"])


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a replication after a PUT or PATCH.

    Raises: BodyInvalid, ReplicationAtHome, ReplicationLocationTaken, ReplicationPropertyFixed, ReplicationsExcluded.
    """
    given = read(replications.SHAPE, ask.given, ask.version, kind=replications.TYPE)
    known = ask.known.body if ask.known is not None else None
    properties = given.get("properties", {})
    if known is None:
        _require_place(ask, given["location"])
    kept = known["properties"] if known is not None and ask.patch else {}
    zones = {"zoneRedundancy": known["properties"]["zoneRedundancy"]} if known is not None else {}
    if "zoneRedundancy" in properties and properties["zoneRedundancy"] != zones.get(
        "zoneRedundancy", properties["zoneRedundancy"]
    ):
        raise ReplicationPropertyFixed(property="zoneRedundancy")
    return {
        "location": known["location"] if known is not None else given["location"],
        "tags": given.get("tags", known["tags"] if known is not None and ask.patch else {}),
        "properties": {"regionEndpointEnabled": True, "zoneRedundancy": "Disabled", **zones, **kept, **properties},
    }


def _require_place(ask: Ask, location: str) -> None:
    registry = registry_of(ask.world, str(ask.id))
    home = registry.body["location"]
    if home in (location, ask.id.name.lower()):
        raise ReplicationAtHome()
    if registry.body["properties"]["policies"]["softDeletePolicy"]["status"] == "enabled":
        raise ReplicationsExcluded()
    for each in held(ask.world, registry):
        if each.body["location"] == location:
            raise ReplicationLocationTaken(location=location, name=parse(each.id).name)


def opening(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The first replication brings that of the home region along.

    Source: recorded, acr_create_replication (2023-12): made by the service itself, seconds after the first.
    """
    registry = registry_of(ask.world, str(ask.id))
    return home(ask.world, registry.id, registry.body)


def home(world: World, registry: str, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The event of the home region's replication, unless there is one."""
    id = f"{registry}/replications/{body['location']}"
    if id.lower() in world.state.resources:
        return ()
    own = {
        "location": body["location"], "tags": {},
        "properties": {"regionEndpointEnabled": True, "zoneRedundancy": body["properties"]["zoneRedundancy"]},
    }  # fmt: skip
    return (events.ResourcePut(at=world.now(), by=replications.SERVICE, id=id, body=own),)


def releasing(world: World, resource: Resource) -> None:
    """Let a replication go. Raises: ReplicationHomeFixed."""
    if at_home(registry_of(world, resource.id), resource):
        raise ReplicationHomeFixed(name=parse(resource.id).name)


def slow(ask: Ask, body: dict[str, Any]) -> bool:
    """Every change takes a while. Source: recorded, acr_create_replication (2023-12)."""
    return True


def spread(world: World, registry: Resource) -> bool:
    """Whether a registry is in more than its home region."""
    return len(held(world, registry)) > 1
