"""What a push to a branch means for the open pull requests of it."""

from collections.abc import Iterator
from typing import Any

from acrlab.domain import events, hosting, moments
from acrlab.engine.hosting import repositories
from acrlab.engine.state import Hosted
from acrlab.engine.world import World

OPEN, CLOSED = "open", "closed"


def followed(world: World, hosted: Hosted, ref: str, new: str, who: str) -> Iterator[events.Event]:
    """What a push to a branch means for the open pull requests from it: they move, or end when the branch does."""
    branch, now = hosting.branch(ref), moments.written(world.now())
    key = repositories.address(hosted).key
    for number, facts in hosted.pulls.items():
        if not branch or facts["state"] != OPEN or branch not in (facts["head"]["ref"], facts["base"]["ref"]):
            continue
        if not new:
            ended = {**facts, "state": CLOSED, "closed": now, "updated": now}
            yield told(world, key, number, "closed", ended, [], who)
        elif facts["head"]["ref"] == branch:
            moved = {**facts, "head": {"ref": branch, "sha": new}, "updated": now}
            files = differing(world, hosted, facts["base"]["sha"], new)
            yield told(world, key, number, "synchronize", moved, files, who)


def told(
    world: World, key: str, number: int, action: str, facts: dict[str, Any], files: list[str], who: str
) -> events.PullRequestMoved:
    """The event of a pull request that has moved."""
    return events.PullRequestMoved(
        at=world.now(), by=who, repository=key, number=number, action=action, facts=facts, files=files, who=who
    )


def differing(world: World, hosted: Hosted, ours: str, theirs: str) -> list[str]:
    """The files that a pull request changes; none when there is nothing to merge."""
    with world.git.open(hosted.id) as objects:
        return objects.changed(ours, theirs) if not objects.reaches([ours], theirs) else []
