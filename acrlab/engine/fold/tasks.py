"""The fold of runs. A run is a resource whose body holds more than is shown."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.state import Judgement, Resource, State

MOST_JUDGEMENTS = 50  # of one task; the journal has them all


def _run_queued(state: State, event: events.RunQueued) -> None:
    body = {
        "status": "Queued", "updated": event.at, "created": event.at, "log": event.log, "number": event.number,
        "properties": event.properties, "request": event.request, "ahead": event.ahead,
    }  # fmt: skip
    state.resources[event.id.lower()] = Resource(event.id, body, event.at, event.by, event.at, event.by)
    state.runs[event.registry] = event.number


def _run_started(state: State, event: events.RunStarted) -> None:
    body = state.resources[event.id.lower()].body
    _changed(state, event.id, {"status": "Running", "started": max(body["created"], event.at - body["ahead"])})


def _run_ended(state: State, event: events.RunEnded) -> None:
    finished = _finished(state.resources[event.id.lower()].body, event)
    more: dict[str, Any] = {
        "status": event.status, "finished": finished, "updated": finished, "seconds": event.seconds,
        "error": event.error, "images": event.images,
    }  # fmt: skip
    _changed(state, event.id, more, without="request")


def _finished(body: dict[str, Any], event: events.RunEnded) -> float:
    """When it was over, had nobody turned the dial: what works is timed by the machine's clock."""
    started = body.get("started")
    if started is None:
        return float(max(body["created"], event.at - body["ahead"]))
    return float(max(started, min(event.at - body["ahead"], started + event.seconds)))


def _changed(state: State, id: str, more: dict[str, Any], without: str = "") -> None:
    run = state.resources[id.lower()]
    run.body = {key: value for key, value in run.body.items() if key != without} | more


def _run_forgotten(state: State, event: events.RunForgotten) -> None:
    state.resources.pop(event.id.lower(), None)


def _task_learned(state: State, event: events.TaskLearned) -> None:
    task = state.resources.get(event.id.lower())
    if task is not None and "step" in task.body["properties"]:
        properties = task.body["properties"]
        step = {**properties["step"], "baseImageDependencies": event.dependencies}
        task.body = {**task.body, "properties": {**properties, "step": step}}


def _trigger_judged(state: State, event: events.TriggerJudged) -> None:
    found = state.judgements.setdefault(event.task.lower(), [])
    found.append(Judgement(event.at, event.task, event.trigger, event.kind, event.because, event.run))
    del found[:-MOST_JUDGEMENTS]


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.RunQueued: _run_queued,
    events.RunStarted: _run_started,
    events.RunEnded: _run_ended,
    events.RunForgotten: _run_forgotten,
    events.TaskLearned: _task_learned,
    events.TriggerJudged: _trigger_judged,
}
