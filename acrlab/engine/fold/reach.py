"""The fold of what leaves a registry."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.state import Delivery, State

MOST_DELIVERIES = 100  # kept of one webhook; inferred, no published figure


def _webhook_fired(state: State, event: events.WebhookFired) -> None:
    told = state.deliveries.setdefault(event.webhook, [])
    told.append(Delivery(event.event, event.at, event.content, event.headers, event.uri))
    del told[:-MOST_DELIVERIES]


FOLD: dict[type, Callable[[State, Any], None]] = {events.WebhookFired: _webhook_fired}
