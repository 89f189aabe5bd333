"""The catalogue of what a role can allow on a registry, and whether a pattern covers any of it."""

import re
from functools import cache

from acrlab.data import load
from acrlab.domain import roles

NAMESPACE = "Microsoft.ContainerRegistry"
LONGEST = 400  # characters of one action; inferred, no published figure
_GRAMMAR = re.compile(r"\*|[A-Za-z*][\w.*-]*(/[\w.*-]+)+")


@cache
def catalogue(data: bool = False) -> tuple[str, ...]:
    """The operations of Microsoft.ContainerRegistry; with `data` its data actions. Source: actions.toml."""
    groups = (row for row in load("actions")["action"] if row.get("data", False) == data)
    found = {"/".join(filter(None, (NAMESPACE, row["on"], name))) for row in groups for name in row["actions"]}
    return tuple(sorted(found))


def exists(pattern: str, data: bool = False) -> bool:
    """Say whether a pattern names an operation. What other providers offer is not known here: they are believed.

    Source: "'...' does not match any of the actions supported by the providers", quoted in public logs (2021-2026).
    """
    if len(pattern) > LONGEST or not _GRAMMAR.fullmatch(pattern):
        return False
    if pattern.partition("/")[0].lower() != NAMESPACE.lower():
        return True
    return any(roles.matches(pattern, action) for action in catalogue(data))
