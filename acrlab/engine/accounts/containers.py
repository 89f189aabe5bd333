"""Containers of blobs: one resource, whether Resource Manager made it or the blob service."""

import re
from typing import Any

from acrlab.domain import events
from acrlab.domain.arm_errors import PropertyInvalid
from acrlab.domain.storage_errors import (
    ContainerNameInvalid,
    StorageContainerNotFound,
    StorageContainerTaken,
    StorageNameInvalid,
)  # fmt: skip
from acrlab.engine import neighbours
from acrlab.engine.accounts.account import TYPE as ACCOUNT
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

TYPE = f"{ACCOUNT}/blobServices/containers"
NAME = re.compile(r"(?=.{3,63}$)[a-z0-9](?:-?[a-z0-9])*")
SERVICE = "default"  # the one blob service of an account


def check_name(name: str) -> None:
    """Raises: ContainerNameInvalid."""
    if not NAME.fullmatch(name):
        raise ContainerNameInvalid()


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a container: the public stays outside. Source: Storage 2024-01-01, blob containers.

    Raises: BodyInvalid, PropertyInvalid.
    """
    given = neighbours.tracked(ask)["properties"]
    neighbours.checked(given, metadata=dict, publicAccess=str)
    if ask.id.names[1].lower() != SERVICE:
        raise PropertyInvalid(reason=f"The blob service of an account is called {SERVICE}.")
    if (given.get("publicAccess") or "None") != "None":
        raise PropertyInvalid(reason="Public access is not permitted on this storage account.")
    metadata = given.get("metadata") or {}
    if not all(isinstance(each, str) for each in metadata.values()):
        raise PropertyInvalid(reason="The metadata are names and texts.")
    return _body(metadata)


def _body(metadata: dict[str, str]) -> dict[str, Any]:
    return {"properties": {"publicAccess": "None", "metadata": metadata}}


def closing(world: World, resource: Resource, by: str) -> tuple[events.Event, ...]:
    """What was inside goes with it."""
    account, name = _parts(resource)
    return (events.ContainerEmptied(at=world.now(), by=by, account=account, container=name),)


def _parts(resource: Resource) -> tuple[str, str]:
    account, _, rest = resource.id.lower().partition("/blobservices/")
    return account, rest.rpartition("/")[2]


def id_of(account: Resource, name: str) -> str:
    """The id of a container."""
    return f"{account.id}/blobServices/{SERVICE}/containers/{name}"


# What the blob service does


def find(world: World, account: Resource, name: str) -> Resource:
    """Raises: StorageContainerNotFound."""
    found = world.state.resources.get(id_of(account, name).lower()) if NAME.fullmatch(name) else None
    if found is None:
        raise StorageContainerNotFound()
    return found


def listed(world: World, account: Resource, prefix: str = "") -> list[Resource]:
    """The containers of an account, by name."""
    below = id_of(account, "").lower()
    found = sorted(key for key in world.state.resources if key.startswith(f"{below}{prefix}"))
    return [world.state.resources[key] for key in found]


def create(world: World, account: Resource, name: str, metadata: dict[str, str], by: str) -> Resource:
    """Raises: StorageNameInvalid, StorageContainerTaken."""
    if not NAME.fullmatch(name):
        raise StorageNameInvalid()
    id = id_of(account, name)
    if id.lower() in world.state.resources:
        raise StorageContainerTaken()
    world.commit(events.ResourcePut(at=world.now(), by=by, id=id, body=_body(metadata)))
    return world.state.resources[id.lower()]


def delete(world: World, account: Resource, name: str, by: str) -> None:
    """Raises: StorageContainerNotFound."""
    found = find(world, account, name)
    world.commit(*closing(world, found, by), events.ResourceDeleted(at=world.now(), by=by, id=found.id))
