"""Webhooks of repositories: made, and told. Nothing is sent: what they have to tell is recorded as it would be.

Source: GitHub docs, webhook events and payloads (2022-11-28); Azure DevOps, service hooks events (2025-04).
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from acrlab.domain import events, hosting
from acrlab.domain.hosting import DEVOPS, GITHUB, NOTHING, Address
from acrlab.domain.hosting_errors import HostedInvalid, HostedMissing
from acrlab.engine.hosting import repositories
from acrlab.engine.state import Hosted, SourceHook

if TYPE_CHECKING:
    from acrlab.engine.world import World

MOST = 20  # of one repository. Source: GitHub docs, 20 webhooks that listen to one event
PUSH, PULL, STATUS = "push", "pull_request", "status"
KINDS = (PUSH, PULL, STATUS, "create", "delete", "ping", "*")
LONGEST_URL = 2000  # characters; inferred


def find(hosted: Hosted, number: int) -> SourceHook:
    """A webhook. Raises: HostedMissing."""
    if number not in hosted.hooks:
        raise HostedMissing()
    return hosted.hooks[number]


def put(
    world: "World", hosted: Hosted, url: str, kinds: list[str], by: str, *, number: int = 0, active: bool = True,
    content_type: str = "form", secret: str = "", made_by: str = "",
) -> SourceHook:  # fmt: skip
    """Make a webhook, or change one. Raises: HostedInvalid. Source: GitHub REST API, repository webhooks."""
    event = putting(
        world, hosted, url, kinds, by, number=number, active=active, content_type=content_type, secret=secret,
        made_by=made_by,
    )  # fmt: skip
    world.commit(event)
    return hosted.hooks[event.hook]


def putting(
    world: "World", hosted: Hosted, url: str, kinds: list[str], by: str, *, number: int = 0, active: bool = True,
    content_type: str = "form", secret: str = "", made_by: str = "",
) -> events.SourceHookPut:  # fmt: skip
    """The event of it. Raises: HostedInvalid."""
    if not _is_url(url):
        raise invalid("url", "invalid")
    unknown = [each for each in kinds if each not in KINDS]
    if not kinds or unknown:
        raise invalid("events", "invalid")
    others = [each for each in hosted.hooks.values() if each.id != number]
    if len(others) >= MOST:
        raise invalid("base", "custom", f"The {MOST} hooks that a repository may have are taken")
    if any(each.url == url and set(each.kinds) == set(kinds) for each in others):
        raise invalid("base", "custom", "Hook already exists on this repository")
    return events.SourceHookPut(
        at=world.now(), by=by, repository=repositories.address(hosted).key, hook=number or hosted.numbered + 1, url=url,
        kinds=list(dict.fromkeys(kinds)), active=active, content_type=content_type, secret=secret, made_by=made_by,
    )  # fmt: skip


def invalid(field: str, code: str, told: str = "") -> HostedInvalid:
    """What the API says of a field of a hook."""
    return HostedInvalid(reason="Validation Failed", resource="Hook", field=field, code=code, told=told)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and len(text) <= LONGEST_URL
    except ValueError:
        return False


def remove(world: "World", hosted: Hosted, number: int, by: str) -> None:
    """Remove a webhook. Raises: HostedMissing."""
    find(hosted, number)
    world.commit(
        events.SourceHookRemoved(at=world.now(), by=by, repository=repositories.address(hosted).key, hook=number)
    )


# What they hear


def pushed(world: "World", event: events.RefMoved) -> Iterator[events.Event]:
    """A push, told to whoever listens. What GitHub puts up for pull requests is no push."""
    yield from _fired(world, event, PUSH, _PUSHES)


def pulled(world: "World", event: events.PullRequestMoved) -> Iterator[events.Event]:
    """What became of a pull request."""
    yield from _fired(world, event, PULL, _PULLS)


def _fired(
    world: "World", event: Any, kind: str, contents: dict[str, Callable[[Hosted, Any], dict[str, Any]]]
) -> Iterator[events.Event]:
    hosted = world.state.hosted.get(event.repository)
    if hosted is None:  # it comes with its first commit, in the same record: nobody listens yet
        return
    for each in hosted.hooks.values():
        if each.active and (kind in each.kinds or "*" in each.kinds):
            content = contents[hosted.host](hosted, event)
            yield events.SourceHookFired(
                at=event.at, by=event.by, repository=event.repository, hook=each.id, event=world.uuid(), kind=kind,
                content=content,
            )  # fmt: skip


def _github_push(hosted: Hosted, event: events.RefMoved) -> dict[str, Any]:
    commit = {"id": event.new, "message": event.subject, "author": {"name": event.author}, "modified": event.files}
    return {
        "ref": event.ref, "before": event.old or NOTHING, "after": event.new or NOTHING, "created": not event.old,
        "deleted": not event.new, "forced": event.forced, "head_commit": commit if event.new else None,
        "repository": _github_repository(hosted), "pusher": {"name": event.who}, "sender": {"login": event.who},
    }  # fmt: skip


def _github_repository(hosted: Hosted) -> dict[str, Any]:
    place: Address = repositories.address(hosted)
    return {
        "name": place.name, "full_name": place.title, "private": hosted.private, "owner": {"login": place.owner},
        "clone_url": place.url, "html_url": place.url.removesuffix(".git"), "default_branch": hosted.head,
    }  # fmt: skip


def _github_pull(hosted: Hosted, event: events.PullRequestMoved) -> dict[str, Any]:
    facts = event.facts
    action = "closed" if event.action == "merged" else event.action
    pull = {
        "number": event.number, "state": facts["state"], "title": facts["title"], "user": {"login": facts["user"]},
        "merged": bool(facts["merged"]), "head": facts["head"], "base": facts["base"],
    }  # fmt: skip
    return {
        "action": action, "number": event.number, "pull_request": pull, "repository": _github_repository(hosted),
        "sender": {"login": event.who},
    }  # fmt: skip


def _devops_push(hosted: Hosted, event: events.RefMoved) -> dict[str, Any]:
    update = {"name": event.ref, "oldObjectId": event.old or NOTHING, "newObjectId": event.new or NOTHING}
    resource = {
        "commits": [{"commitId": event.new, "comment": event.subject, "author": {"name": event.author}}],
        "refUpdates": [update], "repository": _devops_repository(hosted), "pushedBy": {"displayName": event.who},
    }  # fmt: skip
    return {"eventType": "git.push", "publisherId": "tfs", "resource": resource, "resourceVersion": "1.0"}


def _devops_repository(hosted: Hosted) -> dict[str, Any]:
    place = repositories.address(hosted)
    return {
        "id": hosted.id, "name": place.name, "project": {"name": place.project}, "remoteUrl": place.url,
        "defaultBranch": f"{hosting.REFS}{hosted.head}",
    }  # fmt: skip


def _devops_pull(hosted: Hosted, event: events.PullRequestMoved) -> dict[str, Any]:
    facts = event.facts
    kind = "created" if event.action == "opened" else "merged" if event.action == "merged" else "updated"
    resource = {
        "repository": _devops_repository(hosted), "pullRequestId": event.number, "title": facts["title"],
        "status": "completed" if facts["merged"] else "active" if facts["state"] == "open" else "abandoned",
        "sourceRefName": f"{hosting.REFS}{facts['head']['ref']}",
        "targetRefName": f"{hosting.REFS}{facts['base']['ref']}",
        "lastMergeSourceCommit": {"commitId": facts["head"]["sha"]}, "createdBy": {"displayName": facts["user"]},
    }  # fmt: skip
    told = {"publisherId": "tfs", "resource": resource, "resourceVersion": "1.0"}
    return {"eventType": f"git.pullrequest.{kind}", **told}


_PUSHES: dict[str, Callable[[Hosted, Any], dict[str, Any]]] = {GITHUB: _github_push, DEVOPS: _devops_push}
_PULLS: dict[str, Callable[[Hosted, Any], dict[str, Any]]] = {GITHUB: _github_pull, DEVOPS: _devops_pull}
