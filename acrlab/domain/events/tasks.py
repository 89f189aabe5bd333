"""Runs of ACR Tasks, and the triggers that led to them or did not. A run is named by its ARM id."""

from typing import Any

from acrlab.domain.events.happening import Happening


class RunQueued(Happening, frozen=True):
    """A run waits for an agent. `number` counts the runs of the registry; `log` names its log in the storage account.

    `request` is what was asked for, secrets included; it is dropped from the state once the run has ended. `ahead` is
    how far the dial still had to go when it passed the moment: agents take up their work after it. Units: seconds.
    """

    id: str
    registry: str
    number: int
    log: str
    properties: dict[str, Any]
    request: dict[str, Any]
    ahead: float = 0.0


class RunStarted(Happening, frozen=True):
    """An agent has taken it."""

    id: str


class RunEnded(Happening, frozen=True):
    """It is over. `seconds` is how long it really worked, on the machine's clock."""

    id: str
    status: str
    seconds: float = 0.0
    error: str = ""
    images: list[dict[str, str]] = []


class RunForgotten(Happening, frozen=True):
    """Its record and its log are no longer kept."""

    id: str


class TaskLearned(Happening, frozen=True):
    """A run of a task has told what its image is built from."""

    id: str
    dependencies: list[dict[str, str]]


class TriggerJudged(Happening, frozen=True):
    """A trigger of a task was looked at: it led to a run, or to none, and why."""

    task: str
    trigger: str
    kind: str  # Timer | Image Update | Commit | Pull Request
    because: list[str]
    run: str = ""


Tasks = TaskLearned | TriggerJudged | RunQueued | RunStarted | RunEnded | RunForgotten
