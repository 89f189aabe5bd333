"""Azure Policy: definitions, Azure's own among them, assignments, and the verdict on a resource.

Source: policy definition structure, Authorization 2023-04-01 (2025). Deny denies and Audit reports; what other effects
would change or deploy is not done.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from acrlab.data import load
from acrlab.domain import events, policy_rules
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.insight_errors import DisallowedByPolicy, PolicyInvalid, PolicyNotFound
from acrlab.domain.policy_rules import Facts, Verdict
from acrlab.domain.registry import TYPE
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

DEFINITIONS = "/providers/microsoft.authorization/policydefinitions/"
ASSIGNMENTS = "/providers/microsoft.authorization/policyassignments/"


class Applied(msgspec.Struct):
    """An assignment, the definition it assigns, and the effect that comes of both."""

    assignment: Resource
    definition: Resource
    values: dict[str, Any]
    effect: str

    def judged(self, facts: dict[str, Any]) -> Verdict:
        """What the rule says of a resource."""
        rule = self.definition.body["properties"]["policyRule"]
        return policy_rules.judged(rule["if"], Facts(facts, self.values))


@cache
def builtins() -> dict[str, Resource]:
    """The definitions that Azure brings along, by lower-case id."""
    found = (_builtin(row) for row in load("policies")["policy"])
    return {each.id.lower(): each for each in found}


def _builtin(row: dict[str, Any]) -> Resource:
    about = {"field": "type", "equals": row.get("type", TYPE)}
    effect = {
        "type": "String", "defaultValue": "Audit", "allowedValues": row["effects"],
        "metadata": {"displayName": "Effect", "description": "Enable or disable the execution of the policy"},
    }  # fmt: skip
    properties = {
        "displayName": row["name"], "description": row["description"], "policyType": "BuiltIn",
        "mode": row.get("mode", "Indexed"), "version": row["version"], "versions": [row["version"]],
        "metadata": {"version": row["version"], "category": "Container Registry"}, "parameters": {"effect": effect},
        "policyRule": {
            "if": {"allOf": [about, json.loads(row["rule"])]}, "then": {"effect": "[parameters('effect')]"},
        },
    }  # fmt: skip
    id = f"/providers/Microsoft.Authorization/policyDefinitions/{row['id']}"
    return Resource(id, {"properties": properties}, 0.0, "", 0.0, "")


def find(world: World, id: str) -> Resource | None:
    """A definition by its id."""
    return builtins().get(id.lower()) or world.state.resources.get(parse(id).key)


def define(ask: Ask) -> events.ResourcePut:
    """The event that keeps a definition.

    Raises: BodyInvalid, PolicyInvalid, NotEmulated for a condition that is not one of the lab's.
    """
    properties = _properties(ask)
    rule = properties.get("policyRule")
    if not isinstance(rule, dict) or not isinstance(rule.get("then"), dict):
        raise PolicyInvalid(code="InvalidPolicyRule", reason="The policy rule needs 'if' and 'then'.")
    parameters = properties.get("parameters", {})
    if not isinstance(parameters, dict) or not all(isinstance(each, dict) for each in parameters.values()):
        raise PolicyInvalid(code="InvalidPolicyDefinition", reason="The parameters of a definition are objects.")
    policy_rules.require(rule.get("if"))
    kept = {"policyType": "Custom", "mode": "All", "parameters": {}, **properties}
    return events.ResourcePut(at=ask.world.now(), by=ask.by, id=str(ask.id), body={"properties": kept})


def _properties(ask: Ask) -> dict[str, Any]:
    found = ask.given.get("properties") if isinstance(ask.given, dict) else None
    if not isinstance(found, dict):
        raise BodyInvalid(reason="Required property 'properties' not found in JSON. Path ''.")
    return {name: value for name, value in found.items() if value is not None}


def assign(ask: Ask) -> events.ResourcePut:
    """The event that keeps an assignment. Raises: BodyInvalid, PolicyInvalid, PolicyNotFound, LinkedIdInvalid."""
    properties = _properties(ask)
    id, given = properties.get("policyDefinitionId"), properties.get("parameters", {})
    excluded = properties.get("notScopes", [])
    fits = isinstance(excluded, list) and all(isinstance(each, str) for each in excluded)
    if not isinstance(id, str) or not isinstance(given, dict) or not fits:
        raise PolicyInvalid(code="InvalidPolicyAssignment", reason="The assignment needs a policyDefinitionId.")
    definition = find(ask.world, id)
    if definition is None or DEFINITIONS not in f"{id.lower()}/":
        raise PolicyNotFound(what="definition", name=id.rpartition("/")[2][:100])
    scope = str(ask.id.scope or ask.id.parent)
    _require_parameters(ask.id.name, definition, given)
    kept = {"enforcementMode": "Default", "notScopes": [], "parameters": {}, **properties, "scope": scope}
    identity = {"identity": ask.given["identity"]} if isinstance(ask.given.get("identity"), dict) else {}
    return events.ResourcePut(at=ask.world.now(), by=ask.by, id=str(ask.id), body={**identity, "properties": kept})


def _require_parameters(name: str, definition: Resource, given: dict[str, Any]) -> None:
    """Hold the values of an assignment to its definition. Raises: PolicyInvalid."""
    rules = {each.lower(): rule for each, rule in definition.body["properties"]["parameters"].items()}
    label = definition.body["properties"].get("displayName") or parse(definition.id).name
    for each, setting in given.items():
        rule = rules.get(each.lower())
        if rule is None or not isinstance(setting, dict):
            reason = f"The policy '{label}' has no parameter '{each[:100]}' that the assignment '{name}' sets."
            raise PolicyInvalid(code="UndefinedPolicyParameter", reason=reason)
        allowed = rule.get("allowedValues")
        if isinstance(allowed, list) and not _among(setting.get("value"), allowed):
            reason = f"The value '{str(setting.get('value'))[:100]}' of the parameter '{each}' is none of {allowed}."
            raise PolicyInvalid(code="PolicyParameterValueNotAllowed", reason=reason)
    missing = [each for each in rules if "defaultValue" not in rules[each] and each not in map(str.lower, given)]
    if missing:
        reason = f"The assignment '{name}' is missing the parameter(s) '{','.join(missing)}' of the policy '{label}'."
        raise PolicyInvalid(code="MissingPolicyParameter", reason=reason)


def _among(value: Any, allowed: list[Any]) -> bool:
    chosen = value if isinstance(value, list) else [value]
    return all(str(each).lower() in [str(one).lower() for one in allowed] for each in chosen)


def listed(world: World, mark: str, scope: ResourceId) -> list[Resource]:
    """Definitions or assignments at a scope, above it and below; of definitions, Azure's own as well."""
    above = {each.key for each in scope.within()}
    found = list(builtins().values()) if mark == DEFINITIONS else []
    for key, each in sorted(world.state.resources.items()):
        where = key.partition(mark)[0] or "/"
        if mark in key and (where in above or where.startswith(scope.key)):
            found.append(each)
    return sorted(found, key=lambda each: each.id.lower())


