"""What falls due: one row per kind of job, in one table or in the other."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from acrlab.engine import collection, vanishing
from acrlab.engine.errands import Errand
from acrlab.engine.lifecycle import retention, soft_delete, streaming, transfer_queue
from acrlab.engine.state import Job
from acrlab.engine.tasks import expiry, images, timers

if TYPE_CHECKING:
    from acrlab.engine.world import World

TABLE: dict[str, Callable[["World", Job], None]] = {
    collection.JOB: collection.collect,
    retention.JOB: retention.retain,
    soft_delete.JOB: soft_delete.purge,
    vanishing.JOB: vanishing.vanish,
    timers.JOB: timers.fire,
    expiry.JOB: expiry.expire,
    streaming.JOB: streaming.fall_due,
}
# What may take long, and so is begun with the world's lock held, and done without it.
SLOW: dict[str, Callable[["World", Job], Errand]] = {
    images.JOB: images.Looks,
    transfer_queue.JOB: transfer_queue.fall_due,
}
