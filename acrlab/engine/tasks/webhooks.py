"""The webhooks that a task's source triggers need at the git hosts of this world.

Source: container-registry-tutorial-build-task (2024-01): ACR makes a webhook with the token that it is given.
"""

from typing import TYPE_CHECKING, Any

from acrlab.domain import events, hosting
from acrlab.domain.hosting_errors import HostedAddressInvalid
from acrlab.engine.hosting import repositories, watch

if TYPE_CHECKING:
    from acrlab.engine.world import World

ENABLED = "Enabled"


def wanted(world: "World", task: str, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The webhooks that the triggers of a task need, and the end of those they need no more.

    A host that no lab has asked for is not asked either: its repositories are taken as they are given.
    Raises: SourceNotThere, SourceWatchFailed.
    """
    kinds: dict[str, list[str]] = {}
    reached: dict[str, tuple[str, str]] = {}
    for trigger in (body["properties"].get("trigger") or {}).get("sourceTriggers") or ():
        source = trigger["sourceRepository"]
        key = _key(world, source["repositoryUrl"])
        if key and trigger["status"] == ENABLED:
            kinds.setdefault(key, []).extend(each.lower() for each in trigger["sourceTriggerEvents"])
            reached[key] = source["repositoryUrl"], source["sourceControlAuthProperties"]["token"]
    made = tuple(
        watch.watched(world, *reached[key], list(dict.fromkeys(kinds[key])), task, _endpoint(task)) for key in reached
    )
    gone = (each for each in watch.unwatched(world, task) if each.repository not in reached)
    return (*made, *gone)


def _key(world: "World", url: str) -> str:
    try:
        place = hosting.address(url)
    except HostedAddressInvalid:
        return ""
    return place.key if repositories.answers(world, place.host) else ""


def _endpoint(task: str) -> str:
    """Where ACR listens; inferred, no published address."""
    parts = task.split("/")
    return f"https://{parts[8].lower()}.azurecr.io/tasks/{parts[10]}/source"
