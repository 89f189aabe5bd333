"""A file that is changed at the host itself: a commit on a branch, and so a push."""

import posixpath
from typing import NamedTuple

from acrlab.domain import hosting
from acrlab.domain.errors import Condition
from acrlab.domain.hosting import NOTHING
from acrlab.domain.hosting_errors import HostedInvalid, HostedMissing, HostedMoved
from acrlab.engine.hosting import pushes
from acrlab.engine.state import Hosted
from acrlab.engine.world import World


class Edit(NamedTuple):
    """What is to become of a file: new bytes, or none. `sha` is the blob that it is thought to be now."""

    branch: str
    path: str
    data: bytes | None
    message: str
    sha: object = None


def edited(world: World, hosted: Hosted, edit: Edit, who: str) -> tuple[str, bool]:
    """The commit, and whether the file is new. Raises: HostedMissing, HostedInvalid, HostedMoved."""
    if posixpath.normpath(edit.path) != edit.path or any(_forbidden(each) for each in edit.path.split("/")):
        raise HostedInvalid(reason="path is malformed", resource="Content", field="path", code="invalid")
    ref = f"{hosting.REFS}{edit.branch}"
    old = hosted.refs.get(ref, NOTHING)
    if not hosting.is_ref(ref) or (old == NOTHING and any(hosting.branch(each) for each in hosted.refs)):
        raise HostedMissing().why(f"there is no branch {edit.branch}")
    parent = "" if old == NOTHING else old
    with world.git.open(hosted.id) as objects:
        now = objects.blob(parent, edit.path) if parent else ""
        if now != (edit.sha or ""):
            raise _conflict(edit, now)
        if edit.data is None and not now:
            raise HostedMissing()
        new = objects.edit(parent, edit.path, edit.data, edit.message, who, world.now())
        found = pushes.examine(objects, [pushes.Move(old, new, ref)])
    pushes.record(world, hosted, found, who)
    return new, not now


def _forbidden(part: str) -> bool:
    return part.lower() in ("", ".", "..", ".git") or "\0" in part


def _conflict(edit: Edit, now: str) -> Condition:
    if now and not edit.sha:
        return HostedInvalid(
            reason='Invalid request.\n\n"sha" wasn\'t supplied.', resource="Content", field="sha", code="missing_field"
        )
    return HostedMoved().why(f"{edit.path} is {now or 'not there'}, and the request names {edit.sha}")
