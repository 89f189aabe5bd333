"""Secrets and keys: made in versions, read, listed, changed, deleted, recovered and purged."""

import base64
import re
from typing import Any

from acrlab.domain import events
from acrlab.domain.access import Principal
from acrlab.domain.vault_errors import (
    VaultItemDisabled,
    VaultItemNotFound,
    VaultItemRecoverable,
    VaultPurgeRefused,
    VaultRequestInvalid,
    VaultUnknown,
)  # fmt: skip
from acrlab.engine.state import Resource, VaultItem, VaultVersion
from acrlab.engine.vaults import access, vault
from acrlab.engine.world import World

NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
LARGEST_SECRET = 25_600  # characters. Source: Key Vault REST reference, set secret
SIZES = (2048, 3072, 4096)  # bits
OPERATIONS = ("encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey")
_TITLES = {"secrets": "secret", "keys": "key"}


def address(home: Resource, kind: str, name: str, version: str = "") -> str:
    """The id of an item: `https://vault.vault.azure.net/secrets/name/version`."""
    return f"{home.body['properties']['vaultUri']}{kind}/{name}" + (f"/{version}" if version else "")


def find(world: World, home: Resource, kind: str, name: str, *, deleted: bool = False) -> VaultItem:
    """Raises: VaultItemNotFound."""
    found = world.state.vaults.get(home.id.lower(), {}).get(f"{kind}/{name.lower()}")
    if found is None or bool(found.deleted) != deleted:
        raise _missing(kind, name)
    return found


def _missing(kind: str, name: str) -> VaultItemNotFound:
    return VaultItemNotFound(title=_TITLES[kind], name=name)


def version(world: World, home: Resource, kind: str, name: str, which: str = "") -> tuple[str, VaultVersion]:
    """A version of an item, the newest unless one is named.

    Raises: VaultItemNotFound.
    """
    item = find(world, home, kind, name)
    which = which or next(reversed(item.versions))
    if which not in item.versions:
        raise _missing(kind, f"{name}/{which}")
    return which, item.versions[which]


def readable(world: World, facts: dict[str, Any]) -> bool:
    """Whether a version is switched on and valid now."""
    attributes, now = facts["attributes"], world.now()
    return bool(attributes["enabled"]) and attributes.get("nbf", 0) <= now < attributes.get("exp", now + 1)


def read_secret(world: World, home: Resource, name: str, which: str = "") -> tuple[str, VaultVersion]:
    """A secret with its value.

    Raises: VaultItemNotFound, VaultItemDisabled.
    """
    found = version(world, home, "secrets", name, which)
    if not readable(world, found[1].facts):
        raise VaultItemDisabled(title="secret").why("the version is disabled, expired or not valid yet")
    return found


def listed(world: World, home: Resource, kind: str, *, deleted: bool = False) -> list[VaultItem]:
    """The items of a kind, by name."""
    prefix = f"{kind}/"
    items = world.state.vaults.get(home.id.lower(), {})
    return [items[key] for key in sorted(items) if key.startswith(prefix) and bool(items[key].deleted) == deleted]


# Changing


def set_secret(world: World, home: Resource, by: Principal, name: str, given: dict[str, Any]) -> str:
    """A new version of a secret; its id.

    Raises: VaultRequestInvalid, VaultItemRecoverable.
    """
    value = given.get("value")
    if not isinstance(value, str) or len(value) > LARGEST_SECRET:
        raise VaultRequestInvalid(reason=f"The secret's value must be a text of up to {LARGEST_SECRET} characters.")
    return _made(world, home, by, "secrets", name, {**_facts(world, home, given), **_content_type(given)}, value)


def _content_type(given: dict[str, Any]) -> dict[str, str]:
    kind = given.get("contentType")
    if kind is not None and (not isinstance(kind, str) or len(kind) > 255):
        raise VaultRequestInvalid(reason="The contentType must be a text of up to 255 characters.")
    return {} if kind is None else {"contentType": kind}


