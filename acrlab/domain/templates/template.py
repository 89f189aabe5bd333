"""A template in its parts: parameters held to their rules, variables, and the resources it asks for.

Source: template-syntax, copy-resources, conditional-resource-deployment, bicep compiled JSON 2.0 (2025).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from acrlab.domain.templates import members
from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import TURNS as MOST
from acrlab.domain.templates.expressions import Scope, count, is_expression, parse, resolved, turned

_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "securestring": str, "int": int, "bool": bool, "object": dict, "secureobject": dict, "array": list,
}  # fmt: skip
_OWN = (
    "type", "apiversion", "name", "dependson", "condition", "copy", "comments", "scope", "resources", "metadata",
    "existing", "import", "resourcegroup", "subscriptionid",
)  # fmt: skip


class Planned(msgspec.Struct, frozen=True):
    """One resource: what it is called in the template, its type and name, and its body with expressions left in."""

    symbol: str
    kind: str
    name: str
    version: str
    body: dict[str, Any]
    depends: tuple[str, ...]
    on: str  # what an extension resource stands on
    existing: bool
    turns: dict[str, int] = {}  # of the loops it is in, by lower-case name; "" for its own
    group: str = ""  # of another resource group, where a nested deployment goes
    subscription: str = ""

    def scope(self, scope: Scope) -> Scope:
        """What its expressions see."""
        if not self.turns:
            return scope
        return Scope(scope.functions, scope.lazy, {**scope.facts, "copyIndex": self.turns})


class Lazy(dict[str, Any]):
    """Values that are made when they are first asked for; those that ask for themselves are refused."""

    def __init__(self, raw: Mapping[str, Any], make: Callable[[str, Any], Any]) -> None:
        super().__init__(raw)
        self._make = make
        self._made: dict[str, Any] = {}
        self._making: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            if name in self._making or len(self._making) > 60:
                raise TemplateInvalid(reason=f"the value '{name}' depends on itself")
            self._making.add(name)
            self._made[name] = self._make(name, super().__getitem__(name))
            self._making.discard(name)
        return self._made[name]


def require(value: Any, kind: type, what: str) -> Any:
    """Raises: TemplateInvalid."""
    if not isinstance(value, kind):
        raise TemplateInvalid(reason=f"{what} is not what a template has there")
    return value


# Parameters and variables


def bind(template: dict[str, Any], given: dict[str, Any], scope: Scope) -> None:
    """Put parameters and variables into a scope.

    Raises: TemplateInvalid.
    """
    wanted = require(template.get("parameters") or {}, dict, "parameters")
    spelled = {name.lower(): name for name in wanted}
    values: dict[str, Any] = {}
    for name, each in given.items():
        if name.lower() not in spelled:
            raise TemplateInvalid(
                reason=f"the following parameters were supplied, but do not correspond to any parameters defined in "
                f"the template: {name[:100]}"
            )
        values[spelled[name.lower()]] = require(each, dict, f"the parameter {name[:100]}").get("value")
    missing = [
        name for name, rule in wanted.items() if values.get(name) is None and not _optional(template, name, rule)
    ]
    if missing:
        raise TemplateInvalid(reason=f"the value for the template parameter '{missing[0][:100]}' is not provided")

    def parameter(name: str, rule: Any) -> Any:
        value = values[name] if values.get(name) is not None else resolved(rule.get("defaultValue"), scope)
        return _held(name, declared(template, rule), value)

    scope.functions = {**scope.functions, **members.functions(template)}
    scope.facts["parameters"] = Lazy(wanted, parameter)
    for name in values:
        scope.facts["parameters"][name]
    variables = require(template.get("variables") or {}, dict, "variables")
    scope.facts["variables"] = Lazy(_copied(variables, scope), lambda name, raw: resolved(raw, scope))


def _optional(template: dict[str, Any], name: str, rule: Any) -> bool:
    known = declared(template, require(rule, dict, f"the parameter {name[:100]}"))
    return "defaultValue" in known or known.get("nullable") is True


def declared(template: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    """A rule with what the type it refers to says. Source: bicep compiled JSON 2.0, definitions (2025).

    Raises: TemplateInvalid.
    """
    known = require(template.get("definitions") or {}, dict, "definitions")
    for _ in range(10):
        name = str(rule.get("$ref", "")).removeprefix("#/definitions/")
        if not name:
            return rule
        own = {key: value for key, value in rule.items() if key != "$ref"}
        rule = {**require(known.get(name), dict, f"the definition {name[:100]}"), **own}
    raise TemplateInvalid(reason="a type of the template is defined by itself")


def _held(name: str, rule: dict[str, Any], value: Any) -> Any:
    kind = str(rule.get("type", "")).lower()
    expected = _KINDS.get(kind, object)
    wrong = value is not None and (not isinstance(value, expected) or (kind == "int" and isinstance(value, bool)))
    if wrong:
        raise TemplateInvalid(reason=f"template parameter JToken type is not valid: '{name}' is expected to be {kind}")
    allowed = rule.get("allowedValues")
    if isinstance(allowed, list) and value not in allowed:
        raise TemplateInvalid(
            reason=f"the provided value for the template parameter '{name}' is not valid. The value "
            f"'{str(value)[:100]}' is not part of the allowed value(s): '{','.join(map(str, allowed))[:300]}'"
        )
    _require_size(name, rule, value)
    return value


def _require_size(name: str, rule: dict[str, Any], value: Any) -> None:
    size = len(value) if isinstance(value, str | list) else value
    if not isinstance(size, int):
        return
    words = ("minLength", "maxLength") if isinstance(value, str | list) else ("minValue", "maxValue")
    low, high = rule.get(words[0]), rule.get(words[1])
    if (isinstance(low, int) and size < low) or (isinstance(high, int) and size > high):
        raise TemplateInvalid(
            reason=f"the provided value for the template parameter '{name}' is not valid: {words[0]} is {low}, "
            f"{words[1]} is {high}"
        )


def _copied(variables: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """Variables that are loops are made at once; the others when they are needed."""
    found = {name: raw for name, raw in variables.items() if name.lower() != "copy"}
    for loop in require(variables.get("copy") or [], list, "copy"):
        each = require(loop, dict, "copy")
        name = str(each.get("name"))
        found[name] = [resolved(each.get("input"), turned(scope, name, at)) for at in range(count(each, scope))]
    return found


# Resources


def planned(template: dict[str, Any], scope: Scope) -> list[Planned]:
    """The resources a template asks for, in its order, copies and nested ones laid out.

    Raises: TemplateInvalid.
    """
    raw = template.get("resources") or []
    named = raw.items() if isinstance(raw, dict) else (("", each) for each in require(raw, list, "resources"))
    found: list[Planned] = []
    for symbol, each in named:
        for row in _laid_out(symbol, require(each, dict, "a resource"), scope, None, 0):
            found.append(row)
            if len(found) > MOST:
                raise TemplateInvalid(reason=f"the template has more than {MOST} resources")
    return found


def _laid_out(symbol: str, raw: dict[str, Any], scope: Scope, above: Planned | None, depth: int) -> Iterator[Planned]:
    spelled = {name.lower(): value for name, value in raw.items()}
    loop = spelled.get("copy")
    if loop is None:
        yield from _row(symbol, raw, spelled, scope, above, depth)
        return
    name = str(require(loop, dict, "copy").get("name", ""))
    for at in range(count(loop, scope)):
        yield from _row(symbol or name, raw, spelled, turned(scope, name, at, own=True), above, depth)


def _row(
    symbol: str, raw: dict[str, Any], spelled: dict[str, Any], scope: Scope, above: Planned | None, depth: int
) -> Iterator[Planned]:
    if depth > 5:
        raise TemplateInvalid(reason="resources are nested too deep")
    if not resolved(spelled.get("condition", True), scope):
        return
    kind, version, _ = f"{require(spelled.get('type'), str, 'the type of a resource')}@@".split("@", 2)
    kind = kind.removesuffix("/")  # the service's own templates of transfer pipelines end their types with one
    name = require(resolved(spelled.get("name"), scope), str, "the name of a resource")
    kind, name, on = _placed(kind, name, str(resolved(spelled.get("scope") or "", scope)), above)
    depends = require(resolved(spelled.get("dependson") or [], scope), list, "dependsOn")
    own = Planned(
        symbol, kind, name, str(resolved(spelled.get("apiversion") or version, scope)),
        {key: value for key, value in raw.items() if key.lower() not in _OWN},
        (*map(str, depends), *((f"{above.kind}/{above.name}",) if above is not None else ())),
        on, spelled.get("existing") is True, scope.facts.get("copyIndex", {}),
        str(resolved(spelled.get("resourcegroup") or "", scope)),
        str(resolved(spelled.get("subscriptionid") or "", scope)),
    )  # fmt: skip
    checked(own.body)
    yield own
    below = spelled.get("resources") or []
    for child in below.values() if isinstance(below, dict) else require(below, list, "the resources of a resource"):
        yield from _laid_out("", require(child, dict, "a resource"), scope, own, depth + 1)


def _placed(kind: str, name: str, on: str, above: Planned | None) -> tuple[str, str, str]:
    """Type, name, and what it stands on. `type/providers/type` is how older templates write an extension.

    Raises: TemplateInvalid. Source: scope-extension-resources (2025).
    """
    if above is not None and "." not in kind.partition("/")[0]:
        kind, name = f"{above.kind}/{kind}", f"{above.name}/{name}"
    base, mark, own = kind.partition("/providers/")
    names, levels = name.split("/"), base.count("/")
    if mark and levels and len(names) == levels + 2 + own.count("/"):
        return f"{names[levels]}/{own}", "/".join(names[levels + 1 :]), f"{base}/{'/'.join(names[:levels])}"
    if len(kind.split("/")) != len(names) + 1:
        raise TemplateInvalid(
            reason=f"the template resource '{name[:100]}' for type '{kind[:100]}' has incorrect segment lengths. A "
            "nested resource type must have identical number of segments as its resource name"
        )
    return kind, name, on


def checked(value: Any, depth: int = 0) -> None:
    """Read every expression of a part of a template, so that none is found unreadable half way.

    Raises: TemplateInvalid.
    """
    if depth > 60:
        raise TemplateInvalid(reason="the template is nested too deep")
    if isinstance(value, str) and is_expression(value):
        parse(value)
    inner = (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        checked(each, depth + 1)
