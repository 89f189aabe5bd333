"""Who may do what at a registry, and why: the verdicts that requests would get, without anybody making one.

Nothing is decided here: each verdict is what the entrance, the issue of tokens and the locks say.
"""

from collections.abc import Callable, Iterator

import msgspec

from acrlab.domain import roles
from acrlab.domain.access import ANONYMOUS, Access, Principal, Scope
from acrlab.domain.errors import Condition
from acrlab.domain.registry import TYPE
from acrlab.domain.roles import RoleDefinition
from acrlab.engine import authorization, directory, locks, table, tokens, uploads
from acrlab.engine.access import entrance, passwords, repository_tokens
from acrlab.engine.state import Registry, Repository
from acrlab.engine.world import World

MOST = 200  # principals of one look
CATALOG = "catalog"
_NEW = "any"  # stands for the name of a resource that would be made


class Operation(msgspec.Struct, frozen=True):
    """Something to be done. `plane` is content or control; `asks` is the request, in a few words."""

    name: str
    title: str
    plane: str
    asks: str


class Cell(msgspec.Struct, frozen=True):
    """One verdict: allowed by what, or refused and why. `roles` would allow it, where a role is what lacks."""

    allowed: bool
    because: tuple[str, ...]
    roles: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True):
    """Somebody, what is special about them, and their verdicts in the order of the operations."""

    name: str
    kind: str
    id: str
    note: str
    cells: tuple[Cell, ...]


class Matrix(msgspec.Struct, frozen=True):
    """Everybody against everything. `left` principals were too many to be shown."""

    registry: str
    resource: str
    repository: str
    mode: str
    repositories: tuple[str, ...]
    operations: tuple[Operation, ...]
    rows: tuple[Row, ...]
    left: int = 0


class Wish(msgspec.Struct, frozen=True):
    """An operation of Resource Manager: its method, the type it is about, and the action where it is no method's."""

    operation: Operation
    method: str
    path: str
    action: str = ""


def _content(name: str, title: str, asks: str) -> Operation:
    return Operation(name, title, "content", asks)


def _control(title: str, method: str, kind: str = "", action: str = "") -> Wish:
    """Of the registry itself, of something in it, or of something that is said about it."""
    path = kind if kind.startswith("Microsoft.") else "/".join(filter(None, (TYPE, kind)))
    asks = " ".join((method, action or kind.rpartition("/")[2] or "the registry"))
    name = f"{method} {path.partition('/')[2]}{'/' if action else ''}{action}"
    return Wish(Operation(name, title, "control", asks), method, path, action)


CONTENT = (
    _content(CATALOG, "list repositories", "GET _catalog"),
    _content("pull", "pull", "GET manifests, blobs"),
    _content("push", "push", "PUT manifests, blobs"),
    _content("delete", "delete", "DELETE a repository, a manifest"),
    _content("metadata_read", "see tags", "GET _tags, _manifests"),
    _content("metadata_write", "lock", "PATCH a repository, a tag, a manifest"),
    _content("deleted_read", "see deleted", "GET _deleted"),
    _content("deleted_restore", "restore", "POST _deleted"),
)
CONTROL = (
    _control("see settings", "GET"),
    _control("change settings", "PATCH"),
    _control("delete registry", "DELETE"),
    _control("admin passwords", "POST", action="listCredentials"),
    _control("make tokens", "PUT", "tokens"),
    _control("import", "POST", action="importImage"),
    _control("run builds", "POST", action="scheduleRun"),
    _control("replicate", "PUT", "replications"),
    _control("assign roles", "PUT", "Microsoft.Authorization/roleAssignments"),
    _control("lock registry", "PUT", "Microsoft.Authorization/locks"),
)


def matrix(world: World, registry: Registry, repository: str = "", client: str = "") -> Matrix:
    """Verdicts for everybody; about one repository, or whether there is any on which something is allowed.

    `client` is where they would stand.
    """
    everybody = list(_everybody(world, registry))
    gate = _refused(lambda: entrance.admit(world, registry, client))
    rows = tuple(_row(world, registry, repository, each, gate) for each in everybody[:MOST])
    names = tuple(each.name for each in registry.visible())
    operations = (*CONTENT, *(each.operation for each in CONTROL))
    mode = authorization.mode(world, registry)
    left = max(len(everybody) - MOST, 0)
    return Matrix(registry.name, registry.resource, repository, mode, names, operations, rows, left)


def _everybody(world: World, registry: Registry) -> Iterator[Principal]:
    """Those of the directory, those of the registry, and nobody in particular."""
    yield from map(directory.principal, directory.everybody(world))
    yield from map(passwords.principal, world.state.inside(registry.resource, "tokens"))
    yield tokens.admin(registry)
    yield ANONYMOUS


