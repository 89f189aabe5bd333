"""Registries: what their body becomes, their login server, their admin user, their usage."""

import ipaddress
from typing import Any

from acrlab.domain import events, policies, tiers
from acrlab.domain import scope_maps as domain_maps
from acrlab.domain.arm_errors import (
    PropertyFixed,
    PropertyInvalid,
    RegistryNameTaken,
    SkuClassic,
    TierRefused,
)  # fmt: skip
from acrlab.domain.registry import DEFAULTS, REGISTRY, USES, merged, read, shown
from acrlab.engine import admin_user, collection
from acrlab.engine.ask import Ask
from acrlab.engine.identities import registry as identities
from acrlab.engine.login_servers import SCOPE, available, login_server
from acrlab.engine.reach import replications
from acrlab.engine.state import Registry, Resource
from acrlab.engine.vaults import encryption
from acrlab.engine.world import World

_FIXED = (SCOPE, "zoneRedundancy")  # set once, when the registry is created
# Changes that the recordings show as long-running; all others answer at once.
SLOW = ("anonymousPullEnabled",)
_RULES = {"ip_rules": "ipRules", "vnet_rules": "virtualNetworkRules"}
_CHILDREN = {
    "webhooks": "webhooks", "replications": "replications", "tokens": "tokens", "scope_maps": "scopemaps",
    "private_endpoints": "privateendpointconnections", "connected_registries": "connectedregistries",
    "cache_rules": "cacherules",
}  # fmt: skip

# What comes with a registry counts for nothing. Source: recorded, listUsages of new registries (2023-12).
_PROVIDED = {f"scopemaps/{name}" for name in domain_maps.PROVIDED}


# The body


def desired(ask: Ask) -> dict[str, Any]:
    """The body a registry shall have after a PUT or a PATCH. Everything is decided here.

    Raises: BodyInvalid, RegistryNameTaken, SkuClassic, PropertyFixed, PropertyInvalid, TierRefused, NotEmulated.
    """
    given = read(REGISTRY, ask.given, ask.version)
    known = ask.known.body if ask.known is not None else None
    if known is None and not available(ask.world, ask.id.name):
        raise RegistryNameTaken(name=ask.id.name)
    sku = _sku(given, known if ask.patch else None)
    properties = _properties(ask, given.get("properties", {}), known)
    body = {
        "sku": {"name": sku, "tier": sku},
        "location": known["location"] if known else given["location"],
        "tags": given.get("tags", known["tags"] if known and ask.patch else {}),
        "properties": properties,
    }
    identity = identities.desired(ask, given, known)
    if identity:
        body["identity"] = identity
    _gate(ask, known, body)
    properties["encryption"] = encryption.desired(ask, body, known)
    return body


def _sku(given: dict[str, Any], known: dict[str, Any] | None) -> str:
    name = given.get("sku", {}).get("name") or (known["sku"]["name"] if known else "Classic")
    if name == "Classic":
        raise SkuClassic().why("without sku.name the tier is Classic; the others are Basic, Standard and Premium")
    return str(name)


