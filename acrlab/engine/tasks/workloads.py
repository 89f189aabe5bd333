"""The programs of a run that ask Azure by themselves: they show a word that stands for their run, as long as it lasts.

Source: inferred; on the service they stand on the run's agent, whose metadata service knows the task's identities.
"""

import hashlib
import hmac
from typing import TYPE_CHECKING

from acrlab.engine.state import Resource
from acrlab.engine.tasks import orders, runs

if TYPE_CHECKING:
    from acrlab.engine.world import World

NETWORK = "acrlab-run"  # in the place of a virtual network's name: those that people make are elsewhere


def standing(world: "World", run: str) -> str:
    """Where the programs of a run stand, by its ARM id: a word that nobody else can know."""
    key = world.keys.secret("workloads")
    return f"{NETWORK}/{hmac.new(key, run.lower().encode(), hashlib.sha256).hexdigest()}"


def is_one(client: str) -> bool:
    """Whether a client says that it is a program of a run."""
    return client.startswith(f"{NETWORK}/")


def of(world: "World", client: str) -> Resource | None:
    """The run whose program a client is; None for any other, and for one of a run that is over."""
    if not is_one(client):
        return None
    under_way = runs.unfinished(world)
    return next((each for each in under_way if hmac.compare_digest(standing(world, each.id), client)), None)


def place(world: "World", client: str) -> str:
    """Where a client stands in the network: a program of a run is where the run's agent is."""
    run = of(world, client)
    return orders.standpoint(world, run) if run is not None else client
