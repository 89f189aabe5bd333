"""Passwords of tokens: made and shown once, kept as hashes, with an end if one was asked for."""

import hashlib
import hmac
from typing import Any

from acrlab.domain import events, moments, repository_tokens, resource_id
from acrlab.domain.access import Principal
from acrlab.domain.access_errors import TokenUnknown
from acrlab.domain.arm_errors import PropertyInvalid
from acrlab.domain.errors import BodyInvalid, Unauthenticated
from acrlab.domain.registry import read
from acrlab.engine import admin_user
from acrlab.engine.access import repository_tokens as tokens
from acrlab.engine.ask import Ask
from acrlab.engine.state import Registry, Resource
from acrlab.engine.world import World


def generate(ask: Ask) -> dict[str, Any]:
    """Make one or both passwords of a token; the values are in this answer and nowhere else.

    Raises: BodyInvalid, TokenUnknown, PropertyInvalid.
    Source: recorded, acr token create (2024-01).
    """
    given = read(repository_tokens.GENERATE, ask.given or {}, ask.version, kind="generateCredentials")
    token = _token(ask, given.get("tokenId", ""))
    now = ask.world.now()
    expiry = moments.read(given["expiry"], "expiry") if "expiry" in given else None
    if expiry is not None and expiry <= now:
        raise PropertyInvalid(reason="The expiry of a password must be in the future.", target="expiry")
    wanted = (given["name"],) if "name" in given else repository_tokens.PASSWORDS
    values = {name: admin_user.password(ask.world) for name in wanted}
    made = {name: _entry(name, value, now, expiry) for name, value in values.items()}
    ask.world.commit(events.ResourcePut(at=now, by=ask.by, id=token.id, body=_with(token, made)))
    shown = [{**show(made[name]), "value": values[name]} for name in wanted]
    return {"username": token.id.rpartition("/")[2], "passwords": shown}


def _token(ask: Ask, text: str) -> Resource:
    if not text:
        raise BodyInvalid(reason="Required property 'tokenId' not found in JSON. Path ''.")
    id = resource_id.parse(text)
    found = ask.world.state.resources.get(id.key)
    inside = id.key.startswith(f"{ask.id.key}/tokens/")
    if found is None or not inside:
        raise TokenUnknown(id=text[:300])
    return found


def _entry(name: str, value: str, now: float, expiry: float | None) -> dict[str, Any]:
    end = {} if expiry is None else {"expiry": expiry}
    return {"creationTime": now, **end, "name": name, "hash": _hash(value)}


def _with(token: Resource, made: dict[str, dict[str, Any]]) -> dict[str, Any]:
    properties = token.body["properties"]
    credentials = properties["credentials"]
    both = {each["name"]: each for each in credentials["passwords"]} | made
    passwords = [both[name] for name in sorted(both)]
    return {**token.body, "properties": {**properties, "credentials": {**credentials, "passwords": passwords}}}


def show(password: dict[str, Any]) -> dict[str, str]:
    """A password as a body shows it: without its value, which is not kept."""
    end = {"expiry": moments.written(password["expiry"])} if "expiry" in password else {}
    return {"creationTime": moments.written(password["creationTime"]), **end, "name": password["name"]}


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def owner(world: World, registry: Registry, name: str, password: str) -> Principal:
    """The token with that name and password.

    Raises: Unauthenticated with the reason: disabled, wrong, expired.
    """
    found = enabled(world, registry, name)
    given = _hash(password)
    kept = found.body["properties"]["credentials"]["passwords"]
    fitting = [each for each in kept if hmac.compare_digest(each["hash"], given)]
    if not fitting:
        raise Unauthenticated().why(f"the token {name} has {len(kept)} password(s); none is the one that was sent")
    if not any(_valid(each, world.now()) for each in fitting):
        end = max(each["expiry"] for each in fitting)
        raise Unauthenticated().why(
            f"{fitting[0]['name']} of the token {name} expired at {moments.written(end)}",
            f"az acr token credential generate -n {name} -r {registry.name}",
        )
    return principal(found)


def enabled(world: World, registry: Registry, name: str) -> Resource:
    """The token of that name, which must be there and switched on. Raises: Unauthenticated."""
    found = tokens.find(world, registry, name)
    if found is None:
        raise Unauthenticated().why(f"the registry knows nobody called {name}")
    if found.body["properties"]["status"] == repository_tokens.DISABLED:
        raise Unauthenticated().why(
            f"the token {name} is disabled: az acr token update -n {name} -r {registry.name} --status enabled"
        )
    return found


def _valid(password: dict[str, Any], now: float) -> bool:
    return "expiry" not in password or password["expiry"] > now


def usable(world: World, token: Resource) -> list[str]:
    """The names of the passwords with which a token can sign in now."""
    kept = token.body["properties"]["credentials"]["passwords"]
    return [each["name"] for each in kept if _valid(each, world.now())]


def principal(token: Resource) -> Principal:
    """Who asks when a token does."""
    name = token.id.rpartition("/")[2]
    return Principal(id=name, kind="token", name=name)


def knows(world: World, name: str, password: str) -> Registry | None:
    """The registry with a token of that name whose password this is."""
    for registry in sorted(world.state.registries.values(), key=lambda each: each.name):
        found = tokens.find(world, registry, name)
        kept = found.body["properties"]["credentials"]["passwords"] if found is not None else ()
        if any(hmac.compare_digest(each["hash"], _hash(password)) for each in kept):
            return registry
    return None
