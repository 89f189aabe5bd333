"""Azure Policy, as far as it denies: definitions with a rule, assignments, and the verdict on a resource.

Source: policy definition structure, Authorization 2023-04-01 (2025). Effects: Deny denies; others are kept.
"""

from collections.abc import Iterator
from typing import Any

from acrlab.domain import events
from acrlab.domain.errors import BodyInvalid, NotEmulated
from acrlab.domain.insight_errors import DisallowedByPolicy, PolicyInvalid, PolicyNotFound
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

DEFINITIONS = "/providers/microsoft.authorization/policydefinitions/"
ASSIGNMENTS = "/providers/microsoft.authorization/policyassignments/"
DEEPEST = 20  # levels of a rule
_JOINS = {"allOf": all, "anyOf": any}
_TESTS: dict[str, Any] = {
    "equals": lambda have, want: str(have).lower() == str(want).lower(),
    "notequals": lambda have, want: str(have).lower() != str(want).lower(),
    "in": lambda have, want: str(have).lower() in [str(each).lower() for each in want],
    "notin": lambda have, want: str(have).lower() not in [str(each).lower() for each in want],
    "exists": lambda have, want: (have is not None) == (str(want).lower() == "true"),
    "like": lambda have, want: _like(str(have).lower(), str(want).lower()),
    "notlike": lambda have, want: not _like(str(have).lower(), str(want).lower()),
}


def _like(have: str, want: str) -> bool:
    before, star, after = want.partition("*")
    fits = have.startswith(before) and have.endswith(after) and len(have) >= len(before) + len(after)
    return fits if star else have == want


def define(ask: Ask) -> events.ResourcePut:
    """The event that keeps a definition.

    Raises: BodyInvalid, PolicyInvalid, NotEmulated for a condition that is not one of the lab's.
    """
    properties = _properties(ask)
    rule = properties.get("policyRule")
    if not isinstance(rule, dict) or not isinstance(rule.get("then"), dict):
        raise PolicyInvalid(code="InvalidPolicyRule", reason="The policy rule needs 'if' and 'then'.")
    if not isinstance(properties.get("parameters", {}), dict):
        raise PolicyInvalid(code="InvalidPolicyDefinition", reason="The parameters of a definition are an object.")
    _require_rule(rule.get("if"), 0)
    kept = {"policyType": "Custom", "mode": "All", "parameters": {}, **properties}
    return events.ResourcePut(at=ask.world.now(), by=ask.by, id=str(ask.id), body={"properties": kept})


def _properties(ask: Ask) -> dict[str, Any]:
    found = ask.given.get("properties") if isinstance(ask.given, dict) else None
    if not isinstance(found, dict):
        raise BodyInvalid(reason="Required property 'properties' not found in JSON. Path ''.")
    return {name: value for name, value in found.items() if value is not None}


def _require_rule(rule: Any, depth: int) -> None:
    if not isinstance(rule, dict) or depth > DEEPEST:
        raise PolicyInvalid(code="InvalidPolicyRule", reason="A condition of a policy rule is an object.")
    for name in ("allOf", "anyOf"):
        inner = rule.get(name)
        if inner is not None:
            if not isinstance(inner, list):
                raise PolicyInvalid(code="InvalidPolicyRule", reason=f"'{name}' takes a list of conditions.")
            for each in inner:
                _require_rule(each, depth + 1)
            return
    if "not" in rule:
        _require_rule(rule["not"], depth + 1)
        return
    tests = [name for name in rule if name != "field"]
    if not isinstance(rule.get("field"), str) or len(tests) != 1:
        raise PolicyInvalid(code="InvalidPolicyRule", reason="A condition has a field and one comparison.")
    if tests[0].lower() not in _TESTS:
        raise NotEmulated(what=f"the policy condition '{tests[0][:40]}'")
    if tests[0].lower() in ("in", "notin") and not isinstance(rule[tests[0]], list | str):
        raise PolicyInvalid(code="InvalidPolicyRule", reason=f"'{tests[0]}' takes a list.")