# The verdict


def require(world: World, id: ResourceId, body: dict[str, Any]) -> None:
    """Let a resource be made that no policy denies. Raises: DisallowedByPolicy, with all that deny it."""
    shown, denied = facts(id, body), []
    for applied in applying(world, id):
        enforced = applied.assignment.body["properties"]["enforcementMode"] != "DoNotEnforce"
        if applied.effect == "deny" and enforced:
            verdict = applied.judged(shown)
            if verdict.holds:
                denied.append((applied, verdict))
    if denied:
        raise _refusal(id, denied)


def _refusal(id: ResourceId, denied: list[tuple[Applied, Verdict]]) -> DisallowedByPolicy:
    info = json.dumps([_identified(applied) for applied, _ in denied], separators=(",", ":"))
    reasons = [each for applied, _ in denied for each in _messages(applied)]
    more = [{"type": "PolicyViolation", "info": _violation(applied, verdict)} for applied, verdict in denied]
    refusal = DisallowedByPolicy(name=id.name, info=info, reasons=reasons, target=id.name, additionalInfo=more)
    for applied, _ in denied:
        refusal.why(f"the assignment {applied.assignment.id} denies it", f"by the rule of {applied.definition.id}")
    return refusal


def _identified(applied: Applied) -> dict[str, dict[str, str]]:
    return {
        "policyAssignment": {"name": _title(applied.assignment), "id": applied.assignment.id},
        "policyDefinition": {"name": _title(applied.definition), "id": applied.definition.id},
    }


def _messages(applied: Applied) -> list[str]:
    given = applied.assignment.body["properties"].get("nonComplianceMessages")
    return [str(each.get("message")) for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _title(resource: Resource) -> str:
    return str(resource.body["properties"].get("displayName") or parse(resource.id).name)


def _violation(applied: Applied, verdict: Verdict) -> dict[str, Any]:
    """Source: PolicyViolation in public logs of clients (2020-04 to 2024)."""
    properties = applied.assignment.body["properties"]
    return {
        "evaluationDetails": {"evaluatedExpressions": verdict.because},
        "policyDefinitionId": applied.definition.id, "policyDefinitionName": parse(applied.definition.id).name,
        "policyDefinitionDisplayName": _title(applied.definition), "policyDefinitionEffect": applied.effect,
        "policyAssignmentId": applied.assignment.id, "policyAssignmentName": parse(applied.assignment.id).name,
        "policyAssignmentDisplayName": _title(applied.assignment), "policyAssignmentScope": properties["scope"],
        "policyAssignmentParameters": properties["parameters"], "policyExemptionIds": [],
    }  # fmt: skip


def applying(world: World, id: ResourceId) -> Iterator[Applied]:
    """The assignments that look at a resource, with their effects."""
    above = {each.key for each in id.within()}
    for key, each in list(world.state.resources.items()):
        properties = each.body.get("properties", {})
        if ASSIGNMENTS not in key or properties["scope"].lower() not in above:
            continue
        definition = find(world, properties["policyDefinitionId"])
        if definition is None or any(parse(one).key in above for one in properties["notScopes"]):
            continue
        values = _parameters(definition, each)
        yield Applied(each, definition, values, _effect(definition, values))


def _effect(definition: Resource, values: dict[str, Any]) -> str:
    given = definition.body["properties"]["policyRule"]["then"].get("effect", "")
    try:
        return str(policy_rules.value(given, Facts({}, values))).lower()
    except TemplateInvalid:
        return ""


def _parameters(definition: Resource, assignment: Resource) -> dict[str, Any]:
    rules = definition.body["properties"]["parameters"]
    spelled = {name.lower(): name for name in rules}
    defaults = {name: rule.get("defaultValue") for name, rule in rules.items()}
    given = assignment.body["properties"]["parameters"]
    set_here = {spelled.get(name.lower(), name): each.get("value") for name, each in given.items()}
    return defaults | set_here


def facts(id: ResourceId, body: dict[str, Any]) -> dict[str, Any]:
    """A resource as rules see it."""
    return {"type": id.type, "name": id.name, "id": str(id), "fullName": "/".join(id.names), **body}