def _properties(ask: Ask, given: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    before = known["properties"] if known else None
    base = before if before is not None and ask.patch else {**DEFAULTS, **_kept(before)}
    for name in _FIXED:
        if before is not None and name in given and given[name] != before[name]:
            raise PropertyFixed(property=name)
    found = merged(base, given)
    found["policies"] = _stamped(ask, found["policies"], given.get("policies", {}))
    found["networkRuleSet"] = _ruled(found["networkRuleSet"])
    return found


def _kept(before: dict[str, Any] | None) -> dict[str, Any]:
    return {name: before[name] for name in _FIXED} if before is not None else {}


def _stamped(ask: Ask, found: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Note when a policy was last sent, in epoch seconds.

    Source: recorded, lastUpdatedTime moves with every update.
    """
    now = ask.world.now()
    timed = {name: found[name] for name in ("retentionPolicy", "softDeletePolicy")}
    times = {name: now if name in given else policy.get("lastUpdatedTime", now) for name, policy in timed.items()}
    stamped = {name: {**policy, "lastUpdatedTime": times[name]} for name, policy in timed.items()}
    return {**found, **stamped, "retentionPolicy": _begun(stamped["retentionPolicy"], now)}


def _begun(policy: dict[str, Any], now: float) -> dict[str, Any]:
    """With the moment it was switched on: what was untagged before is not its affair."""
    kept = {name: value for name, value in policy.items() if name != "since"}
    return {**kept, "since": policy.get("since", now)} if policy["status"] == "enabled" else kept


def _ruled(rules: dict[str, Any]) -> dict[str, Any]:
    """Fill in what a rule leaves out. Source: recorded, action Allow appears where none was sent."""
    ips = [{"action": "Allow", "value": _value(each)} for each in rules["ipRules"]]
    subnets = [each.get("id") or each.get("virtualNetworkSubnetResourceId") for each in rules["virtualNetworkRules"]]
    if not all(subnets):
        raise PropertyInvalid(reason="A virtual network rule names the id of a subnet.")
    networks = [{"action": "Allow", "id": subnet, "virtualNetworkSubnetResourceId": subnet} for subnet in subnets]
    return {"defaultAction": rules["defaultAction"], "virtualNetworkRules": networks, "ipRules": ips}


def _value(rule: dict[str, Any]) -> str:
    value = rule.get("value", "")
    try:
        ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        raise PropertyInvalid(reason=f"{shown(value)} is not an IPv4 address or a range in CIDR notation.") from None
    return str(value)


# The tier


def edition(world: World) -> tiers.Profile:
    """The facts this world goes by."""
    return tiers.profile(world.state.profile)


def _gate(ask: Ask, known: dict[str, Any] | None, body: dict[str, Any]) -> None:
    facts, tier, properties = edition(ask.world), body["sku"]["name"], body["properties"]
    replicated = ask.known is not None and replications.spread(ask.world, ask.known)
    policies.require_together(properties, replicated, bool(ask.world.state.inside(str(ask.id), "cacherules")))
    used = in_use(properties)
    if known is not None and known["sku"]["name"] != tier:
        _require_movable(ask, facts, tier, used, properties)
    for feature in used:
        require(facts, tier, feature)
    for limit, name in _RULES.items():
        count = len(properties["networkRuleSet"][name])
        if count:
            require_room(facts, tier, limit, count - 1)
    policies.require_closed(properties, bool(ask.world.state.inside(str(ask.id), "exportpipelines")))


def in_use(properties: dict[str, Any]) -> list[str]:
    """The features of tiers.toml that a body makes use of."""
    return [feature for feature, uses in USES.items() if uses(properties)]


def require(facts: tiers.Profile, tier: str, feature: str) -> None:
    """Raises: TierRefused with the service's code and text."""
    try:
        tiers.require(facts, tier, feature)
    except tiers.FeatureNotInTier as refusal:
        raise _refused(refusal) from None


def require_room(facts: tiers.Profile, tier: str, limit: str, held: int) -> None:
    """Raises: TierRefused when one more does not fit."""
    try:
        tiers.require_room(facts, tier, limit, held)
    except tiers.FeatureNotInTier as refusal:
        raise _refused(refusal) from None


def _refused(refusal: tiers.FeatureNotInTier) -> TierRefused:
    found = TierRefused(**refusal.fields)
    found.why(*refusal.because, f"tier {refusal.fields['tier']} lacks {refusal.fields['feature']}; those that have it: "
              f"{', '.join(refusal.fields['needs'])}")  # fmt: skip
    return found


def _require_movable(ask: Ask, facts: tiers.Profile, tier: str, used: list[str], properties: dict[str, Any]) -> None:
    registry = ask.world.state.registries[ask.id.name.lower()]
    held = counts(ask.world, registry, properties)
    obstacles = tiers.downgrade_obstacles(facts, tier, held, used)
    if obstacles:
        first = obstacles[0]
        refusal = TierRefused(code=first.code, text=" ".join(each.text for each in obstacles), evidence=first.evidence)
        raise refusal.why(*(f"{each.name}: {each.text}" for each in obstacles))


def tier(world: World, registry: Registry) -> str:
    """The tier of a registry: Basic, Standard or Premium."""
    return str(world.state.resources[registry.resource.lower()].body["sku"]["name"])


def properties(world: World, registry: Registry) -> dict[str, Any]:
    """The properties of a registry's resource, as of the newest api-version."""
    found: dict[str, Any] = world.state.resources[registry.resource.lower()].body["properties"]
    return found


def counts(world: World, registry: Registry, properties: dict[str, Any]) -> dict[str, int]:
    """What a registry holds, by the names of the limits. Units: bytes for storage."""
    below = f"{registry.resource.lower()}/"
    children = [key.removeprefix(below) for key in world.state.resources if key.startswith(below)]
    home = f"replications/{world.state.resources[registry.resource.lower()].body['location']}"
    kinds = [key.partition("/")[0] for key in children if key not in _PROVIDED and key != home]
    held = {limit: kinds.count(kind) for limit, kind in _CHILDREN.items()}
    rules = {limit: len(properties["networkRuleSet"][name]) for limit, name in _RULES.items()}
    return {"included_storage": registry.stored, "max_storage": registry.stored, **held, **rules}


# Life


def opening(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """What a new registry brings along: its data plane with two passwords, and its identity.

    Its system scope maps are part of its opening: the fold makes them.
    """
    now, world = ask.world.now(), ask.world
    server = login_server(world, ask.id, body["properties"][SCOPE])
    opened = events.RegistryOpened(
        at=now, by=ask.by, registry=ask.id.name.lower(), login_server=server, resource=str(ask.id),
        passwords=(admin_user.password(world), admin_user.password(world)),
    )  # fmt: skip
    zoned = body["properties"]["zoneRedundancy"] == "Enabled"  # recorded: such a registry shows its home replication
    home = replications.home(world, str(ask.id), body) if zoned else ()
    return (opened, *home, *identities.opened(ask, body))


def changing(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """What a change brings along: an identity that comes, or one that goes."""
    return (*identities.opened(ask, body), *identities.closed(ask.world, ask.known, ask.by, body))


def closing(world: World, resource: Resource, by: str) -> tuple[events.Event, ...]:
    """What goes with a registry: its data plane, its identity. Its blobs are collected later."""
    now = world.now()
    closed = events.RegistryClosed(at=now, by=by, registry=resource.id.rpartition("/")[2].lower())
    return (closed, *identities.closed(world, resource, by), *collection.planned(world, now))


def slow(ask: Ask, body: dict[str, Any]) -> bool:
    """Whether a change takes a while. Source: recorded; switching anonymous pull does, other settings do not."""
    if ask.known is None:
        return True
    before = ask.known.body["properties"]
    return ask.patch and any(body["properties"][name] != before[name] for name in SLOW)


def usages(ask: Ask) -> dict[str, Any]:
    """What the registry uses of what its tier allows, from the present state."""
    registry = ask.world.state.registries[ask.id.name.lower()]
    held = counts(ask.world, registry, properties(ask.world, registry))
    rows = tiers.usages(edition(ask.world), tier(ask.world, registry), held)
    return {"value": rows}
