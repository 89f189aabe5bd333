"""Functions that read their arguments themselves: conditions, and those that take a lambda.

Source: template-functions-lambda, template-functions-logical (2025).
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Call, Function, Literal, Node, Scope, bounded, evaluate, spend

Lazy = Callable[[Scope, tuple[Node, ...]], Any]


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


# Lambdas


def variables(scope: Scope, values: list[Any]) -> Any:
    """The value that an enclosing lambda was called with."""
    bound = scope.facts.get("lambda", {})
    if values[0] not in bound:
        raise TemplateInvalid(reason=f"the lambda variable '{str(values[0])[:60]}' is not found")
    return bound[values[0]]


def _lambda(scope: Scope, node: Node) -> Callable[..., Any]:
    """What a lambda does with its values. Raises: TemplateInvalid for what is none."""
    if not isinstance(node, Call) or node.name != "lambda" or not node.arguments:
        raise TemplateInvalid(reason="a lambda expression was expected as an argument")
    *names, body = node.arguments
    if not all(isinstance(each, Literal) and isinstance(each.value, str) for each in names):
        raise TemplateInvalid(reason="the variables of a lambda expression are names")
    words = [each.value for each in names if isinstance(each, Literal)]

    def call(*values: Any) -> Any:
        spend(scope)
        bound = {**scope.facts.get("lambda", {}), **dict(zip(words, values, strict=False))}
        return evaluate(body, Scope(scope.functions, scope.lazy, {**scope.facts, "lambda": bound}))

    return call if len(words) > 1 else lambda *values: call(values[0])


def _over(kind: type, apply: Callable[[Any, Callable[..., Any]], Any]) -> Lazy:
    """A function of a value of that kind and one lambda."""

    def run(scope: Scope, arguments: tuple[Node, ...]) -> Any:
        if len(arguments) != 2:
            raise TemplateInvalid(reason="a function with a lambda expression takes a value and the expression")
        value = evaluate(arguments[0], scope)
        if not isinstance(value, kind):
            raise TemplateInvalid(reason=f"a function with a lambda expression takes an {kind.__name__} first")
        return bounded(apply(value, _lambda(scope, arguments[1])), scope)

    return run


def _filtered(values: list[Any], wanted: Callable[..., Any]) -> list[Any]:
    return [each for at, each in enumerate(values) if wanted(each, at)]


def _sorted(values: list[Any], less: Callable[..., Any]) -> list[Any]:
    return sorted(values, key=functools.cmp_to_key(lambda one, two: -1 if less(one, two) else 1))


def _grouped(values: list[Any], key: Callable[..., Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for at, each in enumerate(values):
        found.setdefault(str(key(each, at)), []).append(each)
    return found


def _reduce(scope: Scope, arguments: tuple[Node, ...]) -> Any:
    if len(arguments) != 3:
        raise TemplateInvalid(reason="the template function 'reduce' takes a list, a start and a lambda expression")
    values, start = evaluate(arguments[0], scope), evaluate(arguments[1], scope)
    step = _lambda(scope, arguments[2])
    if not isinstance(values, list):
        raise TemplateInvalid(reason="the template function 'reduce' takes a list first")
    steps = enumerate(values)
    return functools.reduce(lambda so_far, each: bounded(step(so_far, each[1], each[0]), scope), steps, start)


def _object(scope: Scope, arguments: tuple[Node, ...]) -> dict[str, Any]:
    if len(arguments) not in (2, 3):
        raise TemplateInvalid(reason="the template function 'toObject' takes a list and one or two lambda expressions")
    values, calls = evaluate(arguments[0], scope), [_lambda(scope, each) for each in arguments[1:]]
    if not isinstance(values, list):
        raise TemplateInvalid(reason="the template function 'toObject' takes a list first")
    found = {str(calls[0](each)): calls[1](each) if len(calls) == 2 else each for each in values}
    return dict(bounded(found, scope))


FUNCTIONS: Mapping[str, Function] = {"lambdavariables": variables}
LAZY: Mapping[str, Lazy] = {
    "if": _if, "and": _and, "or": _or, "coalesce": _coalesce, "reduce": _reduce, "toobject": _object,
    "map": _over(list, lambda values, call: [call(each, at) for at, each in enumerate(values)]),
    "filter": _over(list, _filtered), "sort": _over(list, _sorted), "groupby": _over(list, _grouped),
    "mapvalues": _over(dict, lambda value, call: {name: call(each) for name, each in value.items()}),
}  # fmt: skip