def _row(world: World, registry: Registry, repository: str, who: Principal, gate: tuple[str, ...]) -> Row:
    outside = gate or _refused(lambda: _sign_in(world, registry, who))
    content = (Cell(False, outside) if outside else _at_content(world, registry, repository, who, each.name)
               for each in CONTENT)  # fmt: skip
    control = (_at_control(world, registry, who, each) for each in CONTROL)
    return Row(who.name, who.kind, who.id, _note(world, registry, who), (*content, *control))


def _refused(attempt: Callable[[], object]) -> tuple[str, ...]:
    """Why something would be refused; nothing when it would not."""
    try:
        attempt()
    except Condition as refused:
        return tuple(refused.because) or (refused.text,)
    return ()


# Whether they can sign in


def _sign_in(world: World, registry: Registry, who: Principal) -> None:
    sign_in = _SIGN_IN.get(who.kind)
    if sign_in is not None:
        sign_in(world, registry, who.name)


_SIGN_IN: dict[str, Callable[[World, Registry, str], object]] = {
    "admin": tokens.admin_signed_in, "token": passwords.enabled,
}  # fmt: skip


def _note(world: World, registry: Registry, who: Principal) -> str:
    token = repository_tokens.find(world, registry, who.name) if who.kind == "token" else None
    return "no password that is valid" if token is not None and not passwords.usable(world, token) else ""


# Content


def _at_content(world: World, registry: Registry, repository: str, who: Principal, operation: str) -> Cell:
    name = repository or authorization.ANY_REPOSITORY
    need = Scope("registry", CATALOG, frozenset("*")) if operation == CATALOG else \
        Scope("repository", name, tokens.NEEDED[operation])  # fmt: skip
    access = Access(who, tokens.granted(world, registry, who, (need,)))
    lacking = [word for word in sorted(need.actions) if not access.allows(need.kind, need.name, word)]
    if lacking:
        return _lacking(world, registry, who, need, lacking[-1], operation)
    locked = _locked(registry, repository, operation)
    if locked:
        return Cell(False, locked)
    return Cell(True, authorization.grounds(world, registry, who, operation, "" if operation == CATALOG else name))


def _lacking(world: World, registry: Registry, who: Principal, need: Scope, word: str, operation: str) -> Cell:
    because = authorization.lacks(world, registry, who, need.kind, need.name, word)
    if who.kind not in authorization.KINDS_WITH_ROLES:
        return Cell(False, because)
    mode = authorization.mode(world, registry)
    return Cell(False, because, _named(lambda role: roles.grants([role], operation, mode)))


def _locked(registry: Registry, name: str, operation: str) -> tuple[str, ...]:
    """What locks say about a repository, whoever asks."""
    repository, judge = registry.repositories.get(name), _LOCKS.get(operation)
    if repository is None or judge is None:
        return ()
    return _refused(lambda: judge(registry, repository))


_LOCKS: dict[str, Callable[[Registry, Repository], None]] = {
    "pull": lambda registry, repository: uploads.require_readable(repository),
    "push": lambda registry, repository: uploads.require_writable(registry, repository.name),
    "delete": lambda registry, repository: locks.require_whole_deletable(repository),
}


# Resource Manager


def _at_control(world: World, registry: Registry, who: Principal, wish: Wish) -> Cell:
    if who.kind not in authorization.KINDS_WITH_ROLES:
        return Cell(False, (f"Resource Manager knows those of the directory only, and the {who.kind} is none of them",))
    action, place = _action(wish), _place(registry, wish)
    try:
        return Cell(True, entrance.require(world, who, wish.method, action, *place))
    except Condition as refused:
        lacks = not authorization.permits(world, who, action, place[0]).allowed
        able = _named(lambda role: roles.permits(role, action)) if lacks else ()
        return Cell(False, tuple(refused.because), able)


def _action(wish: Wish) -> str:
    row = table.TABLE[wish.path.lower()]
    own = next((each for each in row.actions if each.name == wish.action), None)
    return row.needs(own) if own is not None else row.allows(wish.method)


def _place(registry: Registry, wish: Wish) -> tuple[str, str]:
    """Where a role is judged, and what would change; what is said about a registry is judged at the registry."""
    home = registry.resource
    if wish.path == TYPE:
        return home, home
    if not wish.path.startswith(TYPE):
        return home, f"{home}/providers/{wish.path}/{_NEW}"
    inside = f"{home}/{wish.path.rpartition('/')[2]}/{_NEW}"
    return inside, inside


def _named(fits: Callable[[RoleDefinition], bool]) -> tuple[str, ...]:
    """The built-in roles that would do, those that allow least first."""
    able = [each for each in roles.BUILTIN.values() if fits(each)]
    return tuple(each.name for each in sorted(able, key=lambda each: (_width(each), each.name)))


def _width(role: RoleDefinition) -> int:
    """A rough measure of how much a role allows: patterns weigh more than names."""
    lines = (*role.actions, *role.data_actions)
    return len(lines) + sum(100 * (len(lines) + 10 - each.count("/")) for each in lines if "*" in each)
