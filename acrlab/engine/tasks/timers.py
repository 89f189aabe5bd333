"""Timers of tasks: one job for the next moment of each, on the world's clock."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from acrlab.domain import events
from acrlab.domain.tasks.schedule import following, parse
from acrlab.engine.state import Job, Resource
from acrlab.engine.tasks import automatic

if TYPE_CHECKING:
    from acrlab.engine.world import World

JOB = "task-timer"
KIND = "Timer"
SHORTEST = 60.0  # seconds between two moments of a timer. Source: container-registry-tasks-scheduled (2023-10)


def planned(world: "World", task: str, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """Set the timers that a body has, and call off those that it has no more."""
    wanted = {(each["name"], each["schedule"]) for each in _timers(body) if each["status"] == "Enabled"}
    waiting = {(job.arguments["timer"], job.arguments["schedule"]): job for job in _jobs(world, task)}
    ended = [events.JobEnded(at=world.now(), job=job.id) for key, job in waiting.items() if key not in wanted]
    fresh = [_scheduled(world, task, *key, world.now()) for key in sorted(wanted) if key not in waiting]
    return (*ended, *filter(None, fresh))


def called_off(world: "World", task: str) -> tuple[events.Event, ...]:
    """End what the timers of a task had before them."""
    return tuple(events.JobEnded(at=world.now(), job=job.id) for job in _jobs(world, task))


def _timers(body: dict[str, Any]) -> list[dict[str, Any]]:
    return list((body["properties"].get("trigger") or {}).get("timerTriggers") or ())


def _jobs(world: "World", task: str) -> Iterator[Job]:
    return (job for job in world.state.jobs if job.name == JOB and job.arguments["task"] == task.lower())


def _scheduled(world: "World", task: str, timer: str, schedule: str, after: float) -> events.JobScheduled | None:
    """The job of a timer's next moment; none for a schedule that never comes. In UTC.

    Source: container-registry-tasks-scheduled (2023-10).
    """
    moment = following(parse(schedule), datetime.fromtimestamp(after, UTC))
    if moment is None:
        return None
    arguments = {"task": task.lower(), "timer": timer, "schedule": schedule}
    return events.JobScheduled(
        at=world.now(), job=world.uuid(), name=JOB, due=moment.timestamp(), arguments=arguments
    )  # fmt: skip


def fire(world: "World", job: Job) -> None:
    """A timer's moment has come: run the task, and wait for the next."""
    task: Resource | None = world.state.resources.get(job.arguments["task"])
    if task is None:
        return
    missed = world.now() - job.due > SHORTEST  # nobody was there: what fell due meanwhile is run once
    more = {
        "timerTrigger": {
            "timerTriggerName": job.arguments["timer"],
            "scheduleOccurrence": datetime.fromtimestamp(job.due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    }
    after = world.now() if missed else job.due
    again = _scheduled(world, task.id, job.arguments["timer"], job.arguments["schedule"], after)
    occurrence = more["timerTrigger"]["scheduleOccurrence"]
    judged = automatic.judged(world, task, job.arguments["timer"], KIND, more, f"the timer was due at {occurrence}")
    world.commit(*judged, *filter(None, (again,)))
