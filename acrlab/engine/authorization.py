"""Who may do what where: role assignments, and the verdict with its reasons."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from acrlab.domain import conditions, events, resource_id, roles
from acrlab.domain.access import Principal, Verdict
from acrlab.domain.resource_id import ResourceId
from acrlab.domain.roles import RoleDefinition
from acrlab.engine.access import repository_tokens, runs
from acrlab.engine.state import Registry, Resource
from acrlab.engine.world import World

NAMESPACE = "Microsoft.Authorization"
ASSIGNMENTS = "/providers/microsoft.authorization/roleassignments/"
DEFINITIONS = "/providers/microsoft.authorization/roledefinitions/"
EVERYTHING = frozenset(("pull", "push", "delete", "metadata_read", "metadata_write", "deleted_read", "deleted_restore"))
ANONYMOUS = frozenset(("pull", "metadata_read"))
CATALOGS = {"catalog": "catalog", "deleted_catalog": "deleted_read"}  # a registry scope and the operation it stands for
_WORDS = sorted(EVERYTHING)
ANY_REPOSITORY = "*"  # stands for whichever one: is there any on which something is allowed?
KINDS_WITH_ROLES = ("user", "servicePrincipal", "managedIdentity")
KINDS = {"user": "User"}  # how assignments call a kind of principal; all others are ServicePrincipal


class Held(msgspec.Struct, frozen=True):
    """A role that a principal holds, and the scope it was assigned at."""

    role: RoleDefinition
    scope: str
    condition: str = ""

    def __str__(self) -> str:
        return f"{self.role.name} at {self.scope}" + (" with a condition" if self.condition else "")

    def allows(self, action: str, data: bool, repository: str = "") -> bool:
        """Say whether the role covers the action and its condition lets it through."""
        if not roles.permits(self.role, action, data):
            return False
        return repository == ANY_REPOSITORY or conditions.allows(self.condition, action, repository)


def definition(world: World, role: str) -> RoleDefinition | None:
    """The role with that GUID: built in, or one that a learner defined."""
    found = roles.BUILTIN.get(role.lower())
    if found is not None:
        return found
    custom = world.state.resources.get(custom_key(world, role))
    return custom_definition(custom) if custom is not None else None


def custom_key(world: World, role: str) -> str:
    """Where state keeps a learner's role: always on the subscription, wherever it may be assigned."""
    return f"/subscriptions/{world.state.subscription}{DEFINITIONS}{role}".lower()


def custom_definitions(world: World) -> Iterator[Resource]:
    """Every role that a learner defined."""
    return (each for key, each in world.state.resources.items() if DEFINITIONS in key)


def custom_definition(resource: Resource) -> RoleDefinition:
    """A learner's role as the same struct the built-in ones have."""
    properties = resource.body["properties"]
    permissions = (properties.get("permissions") or [{}])[0]
    return RoleDefinition(
        id=resource.id.rpartition("/")[2], name=properties["roleName"], description=properties.get("description", ""),
        actions=tuple(permissions.get("actions", ())), not_actions=tuple(permissions.get("notActions", ())),
        data_actions=tuple(permissions.get("dataActions", ())),
        not_data_actions=tuple(permissions.get("notDataActions", ())),
    )  # fmt: skip


def assignments(world: World) -> Iterator[Resource]:
    """Every role assignment of the world."""
    return (each for key, each in world.state.resources.items() if ASSIGNMENTS in key)


def held(world: World, principal: Principal, scope: str) -> list[Held]:
    """The roles a principal holds at a scope, assigned there or above."""
    above = {str(each).lower() for each in resource_id.parse(scope).within()}
    return [
        Held(role, each.body["properties"]["scope"], each.body["properties"].get("condition") or "")
        for each in assignments(world)
        if each.body["properties"]["principalId"] == principal.id
        and each.body["properties"]["scope"].lower() in above
        and (role := definition(world, each.body["properties"]["roleDefinitionId"].rpartition("/")[2]))
    ]


def permits(world: World, principal: Principal, action: str, scope: str, *, data: bool = False) -> Verdict:
    """Decide whether a principal may perform an action at a scope.

    Source: Azure RBAC, "How Azure RBAC determines access": assignments add up, an exclusion narrows its own role only.
    """
    found = held(world, principal, scope)
    for each in found:
        if each.allows(action, data):
            return Verdict(True, (f"{each} allows {action}",))
    return Verdict(False, _missing(principal, found, action, scope, data))


def _missing(principal: Principal, found: Iterable[Held], action: str, scope: str, data: bool) -> tuple[str, ...]:
    kind = "data action" if data else "action"
    names = ", ".join(map(str, found)) or "no role at this scope or above"
    return (f"{kind} {action} is needed at {scope}", f"{principal.kind} {principal.name} holds {names}")


def mode(world: World, registry: Registry) -> str:
    """How a registry judges roles: legacy permissions, or with attributes of repositories."""
    resource = world.state.resources.get(registry.resource.lower())
    properties: dict[str, Any] = resource.body["properties"] if resource is not None else {}
    return str(properties.get("roleAssignmentMode") or roles.LEGACY)


