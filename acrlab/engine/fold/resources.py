"""The fold of aRM resources and their long-running operations."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.state import Operation, Resource, State


def _resource_put(state: State, event: events.ResourcePut) -> None:
    key = event.id.lower()
    known = state.resources.get(key)
    if known is None:
        state.resources[key] = Resource(event.id, event.body, event.at, event.by, event.at, event.by)
        return
    known.body, known.modified, known.modified_by = event.body, event.at, event.by


def _resource_deleted(state: State, event: events.ResourceDeleted) -> None:
    state.resources.pop(event.id.lower(), None)
    state.deliveries.pop(event.id.lower(), None)
    state.judgements.pop(event.id.lower(), None)


def _operation_started(state: State, event: events.OperationStarted) -> None:
    state.operations[event.operation] = Operation(
        event.operation, event.resource, event.verb, event.at, event.due, event.result
    )


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.ResourcePut: _resource_put,
    events.ResourceDeleted: _resource_deleted,
    events.OperationStarted: _operation_started,
}
