"""A context that lies in a repository of this world's git hosts. Nothing goes over a wire for it."""

import shutil
from pathlib import Path

from acrlab.agents.runner.services import SourceFailed
from acrlab.domain import hosting
from acrlab.domain.hosting_errors import HostedAddressInvalid, HostingCondition
from acrlab.domain.tasks.contexts import git
from acrlab.domain.tasks.run import Source
from acrlab.engine.hosting import repositories, tokens
from acrlab.engine.state import Hosted
from acrlab.engine.world import World

# Source: recorded, azure-docs#76450 (2021-06).
FAILED = (
    "failed to download context. Please check if the URL is incorrect. If it has credentials, please check if they are "
    "expired"
)


def lies_here(world: World, url: str) -> bool:
    """Whether the context is a repository of a host that a lab has asked for."""
    try:
        return repositories.answers(world, hosting.address(_plain(url)).host)
    except HostedAddressInvalid:
        return False


def _plain(url: str) -> str:
    """An address without a user, a fragment or what git adds to it."""
    return url.partition("#")[0].replace("git://", "https://", 1).replace("git@github.com:", "https://github.com/", 1)


def fetch(world: World, source: Source, target: Path) -> str:
    """Put the folder that the context names into another; the commit it is of. Raises: SourceFailed."""
    wanted = git(source.url)
    with world.lock:
        hosted = _found(world, source)
        commit = source.commit or _resolved(hosted, wanted.ref)
    with world.git.open(hosted.id) as objects:
        if not commit or objects.kind(commit := objects.peel(commit)) != "commit":
            raise SourceFailed(FAILED)
        whole = target.with_name(f"{target.name}.git")
        try:
            whole.mkdir(parents=True)
            objects.extract(commit, str(whole))
            _move(whole, wanted.folder, target)
        except OSError as error:
            raise SourceFailed(f"{FAILED}: {error.strerror}") from None
        finally:
            shutil.rmtree(whole, ignore_errors=True)
    return commit


def _found(world: World, source: Source) -> Hosted:
    token = source.token or _within(source.url)
    try:
        hosted = repositories.find(world, hosting.address(_plain(source.url)))
        tokens.require(hosted, tokens.known(world, hosted.host, token) if token else None, tokens.READ)
    except HostingCondition:
        raise SourceFailed(FAILED) from None
    return hosted


def _within(url: str) -> str:
    """The token of https://user:token@host, or of https://token@host."""
    user = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    return user.rpartition(":")[2]


def _resolved(hosted: Hosted, ref: str) -> str:
    """A branch, a tag, a whole ref or a commit; the default branch when nothing is named."""
    name = ref or hosted.head
    candidates = (f"{hosting.REFS}{name}", f"{hosting.TAGS}{name}", name)
    found = next((hosted.refs[each] for each in candidates if each in hosted.refs), "")
    return found or (name if hosting.is_sha(name) else "")


def _move(whole: Path, folder: str, target: Path) -> None:
    """Raises: SourceFailed for a folder that is not in the repository."""
    inner = (whole / folder.strip("/")).resolve()
    if not inner.is_relative_to(whole.resolve()) or not inner.is_dir():
        raise SourceFailed(FAILED)
    target.mkdir(parents=True, exist_ok=True)
    for each in sorted(inner.iterdir()):
        shutil.move(each, target / each.name)
