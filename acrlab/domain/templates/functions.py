"""The functions of template expressions.

Source: template-functions (2025). What uniqueString and guid hash to is not published: 13 characters and a GUID
that stay the same for the same arguments, but others than Azure's.
"""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Function, Node, Scope, bounded, evaluate

LARGEST = 131_072  # characters of a value. Source: ARM limits, a string of a template
MOST = 10_000  # elements of range(). Source: template-functions-array
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PLACE = re.compile(r"\{(\d{1,2})(?::[^{}]*)?\}")
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _bounded(text: str) -> str:
    if len(text) > LARGEST:
        raise TemplateInvalid(reason=f"an expression makes a text of more than {LARGEST} characters")
    return text


def _concat(_: Scope, values: list[Any]) -> Any:
    if values and isinstance(values[0], list):
        return bounded([each for value in values for each in value])
    return _bounded("".join(map(_text, values)))


def _format(_: Scope, values: list[Any]) -> str:
    template = values[0].replace("{{", "\0").replace("}}", "\1")
    filled = _PLACE.sub(lambda found: _text(values[int(found[1]) + 1]), template)
    return _bounded(filled.replace("\0", "{").replace("\1", "}"))


def _unique(_: Scope, values: list[Any]) -> str:
    digest = hashlib.sha256("-".join(map(_text, values)).encode()).digest()
    return "".join(_LETTERS[byte % 32] for byte in digest[:13])


def _contains(_: Scope, values: list[Any]) -> bool:
    whole, part = values
    if isinstance(whole, dict):
        return any(name.lower() == str(part).lower() for name in whole)
    return part in whole if isinstance(whole, list) else _text(part) in whole


def _union(_: Scope, values: list[Any]) -> Any:
    if isinstance(values[0], list):
        kept: list[Any] = []
        for each in (each for value in values for each in value):
            if each not in kept:
                kept.append(each)
        return kept
    return {name: each for value in values for name, each in value.items()}


def _range(_: Scope, values: list[Any]) -> list[int]:
    start, count = values
    if not 0 <= count <= MOST:
        raise ValueError
    return list(range(start, start + count))


def _part(_: Scope, values: list[Any]) -> str:
    text, start, *length = values
    end = start + length[0] if length else len(text)
    if not 0 <= start <= end <= len(text):
        raise ValueError
    return str(text[start:end])


def _split(_: Scope, values: list[Any]) -> list[str]:
    text, marks = values
    pattern = "|".join(map(re.escape, [marks] if isinstance(marks, str) else marks))
    return re.split(pattern, text)


def _pad(_: Scope, values: list[Any]) -> str:
    text, size, *fill = values
    if size > LARGEST:
        raise ValueError
    return _text(text).rjust(size, fill[0] if fill else " ")


def _bool(_: Scope, values: list[Any]) -> bool:
    return values[0].lower() == "true" if isinstance(values[0], str) else bool(values[0])


