"""Repositories at the git hosts: made, found, deleted."""

from typing import TYPE_CHECKING

from acrlab.domain import events, hosting
from acrlab.domain.errors import Condition
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
    draft = Draft(world, place, folder)
    draft.write()
    return draft.opened(by, private=private)


class Draft:
    """A repository that nobody sees before it is opened. Its objects are written without the world's lock."""

    def __init__(self, world: "World", place: Address, folder: str = "") -> None:
        """Raises: HostedExists."""
        self._world, self._place, self._folder = world, place, folder
        self._require_free()
        self._id, self._now = world.uuid(), world.now()
        self._first: tuple[events.RefMoved, ...] = ()
        self._is_open = False

    def _require_free(self) -> None:
        if at(self._world, self._place) is not None:
            raise HostedExists(title=self._place.title, host=self._place.host)

    def write(self) -> None:
        """Read the folder. Raises: HostedRefused, OSError, and then nothing is left."""
        try:
            self._world.git.create(self._id)
            if self._folder:
                self._first = (self._recorded(),)
        except BaseException:
            self.drop()
            raise

    def _recorded(self) -> events.RefMoved:
        with self._world.git.open(self._id) as objects:
            new = objects.record(self._folder, "", FIRST, self._place.owner, self._now)
            files = objects.changed("", new)
        return events.RefMoved(
            at=self._now, repository=self._place.key, ref=f"{hosting.REFS}{hosting.MAIN}", new=new, files=files,
            subject=FIRST, author=self._place.owner, who=self._place.owner,
        )  # fmt: skip

    def opened(self, by: str, *, private: bool = False) -> Hosted:
        """The repository, which is there from now on. Raises: HostedExists: somebody was quicker."""
        place = self._place
        try:
            self._require_free()
            opened = events.HostedOpened(
                at=self._now, by=by, repository=place.key, id=self._id, host=place.host, owner=place.owner,
                project=place.project, name=place.name, private=private,
            )  # fmt: skip
            self._world.commit(opened, *self._first)
            self._is_open = True
        except Condition:
            self.drop()
            raise
        return self._world.state.hosted[place.key]

    def drop(self) -> None:
        """Nobody wants it, unless it was opened."""
        if not self._is_open:
            self._world.git.remove(self._id)


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
