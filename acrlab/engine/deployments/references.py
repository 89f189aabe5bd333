"""What expressions of a template ask of the world, as far as the deployer may see it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from acrlab.domain import projection
from acrlab.domain.authorization_errors import AuthorizationFailed
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.domain.templates.errors import ReferenceUnknown, TemplateInvalid
from acrlab.domain.templates.expressions import Function, Scope
from acrlab.domain.templates.template import Planned
from acrlab.engine import authorization, resources, table
from acrlab.engine.ask import Ask
from acrlab.engine.deployments.plan import REGISTRIES, Plan, served, target
from acrlab.engine.state import Resource
from acrlab.engine.types import ResourceType

LISTS = sorted(
    {
        action.name.lower() for row in table.TABLE.values() for action in row.actions
        if action.name.startswith("list") and action.perform is not None
    }
)  # fmt: skip


class NotYet(Exception):
    """An expression asks for a resource of this template that is not there yet."""


def functions(plan: Plan) -> Mapping[str, Function]:
    """`reference`, `references`, and `list...` for every action of that kind in the table.

    Raises: NotYet, ReferenceUnknown, TemplateInvalid, AuthorizationFailed when they are called.
    """

    def reference(scope: Scope, values: list[Any]) -> Any:
        resource, version = _referred(plan, str(values[0]), str(values[1]) if len(values) > 1 else "")
        return _shown(plan, resource, version, full=len(values) > 2 and str(values[2]).lower() == "full")

    def references(scope: Scope, values: list[Any]) -> list[Any]:
        full = len(values) > 1 and str(values[1]).lower() == "full"
        own = [each for each in plan.rows if each.symbol == values[0]]
        return [_shown(plan, *_known(plan, target(plan, each), each.version), full=full) for each in own]

    listing = {name: partial(_listed, plan, name) for name in LISTS}
    return {"reference": reference, "references": references, **listing}


def _shown(plan: Plan, resource: Resource, version: str, *, full: bool) -> Any:
    row = table.row(resources.kind(resource.id))
    if row is not None:
        require(plan, row.allows("GET"), resource.id)
    shown = plan.show(resource, version)
    return shown if full else shown.get("properties", {})


def _listed(plan: Plan, name: str, scope: Scope, values: list[Any]) -> Any:
    """The answer of an action. Source: template-functions-resource, list* (2025)."""
    resource, version = _referred(plan, str(values[0]), str(values[1]) if len(values) > 1 else "")
    row = table.row(resources.kind(resource.id))
    action = next((each for each in row.actions if each.name.lower() == name), None) if row else None
    if row is None or action is None:
        raise TemplateInvalid(reason=f"{resource.id} has no {name}")
    require(plan, row.needs(action), resource.id)
    found = resources.act(row, action, asked(plan, row, parse(resource.id), version, None))
    if isinstance(found, Resource):
        return plan.show(found, version)
    return found


def _referred(plan: Plan, name: str, version: str) -> tuple[Resource, str]:
    own = next((each for each in plan.rows if name.lower() in _called(plan, each)), None)
    if own is None and "/" not in name:
        raise ReferenceUnknown(reason=f"the resource '{name[:200]}' that is referred to is not defined in the template")
    id = target(plan, own) if own is not None else parse(name if name.startswith("/") else _rooted(plan, name))
    return _known(plan, id, version)


def _called(plan: Plan, each: Planned) -> set[str]:
    turn = f"{each.symbol}[{each.turns['']}]" if each.symbol and "" in each.turns else each.symbol
    return {turn.lower(), each.name.lower(), f"{each.kind}/{each.name}".lower()}


def _rooted(plan: Plan, name: str) -> str:
    """A name such as `Microsoft.ContainerRegistry/registries/contoso` in the group of the deployment."""
    return f"{plan.ask.id.parent}/providers/{name}"


def _known(plan: Plan, id: ResourceId, version: str) -> tuple[Resource, str]:
    """A resource, and the api-version to show it in. Raises: NotYet, ReferenceUnknown."""
    planned = next((each for each in plan.rows if target(plan, each).key == id.key), None)
    resource = resources.find(plan.ask.world, id)
    settled = planned is None or planned.existing or id.key in plan.done or (plan.foreseeing and resource is not None)
    if not settled:
        raise NotYet
    if resource is None:
        raise ReferenceUnknown(reason=f"the resource '{str(id)[:200]}' that is referred to is not there")
    row = table.row(resources.kind(resource.id))
    served = version or (planned.version if planned is not None else "")
    if row is not None and row.namespace.lower() == REGISTRIES and served.lower() not in row.versions:
        found = projection.resolve(served)
        served = found.served if found.supported else projection.versions()[-1]
    return resource, served


def asked(plan: Plan, row: ResourceType, id: ResourceId, version: str, body: Any) -> Ask:
    """A request of the deployer\'s for one resource."""
    return resources.ask_for(plan.ask.world, id, plan.ask.principal, served(row, version), body)


def require(plan: Plan, action: str, scope: str) -> None:
    """Raises: AuthorizationFailed when the deployer may not do that there."""
    principal = plan.ask.principal
    verdict = authorization.permits(plan.ask.world, principal, action, scope)
    if not verdict.allowed:
        name = principal.name if principal.kind == "user" else principal.app_id
        raise AuthorizationFailed(client=name, id=principal.id, action=action, scope=scope).why(*verdict.because)
