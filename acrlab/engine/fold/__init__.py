"""State is a fold of events: one function per event, one module a family, and nothing else changes state."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.fold import (
    content,
    hosting,
    insight,
    lifecycle,
    pipelines,
    reach,
    resources,
    storage,
    streaming,
    tasks,
    vaults,
    world,
)
from acrlab.engine.state import State

FOLD: dict[type, Callable[[State, Any], None]] = {
    **world.FOLD, **resources.FOLD, **content.FOLD, **reach.FOLD, **lifecycle.FOLD, **vaults.FOLD,
    **tasks.FOLD, **hosting.FOLD, **pipelines.FOLD, **insight.FOLD, **storage.FOLD, **streaming.FOLD,
}  # fmt: skip


def apply(state: State, event: events.Event) -> None:
    """Change state as the event says. Never fails for an event that was decided."""
    FOLD[type(event)](state, event)
