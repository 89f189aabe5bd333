"""Resources that are shown as Deleting for a moment before they are gone.

Source: azure-cli 2.91.0, acr agentpool delete: it asks for the pool once more after the DELETE.
"""

from typing import TYPE_CHECKING

from acrlab.domain import events
from acrlab.engine.state import Job, Resource

if TYPE_CHECKING:
    from acrlab.engine.world import World

JOB = "vanish"


def planned(world: "World", resource: Resource, due: float) -> events.JobScheduled:
    """The event that takes it away at `due`, in epoch seconds."""
    arguments = {"id": resource.id.lower(), "modified": resource.modified}
    return events.JobScheduled(at=world.now(), job=world.uuid(), name=JOB, due=due, arguments=arguments)


def vanish(world: "World", job: Job) -> None:
    """Take it away, unless it was put again since."""
    found = world.state.resources.get(job.arguments["id"])
    if found is not None and found.modified == job.arguments["modified"]:
        world.commit(events.ResourceDeleted(at=world.now(), id=found.id))
