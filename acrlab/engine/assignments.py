"""Role assignments as resources: who gets which role where, or why not."""

from typing import Any

from acrlab.domain import conditions
from acrlab.domain.authorization_errors import (
    AssignmentExists,
    AssignmentNameInvalid,
    AssignmentUpdateRefused,
    DefinitionNotFound,
    PrincipalIdInvalid,
    PrincipalNotFound,
    PrincipalTypeMismatch,
    ScopeNotAssignable,
)  # fmt: skip
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.registry import Field, read
from acrlab.domain.resource_id import GUID
from acrlab.engine import authorization, role_definitions
from acrlab.engine.ask import Ask
from acrlab.engine.state import Identity

_TEXT = Field(kind="string")
_READ = Field(kind="string", read_only=True)
_KINDS = ("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")
ASSIGNMENT = Field(
    kind="object", label="RoleAssignmentCreateParameters",
    fields={
        "id": _READ, "name": _READ, "type": _READ,
        "properties": Field(
            kind="object", label="RoleAssignmentProperties",
            fields={
                "roleDefinitionId": _TEXT, "principalId": _TEXT, "principalType": Field(kind="string", values=_KINDS),
                "description": Field(kind="string", truth="stored"), "condition": _TEXT, "conditionVersion": _TEXT,
                "delegatedManagedIdentityResourceId": Field(kind="string", truth="stored"), "scope": _READ,
                "createdOn": _READ, "updatedOn": _READ, "createdBy": _READ, "updatedBy": _READ,
                "canDelegate": Field(kind="boolean", truth="stored"),
            },
        ),
        # The shape of api-versions before 2018: the properties at the top, as `az rest` users still send them.
        "roleDefinitionId": _TEXT, "principalId": _TEXT,
    },
)  # fmt: skip
_IDENTITY = ("roleDefinitionId", "principalId")


def check_name(name: str) -> None:
    """Raises: AssignmentNameInvalid."""
    if not GUID.fullmatch(name):
        raise AssignmentNameInvalid(name=name)


def desired(ask: Ask) -> dict[str, Any]:
    """The body of an assignment.

    Raises: BodyInvalid, DefinitionNotFound, PrincipalNotFound, PrincipalTypeMismatch, AssignmentExists,
    AssignmentUpdateRefused, ConditionInvalid, ScopeNotAssignable.
    Source: Azure RBAC REST reference, role assignments create (2022-04-01); messages from public issues.
    """
    body = read(ASSIGNMENT, ask.given, ask.version, kind="")
    given = body.get("properties", body)
    missing = [name for name in _IDENTITY if not given.get(name)]
    if missing:
        raise BodyInvalid(reason=f"Required property '{missing[0]}' not found in JSON. Path 'properties'.")
    role = _role(ask, given["roleDefinitionId"])
    principal = _principal(ask, given["principalId"].lower())
    kind = authorization.KINDS.get(principal.kind, "ServicePrincipal")
    if given.get("principalType", kind) != kind:
        raise PrincipalTypeMismatch(id=principal.id, actual=kind, claimed=given["principalType"])
    conditions.parse(given.get("condition"), given.get("conditionVersion"))
    found = _body(ask, given, role, principal, kind)
    _require_new(ask, found["properties"])
    return found


def _role(ask: Ask, id: str) -> str:
    role = id.rstrip("/").rpartition("/")[2].lower()
    if authorization.definition(ask.world, role) is None:
        raise DefinitionNotFound(id=role.replace("-", "")).why(f"no role, built in or custom, has the id {role}")
    custom, scope = role_definitions.of(ask.world, role), ask.id.scope or ask.id.parent or ask.id
    if custom is not None and not role_definitions.assignable(custom, scope):
        scopes = ", ".join(custom.body["properties"]["assignableScopes"])
        raise ScopeNotAssignable(scope=str(scope), role=role).why(f"its assignable scopes are {scopes}")
    return role


def _principal(ask: Ask, id: str) -> Identity:
    if not GUID.fullmatch(id):
        raise PrincipalIdInvalid()
    found = ask.world.state.principals.get(id)
    if found is None:
        raise PrincipalNotFound(id=id.replace("-", ""), tenant=ask.world.state.tenant)
    return found


def _body(ask: Ask, given: dict[str, Any], role: str, principal: Identity, kind: str) -> dict[str, Any]:
    scope = ask.id.scope or ask.id.parent
    optional = ("description", "delegatedManagedIdentityResourceId")
    kept: dict[str, Any] = {name: given[name] for name in optional if name in given}
    condition = given.get("condition")
    event = authorization.assigned(
        ask.world, scope if scope is not None else ask.id, role, principal.id, kind, name=ask.id.name, at=0.0,
        given={"condition": condition, "conditionVersion": "2.0" if condition else None, **kept},
    )  # fmt: skip
    return event.body


def _require_new(ask: Ask, properties: dict[str, Any]) -> None:
    if ask.known is not None:
        before = ask.known.body["properties"]
        if any(before[name].lower() != properties[name].lower() for name in _IDENTITY):
            raise AssignmentUpdateRefused()
        return
    for each in authorization.assignments(ask.world):
        other = each.body["properties"]
        same = all(other[name].lower() == properties[name].lower() for name in (*_IDENTITY, "scope"))
        if same:
            raise AssignmentExists(id=each.id.rpartition("/")[2].replace("-", ""))
