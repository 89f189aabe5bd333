"""ARM resources and their long-running operations."""

from typing import Any

from acrlab.domain.events.happening import Happening


class ResourcePut(Happening, frozen=True):
    """An ARM resource was created, or replaced by this body."""

    id: str
    body: dict[str, Any]


class ResourceDeleted(Happening, frozen=True):
    """An ARM resource is gone."""

    id: str


class OperationStarted(Happening, frozen=True):
    """A long-running operation; it is over at `due`."""

    operation: str
    resource: str
    verb: str  # Creating | Updating | Deleting
    due: float
    result: Any = None


Resources = ResourcePut | ResourceDeleted | OperationStarted
