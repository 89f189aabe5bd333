"""Application registrations and their service principals: what `az ad sp create-for-rbac` makes."""

from typing import TYPE_CHECKING, Any

import msgspec

from acrlab.domain import events
from acrlab.domain.access import Principal
from acrlab.domain.credential_errors import DirectoryObjectUnknown, GraphCondition, GraphDenied
from acrlab.engine import directory
from acrlab.engine.state import Identity

if TYPE_CHECKING:
    from acrlab.engine.world import World

REGISTRATION = "application"  # the kind of an identity that only describes an application
LONGEST_NAME = 256


def registrations(world: "World") -> list[Identity]:
    """Every application of the directory, as a registration; those of the seed have no object of their own."""
    everybody = list(directory.everybody(world))
    own = [each for each in everybody if each.kind == REGISTRATION]
    described = {each.app_id for each in own}
    rest = [each for each in everybody if each.kind == directory.APPLICATION and each.app_id not in described]
    return own + [msgspec.structs.replace(each, id=str(each.properties.get("objectId", each.id))) for each in rest]


def registration(world: "World", key: str) -> Identity:
    """An application by its object id. Raises: DirectoryObjectUnknown."""
    found = next((each for each in registrations(world) if each.id == key), None)
    if found is None:
        raise DirectoryObjectUnknown(id=key[:100])
    return found


def register(world: "World", by: Principal, name: str) -> Identity:
    """Register an application. Raises: GraphDenied, GraphCondition."""
    if not _writes(world, by) and by.kind != directory.USER:
        raise _denied(by)
    if not 0 < len(name) <= LONGEST_NAME:
        raise GraphCondition(reason=f"displayName must have 1 to {LONGEST_NAME} characters.")
    key = world.uuid()
    _put(world, by, Identity(key, REGISTRATION, name, world.uuid(), world.state.tenant, {}, {
        "displayName": name, "owner": by.id, "objectId": key, "expires": {}, "createdAt": world.now(),
    }))  # fmt: skip
    return world.state.principals[key]


def instate(world: "World", by: Principal, client: str) -> Identity:
    """Give an application its service principal, with the secrets it has. Raises: GraphDenied, GraphCondition."""
    found = next((each for each in registrations(world) if each.app_id == client.lower()), None)
    if found is None:
        raise GraphCondition(
            reason=f"The appId '{client[:100]}' of the service principal does not reference a valid application object."
        )
    _require(world, by, found)
    if directory.find_app(world, client) is not None:
        raise GraphCondition(
            reason="The service principal cannot be created, updated, or restored because the service principal name "
            f"{client[:100]} is already in use."
        )
    key = world.uuid()
    _put(world, by, msgspec.structs.replace(found, id=key, kind=directory.APPLICATION))
    return world.state.principals[key]


def add_secret(world: "World", by: Principal, key: str, title: str, end: float) -> tuple[str, str]:
    """Add a secret to an application. Returns its key id and the secret.

    Raises: GraphDenied, DirectoryObjectUnknown.
    """
    found = registration(world, key)
    _require(world, by, found)
    name, secret = world.uuid(), directory.new_secret(world)
    changed = []
    for each in _both(world, found):
        expires = {**each.properties.get("expires", {}), name: end}
        titles = {**each.properties.get("titles", {}), name: title}
        changed.append(_changed(each, {**each.secrets, name: secret}, expires=expires, titles=titles))
    _put(world, by, *changed)
    return name, secret


def remove_secret(world: "World", by: Principal, key: str, name: str) -> None:
    """Take a secret away. Raises: GraphDenied, GraphCondition, DirectoryObjectUnknown."""
    found = registration(world, key)
    _require(world, by, found)
    if name not in found.secrets:
        raise GraphCondition(reason="No password credential found with keyId.")
    _put(world, by, *(
        _changed(each, {one: text for one, text in each.secrets.items() if one != name}) for each in _both(world, found)
    ))  # fmt: skip


def remove(world: "World", by: Principal, key: str) -> None:
    """Delete a service principal, or an application with its service principal. Raises: GraphDenied."""
    chosen = world.state.principals.get(key)
    if chosen is None or chosen.kind not in (directory.APPLICATION, REGISTRATION):
        chosen = registration(world, key)
    _require(world, by, chosen)
    gone = [chosen] if chosen.kind == directory.APPLICATION and chosen.id == key else _both(world, chosen)
    world.commit(*(events.PrincipalRemoved(at=world.now(), by=by.id, id=each.id) for each in gone))


def _both(world: "World", found: Identity) -> list[Identity]:
    """The registration and the service principal of one application, as far as they exist."""
    return [
        each for each in world.state.principals.values()
        if each.app_id == found.app_id and each.kind in (REGISTRATION, directory.APPLICATION)
    ]  # fmt: skip


def _changed(each: Identity, secrets: dict[str, str], **properties: Any) -> Identity:
    return msgspec.structs.replace(each, secrets=secrets, properties={**each.properties, **properties})


def _put(world: "World", by: Principal, *changed: Identity) -> None:
    world.commit(*(
        events.PrincipalAdded(
            at=world.now(), by=by.id, id=each.id, kind=each.kind, name=each.name, app_id=each.app_id,
            tenant=each.tenant, secrets=each.secrets, properties=each.properties,
        )
        for each in changed
    ))  # fmt: skip


def _require(world: "World", by: Principal, found: Identity) -> None:
    if not _writes(world, by) and found.properties.get("owner") != by.id:
        raise _denied(by)


def _writes(world: "World", by: Principal) -> bool:
    identity = world.state.principals.get(by.id)
    return identity is not None and identity.properties.get("writesDirectory") is True


def _denied(by: Principal) -> GraphCondition:
    condition = GraphDenied()
    condition.why(
        f"{by.kind} {by.name} may change only the applications it owns",
        "Owner of a subscription is a role on resources, not in the directory",
    )
    return condition
