"""A registry's own key: what it may be, and whether it can be used now.

Source: tutorial-customer-managed-keys, tutorial-rotate-revoke-customer-managed-keys (2023-10).
"""

from typing import Any

from acrlab.domain import moments
from acrlab.domain.errors import Condition
from acrlab.domain.vault_errors import (
    EncryptionFixed,
    EncryptionIdentityNeeded,
    EncryptionKeyInvalid,
    EncryptionKeyUnusable,
    VaultCondition,
)
from acrlab.engine import directory
from acrlab.engine.ask import Ask
from acrlab.engine.identities import registry as identities
from acrlab.engine.state import VaultVersion
from acrlab.engine.vaults import access, items
from acrlab.engine.world import World

ENABLED = "enabled"
LAG = 3600.0  # seconds until a new version of a key is picked up. Source: tutorial-rotate-revoke (2023-10)
_VERBS = ("get", "wrapKey", "unwrapKey")


def desired(ask: Ask, body: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    """The `encryption` that a registry's body shall have.

    Raises: EncryptionFixed, EncryptionIdentityNeeded, EncryptionKeyInvalid.
    """
    wanted = body["properties"]["encryption"]
    before: dict[str, Any] | None = known["properties"]["encryption"] if known is not None else None
    if before is not None and before["status"] == ENABLED and not ask.patch and "keyVaultProperties" not in wanted:
        wanted = before  # a PUT that does not speak of it
    if before is not None and wanted["status"] != before["status"]:
        raise EncryptionFixed()
    if wanted["status"] != ENABLED:
        return {"status": "disabled"}
    given = wanted.get("keyVaultProperties") or {}
    key, client = given.get("keyIdentifier"), given.get("identity")
    if not key or not client:
        raise EncryptionKeyInvalid(reason="keyVaultProperties needs a keyIdentifier and the client id of an identity.")
    same = before is not None and (before["keyVaultProperties"]["keyIdentifier"], client) == (
        key, before["keyVaultProperties"]["identity"],
    )  # fmt: skip
    if before is None or not same:
        return _taken(ask, body, str(key), str(client))
    _require_identity(ask, body, str(client))
    return before


def _require_identity(ask: Ask, body: dict[str, Any], client: str) -> None:
    if not identities.held(ask.world, body, client):
        raise EncryptionIdentityNeeded(resource=str(ask.id), identity=client, name=ask.id.name)


def _taken(ask: Ask, body: dict[str, Any], key: str, client: str) -> dict[str, Any]:
    try:
        which, _ = _usable(ask.world, body, key, client)
        home, _, name, asked = items.located(ask.world, key)
    except Condition as refused:
        raise EncryptionKeyInvalid(reason=f"The key {key[:200]} cannot be used: {refused.text}").why(
            *refused.because, "the identity needs get, wrapKey and unwrapKey: the role Key Vault Crypto Service "
            "Encryption User, or an access policy",
        ) from None  # fmt: skip
    if not home.body["properties"].get("enablePurgeProtection"):
        raise EncryptionKeyInvalid(reason=f"The key vault of {key[:200]} must have purge protection enabled.")
    properties = {
        "keyIdentifier": key, "versionedKeyIdentifier": items.address(home, "keys", name, which), "identity": client,
        "keyRotationEnabled": not asked, "lastKeyRotationTimestamp": moments.written(ask.world.now()),
    }  # fmt: skip
    return {"status": ENABLED, "keyVaultProperties": properties}


def _usable(world: World, body: dict[str, Any], key: str, client: str) -> tuple[str, VaultVersion]:
    """The version of a key that an identity of the registry can unwrap with.

    Raises: VaultCondition, EncryptionKeyInvalid.
    """
    person = world.state.principals.get(identities.held(world, body, client))
    if person is None:
        raise EncryptionKeyInvalid(reason=f"the registry has no identity with the client id {client[:60]}")
    home, kind, name, which = items.located(world, key)
    if kind != "keys":
        raise EncryptionKeyInvalid(reason="it is not the id of a key")
    for verb in _VERBS:
        access.require(world, home, directory.principal(person), "keys", verb, name)
    which, found = items.version(world, home, "keys", name, which)
    if not items.readable(world, found.facts):
        raise EncryptionKeyInvalid(reason="the key is disabled, expired or not valid yet")
    return which, found


def shown(world: World, encryption: dict[str, Any]) -> dict[str, Any]:
    """As it is now: a key without version follows its newest one, an hour behind."""
    properties = encryption.get("keyVaultProperties")
    if not properties or not properties["keyRotationEnabled"]:
        return encryption
    try:
        home, _, name, _ = items.located(world, properties["keyIdentifier"])
        versions = items.find(world, home, "keys", name).versions
    except VaultCondition:
        return encryption
    ripe = [
        (which, found.facts["attributes"]["created"])
        for which, found in versions.items()
        if found.facts["attributes"]["created"] + LAG <= world.now()
    ]
    if not ripe or properties["versionedKeyIdentifier"].endswith(ripe[-1][0]):
        return encryption
    which, created = ripe[-1]
    current = {
        "versionedKeyIdentifier": items.address(home, "keys", name, which),
        "lastKeyRotationTimestamp": moments.written(created + LAG),
    }
    return {**encryption, "keyVaultProperties": {**properties, **current}}


def require(world: World, body: dict[str, Any]) -> None:
    """Let a registry at its data, if its key lets it. Raises: EncryptionKeyUnusable."""
    encryption = (body.get("properties") or {}).get("encryption") or {}
    if encryption.get("status") != ENABLED:
        return
    properties = encryption["keyVaultProperties"]
    try:
        _usable(world, body, properties["keyIdentifier"], properties["identity"])
    except Condition as refused:
        raise EncryptionKeyUnusable(reason=refused.text.partition("\r\n")[0]).why(
            f"the registry unwraps its data with {properties['keyIdentifier']}", refused.text, *refused.because
        ) from None