def assign(ask: Ask) -> events.ResourcePut:
    """The event that keeps an assignment. Raises: BodyInvalid, PolicyInvalid, PolicyNotFound, LinkedIdInvalid."""
    properties = _properties(ask)
    id, given = properties.get("policyDefinitionId"), properties.get("parameters", {})
    if not isinstance(id, str) or not isinstance(given, dict):
        raise PolicyInvalid(code="InvalidPolicyAssignment", reason="The assignment needs a policyDefinitionId.")
    if parse(id).key not in ask.world.state.resources or DEFINITIONS not in f"{id.lower()}/":
        raise PolicyNotFound(what="definition", name=id.rpartition("/")[2][:100])
    scope = str(ask.id.scope or ask.id.parent)
    kept = {"enforcementMode": "Default", "notScopes": [], "parameters": {}, **properties, "scope": scope}
    return events.ResourcePut(at=ask.world.now(), by=ask.by, id=str(ask.id), body={"properties": kept})


def listed(world: World, mark: str, scope: ResourceId) -> list[Resource]:
    """Definitions or assignments at a scope, above it and below."""
    above = {each.key for each in scope.within()}
    found = []
    for key, each in sorted(world.state.resources.items()):
        where = key.partition(mark)[0] or "/"
        if mark in key and (where in above or where.startswith(scope.key)):
            found.append(each)
    return found


# The verdict


def require(world: World, id: ResourceId, body: dict[str, Any]) -> None:
    """Let a resource be made that no policy denies. Raises: DisallowedByPolicy."""
    for assignment, definition in _denying(world, id):
        rule = definition.body["properties"]["policyRule"]
        values = _parameters(definition, assignment)
        effect = _value(rule["then"].get("effect", ""), values)
        if str(effect).lower() == "deny" and _holds(rule["if"], _facts(id, body), values):
            info = (
                f'[{{"policyAssignment":{{"name":"{parse(assignment.id).name}","id":"{assignment.id}"}},'
                f'"policyDefinition":{{"name":"{parse(definition.id).name}","id":"{definition.id}"}}}}]'
            )
            refusal = DisallowedByPolicy(name=id.name, info=info, target=id.name)
            raise refusal.why(f"the assignment {assignment.id} denies it", f"by the rule of {definition.id}")


def _denying(world: World, id: ResourceId) -> Iterator[tuple[Resource, Resource]]:
    above = {each.key for each in id.within()}
    for key, each in list(world.state.resources.items()):
        if ASSIGNMENTS in key and each.body["properties"]["scope"].lower() in above:
            properties = each.body["properties"]
            definition = world.state.resources.get(parse(properties["policyDefinitionId"]).key)
            if definition is not None and properties["enforcementMode"] != "DoNotEnforce":
                yield each, definition


def _parameters(definition: Resource, assignment: Resource) -> dict[str, Any]:
    rules = definition.body["properties"]["parameters"]
    defaults = {name: rule.get("defaultValue") for name, rule in rules.items() if isinstance(rule, dict)}
    given = assignment.body["properties"]["parameters"]
    return defaults | {name: each.get("value") for name, each in given.items() if isinstance(each, dict)}


def _value(text: Any, values: dict[str, Any]) -> Any:
    if isinstance(text, str) and text.startswith("[parameters('") and text.endswith("')]"):
        return values.get(text[len("[parameters('") : -len("')]")])
    return text


def _facts(id: ResourceId, body: dict[str, Any]) -> dict[str, Any]:
    return {"type": id.type, "name": id.name, "id": str(id), "kind": body.get("kind"), **body}


def _holds(rule: dict[str, Any], facts: dict[str, Any], values: dict[str, Any]) -> bool:
    for name, join in _JOINS.items():
        if name in rule:
            return join(_holds(each, facts, values) for each in rule[name])
    if "not" in rule:
        return not _holds(rule["not"], facts, values)
    test = next(name for name in rule if name != "field")
    want = _value(rule[test], values)
    if test.lower() in ("in", "notin") and not isinstance(want, list):
        want = []
    return bool(_TESTS[test.lower()](_field(rule["field"], facts), want))


def _field(name: str, facts: dict[str, Any]) -> Any:
    """A field by its name or alias: `location`, `tags.owner`, `Microsoft.ContainerRegistry/registries/sku.name`."""
    alias = name
    if name.lower().startswith(f"{facts['type'].lower()}/"):
        alias = name[len(facts["type"]) + 1 :]
    found = _reached(facts, alias)
    return found if found is not None else _reached(facts.get("properties"), alias)


def _reached(whole: Any, path: str) -> Any:
    for part in path.split("."):
        spelled = {name.lower(): name for name in whole} if isinstance(whole, dict) else {}
        if part.lower() not in spelled:
            return None
        whole = whole[spelled[part.lower()]]
    return whole
