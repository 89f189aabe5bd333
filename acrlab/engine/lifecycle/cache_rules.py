"""Cache rules and credential sets as resources: made, changed, given up."""

from typing import Any

from acrlab.domain import cache, events, policies
from acrlab.domain.cache_errors import (
    CacheNameInvalid,
    CacheRuleFixed,
    CacheRuleInvalid,
    CacheRuleOverlaps,
    CacheTargetExists,
    CredentialSetInvalid,
    CredentialSetUnknown,
)  # fmt: skip
from acrlab.domain.lifecycle_errors import PoliciesExcluded
from acrlab.domain.registry import read
from acrlab.engine.ask import Ask
from acrlab.engine.identities import registry as identities
from acrlab.engine.lifecycle import cache as pulls
from acrlab.engine.lifecycle import rules
from acrlab.engine.state import Resource
from acrlab.engine.world import World

_FIXED = ("sourceRepository", "targetRepository")
_VAULT = ".vault.azure.net"


def check_rule_name(name: str) -> None:
    """Raises: CacheNameInvalid."""
    if not cache.NAME.fullmatch(name):
        raise CacheNameInvalid(what="Cache rule")


def check_set_name(name: str) -> None:
    """Raises: CacheNameInvalid."""
    if not cache.NAME.fullmatch(name):
        raise CacheNameInvalid(what="Credential set")


def slow(ask: Ask, body: dict[str, Any]) -> bool:
    """Every change takes a while. Source: recorded, acr_cache (2023-12)."""
    return True


# Rules


def desired_rule(ask: Ask) -> dict[str, Any]:
    """The body of a cache rule after a PUT or PATCH.

    Raises: BodyInvalid, CacheRuleInvalid, CacheRuleFixed, CacheRuleOverlaps, CacheTargetExists, CredentialSetUnknown,
    PoliciesExcluded, IdentityTypeInvalid, AssignedIdentityInvalid, AssignedIdentityUnknown.
    Source: recorded, acr_cache (2023-12): a credential set that is sent as null is taken away.
    """
    whole = read(cache.RULE_SHAPE, ask.given, ask.version, kind=cache.RULE)
    given = whole.get("properties", {})
    before: dict[str, Any] = ask.known.body["properties"] if ask.known is not None else {}
    kept = {name: value for name, value in before.items() if ask.patch and not _dropped(ask.given, name)}
    properties = {**kept, **given}
    for name in _FIXED:
        if not properties.get(name):
            raise CacheRuleInvalid(reason=f"{name} is required")
        if before and properties[name] != before[name]:
            raise CacheRuleFixed(property=name)
    credentials = properties.get("credentialSetResourceId")
    if credentials and ask.beside(credentials, cache.CREDENTIALS) is None:
        raise CredentialSetUnknown(id=credentials[:300])
    if not before:
        _require_place(ask, properties)
    identity = identities.desired(ask, whole, ask.known.body if ask.known is not None else None)
    return {**({"identity": identity} if identity else {}), "properties": properties}


def _dropped(given: dict[str, Any], name: str) -> bool:
    parts = [value for key, value in given.items() if key.lower() == "properties" and isinstance(value, dict)]
    return any(key.lower() == name.lower() and value is None for part in parts for key, value in part.items())


def _require_place(ask: Ask, properties: dict[str, Any]) -> None:
    registry = ask.world.state.registries[ask.id.names[0].lower()]
    if rules.rule(ask.world, registry, "softDeletePolicy").get("status") == policies.ENABLED:
        raise PoliciesExcluded(other="artifact cache")
    _, wanted = cache.source(properties["sourceRepository"])
    target = cache.pattern(properties["targetRepository"])
    if wanted.wild != target.wild:
        raise CacheRuleInvalid(reason="source and target both have a wildcard, or neither")
    for each in pulls.held(ask.world, registry):
        if cache.pattern(each.body["properties"]["targetRepository"]).overlaps(target):
            raise CacheRuleOverlaps(target=properties["targetRepository"], rule=each.id.rpartition("/")[2])
    known = registry.repositories.get(target.prefix)
    if not target.wild and known is not None and known.visible:
        raise CacheTargetExists(target=target.prefix)


# Credential sets


def desired_set(ask: Ask) -> dict[str, Any]:
    """The body of a credential set after a PUT or PATCH. The secrets themselves stay in the vault.

    Raises: BodyInvalid, CredentialSetInvalid.
    """
    given = read(cache.CREDENTIALS_SHAPE, ask.given, ask.version, kind=cache.CREDENTIALS)
    known = ask.known.body if ask.known is not None else None
    kept = known["properties"] if known is not None and ask.patch else {}
    properties = {**kept, **given.get("properties", {})}
    _require_whole(properties)
    identity = _identity(ask, given, known)
    return {**({"identity": identity} if identity else {}), "properties": properties}


def _require_whole(properties: dict[str, Any]) -> None:
    if not properties.get("loginServer"):
        raise CredentialSetInvalid(reason="loginServer is required")
    for each in properties.get("authCredentials") or [{}]:
        for name in ("usernameSecretIdentifier", "passwordSecretIdentifier"):
            if not vault(str(each.get(name) or "")):
                raise CredentialSetInvalid(reason=f"{name} is the address of a secret in a key vault")


def vault(address: str) -> str:
    """The name of the vault in a secret's address, or nothing when it is none."""
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    if scheme != "https" or not host.endswith(_VAULT) or not path.startswith("secrets/"):
        return ""
    return host.removesuffix(_VAULT)


def _identity(ask: Ask, given: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any] | None:
    before: dict[str, Any] | None = known.get("identity") if known is not None else None
    asked = given.get("identity", {}).get("type")
    if asked is None:
        return before
    if asked == "None":
        return None
    return before or {"principalId": ask.world.uuid(), "tenantId": ask.world.state.tenant, "type": "systemAssigned"}


def closing(world: World, resource: Resource, by: str) -> tuple[events.Event, ...]:
    """The identity of a credential set goes with it."""
    return identities.closed(world, resource, by)
