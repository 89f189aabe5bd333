"""A deployment: its resources made in order, and the record of what became of them.

Source: Resources 2024-11-01, deployments; deployment-modes (2025).
"""

from typing import Any

import msgspec

from acrlab.domain import events
from acrlab.domain.errors import Condition
from acrlab.domain.resource_id import ResourceId
from acrlab.domain.templates import template as templates
from acrlab.domain.templates.errors import DeploymentFailed
from acrlab.domain.templates.expressions import count, resolved, turned
from acrlab.domain.templates.template import Planned
from acrlab.engine import management_locks, resources, table
from acrlab.engine.deployments import clearing
from acrlab.engine.deployments.plan import COMPLETE, TYPE, Plan, circular, target
from acrlab.engine.deployments.reading import OTHERS, nested
from acrlab.engine.deployments.references import NotYet, asked, require
from acrlab.engine.state import Resource
from acrlab.engine.world import World


class Made(msgspec.Struct):
    """What became of one resource: its id, and the refusal if there was one."""

    id: str
    kind: str
    refusal: Condition | None = None
    verb: str = "Create"


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
        "mode": plan.mode, "provisioningState": "Failed" if failure else "Succeeded",
        "parameters": result.parameters, "outputs": result.outputs, "correlationId": ask.world.uuid(),
        "template": plan.template, "timestamp": ask.world.now(), "dependencies": dependencies(plan),
        "resources": [{"id": each.id} for each in result.made if each.refusal is None and each.verb == "Create"],
        "operations": [_operation(each) for each in result.made],
    }  # fmt: skip
    if plan.address:
        properties["templateLink"] = {"uri": plan.address}
    if not ask.id.group:
        properties["location"] = ask.given.get("location", "")
    if failure is not None:
        properties["error"] = {"code": failure.arm, "message": failure.text, "details": failure.fields["details"]}
    return events.ResourcePut(at=ask.world.now(), by=ask.by, id=str(ask.id), body={"properties": properties})


def dependencies(plan: Plan) -> list[dict[str, Any]]:
    """Which resource waits for which, as a deployment shows it. Source: Resources 2024-11-01, Dependency."""
    found = []
    for at, each in enumerate(plan.rows):
        on = [plan.rows[other] for other in sorted(plan.edges[at])]
        if on and not each.existing:
            found.append({"dependsOn": [_brief(plan, other) for other in on], **_brief(plan, each)})
    return found


def _brief(plan: Plan, each: Planned) -> dict[str, str]:
    return {"id": str(target(plan, each)), "resourceType": each.kind, "resourceName": each.name}


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
        "provisioningOperation": each.verb, "provisioningState": "Failed" if refusal else "Succeeded",
        "statusCode": "BadRequest" if refusal else "OK",
        "targetResource": {"id": each.id, "resourceType": each.kind, "resourceName": each.id.rpartition("/")[2]},
        **({"statusMessage": error} if error else {}),
    }  # fmt: skip


def run(plan: Plan) -> Result:
    """Make the resources, each when those it depends on are there; what was made stays when another one is refused."""
    made = _made(plan)
    if plan.mode == COMPLETE and all(each.refusal is None for each in made):
        gone = clearing.cleared(plan)
        made += [Made(each.id, resources.kind(each.id), refusal, "Delete") for each, refusal in gone]
    if any(each.refusal is not None for each in made):
        return Result({}, made, _parameters(plan))
    try:
        return Result(_outputs(plan), made, _parameters(plan))
    except NotYet:
        raise circular(plan.rows[0]) from None
    except Condition as refusal:
        return Result({}, [*made, Made(str(plan.ask.id), TYPE, refusal)], _parameters(plan))


def _made(plan: Plan) -> list[Made]:
    waiting, made = {at for at, each in enumerate(plan.rows) if not each.existing}, []
    while waiting:
        ready = [at for at in sorted(waiting) if not plan.edges[at] & waiting]
        before = len(waiting)
        for at in ready:
            try:
                outcome = _make(plan, plan.rows[at])
            except NotYet:
                continue
            made.append(outcome)
            waiting.remove(at)
            if outcome.refusal is not None:
                return made
        if len(waiting) == before:  # they refer to each other
            stuck = plan.rows[min(waiting)]
            return [*made, Made(str(target(plan, stuck)), stuck.kind, circular(stuck))]
    return made


def _make(plan: Plan, each: Planned) -> Made:
    id, kind = target(plan, each), each.kind.lower()
    try:
        if kind == TYPE.lower():
            _nested(plan, each)
        elif kind in OTHERS:
            _extended(plan, each, id)
        else:
            _put(plan, each, id, resolved(each.body, each.scope(plan.scope)))
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


def _extended(plan: Plan, each: Planned, id: ResourceId) -> None:
    """What stands on something and is no row of the table: policies, diagnostic settings."""
    world, action = plan.ask.world, f"{each.kind}/write"
    resources.require_group(world, id)
    require(plan, action, str(id.scope or id.parent))
    management_locks.require(world, "PUT", action, id)
    body = resolved(each.body, each.scope(plan.scope))
    world.commit(OTHERS[each.kind.lower()](resources.ask_for(world, id, plan.ask.principal, each.version, body)))


def _nested(plan: Plan, each: Planned) -> None:
    """A deployment inside a deployment, in a group that may be another one. Raises: NotYet, what the inner raises."""
    inside = nested(plan, each)
    resources.require_group(plan.ask.world, inside.ask.id)
    require(plan, f"{TYPE}/write", str(inside.ask.id))
    result = run(inside)
    plan.ask.world.commit(record(inside, result))
    if result.failure is not None:
        raise result.failure


def _outputs(plan: Plan) -> dict[str, Any]:
    wanted = templates.require(plan.template.get("outputs") or {}, dict, "outputs")
    found: dict[str, Any] = {}
    for name, each in wanted.items():
        rule = templates.declared(plan.template, templates.require(each, dict, "an output"))
        if resolved(rule.get("condition", True), plan.scope):
            kind = _title(str(rule.get("type", "")))
            found[name] = {"type": kind} if kind.startswith("Secure") else {"type": kind, "value": _output(plan, rule)}
    return found


def _output(plan: Plan, rule: dict[str, Any]) -> Any:
    loop = rule.get("copy")
    if not isinstance(loop, dict):
        return resolved(rule.get("value"), plan.scope)
    turns = range(count(loop, plan.scope))
    return [resolved(loop.get("input"), turned(plan.scope, "", at)) for at in turns]


def _parameters(plan: Plan) -> dict[str, Any]:
    found = {}
    for name, rule in (plan.template.get("parameters") or {}).items():
        kind = _title(str(templates.declared(plan.template, rule).get("type", "")))
        known = plan.scope.facts["parameters"]
        found[name] = {"type": kind} if kind.startswith("Secure") else {"type": kind, "value": known[name]}
    return found


def _title(kind: str) -> str:
    known = {"securestring": "SecureString", "secureobject": "SecureObject"}
    return known.get(kind.lower(), kind[:1].upper() + kind[1:])
