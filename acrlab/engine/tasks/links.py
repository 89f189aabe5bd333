"""Shared access: URLs of the storage account that carry the right to use them.

Source: recorded, Azure/azure-cli#30033 (2024-10): host, container, path of a log, and what its signature holds.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from acrlab.domain.task_errors import StorageAccountUnknown, StoragePermission, StorageUnauthorized
from acrlab.engine.state import Registry

if TYPE_CHECKING:
    from acrlab.engine.world import World

SUFFIX = ".blob.core.windows.net"
VERSION = "2023-01-03"
LIFE = 70 * 60.0  # seconds. Source: recorded, Azure/azure-cli#30033
READ, WRITE = "r", "rw"
CONTEXT_LIFE = 86400.0  # seconds that an uploaded context is kept; inferred, no published figure
_SIGNED = ("sp", "st", "se", "spr", "sv", "sr")


def host(world: "World", registry: Registry) -> str:
    """The storage account that serves a registry's region."""
    location = world.state.resources[registry.resource.lower()].body["location"]
    number = int(hashlib.sha256(location.encode()).hexdigest(), 16) % 1000
    return f"{location[:13]}managed{number:03d}{SUFFIX}"


def container(world: "World", registry: Registry) -> str:
    """The container of one registry."""
    found = _digest(world, f"{registry.resource.lower()}\0{registry.created}")
    return f"{found[:32]}-{found[32:42]}"


def _digest(world: "World", text: str) -> str:
    return hmac.new(world.keys.secret("storage"), text.encode(), hashlib.sha256).hexdigest()


def owner(world: "World", name: str) -> Registry:
    """The registry whose container that is. Raises: StorageAccountUnknown."""
    found = next((each for each in world.state.registries.values() if container(world, each) == name), None)
    if found is None:
        raise StorageAccountUnknown()
    return found


def signed(world: "World", registry: Registry, blob: str, permissions: str) -> str:
    """The URL of a blob, good for a while on the world's clock."""
    where = host(world, registry), f"/{container(world, registry)}/{blob}"
    until = datetime.fromtimestamp(world.now() + LIFE, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = {"sv": VERSION, "se": until, "sr": "b", "sp": permissions}
    query = urlencode({**fields, "sig": _signature(world, *where, fields)}, quote_via=quote)
    return f"https://{where[0]}{where[1]}?{query}"


def _signature(world: "World", host: str, path: str, fields: Mapping[str, str]) -> str:
    text = "\n".join((host, path, *(fields.get(name, "") for name in _SIGNED)))
    return base64.b64encode(hmac.new(world.keys.secret("storage"), text.encode(), hashlib.sha256).digest()).decode()


def require(world: "World", host: str, path: str, query: Mapping[str, str], permission: str) -> None:
    """Hold a request to its signature.

    Raises: StorageUnauthorized, StoragePermission.
    """
    proof = _signature(world, host, path, query)
    if not hmac.compare_digest(proof.encode(), query.get("sig", "").encode()):
        raise StorageUnauthorized().why("the signature is not one of this world for this blob")
    until = datetime.strptime(query["se"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    if until <= world.now():
        raise StorageUnauthorized().why(f"the link was good until {query['se']} on the world's clock")
    if permission not in query["sp"]:
        raise StoragePermission().why(f"the link grants {query['sp']}, the request needs {permission}")
