"""Repositories at the git hosts: made, found, deleted."""

from typing import TYPE_CHECKING

from acrlab.domain import events, hosting
from acrlab.domain.hosting import Address
from acrlab.domain.hosting_errors import HostedExists, HostedUnknown
from acrlab.engine.state import Hosted

if TYPE_CHECKING:
    from acrlab.engine.world import World

FIRST = "Initial commit"


def answers(world: "World", host: str) -> bool:
    """Whether a host has been asked for: it has a repository."""
    return any(each.host == host for each in world.state.hosted.values())


def at(world: "World", address: Address) -> Hosted | None:
    """The repository at an address."""
    return world.state.hosted.get(address.key)


def find(world: "World", address: Address) -> Hosted:
    """The repository at an address. Raises: HostedUnknown."""
    found = at(world, address)
    if found is None:
        raise HostedUnknown().why(f"{address.host} has no {address.title}: acrlab git create {address.url} makes it")
    return found


def address(hosted: Hosted) -> Address:
    """Where a repository is."""
    return Address(hosted.host, hosted.owner, hosted.project, hosted.name)


def create(world: "World", place: Address, by: str, *, private: bool = False, folder: str = "") -> Hosted:
    """Make a repository, with the content of a folder as its first commit.

    Raises: HostedExists, HostedRefused, OSError.
    """
    if at(world, place) is not None:
        raise HostedExists(title=place.title, host=place.host)
    id, now = world.uuid(), world.now()
    world.git.create(id)
    opened = events.HostedOpened(
        at=now, by=by, repository=place.key, id=id, host=place.host, owner=place.owner, project=place.project,
        name=place.name, private=private,
    )  # fmt: skip
    first = (_first(world, place, id, folder, now),) if folder else ()
    world.commit(opened, *first)
    return world.state.hosted[place.key]


def _first(world: "World", place: Address, id: str, folder: str, now: float) -> events.RefMoved:
    with world.git.open(id) as objects:
        new = objects.record(folder, "", FIRST, place.owner, now)
        files = objects.changed("", new)
    return events.RefMoved(
        at=now, repository=place.key, ref=f"{hosting.REFS}{hosting.MAIN}", new=new, files=files, subject=FIRST,
        author=place.owner, who=place.owner,
    )  # fmt: skip


def delete(world: "World", place: Address, by: str) -> None:
    """Delete a repository. Its objects stay while a snapshot may come back to them. Raises: HostedUnknown."""
    find(world, place)
    world.commit(events.HostedClosed(at=world.now(), by=by, repository=place.key))


def sweep(world: "World") -> int:
    """Free the objects of repositories that no state, fork or snapshot has. Says how many."""
    world.journal.flush()
    held = {each.id for state in world.states() for each in state.hosted.values()}
    gone = [id for id in world.git.ids() if id not in held]
    for id in gone:
        world.git.remove(id)
    return len(gone)
