"""Access policies of a vault that are added, replaced or taken away: what templates do with `accessPolicies/add`."""

from typing import Any

from acrlab.domain import events
from acrlab.domain.arm_errors import PropertyInvalid
from acrlab.engine import neighbours
from acrlab.engine.ask import Ask
from acrlab.engine.vaults import vault

TYPE = f"{vault.TYPE}/accessPolicies"
KINDS = ("add", "replace", "remove")


def check_name(name: str) -> None:
    """Raises: PropertyInvalid."""
    if name.lower() not in KINDS:
        raise PropertyInvalid(reason=f"Access policies are changed by {', '.join(KINDS)}.")


def desired(ask: Ask) -> dict[str, Any]:
    """What is asked. Source: KeyVault 2023-02-01, vaults update access policy. Raises: BodyInvalid, PropertyInvalid."""
    properties = neighbours.tracked(ask)["properties"]
    neighbours.checked(properties, accessPolicies=list)
    given = properties.get("accessPolicies") or []
    for each in given:
        vault.require_policy(each)
    return {"properties": {"accessPolicies": given}}


def changing(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The vault has other policies now: of each identity, what it held and what it is given are one."""
    home = ask.world.state.resources[str(ask.id.parent).lower()]
    held = {_who(each): each for each in home.body["properties"]["accessPolicies"]}
    for each in body["properties"]["accessPolicies"]:
        merged = _CHANGES[ask.id.name.lower()](held.get(_who(each), {}).get("permissions") or {}, each)
        held[_who(each)] = {**each, "permissions": merged}
    kept = [each for each in held.values() if any(each["permissions"].values())]
    properties = {**home.body["properties"], "accessPolicies": kept}
    return (
        events.ResourcePut(at=ask.world.now(), by=ask.by, id=home.id, body={**home.body, "properties": properties}),
    )  # fmt: skip


def _who(policy: dict[str, Any]) -> tuple[str, str]:
    return str(policy["objectId"]).lower(), str(policy.get("applicationId") or "").lower()


def _words(permissions: dict[str, Any], kind: str) -> list[str]:
    return [str(each).lower() for each in permissions.get(kind) or ()]


def _added(held: dict[str, Any], given: dict[str, Any]) -> dict[str, list[str]]:
    more = given.get("permissions") or {}
    return {kind: list(dict.fromkeys((*_words(held, kind), *_words(more, kind)))) for kind in {**held, **more}}


def _replaced(held: dict[str, Any], given: dict[str, Any]) -> dict[str, list[str]]:
    more = given.get("permissions") or {}
    return {kind: _words(more, kind) for kind in more}


def _removed(held: dict[str, Any], given: dict[str, Any]) -> dict[str, list[str]]:
    less = given.get("permissions") or {}
    return {kind: [word for word in _words(held, kind) if word not in _words(less, kind)] for kind in held}


_CHANGES = {"add": _added, "replace": _replaced, "remove": _removed}
