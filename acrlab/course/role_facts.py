"""What roles open, as tables: read from the facts that the emulator decides by."""

from acrlab.client.display import Table
from acrlab.domain import roles

_COLUMNS = {
    "pull": "pull", "push": "push", "delete": "delete", "catalog": "list repositories", "metadata_write": "lock images",
    "quarantine_write": "decide about quarantine", "deleted_restore": "restore",
}  # fmt: skip
_YES, _NO = "yes", "–"


def opens(mode: str = roles.LEGACY) -> Table:
    """Which built-in role lets its holder do what with content. Raises: KeyError for a mode that does not exist."""
    held = [role for role in roles.BUILTIN.values() if roles.honoured(role, mode)]
    rows = tuple((role.name, *(_cell(role, each, mode) for each in _COLUMNS)) for role in held)
    return Table(("role", *_COLUMNS.values()), rows, f"What roles open ({mode})")


def _cell(role: roles.RoleDefinition, operation: str, mode: str) -> str:
    return _YES if roles.grants([role], operation, mode) else _NO


def needs(operation: str) -> Table:
    """What one operation on content needs in each mode, and what says so. Raises: KeyError for an unknown one."""
    found = [roles.requirement(operation, mode) for mode in (roles.LEGACY, roles.ABAC)]
    rows = tuple(
        (each.mode, "data action" if each.data else "action", _alternatives(each.any_of), f"{each.source}, {each.date}")
        for each in found
    )
    return Table(("mode", "", "needs", "source"), rows, found[0].title)


def _alternatives(any_of: tuple[tuple[str, ...], ...]) -> str:
    return " or ".join(" and ".join(map(_short, every)) for every in any_of) or "no role gives it"


def _short(action: str) -> str:
    return action.removeprefix("Microsoft.ContainerRegistry/registries/")
