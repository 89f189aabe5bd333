"""Storage accounts and containers as ARM shows them."""

from collections.abc import Callable
from typing import Any

from acrlab.engine.accounts.account import SUFFIX
from acrlab.engine.state import Resource
from acrlab.engine.world import World
from acrlab.wire.times import iso


def _account(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: Storage 2024-01-01, StorageAccount. Of its endpoints, that of blobs is answered."""
    body, made = resource.body, iso(resource.created)
    properties = {
        **body["properties"], "provisioningState": state or "Succeeded", "creationTime": made,
        "primaryLocation": body["location"], "statusOfPrimary": "available",
        "primaryEndpoints": {"blob": f"https://{head['name']}{SUFFIX}/"},
    }  # fmt: skip
    shown = {name: body[name] for name in ("sku", "kind", "location", "tags")}
    return {**head, **shown, "properties": properties}


def _container(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: Storage 2024-01-01, BlobContainer."""
    changed = iso(resource.modified)
    lease = {"leaseStatus": "Unlocked", "leaseState": "Available"}
    own = {"hasImmutabilityPolicy": False, "hasLegalHold": False, "lastModifiedTime": changed, "deleted": False}
    return {**head, "properties": {**resource.body["properties"], **lease, **own}}


SHOWN: dict[str, Callable[[World, Resource, dict[str, Any], str], dict[str, Any]]] = {
    "microsoft.storage/storageaccounts": _account,
    "microsoft.storage/storageaccounts/blobservices/containers": _container,
}
