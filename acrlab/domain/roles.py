"""Roles: definitions, the wildcard rules of their actions, and what content operations need."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from acrlab.data import cited, load

LEGACY = "LegacyRegistryPermissions"
ABAC = "AbacRepositoryPermissions"


class RoleDefinition(msgspec.Struct, frozen=True):
    """What a role allows. `abac`: assignments may carry a condition on the repository's name.

    `kind` is general, control or data for a built-in role, "custom" for one that a learner defines.
    """

    id: str
    name: str
    description: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    kind: str = "custom"
    abac: bool = False
    preview: bool = False
    evidence: str = ""
    source: str = ""
    date: str = ""


class Requirement(msgspec.Struct, frozen=True):
    """What an operation on content needs in one mode: one of the alternatives, all actions of it.

    `data`: the actions are data actions. `scope` is the action word of a registry token for it.
    No alternatives: no role gives it in this mode.
    """

    operation: str
    title: str
    mode: str
    data: bool
    scope: str
    any_of: tuple[tuple[str, ...], ...]
    evidence: str
    source: str
    date: str


BUILTIN: Mapping[str, RoleDefinition]  # by id; read from the facts on first use
OPERATIONS: Mapping[tuple[str, str], Requirement]  # by operation and mode; likewise


def __getattr__(name: str) -> Any:
    tables = {"BUILTIN": _builtin, "OPERATIONS": _operations}
    if name in tables:
        return tables[name]()
    raise AttributeError(name)


def find(text: str) -> RoleDefinition | None:
    """Find a built-in role by its id or its name; case does not matter."""
    wanted = text.lower()
    return _builtin().get(wanted) or next((role for role in _builtin().values() if role.name.lower() == wanted), None)


def matches(pattern: str, action: str) -> bool:
    """Say whether a pattern covers an action: `*` is any text, slashes too; case is ignored.

    Source: Azure RBAC role definitions, control and data actions (2025-06-30).
    """
    return bool(_compiled(pattern).fullmatch(action))


def permits(definition: RoleDefinition, action: str, data: bool = False) -> bool:
    """Say whether one role allows an action: covered by its actions, not by its exclusions.

    An exclusion narrows its own role only; another role may still allow the action.
    """
    allowed = definition.data_actions if data else definition.actions
    excluded = definition.not_data_actions if data else definition.not_actions
    return any(matches(each, action) for each in allowed) and not any(matches(each, action) for each in excluded)


def requirement(operation: str, mode: str) -> Requirement:
    """Look up what an operation needs in a mode.

    Raises: KeyError for an operation or a mode that does not exist.
    """
    return _operations()[operation, mode]


def grants(definitions: Iterable[RoleDefinition], operation: str, mode: str) -> bool:
    """Say whether the roles together allow an operation on content.

    Source: roles.toml [[operation]].
    """
    held = tuple(definitions)
    need = requirement(operation, mode)
    return any(
        all(any(permits(role, action, need.data) for role in held) for action in alternative)
        for alternative in need.any_of
    )


def honoured(definition: RoleDefinition, mode: str) -> bool:
    """Say whether a role opens any content at all in a mode: AcrPull does not in ABAC mode."""
    return any(grants([definition], operation, mode) for operation in operations())


@cache
def operations() -> tuple[str, ...]:
    """List the operations on content, in the order of the facts."""
    return tuple(row["name"] for row in load("roles")["operation"])


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE | re.DOTALL)


@cache
def _builtin() -> Mapping[str, RoleDefinition]:
    facts = load("roles")
    return MappingProxyType({row["id"]: _definition(facts, row) for row in facts["role"]})


def _definition(facts: dict[str, Any], row: dict[str, Any]) -> RoleDefinition:
    source, date = cited(facts, row["source"])
    return RoleDefinition(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        actions=tuple(row.get("actions", ())),
        not_actions=tuple(row.get("notActions", ())),
        data_actions=tuple(row.get("dataActions", ())),
        not_data_actions=tuple(row.get("notDataActions", ())),
        kind=row["kind"],
        abac=row.get("abac", False),
        preview=row.get("preview", False),
        evidence=row["evidence"],
        source=source,
        date=date,
    )


@cache
def _operations() -> Mapping[tuple[str, str], Requirement]:
    facts = load("roles")
    return MappingProxyType(
        {
            (row["name"], mode["name"]): _requirement(facts, row, mode)
            for row in facts["operation"]
            for mode in facts["mode"]
        }
    )


def _requirement(facts: dict[str, Any], row: dict[str, Any], mode: dict[str, Any]) -> Requirement:
    source, date = cited(facts, row["source"])
    return Requirement(
        operation=row["name"],
        title=row["title"],
        mode=mode["name"],
        data=mode["data"],
        scope=row["scope"],
        any_of=tuple(tuple(actions) for actions in row[mode["name"]]),
        evidence=row["evidence"],
        source=source,
        date=date,
    )
