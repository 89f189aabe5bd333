"""Rows of ACR Tasks."""

from acrlab.domain.tasks import shapes
from acrlab.engine.tasks import control, pools, runs, task, task_runs
from acrlab.engine.types import Action, ResourceType

VERSIONS = shapes.VERSIONS
ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=shapes.TASK, desired=task.desired, check_name=task.check_name, located=True, opening=task.opening,
        changing=task.changing, closing=task.closing, model=shapes.TASKS, feature="tasks", born=200, versions=VERSIONS,
        actions=(Action(name="listDetails", perform=task.details),),
    ),
    ResourceType(
        path=shapes.RUN, methods=("PATCH", "GET", "LIST"), desired=control.desired, order=control.order,
        chosen=control.chosen, changing=control.changing, closing=runs.closing, feature="tasks", versions=VERSIONS,
        actions=(
            Action(name="listLogSasUrl", perform=control.log_link),
            Action(name="cancel", perform=control.cancelled),
        ),
    ),
    ResourceType(
        path=shapes.TASK_RUN, model=shapes.TASK_RUNS, desired=task_runs.desired, check_name=task_runs.check_name,
        opening=task_runs.opening, changing=task_runs.changing, closing=task_runs.closing, slow=task_runs.slow,
        outcome=task_runs.outcome, operation="taskruns", feature="tasks", versions=VERSIONS,
        actions=(Action(name="listDetails", perform=task_runs.details),),
    ),
    ResourceType(
        path=shapes.POOL, model=shapes.POOLS, desired=pools.desired, check_name=pools.check_name, located=True,
        slow=pools.slow, operation="agentpools", gone=202, vanishes=1.0, feature="agent_pools",
        seconds={"Creating": 120.0, "Updating": 60.0, "Deleting": 60.0}, versions=VERSIONS,
        actions=(Action(name="listQueueStatus", perform=pools.queue_status),),
    ),
)  # fmt: skip