def _items(_: Scope, values: list[Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": values[0][name]} for name in sorted(values[0])]


def _object(_: Scope, values: list[Any]) -> dict[str, Any]:
    return {str(name): value for name, value in zip(values[::2], values[1::2], strict=True)}


# Ids


def _ids(values: list[Any]) -> tuple[str, str]:
    """The type and the names of a resource id, as `type/name/type/name`, and how many leading values were used."""
    at = next(place for place, each in enumerate(values) if "/" in each and "." in each.partition("/")[0])
    namespace, *kinds = values[at].split("/")
    names = [part for each in values[at + 1 :] for part in each.split("/")]
    if len(names) != len(kinds):
        raise ValueError
    pairs = "".join(f"/{kind}/{name}" for kind, name in zip(kinds, names, strict=True))
    return f"/providers/{namespace}{pairs}", "\n".join(values[:at])


def _resource_id(scope: Scope, values: list[Any]) -> str:
    path, above = _ids(values)
    given = above.split("\n") if above else []
    group = given[-1] if given else scope.facts["resourceGroup"]["name"]
    subscription = given[0] if len(given) == 2 else scope.facts["subscription"]["subscriptionId"]
    return f"/subscriptions/{subscription}/resourceGroups/{group}{path}"


def _subscription_id(scope: Scope, values: list[Any]) -> str:
    path, given = _ids(values)
    return f"/subscriptions/{given or scope.facts['subscription']['subscriptionId']}{path}"


def _extension_id(_: Scope, values: list[Any]) -> str:
    return str(values[0]).rstrip("/") + _ids(values[1:])[0]


def _fact(name: str) -> Function:
    return lambda scope, values: scope.facts[name]


def _named(kind: str) -> Function:
    def find(scope: Scope, values: list[Any]) -> Any:
        known = scope.facts[kind]
        found = next((name for name in known if name.lower() == str(values[0]).lower()), None)
        if found is None:
            raise TemplateInvalid(reason=f"the template {kind[:-1]} '{str(values[0])[:100]}' is not found")
        return known[found]

    return find


def _copy_index(scope: Scope, values: list[Any]) -> int:
    at = scope.facts.get("copyIndex")
    if at is None:
        raise TemplateInvalid(reason="the template function 'copyIndex' is not expected at this location")
    return int(at) + (values[-1] if values and isinstance(values[-1], int) else 0)


def _plain(function: Callable[..., Any]) -> Function:
    return lambda scope, values: function(*values)


def _json(text: str) -> Any:
    return json.loads(text)


FUNCTIONS: Mapping[str, Function] = {
    "concat": _concat, "format": _format, "uniquestring": _unique, "contains": _contains, "union": _union,
    "range": _range, "substring": _part, "split": _split, "padleft": _pad, "bool": _bool, "items": _items,
    "createobject": _object, "resourceid": _resource_id, "subscriptionresourceid": _subscription_id,
    "extensionresourceid": _extension_id, "tenantresourceid": lambda scope, values: _ids(values)[0],
    "parameters": _named("parameters"), "variables": _named("variables"), "resourcegroup": _fact("resourceGroup"),
    "subscription": _fact("subscription"), "tenant": _fact("tenant"), "deployment": _fact("deployment"),
    "environment": _fact("environment"), "utcnow": lambda scope, values: scope.facts["now"],
    "copyindex": _copy_index,
    "guid": lambda scope, values: str(uuid.uuid5(uuid.NAMESPACE_OID, "-".join(map(_text, values)))),
    "newguid": lambda scope, values: scope.facts["guid"](),
    "tolower": _plain(lambda text: text.lower()), "toupper": _plain(lambda text: text.upper()),
    "trim": _plain(lambda text: text.strip()), "string": _plain(_text), "int": _plain(int),
    "json": _plain(_json), "length": _plain(len), "empty": _plain(lambda value: value in _EMPTY),
    "first": _plain(lambda value: value[0]), "last": _plain(lambda value: value[-1]),
    "take": _plain(lambda value, count: value[: max(count, 0)]),
    "skip": _plain(lambda value, count: value[max(count, 0) :]),
    "join": _plain(lambda values, mark: _bounded(mark.join(map(_text, values)))),
    "replace": _plain(lambda text, old, new: _bounded(text.replace(old, new))),
    "startswith": _plain(lambda text, part: text.lower().startswith(part.lower())),
    "endswith": _plain(lambda text, part: text.lower().endswith(part.lower())),
    "indexof": _plain(lambda text, part: text.lower().find(part.lower())),
    "base64": _plain(lambda text: base64.b64encode(text.encode()).decode()),
    "createarray": lambda scope, values: values,
    "array": _plain(lambda value: value if isinstance(value, list) else [value]),
    "add": _plain(lambda one, two: int(one) + int(two)), "sub": _plain(lambda one, two: int(one) - int(two)),
    "mul": _plain(lambda one, two: int(one) * int(two)), "div": _plain(lambda one, two: int(int(one) / int(two))),
    "mod": _plain(lambda one, two: int(one) % int(two)),
    "min": lambda scope, values: min(values[0] if isinstance(values[0], list) else values),
    "max": lambda scope, values: max(values[0] if isinstance(values[0], list) else values),
    "equals": _plain(lambda one, two: one == two), "not": _plain(lambda value: not value),
    "less": _plain(lambda one, two: one < two), "greater": _plain(lambda one, two: one > two),
    "lessorequals": _plain(lambda one, two: one <= two), "greaterorequals": _plain(lambda one, two: one >= two),
    "true": lambda scope, values: True, "false": lambda scope, values: False, "null": lambda scope, values: None,
}  # fmt: skip


def _if(scope: Scope, arguments: tuple[Node, ...]) -> Any:
    if len(arguments) != 3:
        raise TemplateInvalid(reason="the template function 'if' takes three arguments")
    return evaluate(arguments[1] if evaluate(arguments[0], scope) else arguments[2], scope)


def _and(scope: Scope, arguments: tuple[Node, ...]) -> bool:
    return all(evaluate(each, scope) for each in arguments)


def _or(scope: Scope, arguments: tuple[Node, ...]) -> bool:
    return any(evaluate(each, scope) for each in arguments)


def _coalesce(scope: Scope, arguments: tuple[Node, ...]) -> Any:
    values = (evaluate(each, scope) for each in arguments)
    return next((each for each in values if each is not None), None)


LAZY: Mapping[str, Callable[[Scope, tuple[Node, ...]], Any]] = {
    "if": _if, "and": _and, "or": _or, "coalesce": _coalesce,
}  # fmt: skip
