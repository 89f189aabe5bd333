"""Management locks: what keeps resources from being deleted or changed, whatever a role allows.

The data plane does not know them: images are kept by attributes of their own (engine.locks).
Source: azure-resource-manager/management/lock-resources (2025); azure-mgmt-resource, management locks.
"""

import re
from collections.abc import Iterator
from typing import Any

from acrlab.domain.authorization_errors import LockInvalid, LockNameInvalid, ScopeLocked
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.registry import Field, read
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.world import World

PATH = "Microsoft.Authorization/locks"
MARK = f"/providers/{PATH}/".lower()
LONGEST_NAME, LONGEST_NOTES = 260, 512  # characters. Source: azure-mgmt-resource, management locks
_FOREIGN = re.compile(r"[<>%&:\\?/\x00-\x1f\x7f]")
_VERBS = {"DELETE": "delete", "PUT": "write", "PATCH": "write", "POST": "write"}
_LEVELS = {"delete": ("CanNotDelete", "ReadOnly"), "write": ("ReadOnly",)}  # what stands against a verb
_TEXT, _READ = Field(kind="string"), Field(kind="string", read_only=True)
SHAPE = Field(
    kind="object", label="ManagementLockObject",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True),
        "properties": Field(
            kind="object", label="ManagementLockProperties",
            fields={
                "level": Field(kind="string", values=("CanNotDelete", "ReadOnly")), "notes": _TEXT,
                "owners": Field(
                    kind="array", label="ManagementLockOwner", truth="stored",
                    fields={"applicationId": Field(kind="string", truth="stored")},
                ),
            },
        ),
    },
)  # fmt: skip


def check_name(name: str) -> None:
    """Raises: LockNameInvalid."""
    if len(name) > LONGEST_NAME or _FOREIGN.search(name):
        raise LockNameInvalid(name=name[:LONGEST_NAME])


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a lock. Raises: BodyInvalid, LockInvalid."""
    given = read(SHAPE, ask.given, ask.version, kind="").get("properties", {})
    if "level" not in given:
        raise BodyInvalid(reason="Required property 'level' not found in JSON. Path 'properties'.")
    if len(given.get("notes", "")) > LONGEST_NOTES:
        raise LockInvalid(reason=f"its notes have more than {LONGEST_NOTES} characters")
    return {"properties": given}


def every(world: World) -> Iterator[tuple[ResourceId, Resource]]:
    """Each lock with what it stands on."""
    for key, each in world.state.resources.items():
        if MARK in key:
            yield parse(each.id).parent or ResourceId(), each


def require(world: World, method: str, action: str, target: ResourceId) -> None:
    """Let a request at a resource pass when no lock stands against it; locks themselves can always be changed.

    A deletion is stopped by locks on anything that would go with it, too. A POST counts as a write, also where it
    only reads: listCredentials is stopped by ReadOnly.
    Raises: ScopeLocked.
    Source: lock-resources (2025): "all POST operations are prevented by a ReadOnly lock"; messages in public logs.
    """
    verb = _VERBS.get(method)
    if verb is None or action.endswith("/read") or action.startswith(PATH):
        return
    above, below = {each.key for each in target.within()}, f"{target.key.rstrip('/')}/"
    found = [
        (scope, lock) for scope, lock in every(world)
        if lock.body["properties"]["level"] in _LEVELS[verb]
        and (scope.key in above or (verb == "delete" and scope.key.startswith(below)))
    ]  # fmt: skip
    if found:
        raise _refusal(verb, target, sorted(found, key=lambda each: each[1].id.lower()))


def _refusal(verb: str, target: ResourceId, found: list[tuple[ResourceId, Resource]]) -> ScopeLocked:
    locked = ",".join(f"'{scope}'" for scope in dict.fromkeys(str(scope) for scope, _ in found))
    refusal = ScopeLocked(scope=str(target), verb=verb, locked=locked)
    for scope, lock in found:
        name = lock.id.rpartition("/")[2]
        refusal.why(f"the lock {name} ({lock.body['properties']['level']}) on {scope} stands against it")
    return refusal


def listed(world: World, at: ResourceId, *, above: bool = False) -> list[Resource]:
    """The locks at a scope and on everything in it, or at it and above it; by id."""
    over = {each.key for each in at.within()}
    found = [
        lock for scope, lock in every(world)
        if (scope.key in over if above else f"{scope.key}/".startswith(f"{at.key.rstrip('/')}/"))
    ]  # fmt: skip
    return sorted(found, key=lambda each: each.id.lower())
