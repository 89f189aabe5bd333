"""Key vaults as resources, and how a host name finds one."""

import re
from typing import Any

from acrlab.domain import events
from acrlab.domain.arm_errors import PropertyInvalid
from acrlab.domain.vault_errors import PurgeProtectionFixed, VaultNameInvalid, VaultNameTaken
from acrlab.engine import neighbours
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

TYPE = "Microsoft.KeyVault/vaults"
SUFFIX = ".vault.azure.net"
NAME = re.compile(r"(?=.{3,24}$)[a-zA-Z](?:-?[a-zA-Z0-9])*")
RETENTION = 90  # days. Source: Key Vault soft-delete overview (2025), the default
_KINDS = {
    "sku": dict, "accessPolicies": list, "tenantId": str, "enableRbacAuthorization": bool, "enableSoftDelete": bool,
    "enablePurgeProtection": bool, "softDeleteRetentionInDays": int, "networkAcls": dict, "publicNetworkAccess": str,
}  # fmt: skip
_DEFAULTS: dict[str, Any] = {
    "sku": {"family": "A", "name": "standard"}, "accessPolicies": [], "enabledForDeployment": False,
    "enableSoftDelete": True, "softDeleteRetentionInDays": RETENTION, "enableRbacAuthorization": False,
    "publicNetworkAccess": "Enabled",
}  # fmt: skip


def check_name(name: str) -> None:
    """Raises: VaultNameInvalid."""
    if not NAME.fullmatch(name):
        raise VaultNameInvalid(name=name)


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a vault.

    Raises: BodyInvalid, PropertyInvalid, VaultNameTaken, PurgeProtectionFixed. Source: KeyVault 2023-02-01, vaults.
    """
    given = neighbours.tracked(ask)
    properties = {name: value for name, value in given["properties"].items() if value is not None}
    neighbours.checked(properties, **_KINDS)
    for policy in properties.get("accessPolicies", []):
        require_policy(policy)
    if ask.known is None and find(ask.world, f"{ask.id.name}{SUFFIX}") is not None:
        raise VaultNameTaken(name=ask.id.name)
    before = ask.known.body["properties"] if ask.known is not None else {}
    if before.get("enablePurgeProtection") and properties.get("enablePurgeProtection") is False:
        raise PurgeProtectionFixed()
    kept = {"enablePurgeProtection": True} if before.get("enablePurgeProtection") else {}
    found = {**_DEFAULTS, "tenantId": ask.world.state.tenant, **properties, **kept}
    location = ask.known.body["location"] if ask.known is not None else given["location"]
    host = {"vaultUri": f"https://{ask.id.name.lower()}{SUFFIX}/", "provisioningState": "Succeeded"}
    return {"location": location, "tags": given.get("tags", {}), "properties": {**found, **host}}


def require_policy(policy: Any) -> None:
    """Raises: PropertyInvalid."""
    fits = (
        isinstance(policy, dict)
        and isinstance(policy.get("objectId"), str)
        and isinstance(policy.get("permissions") or {}, dict)
        and all(
            each is None or (isinstance(each, list) and all(isinstance(word, str) for word in each))
            for each in (policy.get("permissions") or {}).values()
        )
    )
    if not fits:
        raise PropertyInvalid(reason="An access policy has an objectId, and permissions that are lists of words.")


def closing(world: World, resource: Resource, by: str) -> tuple[events.Event, ...]:
    """What was inside goes with it: the lab keeps no deleted vaults."""
    return (events.VaultClosed(at=world.now(), by=by, vault=resource.id.lower()),)


def find(world: World, host: str) -> Resource | None:
    """The vault that answers at a host."""
    name = host.lower().removesuffix(SUFFIX)
    mark = f"/providers/{TYPE.lower()}/{name}"
    return next((each for key, each in world.state.resources.items() if key.endswith(mark)), None)


def check_availability(ask: Ask) -> dict[str, Any]:
    """Say whether the name of a vault is free. Source: KeyVault 2023-02-01, vaults check name availability.

    Raises: PropertyInvalid.
    """
    name = ask.given.get("name") if isinstance(ask.given, dict) else None
    if not isinstance(name, str):
        raise PropertyInvalid(reason="The request needs a name.")
    if not NAME.fullmatch(name):
        return {"nameAvailable": False, "reason": "AccountNameInvalid", "message": VaultNameInvalid(name=name).text}
    if find(ask.world, f"{name}{SUFFIX}") is not None:
        return {"nameAvailable": False, "reason": "AlreadyExists", "message": VaultNameTaken(name=name).text}
    return {"nameAvailable": True}
