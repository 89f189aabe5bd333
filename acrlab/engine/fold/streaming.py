"""The fold of artifact streaming."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.state import Conversion, State


def _set(state: State, event: events.StreamingSet) -> None:
    state.registries[event.registry].repositories[event.repository].streaming = event.on


def _started(state: State, event: events.ConversionStarted) -> None:
    state.conversions[event.id] = Conversion(
        event.id, event.registry, event.repository, event.digest, event.at, event.due
    )


def _ended(state: State, event: events.ConversionEnded) -> None:
    found = state.conversions[event.id]
    found.status, found.error = event.status, event.error


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.StreamingSet: _set,
    events.ConversionStarted: _started,
    events.ConversionEnded: _ended,
}
