"""Tokens of a registry: made, switched off, and what they may do."""

from typing import Any

from acrlab.domain import repository_tokens, scope_maps
from acrlab.domain.access_errors import ScopeMapUnknown, TokenNameInvalid
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.registry import read
from acrlab.engine.access import scope_maps as maps
from acrlab.engine.ask import Ask
from acrlab.engine.state import Registry, Resource
from acrlab.engine.world import World


def check_name(name: str) -> None:
    """Raises: TokenNameInvalid."""
    if not repository_tokens.NAME.fullmatch(name):
        raise TokenNameInvalid(name=name)


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a token after a PUT or PATCH. Passwords are only ever dropped here; they are made elsewhere.

    Raises: BodyInvalid, ScopeMapUnknown.
    Source: recorded, acr token create (2024-01): a token without passwords shows an empty list.
    """
    given = read(repository_tokens.SHAPE, ask.given, ask.version, kind=repository_tokens.TYPE).get("properties", {})
    before: dict[str, Any] = ask.known.body["properties"] if ask.known is not None else {}
    kept = before if ask.patch else {}
    scope_map = given.get("scopeMapId") or kept.get("scopeMapId")
    if not scope_map:
        raise BodyInvalid(reason="Required property 'scopeMapId' not found in JSON. Path 'properties'.")
    status = given.get("status") or kept.get("status") or repository_tokens.ENABLED
    credentials = _credentials(given.get("credentials", {}), before.get("credentials", {}))
    return {"properties": {"scopeMapId": _scope_map(ask, scope_map), "credentials": credentials, "status": status}}


def _scope_map(ask: Ask, text: str) -> str:
    found = ask.beside(text, scope_maps.TYPE)
    if found is None:
        raise ScopeMapUnknown(id=text[:300])
    return found.id


def _credentials(given: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What a list leaves out goes; a list that is not sent stays.

    Source: azure-cli 2.91.0, acr token credential delete sends the passwords that shall remain.
    """
    known: list[dict[str, Any]] = before.get("passwords", [])
    wanted = {each.get("name") for each in given["passwords"]} if "passwords" in given else None
    remaining = [each for each in known if wanted is None or each["name"] in wanted]
    certificates = given.get("certificates", before.get("certificates", []))
    return {**({"certificates": certificates} if certificates else {}), "passwords": remaining}


def slow(ask: Ask, body: dict[str, Any]) -> bool:
    """Whether a change takes a while. Source: recorded, acr token create is long-running."""
    return ask.known is None


def find(world: World, registry: Registry, name: str) -> Resource | None:
    """A token of a registry by its name."""
    return world.state.resources.get(f"{registry.resource}/tokens/{name}".lower())


def missing(world: World, registry: Registry, name: str, operation: str, repository: str) -> tuple[str, ...]:
    """What the scope map of a token would have to say for it to do something."""
    found = find(world, registry, name)
    if found is None:
        return (f"the registry {registry.name} has no token {name}",)
    id = found.body["properties"]["scopeMapId"]
    verbs = [verb for verb, allowed in scope_maps.OPERATIONS.items() if allowed == operation]
    if not verbs:
        return (f"no scope map reaches {repository}: {operation} is for roles and the admin user",)
    says = ", ".join(maps.actions(world, id)) or "nothing"
    wanted = f"repositories/{repository}/{verbs[0]}"
    return (f"{wanted} is needed in the token's scope map", f"the scope map {id.rpartition('/')[2]} says {says}")


def grounds(world: World, registry: Registry, name: str, operation: str, repository: str) -> tuple[str, ...]:
    """What lets a token do something with a repository; nothing when it may not. No scope map reaches the catalogue."""
    found = find(world, registry, name)
    if found is None or not repository:
        return ()
    id = found.body["properties"]["scopeMapId"]
    line = scope_maps.allowing(maps.actions(world, id), operation, repository)
    return (f"the scope map {id.rpartition('/')[2]} says {line}",) if line else ()
