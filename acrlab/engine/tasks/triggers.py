"""Triggers as part of a task: read, merged, checked."""

from typing import Any

from acrlab.domain.task_errors import TaskInvalid
from acrlab.domain.tasks import shapes
from acrlab.domain.tasks.schedule import ScheduleInvalid, parse

MOST = 50  # triggers of one kind; inferred, no published figure


def merged(before: dict[str, Any], given: dict[str, Any], what: str) -> dict[str, Any]:
    """The triggers of a task after a change: merged by name, none is taken away by leaving it out.

    Raises: TaskInvalid. Source: azure-cli 2.91.0, acr task timer remove: a PATCH removes none.
    """
    found: dict[str, Any] = {}
    for kind, check in (("timerTriggers", _timer), ("sourceTriggers", _source)):
        listed = _by_name(before.get(kind) or [], given.get(kind) or [], what)
        for each in listed:
            check(each, what)
        found |= {kind: listed} if listed else {}
    base = {**(before.get("baseImageTrigger") or {}), **(given.get("baseImageTrigger") or {})}
    if base:
        if not base.get("name") or not base.get("baseImageTriggerType"):
            raise TaskInvalid(what=what, reason="BaseImageTrigger:A name and a baseImageTriggerType are required")
        found["baseImageTrigger"] = _ordered({**base, "status": base.get("status", "Enabled")})
    return found


def _ordered(base: dict[str, Any]) -> dict[str, Any]:
    """Source: recorded, acr_task (2024-09)."""
    keys = ("baseImageTriggerType", "updateTriggerEndpoint", "updateTriggerPayloadType", "status", "name")
    return {key: base[key] for key in keys if key in base}


def _by_name(before: list[dict[str, Any]], given: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    found = {each["name"]: each for each in before}
    named = [each.get("name") for each in given]
    if not all(named) or len(set(named)) < len(named):
        raise TaskInvalid(what=what, reason="Trigger:Every trigger has a name of its own")
    for each in given:
        found[each["name"]] = _laid_over(found.get(each["name"], {"status": "Enabled"}), each)
    if len(found) > MOST:
        raise TaskInvalid(what=what, reason=f"Trigger:At most {MOST} triggers of a kind are taken")
    return list(found.values())


def _laid_over(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    both = {**before, **given}
    if isinstance(before.get("sourceRepository"), dict) and isinstance(given.get("sourceRepository"), dict):
        both["sourceRepository"] = {**before["sourceRepository"], **given["sourceRepository"]}
    return both


def _timer(timer: dict[str, Any], what: str) -> None:
    try:
        parse(timer.get("schedule") or "")
    except ScheduleInvalid as wrong:
        raise TaskInvalid(what=what, reason=f"TimerTrigger:{wrong}") from None


def _source(source: dict[str, Any], what: str) -> None:
    repository, named = source.get("sourceRepository") or {}, source.get("sourceTriggerEvents") or []
    if not repository.get("repositoryUrl") or not repository.get("sourceControlType"):
        raise TaskInvalid(what=what, reason="SourceTrigger:sourceControlType and repositoryUrl are required")
    if not named or not all(isinstance(each, str) and each.lower() in shapes.EVENTS for each in named):
        raise TaskInvalid(what=what, reason=f"SourceTrigger:The events are {' and '.join(shapes.EVENTS)}")
    if not (repository.get("sourceControlAuthProperties") or {}).get("token"):
        raise TaskInvalid(what=what, reason="SourceTrigger:A token for the source repository is required")
