"""User-assigned identities: a resource and a principal of the directory, born and gone together."""

import re
from typing import Any

from acrlab.domain import events
from acrlab.domain.identity_errors import IdentityNameInvalid
from acrlab.engine import directory, neighbours
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
NAME = re.compile(r"[a-zA-Z0-9][\w-]{2,127}", re.ASCII)


def check_name(name: str) -> None:
    """Raises: IdentityNameInvalid. Source: resource-name-rules, Microsoft.ManagedIdentity (2025): 3-128."""
    if not NAME.fullmatch(name):
        raise IdentityNameInvalid(name=name)


def desired(ask: Ask) -> dict[str, Any]:
    """The body: three ids that are given once. Source: ManagedIdentity 2023-01-31, IdentityCreate.json.

    Raises: BodyInvalid.
    """
    given = neighbours.tracked(ask)
    world = ask.world
    if ask.known is not None:
        properties = ask.known.body["properties"]
    else:
        properties = {"tenantId": world.state.tenant, "principalId": world.uuid(), "clientId": world.uuid()}
    location = ask.known.body["location"] if ask.known is not None else given["location"]
    return {"location": location, "tags": given.get("tags", {}), "properties": properties}


def opening(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The principal that comes with it."""
    properties = body["properties"]
    return (
        events.PrincipalAdded(
            at=ask.world.now(), by=ask.by, id=properties["principalId"], kind=directory.MANAGED, name=ask.id.name,
            app_id=properties["clientId"], tenant=properties["tenantId"], properties={"resource": str(ask.id)},
        ),
    )  # fmt: skip


def closing(world: World, resource: Resource, by: str) -> tuple[events.Event, ...]:
    """The principal goes with it; what was assigned to it stays, as on Azure."""
    return (events.PrincipalRemoved(at=world.now(), by=by, id=resource.body["properties"]["principalId"]),)
