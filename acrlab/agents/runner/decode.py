"""Nodes of YAML made into values of given types, as yaml.v2 does: what does not fit is told, all of it at once.

Source: yaml.v2 (decode.go, resolve.go): keys that are not known are passed over, YAML 1.1's words for yes and no.
"""

import base64
import binascii
import math
import re
from typing import Any

import msgspec

from acrlab.agents.runner.documents import Node, YamlInvalid

WORDS: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], ("!!bool", True)),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], ("!!bool", False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("!!null", None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("!!float", math.nan)),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), ("!!float", math.inf)),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), ("!!float", -math.inf)),
    "<<": ("!!merge", "<<"),
}
INTEGER = re.compile(r"[-+]?(?:0[bB][01]{1,64}|0[oO]?[0-7]{1,22}|0[xX][0-9a-fA-F]{1,16}|0|[1-9][0-9]{0,19})")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,400}|[0-9]{1,400}(?:\.[0-9]{0,400})?)(?:[eE][-+]?[0-9]{1,9})?")
TIMESTAMP = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d{2}:\d{2}(?:\.\d{1,9})?[ \t]*"
                       r"(?:Z|[-+]\d{1,2}(?::?\d{2})?)?)?")  # fmt: skip
MOST = 400_000  # values of one document, those that aliases repeat counted each time


class Shape(msgspec.Struct, frozen=True):
    """A type of Go: `name` as its messages write it. `kind`: string, int, bool, list, dict, struct, any."""

    kind: str
    name: str
    item: "Shape | None" = None
    fields: dict[str, tuple[str, "Shape"]] = {}  # key -> attribute, shape
    make: Any = None


STRING, INT, BOOL = Shape("string", "string"), Shape("int", "int"), Shape("bool", "bool")
STRINGS, INTS = Shape("list", "[]string", STRING), Shape("list", "[]int", INT)
DICT = Shape("dict", "map[string]string", STRING)
ANY = Shape("any", "interface {}")
VALUES = Shape("dict", "templating.Values", ANY)


class Nested(dict[Any, Any]):
    """A mapping within others, which yaml.v2 makes one with keys of any type: JSON cannot hold it."""


def decoded(root: Node | None, shape: Shape, empty: Any) -> Any:
    """The value, or `empty` when there is nothing. Raises: YamlInvalid."""
    decoder = _Decoder()
    value, good = decoder.value(root, shape) if root else (None, True)
    if decoder.errors:
        raise YamlInvalid("yaml: unmarshal errors:\n" + "\n".join(f"  {text}" for text in decoder.errors))
    return value if good and value is not None else empty


def resolved(node: Node) -> tuple[str, Any]:
    """The tag and the value of a scalar."""
    if node.tag == "!!binary":
        try:
            return node.tag, base64.b64decode(node.value, validate=True).decode(errors="replace")
        except (binascii.Error, ValueError):
            raise YamlInvalid("yaml: !!binary value contains invalid base64 data") from None
    if node.tag == "!!str" or (not node.plain and not node.tag) or (node.tag and not node.tag.startswith("!!")):
        return "!!str", node.value
    tag, value = _plain(node.value)
    if not node.tag or node.tag == tag:
        return tag, value
    if node.tag == "!!float" and tag == "!!int":
        return node.tag, float(value)
    raise YamlInvalid(f"yaml: cannot decode {tag} `{node.value}` as a {node.tag}")


def _plain(text: str) -> tuple[str, Any]:
    if text in WORDS:
        return WORDS[text]
    if text[:1] not in "0123456789+-.":
        return "!!str", text
    if TIMESTAMP.fullmatch(text):
        return "!!timestamp", text
    plain = text.replace("_", "")
    if INTEGER.fullmatch(plain):
        value = _integer(plain)
        if -(1 << 63) <= value < 1 << 64:
            return "!!int", value
    if FLOAT.fullmatch(plain):
        value = float(plain)
        if math.isfinite(value):
            return "!!float", value
    return "!!str", text


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    base = 8 if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit() else 0
    return int(text, base)


