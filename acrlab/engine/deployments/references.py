"""What expressions of a template ask of the world, as far as the deployer may see it."""

from collections.abc import Mapping
from typing import Any

from acrlab.domain import projection
from acrlab.domain.authorization_errors import AuthorizationFailed
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Function, Scope
from acrlab.engine import authorization, resources, table
from acrlab.engine.ask import Ask
from acrlab.engine.deployments.plan import REGISTRIES, Plan, served, target
from acrlab.engine.state import Resource
from acrlab.engine.types import ResourceType


class NotYet(Exception):
    """An expression asks for a resource of this template that is not there yet."""


def functions(plan: Plan) -> Mapping[str, Function]:
    """`reference` and `listCredentials` for a plan.

    Raises: NotYet, TemplateInvalid, AuthorizationFailed when they are called.
    """

    def reference(scope: Scope, values: list[Any]) -> Any:
        resource, version = _referred(plan, str(values[0]), str(values[1]) if len(values) > 1 else "")
        row = table.row(resources.kind(resource.id))
        if row is not None:
            require(plan, row.allows("GET"), resource.id)
        shown = plan.show(resource, version)
        return shown if len(values) > 2 and str(values[2]).lower() == "full" else shown.get("properties", {})

    def credentials(scope: Scope, values: list[Any]) -> Any:
        resource, version = _referred(plan, str(values[0]), str(values[1]))
        row = table.row(resources.kind(resource.id))
        action = next((each for each in row.actions if each.name == "listCredentials"), None) if row else None
        if row is None or action is None:
            raise TemplateInvalid(reason=f"{resource.id} has no listCredentials")
        require(plan, row.needs(action), resource.id)
        return resources.act(row, action, asked(plan, row, parse(resource.id), version, None))

    return {"reference": reference, "listcredentials": credentials}


def _referred(plan: Plan, name: str, version: str) -> tuple[Resource, str]:
    own = next((each for each in plan.rows if name in (each.symbol, each.name)), None)
    id = target(plan, own) if own is not None else parse(name if name.startswith("/") else "/")
    planned = next((each for each in plan.rows if target(plan, each).key == id.key), None)
    if planned is not None and not planned.existing and id.key not in plan.done:
        raise NotYet
    resource = resources.find(plan.ask.world, id)
    if resource is None:
        raise TemplateInvalid(reason=f"the resource '{name[:200]}' that is referred to is not defined or not there")
    row = table.row(resources.kind(resource.id))
    served = version or (planned.version if planned is not None else "")
    if row is not None and row.namespace.lower() == REGISTRIES:
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
