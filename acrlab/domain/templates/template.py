"""A template in its parts: parameters held to their rules, variables, and the resources it asks for.

Source: template-syntax, copy-resources, conditional-resource-deployment, bicep compiled JSON 2.0 (2025).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Scope, is_expression, parse, resolved

MOST = 800  # resources of a template, and instances of a copy. Source: ARM limits, template
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "securestring": str, "int": int, "bool": bool, "object": dict, "secureobject": dict, "array": list,
}  # fmt: skip
_OWN = (
    "type", "apiversion", "name", "dependson", "condition", "copy", "comments", "scope", "resources", "metadata",
    "existing", "import",
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
    index: int | None

    def scope(self, scope: Scope) -> Scope:
        """What its expressions see."""
        return indexed(scope, self.index)


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


def indexed(scope: Scope, index: int | None) -> Scope:
    """The same scope inside one instance of a copy."""
    if index is None:
        return scope
    return Scope(scope.functions, scope.lazy, {**scope.facts, "copyIndex": index})


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
    missing = [name for name, rule in wanted.items() if values.get(name) is None and not _optional(name, rule)]
    if missing:
        raise TemplateInvalid(reason=f"the value for the template parameter '{missing[0][:100]}' is not provided")

    def parameter(name: str, rule: Any) -> Any:
        value = values[name] if values.get(name) is not None else resolved(rule.get("defaultValue"), scope)
        return _held(name, rule, value)

    scope.facts["parameters"] = Lazy(wanted, parameter)
    for name in values:
        scope.facts["parameters"][name]
    variables = require(template.get("variables") or {}, dict, "variables")
    scope.facts["variables"] = Lazy(_copied(variables, scope), lambda name, raw: resolved(raw, scope))


def _optional(name: str, rule: Any) -> bool:
    known = require(rule, dict, f"the parameter {name[:100]}")
    return "defaultValue" in known or known.get("nullable") is True


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
        count = _count(each, scope)
        found[str(each.get("name"))] = [resolved(each.get("input"), indexed(scope, at)) for at in range(count)]
    return found


def _count(loop: dict[str, Any], scope: Scope) -> int:
    count = resolved(loop.get("count"), scope)
    if type(count) is not int or not 0 <= count <= MOST:
        raise TemplateInvalid(reason=f"the count of a copy is a number from 0 to {MOST}")
    return count


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


def _laid_out(
    symbol: str, raw: dict[str, Any], scope: Scope, above: Planned | None, depth: int
) -> Iterator[Planned]:  # fmt: skip
    spelled = {name.lower(): value for name, value in raw.items()}
    loop = spelled.get("copy")
    if loop is None:
        yield from _row(symbol, raw, spelled, scope, None, above, depth)
        return
    for at in range(_count(require(loop, dict, "copy"), scope)):
        alias = symbol or str(loop.get("name", ""))
        yield from _row(alias, raw, spelled, indexed(scope, at), at, above, depth)


def _row(
    symbol: str, raw: dict[str, Any], spelled: dict[str, Any], scope: Scope, index: int | None, above: Planned | None,
    depth: int,
) -> Iterator[Planned]:  # fmt: skip
    if depth > 5:
        raise TemplateInvalid(reason="resources are nested too deep")
    if not resolved(spelled.get("condition", True), scope):
        return
    kind = require(spelled.get("type"), str, "the type of a resource").partition("@")[0]
    kind = kind.removesuffix("/")  # the service's own templates of transfer pipelines end their types with one
    version = spelled.get("apiversion") or spelled["type"].partition("@")[2] or ""
    name = require(resolved(spelled.get("name"), scope), str, "the name of a resource")
    if above is not None:
        kind, name = f"{above.kind}/{kind}", f"{above.name}/{name}"
    if len(kind.split("/")) != len(name.split("/")) + 1:
        raise TemplateInvalid(
            reason=f"the template resource '{name[:100]}' for type '{kind[:100]}' has incorrect segment lengths. A "
            "nested resource type must have identical number of segments as its resource name"
        )
    depends = require(resolved(spelled.get("dependson") or [], scope), list, "dependsOn")
    own = Planned(
        symbol, kind, name, str(resolved(version, scope)),
        {key: value for key, value in raw.items() if key.lower() not in _OWN},
        (*map(str, depends), *((f"{above.kind}/{above.name}",) if above is not None else ())),
        str(resolved(spelled.get("scope") or "", scope)), spelled.get("existing") is True, index,
    )  # fmt: skip
    checked(own.body)
    yield own
    for child in require(spelled.get("resources") or [], list, "the resources of a resource"):
        yield from _laid_out("", require(child, dict, "a resource"), scope, own, depth + 1)


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