class _Decoder:
    def __init__(self) -> None:
        self.errors: list[str] = []
        self.count = 0

    def value(self, node: Node, shape: Shape) -> tuple[Any, bool]:
        """The value, and whether there is one."""
        self.count += 1
        if self.count > MOST:
            raise YamlInvalid("yaml: document contains excessive aliasing")
        return READERS[node.kind](self, node, shape)

    def wrong(self, node: Node, tag: str, shape: Shape) -> tuple[Any, bool]:
        text = f"`{node.value[:7]}...`" if len(node.value.encode()) > 10 else f"`{node.value}`"
        written = node.tag or tag
        told = written if node.kind != "scalar" else f"{written} {text}"
        self.errors.append(f"line {node.line}: cannot unmarshal {told} into {shape.name}")
        return None, False

    def scalar(self, node: Node, shape: Shape) -> tuple[Any, bool]:
        tag, value = resolved(node)
        if tag == "!!null":
            return None, True
        if shape.kind == "any":
            return value, True
        if shape.kind == "string":
            return (value if tag == "!!binary" else node.value), True
        if shape.kind == "bool" and tag == "!!bool":
            return value, True
        if shape.kind == "int" and tag in ("!!int", "!!float") and -(1 << 63) <= value < 1 << 63:
            return int(value), True
        return self.wrong(node, tag, shape)

    def loop(self, node: Node, shape: Shape) -> tuple[Any, bool]:
        raise YamlInvalid(f"yaml: anchor '{node.value}' value contains itself")

    def sequence(self, node: Node, shape: Shape) -> tuple[Any, bool]:
        if shape.kind not in ("list", "any"):
            return self.wrong(node, "!!seq", shape)
        found = [self.value(child, shape.item or ANY) for child in node.children]
        item = shape.item or ANY
        return [_zero(value, item) for value, good in found if good], True

    def mapping(self, node: Node, shape: Shape) -> tuple[Any, bool]:
        if shape.kind == "struct":
            return self._struct(node, shape)
        if shape.kind not in ("dict", "any"):
            return self.wrong(node, "!!map", shape)
        found: dict[Any, Any] = {} if shape.kind == "dict" else Nested()
        for key, child in _pairs(node):
            if _merges(key):
                for other in self._merged(child):
                    found.update(self.mapping(other, shape)[0])
                continue
            name, good = self.value(key, STRING if shape.kind == "dict" else ANY)
            value, fits = self.value(child, shape.item or ANY)
            if good and fits:
                found[_hashable(name)] = _zero(value, shape.item or ANY)
        return found, True

    def _struct(self, node: Node, shape: Shape) -> tuple[Any, bool]:
        target = shape.make()
        self._fill(node, shape, target)
        return target, True

    def _fill(self, node: Node, shape: Shape, target: Any) -> None:
        for key, child in _pairs(node):
            if _merges(key):
                for other in self._merged(child):
                    self._fill(other, shape, target)
                continue
            name, good = self.value(key, STRING)
            field = shape.fields.get(name) if good and isinstance(name, str) else None
            if field:
                value, fits = self.value(child, field[1])
                if fits:
                    setattr(target, field[0], _zero(value, field[1]))

    def _merged(self, node: Node) -> list[Node]:
        self.count += 1
        if self.count > MOST:
            raise YamlInvalid("yaml: document contains excessive aliasing")
        if node.kind == "map":
            return [node]
        if node.kind == "seq" and all(child.kind == "map" for child in node.children):
            return node.children[::-1]
        raise YamlInvalid("yaml: map merge requires map or sequence of maps as the value")


def _pairs(node: Node) -> list[tuple[Node, Node]]:
    return list(zip(node.children[::2], node.children[1::2], strict=True))


def _merges(key: Node) -> bool:
    return key.kind == "scalar" and key.value == "<<" and key.plain and key.tag in ("", "!!merge")


def _zero(value: Any, shape: Shape) -> Any:
    """A null is the zero of its type; that of a struct behind a pointer is none."""
    if value is not None:
        return value
    return {"string": "", "int": 0, "bool": False, "list": []}.get(shape.kind)


def _hashable(key: Any) -> Any:
    if isinstance(key, list | dict):
        raise YamlInvalid(f"yaml: invalid map key: {key!r}")
    return "" if key is None else key


READERS = {"loop": _Decoder.loop, "scalar": _Decoder.scalar, "seq": _Decoder.sequence, "map": _Decoder.mapping}
