"""Template expressions: `[concat(parameters('name'), 'x')]`, read into a tree and evaluated against a scope.

Source: template-expressions, template-functions (2025).
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from acrlab.domain.templates.errors import TemplateInvalid

LONGEST = 24_576  # characters. Source: ARM limits, template expression length
MOST = 50_000  # parts of a value
LARGEST = 4 * 1024 * 1024  # characters of a value. Source: ARM limits, template size
STEPS = 200_000  # turns of loops, lambdas and functions of the template's own, in one deployment
PARTS, CHARACTERS = 10, 20  # of a value that a function reads, or that comes of one: as much as one turn
BITS = 63  # of a number. Source: template-functions-numeric (2025), 64-bit integers
TURNS = 800  # of one loop. Source: ARM limits, template, resources and instances of a copy
DEEPEST = 60  # levels of an expression, and of a template
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[()\[\].,?]))")


class Literal(msgspec.Struct, frozen=True):
    """A text or a number."""

    value: Any


class Call(msgspec.Struct, frozen=True):
    """A function and its arguments."""

    name: str
    arguments: tuple["Node", ...]


class Access(msgspec.Struct, frozen=True):
    """A property or an element of something; `soft` gives null where there is none."""

    of: "Node"
    key: "Node"
    soft: bool = False


Node = Literal | Call | Access
Function = Callable[["Scope", list[Any]], Any]


class Scope(msgspec.Struct):
    """What an expression can see: functions by lower-case name, and whatever they need.

    `lazy` functions get their arguments unread, and read those they want.
    """

    functions: Mapping[str, Function]
    lazy: Mapping[str, Callable[["Scope", tuple[Node, ...]], Any]]
    facts: dict[str, Any]


def is_expression(text: str) -> bool:
    """Whether a text of a template is an expression; `[[` begins a plain text."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Read an expression, brackets and all.

    Raises: TemplateInvalid.
    """
    if len(text) > LONGEST:
        raise TemplateInvalid(reason=f"an expression has more than {LONGEST} characters")
    tokens = _tokens(text[1:-1])
    node, at = _node(tokens, 0, 0)
    if at != len(tokens):
        raise _unreadable(text, tokens[at][1])
    return node


def _tokens(text: str) -> list[tuple[str, str]]:
    found, end = [], 0
    body = text.rstrip()
    while end < len(body):
        token = _TOKEN.match(body, end)
        if token is None or token.lastgroup is None:
            raise _unreadable(text, body[end : end + 20])
        found.append((token.lastgroup, token[token.lastgroup]))
        end = token.end()
    return found


def _unreadable(text: str, where: str) -> TemplateInvalid:
    return TemplateInvalid(reason=f"the language expression {text[:200]} is not valid near {where!r}")


def _node(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[Node, int]:
    if depth > DEEPEST or at >= len(tokens):
        raise TemplateInvalid(reason="a language expression ends too early or is nested too deep")
    kind, text = tokens[at]
    node: Node
    if kind == "text":
        node, at = Literal(text[1:-1].replace("''", "'")), at + 1
    elif kind == "number":
        node, at = Literal(_number(text)), at + 1
    elif kind == "name":
        node, at = _call(tokens, at, depth)
    else:
        raise _unreadable(text, text)
    return _accessed(node, tokens, at, depth)


def _number(text: str) -> int:
    if len(text) > 20:
        raise TemplateInvalid(reason=f"the number {text[:30]} is too large")
    return int(text)


def _mark(tokens: list[tuple[str, str]], at: int) -> str:
    return tokens[at][1] if at < len(tokens) and tokens[at][0] == "mark" else ""


def _call(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[Node, int]:
    name = tokens[at][1]
    at += 1
    spaced = _mark(tokens, at) == "." and at + 1 < len(tokens) and tokens[at + 1][0] == "name"
    if spaced and _mark(tokens, at + 2) == "(":
        name, at = f"{name}.{tokens[at + 1][1]}", at + 2  # a function of a namespace
    if _mark(tokens, at) != "(":
        raise TemplateInvalid(reason=f"the language expression has the word {name!r} where a function was expected")
    arguments: list[Node] = []
    at += 1
    while _mark(tokens, at) != ")":
        node, at = _node(tokens, at, depth + 1)
        arguments.append(node)
        if _mark(tokens, at) == ",":
            at += 1
        elif _mark(tokens, at) != ")":
            raise TemplateInvalid(reason=f"the arguments of {name} do not end")
    return Call(name.lower(), tuple(arguments)), at + 1


def _accessed(node: Node, tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[Node, int]:
    steps = 0
    while (mark := _mark(tokens, at)) in (".", "[", "?"):
        steps += 1
        soft = mark == "?"
        at, mark = (at + 1, _mark(tokens, at + 1)) if soft else (at, mark)
        if depth + steps > DEEPEST:
            raise TemplateInvalid(reason="a language expression is nested too deep")
        if mark == "." and at + 1 < len(tokens) and tokens[at + 1][0] == "name":
            node, at = Access(node, Literal(tokens[at + 1][1]), soft), at + 2
            continue
        key, at = _node(tokens, at + 1, depth + 1)
        if mark != "[" or _mark(tokens, at) != "]":
            raise TemplateInvalid(reason="a language expression has an index that does not end")
        node, at = Access(node, key, soft), at + 1
    return node, at


# Evaluating

_WRONG = (
    TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError, StopIteration, RecursionError,
)  # fmt: skip


def spend(scope: Scope, turns: int = 1) -> None:
    """Count turns of loops against what a deployment may take. Raises: TemplateInvalid."""
    left = scope.facts.setdefault("steps", [STEPS])
    left[0] -= turns
    if left[0] < 0:
        raise TemplateInvalid(reason=f"the template takes more than {STEPS} turns of loops and functions")


def evaluate(node: Node, scope: Scope) -> Any:
    """The value of an expression.

    Raises: TemplateInvalid, and what functions raise.
    """
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Access):
        return _part(evaluate(node.of, scope), evaluate(node.key, scope), node.soft)
    if node.name in scope.lazy:
        return scope.lazy[node.name](scope, node.arguments)
    function = scope.functions.get(node.name)
    if function is None:
        raise TemplateInvalid(reason=f"the template function '{node.name}' is not valid or not one that acrlab has")
    values = [bounded(evaluate(each, scope), scope) for each in node.arguments]
    try:
        found = function(scope, values)
    except _WRONG:
        raise TemplateInvalid(reason=f"the arguments of the template function '{node.name}' are not valid") from None
    if isinstance(found, list):  # what is in it has been read already
        spend(scope, len(found) // PARTS)
    return _held(found)


def _part(whole: Any, key: Any, soft: bool) -> Any:
    if isinstance(whole, dict) and isinstance(key, str):
        found = next((name for name in whole if name.lower() == key.lower()), None)
        if found is not None:
            return whole[found]
    elif isinstance(whole, list | str) and isinstance(key, int) and 0 <= key < len(whole):
        return whole[key]
    if soft:
        return None
    raise TemplateInvalid(reason=f"the language expression property '{str(key)[:60]}' doesn't exist")


def resolved(value: Any, scope: Scope, depth: int = 0) -> Any:
    """A part of a template with its expressions evaluated, keys and all.

    Raises: TemplateInvalid.
    """
    if depth > DEEPEST:
        raise TemplateInvalid(reason="the template is nested too deep")
    if isinstance(value, str):
        if is_expression(value):
            return bounded(evaluate(parse(value), scope), scope)
        return value[1:] if value.startswith("[[") else value
    if isinstance(value, list | dict) and "copyIndex" in scope.facts:
        spend(scope, len(value) // PARTS)
    if isinstance(value, list):
        return [resolved(each, scope, depth + 1) for each in value]
    if isinstance(value, dict):
        loops = value.get("copy")
        if isinstance(loops, list) and loops and all(isinstance(each, dict) and "input" in each for each in loops):
            return _looped(value, loops, scope, depth)
        return {_key(name, scope): resolved(each, scope, depth + 1) for name, each in value.items()}
    return value


def _looped(value: dict[str, Any], loops: list[dict[str, Any]], scope: Scope, depth: int) -> dict[str, Any]:
    """An object whose `copy` makes some of its properties. Source: copy-properties (2025)."""
    found = {name: resolved(each, scope, depth + 1) for name, each in value.items() if name != "copy"}
    for loop in loops:
        name = str(loop.get("name", ""))
        turns = [turned(scope, name, at) for at in range(count(loop, scope))]
        found[name] = bounded([resolved(loop["input"], each, depth + 1) for each in turns], scope)
    return found


def count(loop: dict[str, Any], scope: Scope) -> int:
    """How often a loop runs. Raises: TemplateInvalid."""
    found = resolved(loop.get("count"), scope)
    if type(found) is not int or not 0 <= found <= TURNS:
        raise TemplateInvalid(reason=f"the count of a copy is a number from 0 to {TURNS}")
    spend(scope, found)
    return found


def turned(scope: Scope, name: str, at: int | None, *, own: bool = False) -> Scope:
    """The same scope inside one turn of a loop; `own` for a loop of resources, whose turn needs no name."""
    if at is None:
        return scope
    turns = {**scope.facts.get("copyIndex", {}), name.lower(): at}
    if own or "" not in turns:
        turns[""] = at
    return Scope(scope.functions, scope.lazy, {**scope.facts, "copyIndex": turns})


def bounded(value: Any, scope: Scope | None = None, largest: int = LARGEST) -> Any:
    """The value, if it is not larger or deeper than a template may be; looking at it is counted against `scope`.

    Raises: TemplateInvalid.
    """
    waiting, seen, size = [(value, 0)], 0, 0
    while waiting:
        each, depth = waiting.pop()
        seen += 1
        size += len(each) if isinstance(each, str) else sum(map(len, each)) if isinstance(each, dict) else 0
        if seen > MOST or depth > DEEPEST or size > largest:
            raise TemplateInvalid(reason="an expression makes a value that is too large or nested too deep")
        inner = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        if not inner:
            _held(each)
        waiting.extend((part, depth + 1) for part in inner)
    if scope is not None:
        spend(scope, seen // PARTS + size // CHARACTERS)
    return value


def _held(value: Any) -> Any:
    """A number or a text that JSON can carry; what is neither, as it is. Raises: TemplateInvalid."""
    large = type(value) is int and value.bit_length() > BITS
    if large or (isinstance(value, float) and not math.isfinite(value)):
        raise TemplateInvalid(reason="an expression makes a number that is too large")
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
        raise TemplateInvalid(reason="an expression makes a text with half of a character")
    return value


def _key(name: str, scope: Scope) -> str:
    return str(resolved(name, scope)) if is_expression(name) else name
