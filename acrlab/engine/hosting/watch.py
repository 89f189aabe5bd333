"""What ACR has to do with a repository: a webhook made with somebody's token, and the events that reach it.

Source: container-registry-tasks-overview and -tutorial-build-task (2024-01); azure-docs.de-de#730 (2020-11).
"""

from typing import TYPE_CHECKING, NamedTuple

from acrlab.domain import events, hosting
from acrlab.domain.hosting import DEVOPS, GITHUB
from acrlab.domain.hosting_errors import HostedAddressInvalid, SourceNotThere, SourceWatchFailed
from acrlab.engine.hosting import hooks, repositories, tokens
from acrlab.engine.state import Hosted, SourceHook

if TYPE_CHECKING:
    from acrlab.engine.world import World

COMMIT, PULL_REQUEST = "commit", "pullrequest"  # as triggers of tasks name them
_KINDS = {COMMIT: hooks.PUSH, PULL_REQUEST: hooks.PULL}
_TYPES = {GITHUB: "GitHub", DEVOPS: "VisualStudioTeamService"}
PROVIDERS = {GITHUB: "Github", DEVOPS: "VisualStudioTeamService"}  # as runs name them
_ANSWERED = ("opened", "synchronize", "reopened")  # what makes a pull request worth a run
_DENIED = (
    "Access Denied: {owner} needs the following permission(s) on the resource PublisherSecurity to perform this "
    "action: Edit Subscription"
)


class SourceEvent(NamedTuple):
    """A commit or a pull request as triggers look at it. For a pull request `branch` is the one it is for."""

    repository: str  # key of the hosted repository
    url: str
    kind: str  # commit | pullrequest
    branch: str
    commit: str
    files: tuple[str, ...]
    who: str
    pull_request: int = 0


def watched(world: "World", url: str, token: str, kinds: list[str], task: str, endpoint: str) -> events.SourceHookPut:
    """The webhook that a task needs at the repository of its context, made with the token that was given.

    Raises: SourceNotThere, SourceWatchFailed.
    """
    hosted = _reached(world, url)
    known = tokens.known(world, hosted.host, token)
    if known is None:
        raise _failed(url, hosted.host, "Unauthorized").why(
            "the token is none of that host, has expired, or was revoked: `acrlab git token` makes one"
        )
    held = tokens.rights(hosted, known)
    if tokens.HOOKS not in held:
        reason = f"the token {known.name!r} of {known.owner} has the scopes {', '.join(known.scopes)}: no hooks with it"
        if hosted.host == DEVOPS:
            denied = _failed(url, hosted.host, "AccessCheckException", _DENIED.format(owner=known.owner))
            raise denied.why(reason)
        raise SourceNotThere(repository=url, host=_TYPES[GITHUB], code="Not Found", detail="").why(
            reason, "the token needs admin:repo_hook, or repo, and its owner needs to own the repository"
        )
    before = next((each.id for each in hosted.hooks.values() if each.made_by == task.lower()), 0)
    return events.SourceHookPut(
        at=world.now(), by=task, repository=repositories.address(hosted).key, hook=before or hosted.numbered + 1,
        url=endpoint, kinds=[_KINDS[each] for each in kinds], made_by=task.lower(), content_type="json",
    )  # fmt: skip


def _reached(world: "World", url: str) -> Hosted:
    try:
        place = hosting.address(url)
    except HostedAddressInvalid as refused:
        raise _failed(url, GITHUB, "Bad Request").why(refused.text) from None
    hosted = repositories.at(world, place)
    if hosted is None:
        raise SourceNotThere(repository=url, host=_TYPES[place.host], code="Not Found", detail="").why(
            f"{place.host} of this world has no {place.title}: `acrlab git create {place.url}` makes it"
        )
    return hosted


def _failed(url: str, host: str, code: str, detail: str = "") -> SourceWatchFailed:
    return SourceWatchFailed(repository=url, host=_TYPES[host], code=code, detail=detail)


def unwatched(world: "World", task: str) -> tuple[events.SourceHookRemoved, ...]:
    """The end of the webhooks that a task has, wherever they are."""
    return tuple(
        events.SourceHookRemoved(at=world.now(), by=task, repository=key, hook=each.id)
        for key, hosted in sorted(world.state.hosted.items())
        for each in hosted.hooks.values()
        if each.made_by == task.lower()
    )


def hook(world: "World", repository: str, task: str) -> SourceHook | None:
    """The webhook of a task at a repository: without one, or with one switched off, no event reaches the task."""
    hosted = world.state.hosted.get(repository)
    found = hosted.hooks.values() if hosted is not None else ()
    return next((each for each in found if each.made_by == task.lower() and each.active), None)


def commit(world: "World", event: events.RefMoved) -> SourceEvent | None:
    """A push as triggers look at it; None for tags, for a branch that went, and for how a repository began."""
    branch, hosted = hosting.branch(event.ref), world.state.hosted.get(event.repository)
    if not branch or not event.new or hosted is None:
        return None
    url = repositories.address(hosted).url
    return SourceEvent(event.repository, url, COMMIT, branch, event.new, tuple(event.files), event.who)


def pull_request(world: "World", event: events.PullRequestMoved) -> SourceEvent | None:
    """A pull request as triggers look at it; None for what brings nothing new to build."""
    if event.action not in _ANSWERED:
        return None
    head, base = event.facts["head"], event.facts["base"]
    url = repositories.address(world.state.hosted[event.repository]).url
    return SourceEvent(
        event.repository, url, PULL_REQUEST, base["ref"], head["sha"], tuple(event.files), event.who, event.number
    )
