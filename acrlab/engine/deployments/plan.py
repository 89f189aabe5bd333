"""A template that was read: its resources, where they will be, and which waits for which."""

from collections.abc import Callable
from typing import Any

import msgspec

from acrlab.domain import projection
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Scope
from acrlab.domain.templates.template import Planned
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.types import ResourceType

TYPE = "Microsoft.Resources/deployments"
REGISTRIES = "microsoft.containerregistry"
Show = Callable[[Resource, str], dict[str, Any]]  # a resource as its GET has it


class Plan(msgspec.Struct):
    """A template that was read: its scope, and the resources in its order."""

    ask: Ask
    template: dict[str, Any]
    scope: Scope
    rows: list[Planned]
    show: Show
    done: dict[str, Planned] = {}
    depth: int = 0


def target(plan: Plan, each: Planned) -> ResourceId:
    """The id that a resource of the template has, or will have."""
    namespace, *kinds = each.kind.split("/")
    ask = plan.ask
    if each.on:
        above = each.on if each.on.startswith("/") else f"{ask.id.parent}/providers/{_paired(each.on)}"
        return parse(above).extension(namespace, kinds[0], each.name)
    return ResourceId(ask.id.subscription, ask.id.group, namespace, tuple(kinds), tuple(each.name.split("/")))


def _paired(text: str) -> str:
    """`Microsoft.X/a/b/name/name` as `Microsoft.X/a/name/b/name`."""
    namespace, *rest = text.split("/")
    half = len(rest) // 2
    return "/".join((namespace, *(part for pair in zip(rest[:half], rest[half:], strict=False) for part in pair)))


def blocked(plan: Plan, each: Planned, waiting: list[Planned]) -> bool:
    """Whether a resource waits for another one that is not there yet."""
    wanted = {each.lower().strip("/") for each in each.depends}
    return any(wanted & _names(plan, other) for other in waiting if other is not each)


def _names(plan: Plan, each: Planned) -> set[str]:
    found = {each.name, each.symbol, f"{each.kind}/{each.name}", str(target(plan, each)).strip("/")}
    pairs = f"{target(plan, each)}".partition("/providers/")[2]
    return {name.lower() for name in (*found, pairs) if name}


def circular(each: Planned) -> TemplateInvalid:
    """The refusal of resources that wait for each other."""
    return TemplateInvalid(reason=f"circular dependency detected on resource: '{each.name[:100]}'")


def served(row: ResourceType, version: str) -> str:
    """The api-version that answers for the one asked for. Raises: TemplateInvalid."""
    if row.namespace.lower() != REGISTRIES:
        return version
    found = projection.resolve(version)
    if not found.supported:
        raise TemplateInvalid(reason=f"the api-version '{version[:40]}' is not one of the type {row.path}")
    return found.served
