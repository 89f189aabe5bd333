"""How a world begins: a tenant, a subscription, people, and what they may do."""

from acrlab.domain import events
from acrlab.engine import authorization, directory
from acrlab.engine.world import GENESIS, World


def begin(world: World, profile: str = "current-2026") -> None:
    """Fill an empty world, and name the moment so that `reset` comes back to it. A world with a past is left alone."""
    with world.lock:
        if world.journal.position:
            return
        tenant, subscription = directory.TENANT, directory.SUBSCRIPTION
        created = events.WorldCreated(at=world.now(), profile=profile, tenant=tenant, subscription=subscription)
        people = directory.seed(world)
        world.commit(created, *people, *authorization.seed(world, people, subscription))
        world.journal.mark(GENESIS)
