"""A deployment of a group: its resources made in order, and the record of what became of them.

Source: Resources 2024-11-01, deployments; deployment-modes (2025): incremental.
"""

from typing import Any

import msgspec

from acrlab.domain import events
from acrlab.domain.errors import Condition, NotEmulated
from acrlab.domain.resource_id import ResourceId
from acrlab.domain.templates import template as templates
from acrlab.domain.templates.errors import DeploymentFailed
from acrlab.domain.templates.expressions import resolved
from acrlab.domain.templates.template import Planned
from acrlab.engine import management_locks, resources, table
from acrlab.engine.deployments.plan import TYPE, Plan, blocked, circular, target
from acrlab.engine.deployments.reading import read
from acrlab.engine.deployments.references import NotYet, asked, require
from acrlab.engine.state import Resource
from acrlab.engine.world import World

DEEPEST = 5  # deployments inside deployments


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
    return [target(plan, each) for each in plan.rows if not each.existing]


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
        ready = [each for each in waiting if not blocked(plan, each, waiting)]
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
            made.append(Made(str(target(plan, waiting[0])), waiting[0].kind, circular(waiting[0])))
            return Result({}, made, _parameters(plan))
    try:
        return Result(_outputs(plan), made, _parameters(plan))
    except Condition as refusal:
        return Result({}, [*made, Made(str(plan.ask.id), TYPE, refusal)], _parameters(plan))


def _make(plan: Plan, each: Planned) -> Made:
    id = target(plan, each)
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
    require(plan, row.allows("PUT"), str(known.id if known is not None else id.scope or id))
    management_locks.require(plan.ask.world, "PUT", row.allows("PUT"), id)
    resources.put(row, asked(plan, row, id, each.version, body))


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
