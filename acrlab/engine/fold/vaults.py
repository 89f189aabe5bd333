"""The fold of what is inside key vaults."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.state import State, VaultItem, VaultVersion

_Item = events.VaultItemPut | events.VaultItemDeleted | events.VaultItemRecovered | events.VaultItemPurged


def _address(event: _Item) -> str:
    return f"{event.kind}/{event.name.lower()}"


def _put(state: State, event: events.VaultItemPut) -> None:
    items = state.vaults.setdefault(event.vault, {})
    item = items.setdefault(_address(event), VaultItem(event.name))
    item.versions[event.version] = VaultVersion(event.secret, dict(event.facts))


def _deleted(state: State, event: events.VaultItemDeleted) -> None:
    state.vaults[event.vault][_address(event)].deleted = event.at


def _recovered(state: State, event: events.VaultItemRecovered) -> None:
    state.vaults[event.vault][_address(event)].deleted = 0.0


def _purged(state: State, event: events.VaultItemPurged) -> None:
    del state.vaults[event.vault][_address(event)]


def _closed(state: State, event: events.VaultClosed) -> None:
    state.vaults.pop(event.vault, None)


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.VaultItemPut: _put,
    events.VaultItemDeleted: _deleted,
    events.VaultItemRecovered: _recovered,
    events.VaultItemPurged: _purged,
    events.VaultClosed: _closed,
}
