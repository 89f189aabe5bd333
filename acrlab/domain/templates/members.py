"""Functions that a template brings along. Source: user-defined-functions (2025), and what Bicep compiles them to."""

from collections.abc import Iterator
from typing import Any

from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Function, Scope, resolved, spend

DEEPEST = 20  # functions of a template that call each other


def functions(template: dict[str, Any]) -> dict[str, Function]:
    """By lower-case `namespace.name`. Raises: TemplateInvalid."""
    return dict(_every(template.get("functions") or []))


def _every(spaces: Any) -> Iterator[tuple[str, Function]]:
    if not isinstance(spaces, list) or not all(isinstance(each, dict) for each in spaces):
        raise TemplateInvalid(reason="the functions of a template are a list of namespaces")
    for space in spaces:
        own = space.get("members")
        if not isinstance(own, dict) or not all(isinstance(each, dict) for each in own.values()):
            raise TemplateInvalid(reason="a namespace of functions has members")
        for name, rule in own.items():
            yield f"{space.get('namespace', '')}.{name}".lower(), _function(name, rule)


def _function(name: str, rule: dict[str, Any]) -> Function:
    wanted, output = rule.get("parameters") or [], rule.get("output")
    if not isinstance(output, dict) or not isinstance(wanted, list):
        raise TemplateInvalid(reason=f"the function '{name[:60]}' needs parameters and an output")
    names = [str(each.get("name")) for each in wanted if isinstance(each, dict)]

    def call(scope: Scope, values: list[Any]) -> Any:
        if len(values) != len(names):
            raise TemplateInvalid(reason=f"the function '{name[:60]}' takes {len(names)} arguments")
        spend(scope)
        depth = scope.facts.get("called", 0) + 1
        if depth > DEEPEST:
            raise TemplateInvalid(reason=f"the function '{name[:60]}' calls itself")
        bound = dict(zip(names, values, strict=True))
        return resolved(
            output.get("value"),
            Scope(scope.functions, scope.lazy, {**scope.facts, "parameters": bound, "variables": {}, "called": depth}),
        )

    return call
