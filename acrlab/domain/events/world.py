"""The world itself: its beginning, its clock, its people, its future jobs."""

from typing import Any

from acrlab.domain.events.happening import Happening


class WorldCreated(Happening, frozen=True):
    """The first event: the seed of ids and the profile of facts."""

    profile: str
    tenant: str
    subscription: str


class ClockAdvanced(Happening, frozen=True):
    """Somebody turned the dial forward."""

    seconds: float


class PrincipalAdded(Happening, frozen=True):
    """A user, application or managed identity entered the directory."""

    id: str
    kind: str
    name: str
    app_id: str = ""
    tenant: str = ""
    secrets: dict[str, str] = {}
    properties: dict[str, Any] = {}


class PrincipalRemoved(Happening, frozen=True):
    """It left."""

    id: str


class JobScheduled(Happening, frozen=True):
    """Something will be done at `due`."""

    job: str
    name: str
    due: float
    arguments: dict[str, Any] = {}


class JobEnded(Happening, frozen=True):
    """A job was done, or called off."""

    job: str


World = WorldCreated | ClockAdvanced | PrincipalAdded | PrincipalRemoved | JobScheduled | JobEnded
