"""Who may do what inside a vault: by role with data actions, or by access policy."""

import msgspec

from acrlab.domain.access import Principal
from acrlab.domain.vault_errors import VaultForbidden, VaultPolicyMissing
from acrlab.engine import authorization, directory, entra
from acrlab.engine.state import Resource
from acrlab.engine.world import World


class Right(msgspec.Struct, frozen=True):
    """What an operation needs: the data action below the kind, and the word of access policies."""

    action: str
    permission: str


# Source: Key Vault data actions (Azure permissions for Security, 2025); permissions of AccessPolicyEntry 2023-02-01.
RIGHTS: dict[tuple[str, str], Right] = {
    ("secrets", "get"): Right("getSecret/action", "get"),
    ("secrets", "list"): Right("readMetadata/action", "list"),
    ("secrets", "set"): Right("setSecret/action", "set"),
    ("secrets", "update"): Right("setSecret/action", "set"),
    ("secrets", "delete"): Right("delete", "delete"),
    ("secrets", "recover"): Right("recover/action", "recover"),
    ("secrets", "purge"): Right("purge/action", "purge"),
    ("keys", "get"): Right("read", "get"),
    ("keys", "list"): Right("read", "list"),
    ("keys", "create"): Right("create/action", "create"),
    ("keys", "rotate"): Right("rotate/action", "rotate"),
    ("keys", "update"): Right("update/action", "update"),
    ("keys", "delete"): Right("delete", "delete"),
    ("keys", "recover"): Right("recover/action", "recover"),
    ("keys", "purge"): Right("purge/action", "purge"),
    ("keys", "wrapKey"): Right("wrap/action", "wrapKey"),
    ("keys", "unwrapKey"): Right("unwrap/action", "unwrapKey"),
}


def require(world: World, vault: Resource, principal: Principal, kind: str, verb: str, name: str = "") -> None:
    """Raises: VaultForbidden, VaultPolicyMissing."""
    right, properties = RIGHTS[kind, verb], vault.body["properties"]
    if properties["enableRbacAuthorization"]:
        _require_role(world, vault, principal, f"Microsoft.KeyVault/vaults/{kind}/{right.action}", kind, name)
    elif not _policy(properties["accessPolicies"], principal, kind, right.permission):
        raise VaultPolicyMissing(
            caller=_caller(world, principal), kind=kind, permission=right.permission, vault=_title(vault)
        ).why(
            f"{vault.id} uses access policies; none gives {principal.name} the permission {right.permission} on {kind}",
            f"az keyvault set-policy --name {_name(vault)} --object-id {principal.id} --{kind[:-1]}-permissions ...",
        )


def _require_role(world: World, vault: Resource, principal: Principal, action: str, kind: str, name: str) -> None:
    verdict = authorization.permits(world, principal, action, vault.id, data=True)
    if not verdict.allowed:
        resource = vault.id.lower() + (f"/{kind}/{name}" if name else "")
        refusal = VaultForbidden(
            caller=_caller(world, principal), action=action, resource=resource, vault=_title(vault)
        )  # fmt: skip
        raise refusal.why(*verdict.because, f"{vault.id} judges by roles: enableRbacAuthorization is true")


def _policy(policies: list[dict[str, object]], principal: Principal, kind: str, word: str) -> bool:
    mine = (each for each in policies if str(each["objectId"]).lower() == principal.id)
    given = (_words(each.get("permissions"), kind) for each in mine)
    return any(word.lower() in words or "all" in words for words in given)


def _words(permissions: object, kind: str) -> set[str]:
    named = permissions.get(kind) if isinstance(permissions, dict) else None
    return {str(word).lower() for word in named or ()}


def _caller(world: World, principal: Principal) -> str:
    client = principal.app_id or directory.AZURE_CLI
    return f"appid={client};oid={principal.id};iss={entra.issuer(world)}"


def _name(vault: Resource) -> str:
    return vault.id.rpartition("/")[2]


def _title(vault: Resource) -> str:
    return f"{_name(vault)};location={vault.body['location']}"
