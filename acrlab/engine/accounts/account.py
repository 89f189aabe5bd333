"""Storage accounts as resources, their keys, and how a host name finds one."""

import base64
import hashlib
import hmac
import re
from typing import Any

from acrlab.domain import events
from acrlab.domain.arm_errors import PropertyInvalid
from acrlab.domain.errors import NotEmulated
from acrlab.domain.storage_errors import AccountNameInvalid, AccountNameTaken
from acrlab.engine import neighbours
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.tasks import links
from acrlab.engine.world import World

TYPE = "Microsoft.Storage/storageAccounts"
SUFFIX = links.SUFFIX
NAME = re.compile(r"[a-z0-9]{3,24}")
KEYS = ("key1", "key2")
_KINDS = {
    "accessTier": str, "allowBlobPublicAccess": bool, "allowSharedKeyAccess": bool, "encryption": dict,
    "isHnsEnabled": bool, "minimumTlsVersion": str, "networkAcls": dict, "publicNetworkAccess": str,
    "supportsHttpsTrafficOnly": bool,
}  # fmt: skip
# What a new account has where nothing is said. Source: Storage 2024-01-01, StorageAccountPropertiesCreateParameters.
_DEFAULTS: dict[str, Any] = {
    "accessTier": "Hot", "allowBlobPublicAccess": False, "allowSharedKeyAccess": True, "minimumTlsVersion": "TLS1_2",
    "networkAcls": {"bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow"},
    "publicNetworkAccess": "Enabled", "supportsHttpsTrafficOnly": True,
}  # fmt: skip


def check_name(name: str) -> None:
    """Raises: AccountNameInvalid."""
    if not NAME.fullmatch(name):
        raise AccountNameInvalid(name=name[:100])


def desired(ask: Ask) -> dict[str, Any]:
    """The body of an account; `generations` says how often each of its keys was made.

    Raises: BodyInvalid, PropertyInvalid, AccountNameTaken, NotEmulated. Source: Storage 2024-01-01, storage accounts.
    """
    given = neighbours.tracked(ask)
    properties = {name: value for name, value in given["properties"].items() if value is not None}
    neighbours.checked(properties, **_KINDS)
    if ask.known is None and _taken(ask.world, ask.id.name):
        raise AccountNameTaken(name=ask.id.name)
    if properties.get("isHnsEnabled"):
        raise NotEmulated(what="storage accounts with a hierarchical namespace")
    if ((given.get("identity") or {}).get("type") or "None").lower() != "none":
        raise NotEmulated(what="storage accounts with an identity of their own")
    known = ask.known.body if ask.known is not None else {}
    return {
        "location": known.get("location") or given["location"], "tags": given.get("tags") or {},
        "sku": _sku(given.get("sku") or known.get("sku")), "kind": given.get("kind") or "StorageV2",
        "properties": {**_DEFAULTS, **properties}, "generations": known.get("generations", [0, 0]),
    }  # fmt: skip


def _sku(given: dict[str, Any] | None) -> dict[str, str]:
    name = (given or {}).get("name")
    if not isinstance(name, str) or not name.startswith(("Standard_", "Premium_")):
        raise PropertyInvalid(reason="A storage account has a sku with a name such as Standard_LRS.")
    return {"name": name, "tier": name.partition("_")[0]}


def _taken(world: World, name: str) -> bool:
    host = f"{name}{SUFFIX}"
    served = {links.host(world, each) for each in world.state.registries.values()}
    return host in served or find(world, host) is not None


def find(world: World, host: str) -> Resource | None:
    """The account that answers at a host."""
    mark = f"/providers/{TYPE.lower()}/{host.lower().removesuffix(SUFFIX)}"
    return next((each for key, each in world.state.resources.items() if key.endswith(mark)), None)


def name_of(resource: Resource) -> str:
    """The name of an account."""
    return resource.id.rpartition("/")[2]


# Keys


def keys(world: World, resource: Resource) -> tuple[str, ...]:
    """The keys of an account, in base64: made from the world's own secret, so that no journal holds them."""
    made = (_key(world, resource, *each) for each in zip(KEYS, resource.body["generations"], strict=True))
    return tuple(base64.b64encode(each).decode() for each in made)


def _key(world: World, resource: Resource, name: str, generation: int) -> bytes:
    text = "\0".join((resource.id.lower(), str(resource.created), name, str(generation)))
    return hmac.new(world.keys.secret("storage"), text.encode(), hashlib.sha512).digest()


def list_keys(ask: Ask) -> dict[str, Any]:
    """Both keys. Source: Storage 2024-01-01, storage accounts list keys."""
    assert ask.known is not None
    found = zip(KEYS, keys(ask.world, ask.known), strict=True)
    return {"keys": [{"keyName": name, "value": value, "permissions": "FULL"} for name, value in found]}


def regenerate_key(ask: Ask) -> dict[str, Any]:
    """A new key in the place of one; whatever the old one has signed is worth nothing from now on.

    Raises: PropertyInvalid. Source: Storage 2024-01-01, storage accounts regenerate key.
    """
    assert ask.known is not None
    name = ask.given.get("keyName") if isinstance(ask.given, dict) else None
    if name not in KEYS:
        raise PropertyInvalid(reason=f"keyName is one of {', '.join(KEYS)}.")
    generations = [each + (key == name) for key, each in zip(KEYS, ask.known.body["generations"], strict=True)]
    body = {**ask.known.body, "generations": generations}
    ask.world.commit(events.ResourcePut(at=ask.world.now(), by=ask.by, id=ask.known.id, body=body))
    return list_keys(ask)


def check_availability(ask: Ask) -> dict[str, Any]:
    """Say whether the name of an account is free. Source: Storage 2024-01-01, check name availability.

    Raises: PropertyInvalid.
    """
    name = ask.given.get("name") if isinstance(ask.given, dict) else None
    if not isinstance(name, str):
        raise PropertyInvalid(reason="The request needs a name.")
    if not NAME.fullmatch(name):
        text = AccountNameInvalid(name=name[:100]).text
        return {"nameAvailable": False, "reason": "AccountNameInvalid", "message": text}
    if _taken(ask.world, name):
        return {"nameAvailable": False, "reason": "AlreadyExists", "message": AccountNameTaken(name=name).text}
    return {"nameAvailable": True}
