"""What a credential set knows: a user and a password, read from a key vault as the set's own identity.

Source: artifact-cache-overview (2026): the identity needs to get secrets of the vault.
"""

from typing import TYPE_CHECKING, Any

from acrlab.domain.access import ANONYMOUS
from acrlab.engine import directory
from acrlab.engine.state import Resource
from acrlab.engine.vaults import items

if TYPE_CHECKING:
    from acrlab.engine.world import World


def read(world: "World", resource: Resource, credential: dict[str, Any]) -> tuple[str, str]:
    """User and password of a credential. Raises: what the vault refuses, see `items.secret`."""
    known = world.state.principals.get(resource.body.get("identity", {}).get("principalId", ""))
    who = directory.principal(known) if known is not None else ANONYMOUS
    user = items.secret(world, credential["usernameSecretIdentifier"], who)
    return user, items.secret(world, credential["passwordSecretIdentifier"], who)


def of(world: "World", id: str, host: str) -> tuple[str, str] | None:
    """User and password of a credential set for a host; None when it has none for that one.

    Raises: what the vault refuses.
    """
    resource = world.state.resources.get(id.lower())
    if resource is None or resource.body["properties"]["loginServer"].lower() != host:
        return None
    return read(world, resource, resource.body["properties"]["authCredentials"][0])
