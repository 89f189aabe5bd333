"""Rules of Azure Policy: whether one is a rule, and whether it holds for a resource.

Source: policy definition-structure-policy-rule, author policies for arrays (2025). Names of conditions are compared
without case, as the built-in definitions spell them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from acrlab.domain.arm_errors import ArmCondition
from acrlab.domain.errors import NotEmulated
from acrlab.domain.insight_errors import PolicyInvalid
from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Scope, is_expression, parse, resolved
from acrlab.domain.templates.functions import FUNCTIONS, LAZY

DEEPEST = 20  # levels of a rule
MOST = 1_000  # conditions of a rule
STEPS = 20_000  # turns of loops that judging a resource by a rule may take
_JOINS: Mapping[str, Callable[[Any], bool]] = {"allof": all, "anyof": any}
_LISTS = ("in", "notin")
_PATTERNS = {"#": r"[0-9]", "?": r"[A-Za-z]", ".": r"."}


class Facts(msgspec.Struct):
    """A resource as a rule sees it, the values of parameters, and what expressions may ask for."""

    resource: dict[str, Any]
    values: dict[str, Any]
    more: dict[str, Any] = {}
    current: dict[str, Any] = {}  # the element that a count looks at, by its alias


class Verdict(msgspec.Struct):
    """Whether a rule holds, and the conditions that were looked at."""

    holds: bool
    because: list[dict[str, Any]]


def _same(have: Any, want: Any) -> bool:
    return str(have).lower() == str(want).lower()


def _like(have: Any, want: Any) -> bool:
    before, star, after = str(want).lower().partition("*")
    text = str(have).lower()
    fits = text.startswith(before) and text.endswith(after) and len(text) >= len(before) + len(after)
    return fits if star else text == before


def _match(have: Any, want: Any, flags: int = 0) -> bool:
    pattern = "".join(_PATTERNS.get(each, re.escape(each)) for each in str(want)[:1000])
    return re.fullmatch(pattern, str(have), flags) is not None


def _contains(have: Any, want: Any) -> bool:
    return str(want).lower() in str(have).lower() if isinstance(have, str) else False


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) else str(value)


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "in": lambda have, want: any(_same(have, each) for each in want),
    "like": _like,
    "match": _match,
    "matchinsensitively": lambda have, want: _match(have, want, re.IGNORECASE),
    "contains": _contains,
    "containskey": lambda have, want: isinstance(have, dict) and any(_same(each, want) for each in have),
    "exists": lambda have, want: (have is not None) == (str(want).lower() == "true"),
    "less": lambda have, want: bool(_number(have) < _number(want)),
    "lessorequals": lambda have, want: bool(_number(have) <= _number(want)),
    "greater": lambda have, want: bool(_number(have) > _number(want)),
    "greaterorequals": lambda have, want: bool(_number(have) >= _number(want)),
}
for _name in ("equals", "in", "like", "match", "matchinsensitively", "contains", "containskey"):
    _TESTS[f"not{_name}"] = (lambda test: lambda have, want: not test(have, want))(_TESTS[_name])
OPERATORS = {
    "equals": "Equals", "notequals": "NotEquals", "in": "In", "notin": "NotIn", "like": "Like", "notlike": "NotLike",
    "exists": "Exists", "less": "Less", "greater": "Greater", "lessorequals": "LessOrEquals",
    "greaterorequals": "GreaterOrEquals", "contains": "Contains", "notcontains": "NotContains",
}  # fmt: skip


# Whether it is a rule


def require(rule: Any) -> None:
    """Raises: PolicyInvalid, NotEmulated for a condition that acrlab does not have."""
    _require(rule, 0, [MOST])


def _require(rule: Any, depth: int, left: list[int]) -> None:
    left[0] -= 1
    if not isinstance(rule, dict) or depth > DEEPEST or left[0] < 0:
        raise _wrong("A condition of a policy rule is an object, in a rule that is not nested too deep.")
    spelled = {name.lower(): value for name, value in rule.items()}
    for name in (each for each in _JOINS if each in spelled):
        if not isinstance(spelled[name], list):
            raise _wrong(f"'{name}' takes a list of conditions.")
        for each in spelled[name]:
            _require(each, depth + 1, left)
        return
    if "not" in spelled:
        _require(spelled["not"], depth + 1, left)
        return
    _require_leaf(spelled, depth, left)


def _require_leaf(spelled: dict[str, Any], depth: int, left: list[int]) -> None:
    about = [name for name in ("field", "value", "count", "source") if name in spelled]
    tests = [name for name in spelled if name not in about]
    if len(about) != 1 or len(tests) != 1 or (about == ["field"] and not isinstance(spelled["field"], str)):
        raise _wrong("A condition has a field, a value or a count, and one comparison.")
    if tests[0] not in _TESTS or about == ["source"]:
        raise NotEmulated(what=f"the policy condition '{tests[0][:40]}'")
    want = spelled[tests[0]]
    if tests[0] in _LISTS and not isinstance(want, list | str):
        raise _wrong(f"'{tests[0]}' takes a list.")
    for each in (spelled[about[0]], want):
        _readable(each)
    if about == ["count"]:
        counted = spelled["count"]
        if not isinstance(counted, dict) or not isinstance(counted.get("field"), str):
            raise NotEmulated(what="a count of a policy rule over anything but a field")
        if "where" in counted:
            _require(counted["where"], depth + 1, left)


def _readable(value: Any) -> None:
    if isinstance(value, str) and is_expression(value):
        try:
            parse(value)
        except TemplateInvalid as error:
            raise _wrong(error.text) from None


def _wrong(reason: str) -> PolicyInvalid:
    return PolicyInvalid(code="InvalidPolicyRule", reason=reason)


# Whether it holds


def judged(rule: dict[str, Any], facts: Facts) -> Verdict:
    """What a rule says of a resource. An expression that cannot be evaluated makes no rule hold."""
    because: list[dict[str, Any]] = []
    facts.more.setdefault("steps", [STEPS])
    try:
        holds = _holds(rule, facts, because)
    except (ArmCondition, TypeError):
        holds = False
    return Verdict(holds, because)


def value(text: Any, facts: Facts) -> Any:
    """A value of a rule, its expressions evaluated. Raises: TemplateInvalid."""
    return resolved(text, _scope(facts))


def _scope(facts: Facts) -> Scope:
    own: dict[str, Any] = {
        "parameters": lambda scope, values: _parameter(facts.values, str(values[0])),
        "field": lambda scope, values: field(str(values[0]), facts),
        "current": lambda scope, values: facts.current.get(str(values[0]).lower()),
    }  # fmt: skip
    return Scope({**FUNCTIONS, **own}, LAZY, {"variables": {}, **facts.more})


def _parameter(values: dict[str, Any], wanted: str) -> Any:
    return next((each for name, each in values.items() if name.lower() == wanted.lower()), None)


def _holds(rule: dict[str, Any], facts: Facts, because: list[dict[str, Any]]) -> bool:
    spelled = {name.lower(): inner for name, inner in rule.items()}
    for name, join in _JOINS.items():
        if name in spelled:
            return join(_holds(each, facts, because) for each in spelled[name])
    if "not" in spelled:
        return not _holds(spelled["not"], facts, because)
    test = next(name for name in spelled if name not in ("field", "value", "count"))
    want = value(spelled[test], facts)
    if test in _LISTS and not isinstance(want, list):
        want = []
    kind, expression, have = _subject(spelled, facts)
    everyone = have if kind == "Field" and "[*]" in str(expression) and isinstance(have, list) else [have]
    found = all(bool(_TESTS[test](each, want)) for each in everyone)
    because.append({
        "result": str(found), "expressionKind": kind, "expression": expression, "path": _path(str(expression)),
        "expressionValue": have, "targetValue": want, "operator": OPERATORS.get(test, test),
    })  # fmt: skip
    return found


def _subject(spelled: dict[str, Any], facts: Facts) -> tuple[str, Any, Any]:
    if "field" in spelled:
        return "Field", spelled["field"], field(value(spelled["field"], facts), facts)
    if "value" in spelled:
        return "Value", spelled["value"], value(spelled["value"], facts)
    counted = spelled["count"]
    alias, where = counted["field"], counted.get("where")
    found = field(alias, facts)
    elements = found if isinstance(found, list) else []
    if where is not None:
        elements = [each for each in elements if _holds(where, _narrowed(facts, alias, each), [])]
    return "Count", alias, len(elements)


def _narrowed(facts: Facts, alias: str, element: Any) -> Facts:
    current = {**facts.current, alias.lower(): element}
    return Facts(facts.resource, facts.values, facts.more, current)


def _path(expression: str) -> str:
    return expression.partition("/registries/")[2] or expression


def field(name: str, facts: Facts) -> Any:
    """A field by its name or alias: `location`, `tags['owner']`, `Microsoft.ContainerRegistry/registries/sku.name`."""
    for alias, element in facts.current.items():
        if name.lower() == alias:
            return element
        if name.lower().startswith(f"{alias}."):
            return _reached(_opened(element), name[len(alias) + 1 :])
    kind = str(facts.resource.get("type", ""))
    own = name[len(kind) + 1 :] if name.lower().startswith(f"{kind.lower()}/") else name
    found = _reached(facts.resource, own)
    return found if found is not None else _reached(facts.resource.get("properties"), own)


_STEP = re.compile(r"\[\*\]|\['([^']*)'\]|\[(\d{1,4})\]|[^.\[\]/]+")


def _reached(whole: Any, path: str) -> Any:
    steps = list(_STEP.finditer(path))
    for at, step in enumerate(steps):
        if step[0] == "[*]":
            if not isinstance(whole, list):
                return []
            rest = path[step.end() :].lstrip(".")
            return [_reached(_opened(each), rest) for each in whole] if at + 1 < len(steps) else whole
        name = (step[1] if step[1] is not None else step[0]).lower()
        if not isinstance(whole, dict):
            return None
        key = next((each for each in whole if each.lower() == name), None)
        if key is None:
            return None
        whole = whole[key]
    return whole


def _opened(element: Any) -> Any:
    """An element whose properties are read as its own, as aliases do."""
    inner = element.get("properties") if isinstance(element, dict) else None
    return {**element, **inner} if isinstance(inner, dict) else element
