"""The fold of what is inside storage accounts."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.state import State, StoredBlob


def _stored(state: State, event: events.BlobStored) -> None:
    blobs = state.accounts.setdefault(event.account, {}).setdefault(event.container, {})
    known = blobs.get(event.name)
    state.links[event.digest] = state.links.get(event.digest, 0) + 1
    if known is not None:
        _let_go(state, known)
    blobs[event.name] = StoredBlob(
        event.digest, event.size, known.created if known is not None else event.at, event.at, event.etag, event.md5,
        event.content_type, dict(event.metadata),
    )  # fmt: skip


def _removed(state: State, event: events.BlobRemoved) -> None:
    _let_go(state, state.accounts[event.account][event.container].pop(event.name))


def _emptied(state: State, event: events.ContainerEmptied) -> None:
    for each in state.accounts.get(event.account, {}).pop(event.container, {}).values():
        _let_go(state, each)


def _let_go(state: State, blob: StoredBlob) -> None:
    state.links[blob.digest] -= 1
    if not state.links[blob.digest]:
        del state.links[blob.digest]


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.BlobStored: _stored,
    events.BlobRemoved: _removed,
    events.ContainerEmptied: _emptied,
}
