"""Commits and pull requests: a git host tells of them, and the tasks that wait for them run."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from acrlab.domain import events
from acrlab.engine.hosting import watch
from acrlab.engine.state import Resource
from acrlab.engine.tasks import automatic

if TYPE_CHECKING:
    from acrlab.engine.world import World

COMMIT, PULL_REQUEST = "commit", "pullrequest"
KINDS = {COMMIT: "Commit", PULL_REQUEST: "Pull Request"}


def source_event(
    world: "World", repository: str, kind: str, branch: str, commit: str, *, pull_request: str = "",
    provider: str = "Github",
) -> list[str]:  # fmt: skip
    """What happened in a git repository, for every task of the world; the ARM ids of the runs that follow.

    `kind` is commit or pullrequest, `branch` the one that was pushed to or shall be merged into.
    Source: container-registry-tasks-overview (2024-01): a commit or an opened or updated pull request.
    """
    what = {
        "id": world.uuid(), "eventType": kind, "commitId": commit, "pullRequestId": pull_request,
        "repositoryUrl": repository, "branchName": branch, "providerType": provider,
    }  # fmt: skip
    found = list(_followed(world, {name: value for name, value in what.items() if value}, _heard))
    if found:
        world.commit(*found)
    return [each.id for each in found if isinstance(each, events.RunQueued)]


def _heard(task: Resource) -> str:
    """Whoever tells of an event by itself needs no webhook for it."""
    return ""


def pushed(world: "World", event: events.RefMoved) -> Iterator[events.Event]:
    """A push to a repository of this world's git hosts."""
    yield from _told(world, watch.commit(world, event))


def pulled(world: "World", event: events.PullRequestMoved) -> Iterator[events.Event]:
    """A pull request of such a repository."""
    yield from _told(world, watch.pull_request(world, event))


def _told(world: "World", event: watch.SourceEvent | None) -> Iterator[events.Event]:
    """What follows when a host tells those who listen: a task without its webhook hears nothing, and that is noted."""
    if event is None:
        return
    what = {
        "id": world.uuid(), "eventType": event.kind, "commitId": event.commit,
        "pullRequestId": str(event.pull_request or ""), "repositoryUrl": event.url, "branchName": event.branch,
        "providerType": watch.PROVIDERS[world.state.hosted[event.repository].host],
    }  # fmt: skip
    missing = "the repository has no webhook of this task that is switched on: az acr task update makes it anew"

    def heard(task: Resource) -> str:
        return "" if watch.hook(world, event.repository, task.id) is not None else missing

    yield from _followed(world, {name: value for name, value in what.items() if value}, heard)


def _followed(world: "World", what: dict[str, str], heard: Callable[[Resource], str]) -> Iterator[events.Event]:
    ahead: dict[str, int] = {}
    for key in sorted(world.state.resources):
        task = world.state.resources[key]
        if "/tasks/" in key and "step" in task.body["properties"]:
            yield from _judged(world, task, what, ahead, heard)


def _judged(
    world: "World", task: Resource, what: dict[str, str], ahead: dict[str, int], heard: Callable[[Resource], str]
) -> tuple[events.Event, ...]:  # fmt: skip
    triggers = (task.body["properties"].get("trigger") or {}).get("sourceTriggers") or []
    context = str(task.body["properties"]["step"].get("contextPath") or "")
    kind, told = KINDS[what["eventType"]], f"{what['eventType']} {what['commitId'][:12]} on {what['branchName']}"
    if not triggers:
        if normalised(context) != normalised(what["repositoryUrl"]):
            return ()
        return (automatic.declined(world, task, "", kind, told, "the task has no source trigger"),)
    found: list[events.Event] = []
    for trigger in triggers:
        repository = trigger["sourceRepository"]
        if normalised(repository["repositoryUrl"]) != normalised(what["repositoryUrl"]):
            continue
        because = _against(trigger, repository, what) or heard(task)
        if because:
            found.append(automatic.declined(world, task, trigger["name"], kind, told, because))
            continue
        name = task.id.split("/")[8].lower()
        fired = automatic.judged(world, task, trigger["name"], kind, {"sourceTrigger": what}, told, ahead.get(name, 0))
        ahead[name] = ahead.get(name, 0) + sum(isinstance(each, events.RunQueued) for each in fired)
        found.extend(fired)
    return tuple(found)


def _against(trigger: dict[str, Any], repository: dict[str, Any], what: dict[str, str]) -> str:
    """Why an event of the repository does not fire a trigger; empty when it does."""
    if trigger["status"] != automatic.ENABLED:
        return "the trigger is disabled"
    named = [each.lower() for each in trigger["sourceTriggerEvents"]]
    if what["eventType"] not in named:
        return f"the trigger is for {' and '.join(named)} only"
    branch = repository.get("branch") or "master"
    if branch != what["branchName"]:
        return f"the trigger is for the branch {branch}"
    return ""


def normalised(url: str) -> str:
    """A repository's address without what does not tell repositories apart."""
    text = url.partition("#")[0].strip().lower().rstrip("/").removesuffix(".git")
    for scheme in ("https://", "http://", "git://"):
        text = text.removeprefix(scheme)
    return text.rpartition("@")[2].replace("www.", "", 1)
