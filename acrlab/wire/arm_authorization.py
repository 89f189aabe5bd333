"""Microsoft.Authorization: role definitions, role assignments and permissions, at any scope."""

from typing import Any

from acrlab.domain import resource_id, roles
from acrlab.domain.resource_id import ResourceId
from acrlab.engine import authorization, resources, role_definitions, table
from acrlab.engine.state import Resource
from acrlab.wire import arm_documents, http
from acrlab.wire.arm_requests import BODY, conditions, page, required, version
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

_ROW = table.TABLE["microsoft.authorization/roleassignments"]
_ROLES = table.TABLE["microsoft.authorization/roledefinitions"]
_FILTERS = ("atscope", "atscopeandbelow", "principalid", "assignedto", "rolename", "type")


def scope(call: Call) -> ResourceId:
    """What the request stands on: the root, a subscription, a group or a resource. Raises: LinkedIdInvalid."""
    return resource_id.parse(call.params.get("scope") or "")


def _id(call: Call) -> ResourceId:
    """The assignment on the path; its scope as the resource there is spelled."""
    at = scope(call)
    known = resources.find(call.world, at)
    spelled = resource_id.parse(known.id) if known else at
    return spelled.extension(_ROW.namespace, "roleAssignments", call.params["name"])


def assign(call: Call) -> Response:
    """Give somebody a role: 201, or 200 when only its description or condition changes."""
    ask = resources.ask_for(call.world, _id(call), call.principal, version(call), required(call))
    outcome = resources.put(_ROW, ask)
    return http.json(201 if outcome.created else 200, _shown(call, outcome.resource))


def assignment(call: Call) -> Response:
    """One assignment."""
    version(call)
    return http.json(200, _shown(call, resources.get(call.world, _ROW, _id(call))))


def unassign(call: Call) -> Response:
    """Take a role away: 200 with what it was, 204 when there was nothing."""
    outcome = resources.delete(_ROW, resources.ask_for(call.world, _id(call), call.principal, version(call)))
    return Response(204) if outcome is None else http.json(200, _shown(call, outcome.resource))


def _shown(call: Call, resource: Resource) -> dict[str, Any]:
    return arm_documents.show(call.world, resource, "")


def assignment_list(call: Call) -> Response:
    """Assignments at a scope, above it and, without atScope(), below it.

    Source: Azure RBAC REST reference, role assignments list for scope (2022-04-01).
    """
    version(call)
    wanted, at = conditions(call, _FILTERS), scope(call)
    resources.require_group(call.world, at)
    above = {str(each).lower() for each in at.within()}
    found = [each for each in authorization.assignments(call.world) if _applies(each, at, above, "atscope" in wanted)]
    people = {wanted[name].lower() for name in ("principalid", "assignedto") if name in wanted}
    chosen = [each for each in found if people <= {each.body["properties"]["principalId"]}]
    chosen.sort(key=lambda each: each.id.lower())
    return page(call, chosen, lambda each: each.id.lower(), lambda each: _shown(call, each))


def _applies(resource: Resource, at: ResourceId, above: set[str], only_above: bool) -> bool:
    where = resource.body["properties"]["scope"].lower()
    return where in above or (not only_above and where.startswith(f"{at.key.rstrip('/')}/"))


def definition_list(call: Call) -> Response:
    """Role definitions; $filter roleName eq 'AcrPull', type eq 'BuiltInRole', atScopeAndBelow().

    Custom roles are those that may be assigned at the scope. Source: Azure RBAC REST reference (2022-04-01).
    """
    version(call)
    wanted, at = conditions(call, _FILTERS), scope(call)
    customs = [
        each for each in authorization.custom_definitions(call.world)
        if role_definitions.assignable(each, at, below="atscopeandbelow" in wanted or not at.subscription)
    ]  # fmt: skip
    found = [_role(call, each) for each in roles.BUILTIN.values()] + [_shown(call, each) for each in customs]
    chosen = sorted((each for each in found if _described(each["properties"], wanted)), key=_name)
    return page(call, chosen, _name, lambda each: each)


def _name(role: dict[str, Any]) -> str:
    return str(role["name"]).lower()


def _described(properties: dict[str, Any], wanted: dict[str, str]) -> bool:
    named = wanted.get("rolename", properties["roleName"]).lower() == properties["roleName"].lower()
    return bool(named and wanted.get("type", properties["type"]).lower() == properties["type"].lower())


def definition(call: Call) -> Response:
    """One role definition. Raises: DefinitionNotFound."""
    version(call)
    builtin = roles.BUILTIN.get(call.params["name"].lower())
    if builtin is not None:
        return http.json(200, _role(call, builtin))
    return http.json(200, _shown(call, resources.get(call.world, _ROLES, _role_id(call))))


def _role(call: Call, found: roles.RoleDefinition) -> dict[str, Any]:
    return arm_documents.role(found, call.world.state.subscription)


def _role_id(call: Call) -> ResourceId:
    """A custom role lies on the subscription, wherever it was asked for."""
    subscription = ResourceId(call.world.state.subscription)
    return subscription.extension(_ROLES.namespace, "roleDefinitions", call.params["name"])


def define(call: Call) -> Response:
    """Make or change a custom role: 201 in both cases. Source: azure-mgmt-authorization 4.0.0 takes 201 alone."""
    resources.require_group(call.world, scope(call))
    ask = resources.ask_for(call.world, _role_id(call), call.principal, version(call), required(call))
    return http.json(201, _shown(call, resources.put(_ROLES, ask).resource))


def undefine(call: Call) -> Response:
    """Delete a custom role: 200 with what it was, 204 when there was nothing."""
    role_definitions.require_custom(call.params["name"])
    ask = resources.ask_for(call.world, _role_id(call), call.principal, version(call))
    outcome = resources.delete(_ROLES, ask)
    return Response(204) if outcome is None else http.json(200, _shown(call, outcome.resource))


def permissions(call: Call) -> Response:
    """What the caller may do at a scope: the permissions of every role held there."""
    version(call)
    held = authorization.held(call.world, call.principal, str(scope(call)))
    return http.json(200, {"value": [arm_documents.permission(each.role) for each in held]})


def _everywhere(method: str, tail: str, handler: Any, need: str, **more: Any) -> tuple[Route, Route]:
    """The same route at the root and at any scope."""
    path = f"/providers/Microsoft.Authorization/{tail}"
    public = method == "GET" and tail.startswith("roleDefinitions")  # the built-in roles are everybody's to read
    return (
        Route(method=method, path=path, handler=handler, scope="signed-in" if public else need, **more),
        Route(method=method, path=f"/{{scope*}}{path}", handler=handler, scope=need, **more),
    )


_A, _D = "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions"
ROUTES = (
    *_everywhere("GET", "roleAssignments", assignment_list, f"{_A}/read"),
    *_everywhere("GET", "roleAssignments/{name}", assignment, f"{_A}/read"),
    *_everywhere("PUT", "roleAssignments/{name}", assign, f"{_A}/write", body=BODY),
    *_everywhere("DELETE", "roleAssignments/{name}", unassign, f"{_A}/delete"),
    *_everywhere("GET", "roleDefinitions", definition_list, f"{_D}/read"),
    *_everywhere("GET", "roleDefinitions/{name}", definition, f"{_D}/read"),
    *_everywhere("PUT", "roleDefinitions/{name}", define, f"{_D}/write", body=BODY)[1:],
    *_everywhere("DELETE", "roleDefinitions/{name}", undefine, f"{_D}/delete")[1:],
    *_everywhere("GET", "permissions", permissions, "signed-in"),
)  # fmt: skip
