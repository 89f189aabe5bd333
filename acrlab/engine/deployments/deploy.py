"""A deployment of a group: the template is read whole before anything is made; then its resources, in order.

Source: Resources 2024-11-01, deployments; deployment-modes (2025): incremental.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from acrlab.domain import events, projection
from acrlab.domain.authorization_errors import AuthorizationFailed
from acrlab.domain.errors import BodyInvalid, Condition, NotEmulated
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.domain.templates import template as templates
from acrlab.domain.templates.errors import DeploymentFailed, DeploymentNameInvalid, TemplateInvalid
from acrlab.domain.templates.expressions import Function, Scope, resolved
from acrlab.domain.templates.functions import FUNCTIONS, LAZY
from acrlab.domain.templates.template import Planned
from acrlab.engine import authorization, management_locks, resources, table
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.types import ResourceType
from acrlab.engine.world import World

TYPE = "Microsoft.Resources/deployments"
NAME = re.compile(r"[-\w.()]{1,64}", re.ASCII)
DEEPEST = 5  # deployments inside deployments
Show = Callable[[Resource, str], dict[str, Any]]  # a resource as its GET has it
_REGISTRIES = "microsoft.containerregistry"


class NotYet(Exception):
    """An expression asks for a resource of this template that is not there yet."""


class Made(msgspec.Struct):
    """What became of one resource: its id, and the refusal if there was one."""

    id: str
    kind: str
    refusal: Condition | None = None


class Result(msgspec.Struct):
    """What became of a deployment."""

    outputs: dict[str, Any]
    made: list[Made]
    parameters: dict[str, Any]

    @property
    def failure(self) -> DeploymentFailed | None:
        """The refusal of the whole, when a resource was refused."""
        refusals = [each.refusal for each in self.made if each.refusal is not None]
        if not refusals:
            return None
        details = [{"code": each.arm, "message": each.text} for each in refusals]
        return DeploymentFailed(details=details)


class Plan(msgspec.Struct):
    """A template that was read: its scope, and the resources in its order."""

    ask: Ask
    template: dict[str, Any]
    scope: Scope
    rows: list[Planned]
    show: Show
    done: dict[str, Planned] = {}
    depth: int = 0


def read(ask: Ask, show: Show, depth: int = 0) -> Plan:
    """Read a request for a deployment; nothing is made.

    Raises: BodyInvalid, DeploymentNameInvalid, TemplateInvalid, NotEmulated.
    """
    if not NAME.fullmatch(ask.id.name):
        raise DeploymentNameInvalid(name=ask.id.name[:80])
    properties = ask.given.get("properties") if isinstance(ask.given, dict) else None
    if not isinstance(properties, dict):
        raise BodyInvalid(reason="Required property 'properties' not found in JSON. Path ''.")
    if str(properties.get("mode", "Incremental")).lower() != "incremental":
        raise NotEmulated(what="deployments in the mode Complete")
    given, template = properties.get("parameters") or {}, properties.get("template")
    if template is None:
        raise (
            NotEmulated(what="templates behind a link")
            if properties.get("templateLink")
            else BodyInvalid(reason="Required property 'template' not found in JSON. Path 'properties'.")
        )
    template = templates.require(template, dict, "template")
    plan = Plan(ask, template, Scope(FUNCTIONS, LAZY, _facts(ask)), [], show, {}, depth)
    plan.scope = Scope({**FUNCTIONS, **_functions(plan)}, LAZY, plan.scope.facts)
    templates.bind(template, templates.require(given, dict, "parameters"), plan.scope)
    plan.rows = templates.planned(template, plan.scope)
    templates.checked(template.get("outputs") or {})
    for each in plan.rows:
        _require_emulated(each)
    _require_order(plan)
    return plan


def _require_order(plan: Plan) -> None:
    waiting = [each for each in plan.rows if not each.existing]
    while waiting:
        left = [each for each in waiting if _blocked(plan, each, waiting)]
        if len(left) == len(waiting):
            raise _circular(left[0])
        waiting = left


def _circular(each: Planned) -> TemplateInvalid:
    return TemplateInvalid(reason=f"circular dependency detected on resource: '{each.name[:100]}'")


def _facts(ask: Ask) -> dict[str, Any]:
    world, group = ask.world, resources.find(ask.world, ResourceId(ask.id.subscription, ask.id.group))
    root = f"/subscriptions/{ask.id.subscription}"
    location = group.body["location"] if group is not None else ""
    return {
        "resourceGroup": {
            "id": f"{root}/resourceGroups/{ask.id.group}", "name": ask.id.group, "location": location,
            "type": "Microsoft.Resources/resourceGroups", "tags": group.body.get("tags", {}) if group else {},
        },
        "subscription": {
            "id": root, "subscriptionId": ask.id.subscription, "tenantId": world.state.tenant, "displayName": "acrlab",
        },
        "tenant": {"tenantId": world.state.tenant}, "deployment": {"name": ask.id.name},
        "environment": {
            "name": "AzureCloud", "resourceManager": "https://management.azure.com/",
            "suffixes": {"acrLoginServer": ".azurecr.io", "keyvaultDns": ".vault.azure.net"},
        },
        "now": datetime.fromtimestamp(world.now(), UTC).strftime("%Y%m%dT%H%M%SZ"), "guid": world.uuid,
    }  # fmt: skip


def _require_emulated(each: Planned) -> None:
    if each.kind.lower() == TYPE.lower() or each.existing:
        return
    row = table.row(each.kind)
    if row is None or row.desired is None:
        raise NotEmulated(what=f"{each.kind} in a template")
    _served(row, each.version)


def _served(row: ResourceType, version: str) -> str:
    if row.namespace.lower() != _REGISTRIES:
        return version
    found = projection.resolve(version)
    if not found.supported:
        raise TemplateInvalid(reason=f"the api-version '{version[:40]}' is not one of the type {row.path}")
    return found.served


# What expressions ask of the world


def _functions(plan: Plan) -> Mapping[str, Function]:
    def reference(scope: Scope, values: list[Any]) -> Any:
        resource, version = _referred(plan, str(values[0]), str(values[1]) if len(values) > 1 else "")
        row = table.row(resources.kind(resource.id))
        if row is not None:
            _require(plan, row.allows("GET"), resource.id)
        shown = plan.show(resource, version)
        return shown if len(values) > 2 and str(values[2]).lower() == "full" else shown.get("properties", {})

    def credentials(scope: Scope, values: list[Any]) -> Any:
        resource, version = _referred(plan, str(values[0]), str(values[1]))
        row = table.row(resources.kind(resource.id))
        action = next((each for each in row.actions if each.name == "listCredentials"), None) if row else None
        if row is None or action is None:
            raise TemplateInvalid(reason=f"{resource.id} has no listCredentials")
        _require(plan, row.needs(action), resource.id)
        return resources.act(row, action, _asked(plan, row, parse(resource.id), version, None))

    return {"reference": reference, "listcredentials": credentials}


def _referred(plan: Plan, name: str, version: str) -> tuple[Resource, str]:
    own = next((each for each in plan.rows if name in (each.symbol, each.name)), None)
    id = _id(plan, own) if own is not None else parse(name if name.startswith("/") else "/")
    planned = next((each for each in plan.rows if _id(plan, each).key == id.key), None)
    if planned is not None and not planned.existing and id.key not in plan.done:
        raise NotYet
    resource = resources.find(plan.ask.world, id)
    if resource is None:
        raise TemplateInvalid(reason=f"the resource '{name[:200]}' that is referred to is not defined or not there")
    row = table.row(resources.kind(resource.id))
    served = version or (planned.version if planned is not None else "")
    if row is not None and row.namespace.lower() == _REGISTRIES:
        found = projection.resolve(served)
        served = found.served if found.supported else projection.versions()[-1]
    return resource, served


def _id(plan: Plan, each: Planned) -> ResourceId:
    namespace, *kinds = each.kind.split("/")
    ask = plan.ask
    if each.on:
        above = each.on if each.on.startswith("/") else f"{ask.id.parent}/providers/{_paired(each.on)}"
        return parse(above).extension(namespace, kinds[0], each.name)
    return ResourceId(ask.id.subscription, ask.id.group, namespace, tuple(kinds), tuple(each.name.split("/")))


def _paired(text: str) -> str:
    """`Microsoft.X/a/b/name/name` as `Microsoft.X/a/name/b/name`."""
    namespace, *rest = text.split("/")
    half = len(rest) // 2
    return "/".join((namespace, *(part for pair in zip(rest[:half], rest[half:], strict=False) for part in pair)))


# Making


def record(plan: Plan, result: Result) -> events.ResourcePut:
    """The event that keeps a deployment, its outcome with it."""
    failure, ask = result.failure, plan.ask
    properties = {
        "mode": "Incremental", "provisioningState": "Failed" if failure else "Succeeded",
        "parameters": result.parameters, "outputs": result.outputs, "correlationId": ask.world.uuid(),
        "template": plan.template, "timestamp": ask.world.now(),
        "resources": [{"id": each.id} for each in result.made if each.refusal is None],
        "operations": [_operation(each) for each in result.made],
    }  # fmt: skip
    if failure is not None:
        properties["error"] = {"code": failure.arm, "message": failure.text, "details": failure.fields["details"]}
    return events.ResourcePut(at=ask.world.now(), by=ask.by, id=str(ask.id), body={"properties": properties})


def ids(plan: Plan) -> list[ResourceId]:
    """What a deployment would make."""
    return [_id(plan, each) for each in plan.rows if not each.existing]


def forgotten(world: World, resource: Resource, by: str) -> events.ResourceDeleted:
    """The event that drops the record of a deployment."""
    return events.ResourceDeleted(at=world.now(), by=by, id=resource.id)


def _operation(each: Made) -> dict[str, Any]:
    refusal = each.refusal
    error = {"status": "Failed", "error": {"code": refusal.arm, "message": refusal.text}} if refusal else None
    return {
        "provisioningOperation": "Create", "provisioningState": "Failed" if refusal else "Succeeded",
        "statusCode": "BadRequest" if refusal else "OK",
        "targetResource": {"id": each.id, "resourceType": each.kind, "resourceName": each.id.rpartition("/")[2]},
        **({"statusMessage": error} if error else {}),
    }  # fmt: skip


def run(plan: Plan) -> Result:
    """Make the resources, each when those it depends on are there; what was made stays when another one is refused."""
    waiting, made = [each for each in plan.rows if not each.existing], []
    while waiting:
        ready = [each for each in waiting if not _blocked(plan, each, waiting)]
        before = len(waiting)
        for each in ready:
            try:
                outcome = _make(plan, each)
            except NotYet:
                continue
            made.append(outcome)
            waiting.remove(each)
            if outcome.refusal is not None:
                return Result({}, made, _parameters(plan))
        if len(waiting) == before:  # they refer to each other
            made.append(Made(str(_id(plan, waiting[0])), waiting[0].kind, _circular(waiting[0])))
            return Result({}, made, _parameters(plan))
    try:
        return Result(_outputs(plan), made, _parameters(plan))
    except Condition as refusal:
        return Result({}, [*made, Made(str(plan.ask.id), TYPE, refusal)], _parameters(plan))


def _blocked(plan: Plan, each: Planned, waiting: list[Planned]) -> bool:
    wanted = {each.lower().strip("/") for each in each.depends}
    return any(wanted & _names(plan, other) for other in waiting if other is not each)


def _names(plan: Plan, each: Planned) -> set[str]:
    found = {each.name, each.symbol, f"{each.kind}/{each.name}", str(_id(plan, each)).strip("/")}
    pairs = f"{_id(plan, each)}".partition("/providers/")[2]
    return {name.lower() for name in (*found, pairs) if name}


def _make(plan: Plan, each: Planned) -> Made:
    id = _id(plan, each)
    try:
        body = resolved(each.body, each.scope(plan.scope))
        if each.kind.lower() == TYPE.lower():
            _nested(plan, each, id, body)
        else:
            _put(plan, each, id, body)
    except Condition as refusal:
        return Made(str(id), each.kind, refusal)
    plan.done[id.key] = each
    return Made(str(id), each.kind)


def _put(plan: Plan, each: Planned, id: ResourceId, body: dict[str, Any]) -> None:
    row = table.row(each.kind)
    assert row is not None
    known = resources.find(plan.ask.world, id)
    _require(plan, row.allows("PUT"), str(known.id if known is not None else id.scope or id))
    management_locks.require(plan.ask.world, "PUT", row.allows("PUT"), id)
    resources.put(row, _asked(plan, row, id, each.version, body))


def _asked(plan: Plan, row: ResourceType, id: ResourceId, version: str, body: Any) -> Ask:
    return resources.ask_for(plan.ask.world, id, plan.ask.principal, _served(row, version), body)


def _require(plan: Plan, action: str, scope: str) -> None:
    principal = plan.ask.principal
    verdict = authorization.permits(plan.ask.world, principal, action, scope)
    if not verdict.allowed:
        name = principal.name if principal.kind == "user" else principal.app_id
        raise AuthorizationFailed(client=name, id=principal.id, action=action, scope=scope).why(*verdict.because)


def _nested(plan: Plan, each: Planned, id: ResourceId, body: dict[str, Any]) -> None:
    """A deployment inside a deployment, as Bicep writes modules: with a scope of its own.

    Raises: NotEmulated for one that shares the outer scope; what the inner one raises.
    """
    properties = each.body.get("properties") or {}
    inner = str((properties.get("expressionEvaluationOptions") or {}).get("scope", "outer")).lower() == "inner"
    if not inner or plan.depth >= DEEPEST:
        raise NotEmulated(what="nested deployments that are evaluated in the outer scope, or more than five deep")
    given = {"properties": {**body.get("properties", {}), "template": properties.get("template")}}
    ask = msgspec.structs.replace(plan.ask, id=id, given=given, known=None)
    inside = read(ask, plan.show, plan.depth + 1)
    result = run(inside)
    plan.ask.world.commit(record(inside, result))
    if result.failure is not None:
        raise result.failure


def _outputs(plan: Plan) -> dict[str, Any]:
    wanted = templates.require(plan.template.get("outputs") or {}, dict, "outputs")
    found: dict[str, Any] = {}
    for name, each in wanted.items():
        rule = templates.require(each, dict, "an output")
        if resolved(rule.get("condition", True), plan.scope):
            found[name] = {"type": _title(str(rule.get("type", ""))), "value": resolved(rule.get("value"), plan.scope)}
    return found


def _parameters(plan: Plan) -> dict[str, Any]:
    rules = plan.scope.facts["parameters"]
    found = {}
    for name, rule in (plan.template.get("parameters") or {}).items():
        kind = _title(str(rule.get("type", "")))
        found[name] = {"type": kind} if kind.startswith("Secure") else {"type": kind, "value": rules[name]}
    return found


def _title(kind: str) -> str:
    known = {"securestring": "SecureString", "secureobject": "SecureObject"}
    return known.get(kind.lower(), kind[:1].upper() + kind[1:])
