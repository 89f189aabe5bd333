"""The fold of the world itself: its beginning, its clock, its people, its future jobs."""

import heapq
from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.engine.state import Identity, Job, State


def _world_created(state: State, event: events.WorldCreated) -> None:
    state.profile, state.tenant, state.subscription = event.profile, event.tenant, event.subscription


def _clock_advanced(state: State, event: events.ClockAdvanced) -> None:
    state.advanced += event.seconds


def _principal_added(state: State, event: events.PrincipalAdded) -> None:
    state.principals[event.id] = Identity(
        event.id, event.kind, event.name, event.app_id, event.tenant, dict(event.secrets), dict(event.properties)
    )


def _principal_removed(state: State, event: events.PrincipalRemoved) -> None:
    state.principals.pop(event.id, None)


def _job_scheduled(state: State, event: events.JobScheduled) -> None:
    state.scheduled += 1
    heapq.heappush(state.jobs, Job(event.due, state.scheduled, event.job, event.name, dict(event.arguments)))


def _job_ended(state: State, event: events.JobEnded) -> None:
    state.jobs = [job for job in state.jobs if job.id != event.job]
    heapq.heapify(state.jobs)


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.WorldCreated: _world_created,
    events.ClockAdvanced: _clock_advanced,
    events.PrincipalAdded: _principal_added,
    events.PrincipalRemoved: _principal_removed,
    events.JobScheduled: _job_scheduled,
    events.JobEnded: _job_ended,
}
