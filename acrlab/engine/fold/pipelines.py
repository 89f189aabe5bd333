"""The fold of what pipelines do with this world."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.state import Connection, PipelineRun, State


def _made(state: State, event: events.ConnectionMade) -> None:
    state.connections[event.name.lower()] = Connection(
        event.name, event.registry, event.login_server, event.principal, event.app_id, event.role, event.secret
    )


def _removed(state: State, event: events.ConnectionRemoved) -> None:
    state.connections.pop(event.name.lower(), None)


def _started(state: State, event: events.PipelineStarted) -> None:
    state.pipelines.append(
        PipelineRun(event.number, event.file, event.system, event.branch, event.reason, event.at)
    )


def _ended(state: State, event: events.PipelineEnded) -> None:
    run = state.pipelines[event.number - 1]
    run.result, run.finished = event.outcome, event.at


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.ConnectionMade: _made,
    events.ConnectionRemoved: _removed,
    events.PipelineStarted: _started,
    events.PipelineEnded: _ended,
}
