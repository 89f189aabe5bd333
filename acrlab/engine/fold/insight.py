"""The fold of what was counted."""

from collections.abc import Callable
from typing import Any

from acrlab.data import load
from acrlab.domain import events
from acrlab.engine.state import State

MINUTES = 24 * 60  # of a day


def _requests_counted(state: State, event: events.RequestsCounted) -> None:
    oldest = int(event.at // 60) - load("metrics")["time"]["keep"] * MINUTES
    for key, minutes in event.counts.items():
        if key.partition("/")[0] not in state.registries:
            continue
        own = state.counted.setdefault(key, {})
        for minute, count in minutes.items():
            own[minute] = own.get(minute, 0) + count
        for minute in [each for each in own if each < oldest]:
            del own[minute]


FOLD: dict[type, Callable[[State, Any], None]] = {events.RequestsCounted: _requests_counted}
