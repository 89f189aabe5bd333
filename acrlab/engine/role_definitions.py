"""Custom roles: what they allow, where they may be assigned, and what stands against them."""

from typing import Any

from acrlab.domain import actions, resource_id, roles
from acrlab.domain.authorization_errors import (
    ActionUnknown,
    DataActionUnknown,
    DefinitionBuiltIn,
    DefinitionInUse,
    DefinitionInvalid,
    DefinitionNameInvalid,
    DefinitionNameTaken,
    LinkedScopeDenied,
)  # fmt: skip
from acrlab.domain.registry import Field, read
from acrlab.domain.resource_id import GUID, ResourceId
from acrlab.engine import authorization
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

PATH = "Microsoft.Authorization/roleDefinitions"
LONGEST_NAME, LONGEST_DESCRIPTION = 512, 2048  # characters. Source: custom-roles, custom role properties (2025)
MOST_ACTIONS, MOST_SCOPES = 2048, 2000  # inferred, no published figures
_TEXT, _READ = Field(kind="string"), Field(kind="string", read_only=True)
_LIST = Field(kind="array")
_KINDS = ("actions", "notActions", "dataActions", "notDataActions")
SHAPE = Field(
    kind="object", label="RoleDefinition",
    fields={
        "id": _READ, "name": _READ, "type": _READ,
        "properties": Field(
            kind="object", label="RoleDefinitionProperties",
            fields={
                "roleName": _TEXT, "description": _TEXT, "type": _TEXT, "assignableScopes": _LIST,
                "permissions": Field(
                    kind="array", label="Permission",
                    fields=dict.fromkeys(_KINDS, _LIST) | {"condition": _TEXT, "conditionVersion": _TEXT},
                ),
                "createdOn": _READ, "updatedOn": _READ, "createdBy": _READ, "updatedBy": _READ,
            },
        ),
    },
)  # fmt: skip


def check_name(name: str) -> None:
    """Raises: DefinitionNameInvalid."""
    if not GUID.fullmatch(name):
        raise DefinitionNameInvalid(name=name)


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a custom role.

    Raises: BodyInvalid, DefinitionBuiltIn, DefinitionInvalid, DefinitionNameTaken, ActionUnknown, LinkedScopeDenied.
    Source: Azure RBAC REST reference, role definitions create or update (2022-04-01); custom-roles (2025).
    """
    require_custom(ask.id.name)
    given = read(SHAPE, ask.given, ask.version, kind="").get("properties", {})
    name, description = given.get("roleName", ""), given.get("description", "")
    if not name or len(name) > LONGEST_NAME or len(description) > LONGEST_DESCRIPTION:
        raise DefinitionInvalid(reason=f"roleName is needed, of at most {LONGEST_NAME} characters, and a description "
                                       f"has at most {LONGEST_DESCRIPTION}")  # fmt: skip
    _require_new(ask, name)
    permission = _permission(given.get("permissions", []))
    scopes = _scopes(ask, given.get("assignableScopes", []))
    properties = {
        "roleName": name, "description": description, "type": "CustomRole", "assignableScopes": scopes,
        "permissions": [permission],
    }  # fmt: skip
    return {"properties": properties}


def require_custom(name: str) -> None:
    """Raises: DefinitionBuiltIn."""
    found = roles.BUILTIN.get(name.lower())
    if found is not None:
        raise DefinitionBuiltIn(name=found.name)


def _require_new(ask: Ask, name: str) -> None:
    own = ask.id.name.lower()
    custom = (authorization.custom_definition(each) for each in authorization.custom_definitions(ask.world))
    for each in (*roles.BUILTIN.values(), *custom):
        if each.name.lower() == name.lower() and each.id.lower() != own:
            raise DefinitionNameTaken().why(f"the role {each.name} has the id {each.id}")


def _permission(given: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Raises: DefinitionInvalid, ActionUnknown, DataActionUnknown."""
    if len(given) != 1:
        raise DefinitionInvalid(reason="it has exactly one entry of permissions")
    found: dict[str, list[str]] = {}
    for name in _KINDS:
        listed = found[name] = _texts(given[0].get(name, []), name, MOST_ACTIONS)
        data = name in ("dataActions", "notDataActions")
        for action in listed:
            if not actions.exists(action, data):
                refusal = (DataActionUnknown if data else ActionUnknown)(action=action[: actions.LONGEST])
                raise refusal.why(*_other_plane(action, data))
    if not found["actions"] and not found["dataActions"]:
        raise DefinitionInvalid(reason="it allows nothing: both actions and dataActions are empty")
    return found


def _other_plane(action: str, data: bool) -> list[str]:
    if not actions.exists(action, not data):
        return []
    return [f"{action} is {'an action' if data else 'a data action'}: list it there"]


def _texts(given: Any, name: str, most: int) -> list[str]:
    if len(given) > most or not all(isinstance(each, str) and each for each in given):
        raise DefinitionInvalid(reason=f"{name} is a list of at most {most} strings")
    return list(given)


def _scopes(ask: Ask, given: Any) -> list[str]:
    """Where the role may be assigned; the caller must be allowed to define roles at each of them.

    Raises: DefinitionInvalid, LinkedIdInvalid, LinkedScopeDenied.
    """
    scopes = [resource_id.parse(each) for each in _texts(given, "assignableScopes", MOST_SCOPES)]
    if not scopes:
        raise DefinitionInvalid(reason="assignableScopes names at least one subscription or resource group")
    for each in scopes:
        if not each.subscription:
            raise DefinitionInvalid(reason="the root scope is for built-in roles; name a subscription or a group")
        _require_write(ask, str(each))
    return [str(each) for each in scopes]


def _require_write(ask: Ask, scope: str) -> None:
    action, who = f"{PATH}/write", ask.principal
    verdict = authorization.permits(ask.world, who, action, scope)
    if not verdict.allowed:
        client = who.name if who.kind == "user" else who.app_id
        refusal = LinkedScopeDenied(client=client, id=who.id, action=action, scope=str(ask.id.parent), linked=scope)
        raise refusal.why(*verdict.because)


def releasing(world: World, resource: Resource) -> None:
    """A role that somebody holds stays. Raises: DefinitionInUse."""
    key = resource.id.lower()
    held = [
        each.id for each in authorization.assignments(world)
        if each.body["properties"]["roleDefinitionId"].lower() == key
    ]  # fmt: skip
    if held:
        raise DefinitionInUse().why(*(f"it is assigned by {each}" for each in held[:10]))


def of(world: World, role: str) -> Resource | None:
    """The custom role with that GUID."""
    return world.state.resources.get(authorization.custom_key(world, role))


def assignable(custom: Resource, scope: ResourceId, *, below: bool = False) -> bool:
    """Whether a custom role may be assigned at a scope; with `below`, there or anywhere inside it."""
    above = {each.key for each in scope.within()}
    scopes = [each.lower() for each in custom.body["properties"]["assignableScopes"]]
    return any(each in above or (below and each.startswith(f"{scope.key.rstrip('/')}/")) for each in scopes)
