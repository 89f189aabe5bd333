"""Scope maps: the grammar of their actions, and what an action lets a token do.

Source: container-registry-token-based-repository-permissions (2025-05-01).
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from acrlab.domain import names
from acrlab.domain.access_errors import ScopeMapActionInvalid
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.registry import Field

TYPE = f"{REGISTRIES}/scopeMaps"
NAME = re.compile(r"[a-zA-Z0-9_-]{5,50}")
SYSTEM, USER = "SystemDefined", "UserDefined"
_READ = Field(kind="string", read_only=True)
SHAPE = Field(
    kind="object", label="ScopeMap",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True),
        "properties": Field(
            kind="object", label="ScopeMapProperties",
            fields={
                "description": Field(kind="string"), "actions": Field(kind="array"),
                "type": _READ, "creationDate": _READ, "provisioningState": _READ,
            },
        ),
    },
)  # fmt: skip
# What each kind of action lets a token do, in the words of registry tokens.
OPERATIONS: Mapping[str, str] = {
    "content/read": "pull", "content/write": "push", "content/delete": "delete", "metadata/read": "metadata_read",
    "metadata/write": "metadata_write",
}  # fmt: skip
_GATEWAY = ("config/read", "config/write", "message/read", "message/write")
_ACTION = re.compile(r"(?P<kind>repositories|gateway)/(?P<name>.+)/(?P<verb>[a-z]+/[a-z]+)")
_EVERY = "repositories/*/"
# The maps that come with every registry: description and actions.
PROVIDED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "_repositories_admin": (
        "Can perform all read, write and delete operations on the registry", tuple(_EVERY + verb for verb in OPERATIONS)
    ),
    "_repositories_pull": ("Can pull any repository of the registry", (f"{_EVERY}content/read",)),
    "_repositories_push": (
        "Can push to any repository of the registry", (f"{_EVERY}content/read", f"{_EVERY}content/write")
    ),
}  # fmt: skip


class Action(msgspec.Struct, frozen=True):
    """One line of a scope map, in its parts: `repositories/team/*/content/read`."""

    kind: str
    name: str
    verb: str

    def covers(self, repository: str) -> bool:
        """Say whether a repository is meant; a trailing wildcard takes in those that do not exist yet."""
        if self.name == "*":
            return True
        return repository.startswith(self.name[:-1]) if self.name.endswith("/*") else repository == self.name


def action(text: object) -> Action:
    """Read one action.

    Raises: ScopeMapActionInvalid.
    """
    found = _ACTION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise _invalid(text, "it has the form repositories/<repository>/content/read")
    kind, name, verb = found["kind"], found["name"], found["verb"]
    verbs = tuple(OPERATIONS) if kind == "repositories" else _GATEWAY
    if verb not in verbs:
        raise _invalid(text, f"{verb} is not one of {', '.join(verbs)}")
    if kind == "repositories":
        _require_name(text, name)
    return Action(kind, name, verb)


def _require_name(text: object, name: str) -> None:
    plain = name.removesuffix("/*") if name != "*" else ""
    if "*" in plain:
        raise _invalid(text, "a wildcard stands alone or at the end after a slash, and only once")
    if plain and (len(plain) > names.LONGEST_REPOSITORY or not names.REPOSITORY.fullmatch(plain)):
        raise _invalid(text, "that is not a repository name")


def _invalid(text: object, reason: str) -> ScopeMapActionInvalid:
    return ScopeMapActionInvalid(action=str(text)[:120], reason=reason)


def allowing(actions: Iterable[str], operation: str, repository: str) -> str:
    """The first action that lets a token do something with a repository, "" for none. "*" asks for any repository."""
    for text in actions:
        line = action(text)
        reaches = line.kind == "repositories" and (repository == "*" or line.covers(repository))
        if reaches and OPERATIONS[line.verb] == operation:
            return text
    return ""