def token_actions(world: World, registry: Registry, principal: Principal, kind: str, name: str) -> frozenset[str]:
    """The action words a registry token for this principal may carry, for one repository or catalogue.

    `kind` and `name` as in token scopes: `repository` and its name, `registry` and `catalog`.
    Source: container-registry-rbac-built-in-roles-directory-reference (2026-06-11).
    """
    if kind == "registry":
        listed = name in CATALOGS and operates(world, registry, principal, CATALOGS[name])
        return frozenset("*") if listed else frozenset()
    if kind not in ("repository", "artifact-repository"):
        return frozenset()
    return frozenset(word for word in _WORDS if operates(world, registry, principal, word, name))


def operates(world: World, registry: Registry, principal: Principal, operation: str, repository: str = "") -> bool:
    """Say whether a principal may do one of the operations of roles.toml."""
    return bool(grounds(world, registry, principal, operation, repository))


def grounds(
    world: World, registry: Registry, principal: Principal, operation: str, repository: str = ""
) -> tuple[str, ...]:  # fmt: skip
    """What lets a principal do one of the operations of roles.toml; nothing when it may not."""
    own = _GROUNDS.get(principal.kind)
    if own is not None:
        return own(world, registry, principal, operation, repository)
    found = held(world, principal, registry.resource)
    need = roles.requirement(operation, mode(world, registry))
    for alternative in need.any_of:
        givers = [_giver(found, action, need.data, repository) for action in alternative]
        if all(givers):
            return tuple(f"{giver} allows {action}" for giver, action in zip(givers, alternative, strict=True))
    return ()


def _giver(found: Iterable[Held], action: str, data: bool, repository: str) -> Held | None:
    return next((each for each in found if each.allows(action, data, repository)), None)


def _of_admin(world: World, registry: Registry, principal: Principal, operation: str, repository: str) -> tuple[str]:
    return (f"the admin user may do everything with the content of {registry.name}",)


def _of_token(
    world: World, registry: Registry, principal: Principal, operation: str, repository: str
) -> tuple[str, ...]:  # fmt: skip
    return repository_tokens.grounds(world, registry, principal.name, operation, repository)


def _of_anybody(
    world: World, registry: Registry, principal: Principal, operation: str, repository: str
) -> tuple[str, ...]:  # fmt: skip
    open_ = anonymous_pull(world, registry) and (operation in ANONYMOUS or operation == "catalog")
    return ("anonymousPullEnabled is true",) if open_ else ()


def _of_run(
    world: World, registry: Registry, principal: Principal, operation: str, repository: str
) -> tuple[str, ...]:  # fmt: skip
    return ("a run may do everything in its own registry",) if runs.allows(world, registry, principal) else ()


# Principals that hold no roles, by kind.
_GROUNDS: Mapping[str, Callable[[World, Registry, Principal, str, str], tuple[str, ...]]] = {
    "admin": _of_admin, "token": _of_token, "anonymous": _of_anybody, runs.KIND: _of_run,
}  # fmt: skip


def lacks(
    world: World, registry: Registry, principal: Principal, kind: str, name: str, word: str
) -> tuple[str, ...]:  # fmt: skip
    """Why a principal may not do what a word of a token scope stands for; nothing when it may."""
    operation = CATALOGS.get(name, "") if kind == "registry" else word
    if not operation or operates(world, registry, principal, operation, "" if kind == "registry" else name):
        return ()
    if principal.kind == "token":
        return repository_tokens.missing(world, registry, principal.name, operation, name)
    if principal.kind not in KINDS_WITH_ROLES:
        return (f"anybody may do {', '.join(sorted(ANONYMOUS))} where anonymousPullEnabled is true",)
    need = roles.requirement(operation, mode(world, registry))
    wanted = " or ".join(" and ".join(alternative) for alternative in need.any_of) or "no role's action reaches it:"
    return _missing(principal, held(world, principal, registry.resource), wanted, registry.resource, need.data)


def anonymous_pull(world: World, registry: Registry) -> bool:
    """Whether everybody may pull."""
    resource = world.state.resources.get(registry.resource.lower())
    return resource is not None and bool(resource.body["properties"].get("anonymousPullEnabled"))


def assigned(
    world: World, scope: ResourceId, role: str, principal: str, kind: str, *, name: str = "", at: float, by: str = "",
    given: dict[str, Any] | None = None,
) -> events.ResourcePut:  # fmt: skip
    """The event that assigns a role. `role` is its GUID, `kind` the wire's word for the principal's."""
    subscription = f"/subscriptions/{scope.subscription or world.state.subscription}"
    properties = {
        "roleDefinitionId": f"{subscription}/providers/{NAMESPACE}/roleDefinitions/{role}",
        "principalId": principal,
        "principalType": kind,
        "scope": str(scope),
        "condition": None,
        "conditionVersion": None,
        **(given or {}),
    }
    own = scope.extension(NAMESPACE, "roleAssignments", name or world.uuid())
    return events.ResourcePut(at=at, by=by, id=str(own), body={"properties": properties})


def seed(world: World, people: Iterable[events.Event], subscription: str) -> tuple[events.Event, ...]:
    """The role assignments of a new world: each newcomer's `role`, on the subscription."""
    scope = ResourceId(subscription)
    added = (each for each in people if isinstance(each, events.PrincipalAdded))
    wanted = ((each, roles.find(str(each.properties.get("role", "")))) for each in added)
    return tuple(
        assigned(world, scope, role.id, each.id, KINDS.get(each.kind, "ServicePrincipal"), at=each.at)
        for each, role in wanted
        if role is not None
    )
