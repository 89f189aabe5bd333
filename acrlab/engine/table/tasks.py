"""Rows of ACR Tasks."""

from acrlab.domain.tasks import shapes
from acrlab.engine.tasks import control, runs, task
from acrlab.engine.types import Action, ResourceType, refused

VERSIONS = shapes.VERSIONS
ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=shapes.TASK, desired=task.desired, check_name=task.check_name, located=True, opening=task.opening,
        changing=task.changing, closing=task.closing, model=shapes.TASKS, feature="tasks", born=200, versions=VERSIONS,
        actions=(Action(name="listDetails", perform=task.details),),
    ),
    ResourceType(
        path=shapes.RUN, methods=("PATCH", "GET", "LIST"), desired=control.desired, order=control.order,
        chosen=control.chosen, closing=runs.closing, feature="tasks", versions=VERSIONS,
        actions=(
            Action(name="listLogSasUrl", perform=control.log_link),
            Action(name="cancel", perform=control.cancelled),
        ),
    ),
    refused(shapes.TASK_RUN, "listDetails", feature="tasks", versions=VERSIONS),
    refused(shapes.POOL, "listQueueStatus", feature="agent_pools", versions=VERSIONS),
)  # fmt: skip
