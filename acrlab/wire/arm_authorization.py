"""Microsoft.Authorization: role definitions, role assignments and permissions, at any scope."""

from typing import Any

from acrlab.domain import resource_id, roles
from acrlab.domain.authorization_errors import DefinitionNotFound
from acrlab.domain.errors import NotEmulated
from acrlab.domain.resource_id import ResourceId
from acrlab.engine import authorization, resources, table
from acrlab.engine.state import Resource
from acrlab.wire import arm_documents, http
from acrlab.wire.arm_requests import BODY, conditions, page, required, version
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

_ROW = table.TABLE["microsoft.authorization/roleassignments"]
_FILTERS = ("atscope", "principalid", "assignedto", "rolename", "type")


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
    """Role definitions; $filter roleName eq 'AcrPull', type eq 'BuiltInRole'."""
    version(call)
    wanted = conditions(call, _FILTERS)
    chosen = [each for each in roles.BUILTIN.values() if _described(each, wanted)]
    return page(call, sorted(chosen, key=lambda each: each.id), lambda each: each.id, lambda each: _role(call, each))


def _described(definition: roles.RoleDefinition, wanted: dict[str, str]) -> bool:
    kind = "customrole" if definition.kind == "custom" else "builtinrole"
    named = wanted.get("rolename", definition.name).lower() == definition.name.lower()
    return named and wanted.get("type", kind).lower() == kind


def definition(call: Call) -> Response:
    """One role definition. Raises: DefinitionNotFound."""
    version(call)
    found = authorization.definition(call.world, call.params["name"])
    if found is None:
        raise DefinitionNotFound(id=call.params["name"].replace("-", ""))
    return http.json(200, _role(call, found))


def _role(call: Call, found: roles.RoleDefinition) -> dict[str, Any]:
    return arm_documents.role(found, call.world.state.subscription)


def define(call: Call) -> Response:
    """Custom roles arrive with a later issue. Raises: NotEmulated."""
    raise NotEmulated(what="custom role definitions").why("Microsoft.Authorization/roleDefinitions is read-only here")


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
    *_everywhere("PUT", "roleDefinitions/{name}", define, f"{_D}/write", truth="refused")[1:],
    *_everywhere("DELETE", "roleDefinitions/{name}", define, f"{_D}/delete", truth="refused")[1:],
    *_everywhere("GET", "permissions", permissions, "signed-in"),
)  # fmt: skip
