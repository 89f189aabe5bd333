"""Scope maps: made, changed, given up, and asked what they allow."""

from typing import Any

from acrlab.domain import scope_maps, tiers
from acrlab.domain.access_errors import ScopeMapFixed, ScopeMapInUse, ScopeMapNameInvalid, ScopeMapTooLarge
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.registry import read
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World


def check_name(name: str) -> None:
    """Raises: ScopeMapNameInvalid."""
    if not scope_maps.NAME.fullmatch(name) or name.startswith("_"):
        raise ScopeMapNameInvalid(name=name)


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a scope map after a PUT or PATCH.

    Raises: BodyInvalid, ScopeMapFixed, ScopeMapActionInvalid, ScopeMapTooLarge.
    """
    given = read(scope_maps.SHAPE, ask.given, ask.version, kind=scope_maps.TYPE).get("properties", {})
    before: dict[str, Any] = ask.known.body["properties"] if ask.known is not None else {}
    if provided(before):
        raise ScopeMapFixed(name=ask.id.name)
    properties = {**(before if ask.patch else {}), "type": scope_maps.USER, **given}
    if "actions" not in properties:
        raise BodyInvalid(reason="Required property 'actions' not found in JSON. Path 'properties'.")
    properties["actions"] = list(dict.fromkeys(map(_checked, properties["actions"])))
    _require_size(ask.world, properties["actions"])
    return {"properties": properties}


def _checked(text: object) -> str:
    scope_maps.action(text)
    return str(text)


def _require_size(world: World, actions: list[str]) -> None:
    """Source: limits of a scope map (2026-02), the same in every tier."""
    facts = tiers.profile(world.state.profile).tier("Premium")
    lines = [scope_maps.action(each) for each in actions]
    repositories = {line.name for line in lines if line.kind == "repositories"}
    for what, held in (("actions", len(lines)), ("repositories", len(repositories))):
        limit = facts.limit(f"{what}_per_scope_map")
        if held > limit:
            raise ScopeMapTooLarge(count=held, what=what, limit=limit)


def provided(properties: dict[str, Any]) -> bool:
    """Whether a map is one of those that come with the registry."""
    return properties.get("type") == scope_maps.SYSTEM


def releasing(world: World, resource: Resource) -> None:
    """Let a map go that nothing holds. Raises: ScopeMapFixed, ScopeMapInUse."""
    name = resource.id.rpartition("/")[2]
    if provided(resource.body["properties"]):
        raise ScopeMapFixed(name=name)
    beside = f"{resource.id.lower().rpartition('/scopemaps/')[0]}/tokens/"
    holders = [
        each.id.rpartition("/")[2]
        for key, each in sorted(world.state.resources.items())
        if key.startswith(beside) and each.body["properties"]["scopeMapId"].lower() == resource.id.lower()
    ]
    if holders:
        refusal = ScopeMapInUse(name=name, tokens=", ".join(holders[:10]))
        raise refusal.why(f"az acr token update or delete first: {', '.join(holders[:10])}")


def actions(world: World, id: str) -> list[str]:
    """What a map lists; nothing when it is gone."""
    found = world.state.resources.get(id.lower())
    return list(found.body["properties"]["actions"]) if found is not None else []
