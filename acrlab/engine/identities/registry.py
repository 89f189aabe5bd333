"""The identities of a registry: its own, and user-assigned ones that it may act as."""

from typing import Any

from acrlab.domain import events
from acrlab.domain.arm_errors import LinkedIdInvalid
from acrlab.domain.identity_errors import AssignedIdentityInvalid, AssignedIdentityUnknown, IdentityTypeInvalid
from acrlab.domain.resource_id import parse
from acrlab.engine import directory
from acrlab.engine.ask import Ask
from acrlab.engine.identities import assigned
from acrlab.engine.state import Resource
from acrlab.engine.world import World

_SYSTEM, _USER = "systemassigned", "userassigned"
# How the service spells them. Source: recorded, azure-cli cassettes.
_SPELLED = {
    (True, False): "systemAssigned",
    (False, True): "userAssigned",
    (True, True): "systemAssigned, userAssigned",
}


def desired(ask: Ask, given: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any] | None:
    """The identity that a registry's body shall have; None for none.

    Raises: IdentityTypeInvalid, AssignedIdentityInvalid, AssignedIdentityUnknown.
    Source: ARM managed identity, PATCH adds what it names and takes away what it names as null.
    """
    before: dict[str, Any] = (known or {}).get("identity") or {}
    asked = given.get("identity")
    if asked is None:
        return before if ask.patch and before else None
    kind = asked.get("type") or before.get("type", "None")
    system, user = _SYSTEM in kind.lower(), _USER in kind.lower()
    users = _users(ask, asked.get("userAssignedIdentities") or {}, before if ask.patch else {}) if user else {}
    if user != bool(users):
        raise IdentityTypeInvalid(type=kind)
    if not (system or user):
        return None
    found: dict[str, Any] = {"type": _SPELLED[system, user]}
    if system:
        found["principalId"] = before.get("principalId") or ask.world.uuid()
        found["tenantId"] = ask.world.state.tenant
    return found | ({"userAssignedIdentities": users} if users else {})


def _users(ask: Ask, given: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    kept = {id.lower(): (id, ids) for id, ids in before.get("userAssignedIdentities", {}).items()}
    for id, wanted in given.items():
        if wanted is None:
            kept.pop(id.lower(), None)
        else:
            kept[id.lower()] = (id, _ids(ask, id))
    return dict(kept.values())


def _ids(ask: Ask, id: str) -> dict[str, str]:
    try:
        parsed = parse(id)
    except LinkedIdInvalid:
        raise AssignedIdentityInvalid(id=id[:200]) from None
    if parsed.type.lower() != assigned.TYPE.lower():
        raise AssignedIdentityInvalid(id=id[:200])
    found = ask.world.state.resources.get(parsed.key)
    if found is None:
        raise AssignedIdentityUnknown(resource=str(ask.id), id=id)
    properties = found.body["properties"]
    return {"principalId": properties["principalId"], "clientId": properties["clientId"]}


# The directory


def own(body: dict[str, Any]) -> str:
    """The object id of a registry's own identity; empty when it has none."""
    return str((body.get("identity") or {}).get("principalId", ""))


def opened(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The directory entry of a registry's own identity, when the directory does not have it yet."""
    id = own(body)
    if not id or id in ask.world.state.principals:
        return ()
    return (
        events.PrincipalAdded(
            at=ask.world.now(), by=ask.by, id=id, kind=directory.MANAGED, name=ask.id.name, app_id=ask.world.uuid(),
            tenant=ask.world.state.tenant, properties={"resource": str(ask.id)},
        ),
    )  # fmt: skip


def closed(
    world: World, resource: Resource | None, by: str, body: dict[str, Any] | None = None
) -> tuple[events.Event, ...]:
    """The directory loses a registry's own identity, unless the new body still has it."""
    id = own(resource.body) if resource is not None else ""
    if not id or id not in world.state.principals or (body is not None and own(body) == id):
        return ()
    return (events.PrincipalRemoved(at=world.now(), by=by, id=id),)


def held(world: World, body: dict[str, Any], client: str) -> str:
    """The principal that a registry acts as: by client id of an assigned identity, or `system`. Empty: none."""
    return principal_of(body.get("identity") or {}, client)


def principal_of(identity: dict[str, Any], client: str) -> str:
    """The principal behind an identity block: by client id of an assigned identity, or `system`. Empty: none."""
    if client == "system":
        return str(identity.get("principalId", ""))
    users = identity.get("userAssignedIdentities", {}).values()
    return next((each["principalId"] for each in users if each["clientId"] == client.lower()), "")
