"""Commits and pull requests: a git host tells of them, and the tasks that wait for them run."""

from typing import TYPE_CHECKING, Any

from acrlab.domain import events
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
    found: list[events.Event] = []
    ahead: dict[str, int] = {}
    what = {
        "id": world.uuid(), "eventType": kind, "commitId": commit, "pullRequestId": pull_request,
        "repositoryUrl": repository, "branchName": branch, "providerType": provider,
    }  # fmt: skip
    shown = {name: value for name, value in what.items() if value}
    for key in sorted(world.state.resources):
        task = world.state.resources[key]
        if "/tasks/" in key and "step" in task.body["properties"]:
            found.extend(_judged(world, task, shown, ahead))
    if found:
        world.commit(*found)
    return [each.id for each in found if isinstance(each, events.RunQueued)]


def _judged(
    world: "World", task: Resource, what: dict[str, str], ahead: dict[str, int]
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
        because = _against(trigger, repository, what)
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
