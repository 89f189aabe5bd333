"""Rows of ACR Tasks."""

from acrlab.domain.tasks import shapes
from acrlab.engine.tasks import runs
from acrlab.engine.types import Action, ResourceType, refused

VERSIONS = shapes.VERSIONS
ROWS: tuple[ResourceType, ...] = (
    refused(shapes.TASK, "listDetails", feature="tasks", versions=VERSIONS),
    ResourceType(
        path=shapes.RUN, methods=("PATCH", "GET", "LIST"), desired=runs.desired, order=runs.order, chosen=runs.chosen,
        closing=runs.closing, feature="tasks", versions=VERSIONS,
        actions=(
            Action(name="listLogSasUrl", perform=runs.log_link),
            Action(name="cancel", perform=runs.cancelled),
        ),
    ),
    refused(shapes.TASK_RUN, "listDetails", feature="tasks", versions=VERSIONS),
    refused(shapes.POOL, "listQueueStatus", feature="agent_pools", versions=VERSIONS),
)  # fmt: skip