def create_key(world: World, home: Resource, by: Principal, name: str, given: dict[str, Any]) -> str:
    """A new version of a key; its id. The lab makes no key pair: nothing here encrypts with it.

    Raises: VaultRequestInvalid, VaultItemRecoverable.
    """
    kind, size = given.get("kty", ""), given.get("key_size") or SIZES[0]
    if kind not in ("RSA", "RSA-HSM"):
        raise VaultRequestInvalid(reason="The key type is RSA or RSA-HSM: the only ones that a registry takes.")
    if size not in SIZES or isinstance(size, bool):
        raise VaultRequestInvalid(reason=f"The key size is one of {', '.join(map(str, SIZES))}.")
    wanted = given.get("key_ops") or list(OPERATIONS)
    if not isinstance(wanted, list) or not all(each in (*OPERATIONS, "import", "export") for each in wanted):
        raise VaultRequestInvalid(reason=f"key_ops holds some of {', '.join(OPERATIONS)}.")
    number = bytearray(world.random(size // 8))
    number[0] |= 0x80
    number[-1] |= 1
    key = {"kty": kind, "key_ops": wanted, "n": base64.urlsafe_b64encode(number).rstrip(b"=").decode(), "e": "AQAB"}
    return _made(world, home, by, "keys", name, {**_facts(world, home, given), "key": key}, "")


def rotate_key(world: World, home: Resource, by: Principal, name: str) -> str:
    """A new version of a key like its newest; its id.

    Raises: VaultItemNotFound.
    """
    key = version(world, home, "keys", name)[1].facts["key"]
    size = len(base64.urlsafe_b64decode(key["n"] + "==")) * 8
    return create_key(world, home, by, name, {"kty": key["kty"], "key_size": size, "key_ops": key["key_ops"]})


def _made(world: World, home: Resource, by: Principal, kind: str, name: str, facts: dict[str, Any], value: str) -> str:
    if not NAME.fullmatch(name):
        raise VaultRequestInvalid(reason=f"The request URI contains an invalid name: {name[:140]}")
    items = world.state.vaults.get(home.id.lower(), {})
    known = items.get(f"{kind}/{name.lower()}")
    if known is not None and known.deleted:
        raise VaultItemRecoverable(title=_TITLES[kind].capitalize(), name=name)
    which = world.random(16).hex()
    world.commit(
        events.VaultItemPut(
            at=world.now(), by=by.id, vault=home.id.lower(), kind=kind, name=known.name if known else name,
            version=which, facts=facts, secret=value,
        )
    )  # fmt: skip
    return which


def update(world: World, home: Resource, by: Principal, kind: str, name: str, which: str, given: dict[str, Any]) -> str:
    """Change the attributes and tags of a version; its id.

    Raises: VaultRequestInvalid, VaultItemNotFound.
    """
    which, known = version(world, home, kind, name, which)
    changed = _facts(world, home, {"tags": known.facts.get("tags", {}), **given})
    attributes = {**known.facts["attributes"], **_attributes(given), "updated": int(world.now())}
    facts = {**known.facts, **changed, **_content_type(given), "attributes": attributes}
    world.commit(
        events.VaultItemPut(
            at=world.now(), by=by.id, vault=home.id.lower(), kind=kind, name=find(world, home, kind, name).name,
            version=which, facts=facts, secret=known.secret,
        )
    )  # fmt: skip
    return which


def _facts(world: World, home: Resource, given: dict[str, Any]) -> dict[str, Any]:
    tags = given.get("tags") or {}
    if not isinstance(tags, dict) or not all(isinstance(each, str) for each in tags.values()):
        raise VaultRequestInvalid(reason="The tags must be names and texts.")
    properties, now = home.body["properties"], int(world.now())
    protected = properties.get("enablePurgeProtection")
    attributes = {
        "enabled": True, **_attributes(given), "created": now, "updated": now,
        "recoveryLevel": "Recoverable" if protected else "Recoverable+Purgeable",
        "recoverableDays": properties["softDeleteRetentionInDays"],
    }  # fmt: skip
    return {"attributes": attributes, **({"tags": tags} if tags else {})}


def _attributes(given: dict[str, Any]) -> dict[str, Any]:
    found = given.get("attributes") or {}
    kinds: dict[str, type] = {"enabled": bool, "nbf": int, "exp": int}
    if not isinstance(found, dict):
        raise VaultRequestInvalid(reason="The attributes must be an object.")
    named: dict[str, Any] = {name: found[name] for name in kinds if found.get(name) is not None}
    for name, value in named.items():
        if type(value) is not kinds[name] or not 0 <= named[name] < 1 << 40:
            raise VaultRequestInvalid(reason=f"The attribute {name} has a wrong value.")
    return named


def delete(world: World, home: Resource, by: Principal, kind: str, name: str) -> VaultItem:
    """Delete all versions; they can be recovered. Raises: VaultItemNotFound."""
    item = find(world, home, kind, name)
    where = {"vault": home.id.lower(), "kind": kind, "name": item.name}
    world.commit(events.VaultItemDeleted(at=world.now(), by=by.id, **where))
    return item


def recover(world: World, home: Resource, by: Principal, kind: str, name: str) -> VaultItem:
    """Take a deletion back. Raises: VaultItemNotFound."""
    item = find(world, home, kind, name, deleted=True)
    where = {"vault": home.id.lower(), "kind": kind, "name": item.name}
    world.commit(events.VaultItemRecovered(at=world.now(), by=by.id, **where))
    return item


def purge(world: World, home: Resource, by: Principal, kind: str, name: str) -> None:
    """Delete for good. Raises: VaultItemNotFound, VaultPurgeRefused."""
    item = find(world, home, kind, name, deleted=True)
    if home.body["properties"].get("enablePurgeProtection"):
        raise VaultPurgeRefused()
    where = {"vault": home.id.lower(), "kind": kind, "name": item.name}
    world.commit(events.VaultItemPurged(at=world.now(), by=by.id, **where))


# For others


def secret(world: World, url: str, principal: Principal) -> str:
    """The value of a secret by its id, for somebody who may read it.

    Raises: VaultUnknown, VaultRequestInvalid, VaultForbidden, VaultPolicyMissing, VaultItemNotFound, VaultItemDisabled.
    """
    home, kind, name, which = located(world, url)
    if kind != "secrets":
        raise VaultRequestInvalid(reason=f"{url[:200]} is not the id of a secret.")
    access.require(world, home, principal, "secrets", "get", name)
    return read_secret(world, home, name, which)[1].secret


def located(world: World, url: str) -> tuple[Resource, str, str, str]:
    """The vault, kind, name and version that the id of an item names.

    Raises: VaultUnknown, VaultRequestInvalid.
    """
    host, _, path = url.removeprefix("https://").partition("/")
    parts = path.rstrip("/").split("/")
    if not url.startswith("https://") or len(parts) not in (2, 3) or parts[0] not in _TITLES:
        raise VaultRequestInvalid(reason=f"{url[:200]} is not the id of a secret or a key.")
    home = vault.find(world, host.removesuffix(":443")) if host.endswith(vault.SUFFIX) else None
    if home is None:
        raise VaultUnknown(host=host[:200])
    kind, name, *which = parts
    return home, kind, name, which[0] if which else ""
