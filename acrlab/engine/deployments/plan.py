"""A template that was read: its resources, where they will be, and which waits for which."""

from collections.abc import Callable
from typing import Any

import msgspec

from acrlab.domain import projection
from acrlab.domain.resource_id import GROUP_TYPE, ResourceId, parse
from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Scope
from acrlab.domain.templates.template import Planned
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.types import ResourceType

TYPE = "Microsoft.Resources/deployments"
REGISTRIES = "microsoft.containerregistry"
COMPLETE = "Complete"
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
    mode: str = "Incremental"
    address: str = ""  # where the template came from
    given: dict[str, Any] = {}  # the values of parameters
    edges: list[set[int]] = []  # what each resource waits for
    foreseeing: bool = False  # nothing will be made: what is there is referred to as it is
    named: set[str] = set()  # keys of what this template and those inside it make


def target(plan: Plan, each: Planned) -> ResourceId:
    """The id that a resource of the template has, or will have."""
    namespace, *kinds = each.kind.split("/")
    ask = plan.ask
    subscription = (each.subscription or ask.id.subscription).lower()
    if each.kind.lower() == GROUP_TYPE.lower():
        return ResourceId(subscription, each.name)
    if each.on:
        above = each.on if each.on.startswith("/") else f"{ask.id.parent}/providers/{_paired(each.on)}"
        return parse(above).extension(namespace, kinds[0], each.name)
    group = each.group or ask.id.group
    return ResourceId(subscription, group, namespace, tuple(kinds), tuple(each.name.split("/")))


def _paired(text: str) -> str:
    """`Microsoft.X/a/b/name/name` as `Microsoft.X/a/name/b/name`; what is written in pairs already, as it is."""
    namespace, *rest = text.split("/")
    half = len(rest) // 2
    return "/".join((namespace, *(part for pair in zip(rest[:half], rest[half:], strict=False) for part in pair)))


def linked(plan: Plan) -> list[set[int]]:
    """Which resources each one depends on, by their places in the plan."""
    places: dict[str, set[int]] = {}
    for at, each in enumerate(plan.rows):
        for name in () if each.existing else _names(plan, each):
            places.setdefault(name, set()).add(at)
    return [_wanted(each, places) - {at} for at, each in enumerate(plan.rows)]


def _wanted(each: Planned, places: dict[str, set[int]]) -> set[int]:
    return {at for name in each.depends for at in places.get(name.lower().strip("/"), ())}


def _names(plan: Plan, each: Planned) -> set[str]:
    """What a resource of the template is called in it, in lower case."""
    turn = f"{each.symbol}[{each.turns['']}]" if each.symbol and "" in each.turns else ""
    id = target(plan, each)
    found = {each.name, each.symbol, turn, f"{each.kind}/{each.name}", str(id).strip("/")}
    return {name.lower() for name in (*found, str(id).partition("/providers/")[2]) if name}


def circular(each: Planned) -> TemplateInvalid:
    """The refusal of resources that wait for each other."""
    return TemplateInvalid(reason=f"circular dependency detected on resource: '{each.name[:100]}'")


def served(row: ResourceType, version: str) -> str:
    """The api-version that answers for the one asked for. Raises: TemplateInvalid."""
    if row.namespace.lower() != REGISTRIES:
        return version
    if version.lower() in row.versions:
        return version.lower()
    found = projection.resolve(version)
    if not found.supported:
        raise TemplateInvalid(reason=f"the api-version '{version[:40]}' is not one of the type {row.path}")
    return found.served
