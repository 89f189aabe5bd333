"""Connected registries as resources: a tree of registries on somebody's premises. None of them ever connects here."""

from typing import Any

from acrlab.domain import connected_registries as domain
from acrlab.domain import repository_tokens
from acrlab.domain.connected_errors import (
    ConnectedFixed,
    ConnectedHasChildren,
    ConnectedInvalid,
    ConnectedNameInvalid,
)  # fmt: skip
from acrlab.domain.registry import merged, read
from acrlab.engine import registries
from acrlab.engine.ask import Ask
from acrlab.engine.identities import registry as identities
from acrlab.engine.state import Resource
from acrlab.engine.world import World

MOST_TOKENS = 50  # client tokens; inferred, no published figure
MOST_NOTIFICATIONS = 50  # inferred, no published figure
_DEFAULTS: dict[str, Any] = {
    "mode": domain.READ_ONLY, "clientTokenIds": [], "notificationsList": [],
    "logging": {"logLevel": "Information", "auditLogStatus": "Disabled"},
    "garbageCollection": {"enabled": True, "schedule": "0 0 * * *"},
}  # fmt: skip


def check_name(name: str) -> None:
    """Raises: ConnectedNameInvalid."""
    if not domain.NAME.fullmatch(name):
        raise ConnectedNameInvalid()


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a connected registry after a PUT or PATCH.

    Raises: BodyInvalid, ConnectedInvalid, ConnectedFixed, IdentityTypeInvalid, AssignedIdentityInvalid,
    AssignedIdentityUnknown.
    """
    whole = read(domain.SHAPE, ask.given, ask.version, kind=domain.TYPE)
    given = whole.get("properties", {})
    sync = given.pop("syncProperties", None)  # where an update has what a creation has below its parent
    if sync is not None:
        given = merged(given, {"parent": merged(given.get("parent", {}), {"syncProperties": sync})})
    before: dict[str, Any] = ask.known.body["properties"] if ask.known is not None else {}
    properties = merged(before if before and ask.patch else _DEFAULTS, given)
    identity = identities.desired(ask, whole, ask.known.body if ask.known is not None else None)
    _require_fixed(before, properties)
    _require_spans(properties)
    properties = _signing_in(ask, properties, identity or {})
    _require_lists(ask, properties)
    if not before:
        _require_place(ask, properties)
    return {**({"identity": identity} if identity else {}), "properties": properties}


def _require_fixed(before: dict[str, Any], properties: dict[str, Any]) -> None:
    if before and properties["mode"] != before["mode"]:
        raise ConnectedFixed(property="mode")
    if before and properties.get("parent", {}).get("id") != before["parent"].get("id"):
        raise ConnectedFixed(property="parent")
    if before and _by_identity(before) and not _by_identity(properties):
        raise ConnectedFixed(property="authType")


def _by_identity(properties: dict[str, Any]) -> bool:
    sync = properties.get("parent", {}).get("syncProperties", {})
    return bool(sync.get("authType") == domain.BY_IDENTITY)


def _signing_in(ask: Ask, properties: dict[str, Any], identity: dict[str, Any]) -> dict[str, Any]:
    """With the way that it signs in to its parent: a sync token, or one identity, which has no token any more.

    Raises: ConnectedInvalid.
    Source: azure-cli 2.91.0, which refuses parents and children of one that signs in as an identity.
    """
    parent = properties.get("parent", {})
    sync = parent.get("syncProperties", {})
    if not _by_identity(properties):
        _require_token(ask, sync.get("tokenId") or "", "the sync token")
        if identity:
            raise ConnectedInvalid(reason="an identity goes with authType ManagedIdentity only")
        return properties
    if len(identity.get("userAssignedIdentities", {})) != 1:
        raise ConnectedInvalid(reason="authType ManagedIdentity takes exactly one user-assigned identity")
    if parent.get("id") or (ask.known is not None and _below(ask.world, ask.known)):
        raise ConnectedInvalid(reason="one that signs in as an identity has no parent and no children")
    tokenless = {name: value for name, value in sync.items() if name != "tokenId"}
    return {**properties, "parent": {**parent, "syncProperties": tokenless}}


def _require_spans(properties: dict[str, Any]) -> None:
    sync = properties.get("parent", {}).get("syncProperties", {})
    ranges = {"syncWindow": domain.Span.SYNC_WINDOW, "messageTtl": domain.Span.MESSAGE_TTL}
    for name, (low, high) in ranges.items():
        if name in sync:
            found = domain.seconds(sync[name])
            if found is None or not low <= found <= high:
                raise ConnectedInvalid(reason=f"{name} is a duration of {low:.0f} to {high:.0f} seconds in ISO 8601")


def _require_token(ask: Ask, text: str, what: str) -> None:
    if not text or ask.beside(text, repository_tokens.TYPE) is None:
        raise ConnectedInvalid(reason=f"{what} {text[:300]!r} is no token of this registry")


def _require_lists(ask: Ask, properties: dict[str, Any]) -> None:
    tokens, notifications = properties["clientTokenIds"], properties["notificationsList"]
    if len(tokens) > MOST_TOKENS or len(notifications) > MOST_NOTIFICATIONS:
        raise ConnectedInvalid(reason="too many client tokens or notifications")
    if not all(isinstance(each, str) for each in (*tokens, *notifications)):
        raise ConnectedInvalid(reason="client tokens and notifications are text")
    for each in tokens:
        _require_token(ask, each, "a client token")


def _require_place(ask: Ask, properties: dict[str, Any]) -> None:
    """Source: intro-connected-registry (2025): a data endpoint is needed, a child of ReadOnly is ReadOnly."""
    registry = ask.world.state.registries[ask.id.names[0].lower()]
    if not registries.properties(ask.world, registry)["dataEndpointEnabled"]:
        raise ConnectedInvalid(reason="the registry needs its dedicated data endpoint: --data-endpoint-enabled true")
    above = properties["parent"].get("id")
    if not above:
        return
    found = ask.beside(above, domain.TYPE)
    if found is None:
        raise ConnectedInvalid(reason="the parent is no connected registry of this registry")
    if _by_identity(found.body["properties"]):
        raise ConnectedInvalid(reason="one that signs in as an identity has no parent and no children")
    if found.body["properties"]["mode"] not in (domain.READ_WRITE, properties["mode"]):
        raise ConnectedInvalid(reason=f"mode {properties['mode']} does not go below {found.body['properties']['mode']}")


def releasing(world: World, resource: Resource) -> None:
    """Let one go that has nothing below it. Raises: ConnectedHasChildren."""
    below = _below(world, resource)
    if below:
        raise ConnectedHasChildren(name=resource.id.rpartition("/")[2], children=", ".join(below[:10]))


def _below(world: World, resource: Resource) -> list[str]:
    """The names of its children."""
    return [
        each.id.rpartition("/")[2]
        for each in world.state.inside(resource.id.rpartition("/connectedRegistries/")[0], "connectedregistries")
        if str(each.body["properties"]["parent"].get("id") or "").lower() == resource.id.lower()
    ]


def deactivate(ask: Ask) -> None:
    """End the activation: nothing was ever activated here, so everything stays as it is."""


def resync(ask: Ask) -> Resource | None:
    """Ask for a synchronisation of everything: there is nobody here who would carry it out."""
    return ask.known
