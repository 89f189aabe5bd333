"""What follows from an event in the same moment: one row per kind of event, in the same journal record.

They are asked before the event is applied, so that they still see what goes.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from acrlab.domain import events
from acrlab.engine.hosting import hooks
from acrlab.engine.lifecycle import retention, soft_delete, streaming, transfer_queue
from acrlab.engine.reach import deliveries
from acrlab.engine.tasks import expiry, images, queue, sources

if TYPE_CHECKING:
    from acrlab.engine.world import World

TABLE: dict[type, tuple[Callable[["World", Any], Iterator[events.Event]], ...]] = {
    events.BlobStored: (transfer_queue.arrived,),
    events.ManifestPushed: (deliveries.pushed, retention.moved, images.pushed, streaming.pushed),
    events.TaskLearned: (images.learned,),
    events.RunEnded: (expiry.ended,),
    events.ManifestDeleted: (deliveries.deleted, soft_delete.planned),
    events.RepositoryDeleted: (deliveries.forgotten,),
    events.QuarantineDecided: (deliveries.released,),
    events.TagDeleted: (retention.untagged, soft_delete.planned),
    events.AttributesChanged: (retention.unlocked,),
    events.ResourcePut: (retention.changed,),
    events.ResourceDeleted: (queue.orphaned,),
    events.RefMoved: (hooks.pushed, sources.pushed),
    events.PullRequestMoved: (hooks.pulled, sources.pulled),
}


def of(world: "World", happened: tuple[events.Event, ...]) -> tuple[events.Event, ...]:
    """The events that these bring along."""
    return tuple(more for event in happened for follow in TABLE.get(type(event), ()) for more in follow(world, event))
