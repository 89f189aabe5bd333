"""What a deployment would change: each resource as it is and as it would be, and the difference.

A resource that is there is decided as its PUT would decide it, so that what is shown is what would be. One that is not
is shown as the template has it.
Source: deploy-what-if (2025); Resources 2024-11-01, WhatIfChange and WhatIfPropertyChange.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from acrlab.domain.errors import Condition
from acrlab.domain.resource_id import ResourceId
from acrlab.domain.templates.errors import ReferenceUnknown, TemplateInvalid
from acrlab.domain.templates.expressions import is_expression, resolved
from acrlab.domain.templates.template import Planned
from acrlab.engine import resources, table
from acrlab.engine.deployments import clearing
from acrlab.engine.deployments.plan import COMPLETE, TYPE, Plan, target
from acrlab.engine.deployments.reading import OTHERS, nested
from acrlab.engine.deployments.references import NotYet, asked
from acrlab.engine.state import Resource

HIDDEN = "*******"
_MOVING = ("systemData", "etag", "lastUpdatedTime")  # what every write changes


def changes(plan: Plan, *, ids_only: bool = False) -> list[dict[str, Any]]:
    """What would become of every resource, in the order of the template, then what it does not name.

    Raises: what would refuse a resource that is there.
    """
    plan.foreseeing = True
    found = list(_named(plan))
    spoken = {str(each["resourceId"]).lower() for each in found}
    verb = "Delete" if plan.mode == COMPLETE else "Ignore"
    rest = clearing.tracked(plan.ask.world, plan.ask.id) if plan.ask.id.group else []
    found += [_change(each.id, verb, before=_plain(plan, each)) for each in rest if each.id.lower() not in spoken]
    return [_brief(each) for each in found] if ids_only else found


def _named(plan: Plan) -> Iterator[dict[str, Any]]:
    for each in plan.rows:
        if each.existing:
            continue
        id = target(plan, each)
        if each.kind.lower() == TYPE.lower():
            yield from _inside(plan, each, id)
            continue
        known = resources.find(plan.ask.world, id)
        yield _masked(plan, _made(plan, each, id) if known is None else _put(plan, each, id, known))


def _inside(plan: Plan, each: Planned, id: ResourceId) -> Iterator[dict[str, Any]]:
    """The resources of a nested deployment; the deployment itself is none."""
    try:
        yield from _named(nested(plan, each))
    except (NotYet, ReferenceUnknown):
        reason = "The nested deployment depends on values that are known once the deployment runs."
        yield _change(str(id), "Unsupported", unsupportedReason=reason)


def _made(plan: Plan, each: Planned, id: ResourceId) -> dict[str, Any]:
    head = {"apiVersion": each.version, "id": str(id), "name": id.name, "type": each.kind}
    return _change(str(id), "Create", after={**head, **_foreseeable(each.body, plan, each)})


def _foreseeable(value: Any, plan: Plan, each: Planned) -> Any:
    """A body with its expressions evaluated; those that wait for something stay as they are written."""
    if isinstance(value, dict):
        return {name: _foreseeable(inner, plan, each) for name, inner in value.items()}
    if isinstance(value, list):
        return [_foreseeable(inner, plan, each) for inner in value]
    if not isinstance(value, str) or not is_expression(value):
        return resolved(value, each.scope(plan.scope))
    try:
        return resolved(value, each.scope(plan.scope))
    except (NotYet, ReferenceUnknown):
        return value


def _put(plan: Plan, each: Planned, id: ResourceId, known: Resource) -> dict[str, Any]:
    try:
        body = resolved(each.body, each.scope(plan.scope))
        after = _after(plan, each, id, body)
    except (NotYet, ReferenceUnknown):
        reason = "Its properties depend on values that are known once the deployment runs."
        return _change(known.id, "Unsupported", unsupportedReason=reason)
    hypothetical = msgspec.structs.replace(known, body=after)
    one, two = _plain(plan, known, each.version), _plain(plan, hypothetical, each.version)
    delta = list(_differences(one, two))
    return _change(known.id, "Modify" if delta else "NoChange", before=one, after=two, delta=delta)


def _after(plan: Plan, each: Planned, id: ResourceId, body: dict[str, Any]) -> dict[str, Any]:
    other = OTHERS.get(each.kind.lower())
    if other is not None:
        return other(resources.ask_for(plan.ask.world, id, plan.ask.principal, each.version, body)).body
    row = table.row(each.kind)
    if row is None:
        raise TemplateInvalid(reason=f"the type {each.kind[:100]} is not known")
    return resources.foreseen(row, asked(plan, row, id, each.version, body))


def _plain(plan: Plan, resource: Resource, version: str = "") -> dict[str, Any]:
    row = table.row(resources.kind(resource.id))
    served = version if not row or not row.versions or version.lower() in row.versions else row.versions[-1]
    shown = plan.show(resource, served.lower())
    return {"apiVersion": version or served, **_still(shown)}


def _still(value: Any) -> Any:
    """A body without what moves with every write."""
    if isinstance(value, list):
        return [_still(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _still(each) for name, each in value.items() if name not in _MOVING}


# The difference


def _differences(one: Any, two: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """What differs, property by property; of lists, element by element."""
    for name in sorted({*one, *two}):
        where = f"{path}.{name}" if path else name
        before, after = one.get(name), two.get(name)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _differences(before, after, where)
        elif isinstance(before, list) and isinstance(after, list):
            yield {
                "path": where, "propertyChangeType": "Array", "before": None, "after": None,
                "children": list(_elements(before, after)),
            }  # fmt: skip
        else:
            yield _property(where, before, after)


def _elements(before: list[Any], after: list[Any]) -> Iterator[dict[str, Any]]:
    gone = [each for each in before if each not in after]
    new = [each for each in after if each not in before]
    for old, fresh in zip_longest(gone, new):
        if isinstance(old, dict) and isinstance(fresh, dict):
            children = list(_differences(old, fresh))
            yield {**_property(str(before.index(old)), old, fresh), "before": None, "after": None, "children": children}
            continue
        if old is not None:
            yield _property(str(before.index(old)), old, None)
        if fresh is not None:
            yield _property(str(after.index(fresh)), None, fresh)


def _property(path: str, before: Any, after: Any) -> dict[str, Any]:
    kind = "Create" if before is None else "Delete" if after is None else "Modify"
    return {"path": path, "propertyChangeType": kind, "before": before, "after": after, "children": None}


# How it is told


def _change(id: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"resourceId": id, "changeType": kind, **more}


def _brief(change: dict[str, Any]) -> dict[str, Any]:
    """Without properties: what is there would be deployed, whether or not it changes."""
    kind = "Deploy" if change["changeType"] in ("Modify", "NoChange") else change["changeType"]
    return {"resourceId": change["resourceId"], "changeType": kind}


def _masked(plan: Plan, change: dict[str, Any]) -> dict[str, Any]:
    """The same without the values of secure parameters."""
    rules = plan.template.get("parameters") or {}
    secure = [
        name for name, rule in rules.items() if str(rule.get("type", "")).lower() in ("securestring", "secureobject")
    ]
    secret = {word for name in secure for word in _words(plan.scope.facts["parameters"][name])} - {""}
    return dict(_hidden(change, secret)) if secret else change


def _words(value: Any) -> set[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {value} if isinstance(value, str) else {word for each in inner for word in _words(each)}


def _hidden(value: Any, secret: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _hidden(each, secret) for name, each in value.items()}
    if isinstance(value, list):
        return [_hidden(each, secret) for each in value]
    return HIDDEN if isinstance(value, str) and value in secret else value


def refused(refusal: Condition) -> dict[str, Any]:
    """How a resource that would be refused is told. Source: az 2.91 reads `error` of the result."""
    return {
        "status": "Failed",
        "error": {
            "code": "InvalidTemplateDeployment",
            "message": "The template deployment is not valid according to the validation procedure. See inner errors "
            "for details.",
            "details": [{"code": refusal.arm, "message": refusal.text}],
        },
    }
