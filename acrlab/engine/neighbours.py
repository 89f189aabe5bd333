"""Bodies of what stands around a registry: what the lab uses is checked, the rest is kept as it was sent."""

from collections.abc import Mapping
from typing import Any

from acrlab.domain.arm_errors import PropertyInvalid
from acrlab.domain.registry import Field, read, shown
from acrlab.engine.ask import Ask

_READ = Field(kind="string", read_only=True)
_IDENTITY = Field(kind="object", truth="stored")
ENVELOPE = Field(
    kind="object", label="Resource",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "etag": _READ, "systemData": Field(kind="object", read_only=True),
        "location": Field(kind="string"), "tags": Field(kind="map"), "sku": Field(kind="object", truth="stored"),
        "kind": Field(kind="string", truth="stored"), "zones": Field(kind="array", truth="stored"),
        "identity": _IDENTITY, "extendedLocation": Field(kind="object", truth="stored"),
        "properties": Field(kind="object"),
    },
)  # fmt: skip
_JSON = {str: "string", dict: "object", list: "array", bool: "boolean", int: "integer"}
DEEPEST = 20  # levels of a body


def tracked(ask: Ask) -> dict[str, Any]:
    """The body as it was sent, a PATCH laid over what is there; `properties` is always an object.

    Raises: BodyInvalid, PropertyInvalid. Source: ARM RPC, resource envelope.
    """
    given = read(ENVELOPE, ask.given, ask.version, kind="")
    _require_shallow(given, DEEPEST)
    before = dict(ask.known.body) if ask.known is not None and ask.patch else {}
    properties = {**before.get("properties", {}), **given.get("properties", {})}
    return {**before, **given, "properties": properties}


def _require_shallow(value: Any, left: int) -> None:
    if left == 0:
        raise PropertyInvalid(reason=f"The request content is nested more than {DEEPEST} levels deep.")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _require_shallow(each, left - 1)


def checked(properties: Mapping[str, Any], **kinds: type) -> None:
    """Hold the named properties, where they are given, to their kind.

    Raises: PropertyInvalid.
    """
    for name, kind in kinds.items():
        value = properties.get(name)
        if value is not None and not isinstance(value, kind):
            raise PropertyInvalid(reason=f"The property '{name}' takes an {_JSON[kind]}, not {shown(value)}.")


def objects(properties: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects, each with `properties` of its own.

    Raises: PropertyInvalid.
    """
    found = properties.get(name) or []
    fits = isinstance(found, list) and all(
        isinstance(each, dict) and isinstance(each.get("properties", {}), dict) for each in found
    )
    if not fits:
        raise PropertyInvalid(reason=f"The property '{name}' takes a list of objects, not {shown(found)}.")
    return list(found)


def reference(properties: Mapping[str, Any], name: str) -> str:
    """The id in a property of the form `{"id": ...}`; empty when there is none.

    Raises: PropertyInvalid.
    """
    found = properties.get(name) or {}
    if not isinstance(found, dict) or not isinstance(found.get("id", ""), str):
        raise PropertyInvalid(reason=f"The property '{name}' takes a reference with an id, not {shown(found)}.")
    return str(found.get("id", ""))
