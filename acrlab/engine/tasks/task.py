"""Tasks: what a PUT or PATCH makes of one."""

import re
from typing import Any

from acrlab.domain import events
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.registry import read
from acrlab.domain.task_errors import TaskNameInvalid
from acrlab.domain.tasks import shapes
from acrlab.engine.ask import Ask
from acrlab.engine.hosting import watch
from acrlab.engine.identities import registry as identities
from acrlab.engine.state import Resource
from acrlab.engine.tasks import requests, schedule, timers, triggers, webhooks
from acrlab.engine.world import World

NAME = re.compile(r"[a-zA-Z0-9_-]{5,50}")
WHAT = "taskCreateParameters"
# How the service spells the identities of tasks. Source: recorded, acr_task (2024-09).
_SPELLED = {each.lower(): each for each in ("SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned")}


def check_name(name: str) -> None:
    """Raises: TaskNameInvalid."""
    if not NAME.fullmatch(name):
        raise TaskNameInvalid(what="Task", low=5, high=50)


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a task after a PUT or PATCH.

    Raises: BodyInvalid, TaskInvalid, AgentPoolUnknown, and what identities refuse.
    Source: recorded, acr_task (2024-09): a PATCH merges, a credential of null goes.
    """
    given = read(shapes.TASKS, ask.given, ask.version, kind=shapes.TASK)
    known = ask.known.body if ask.known is not None else None
    kept = known if known is not None and ask.patch else None
    properties = _properties(ask, given.get("properties", {}), kept["properties"] if kept is not None else None)
    body: dict[str, Any] = {"location": known["location"] if known is not None else given["location"]}
    tags = given.get("tags", kept.get("tags") if kept is not None else None)
    if tags:
        body["tags"] = tags
    identity = identity_of(ask, given, known)
    if identity:
        body["identity"] = identity
    body["properties"] = properties
    schedule.require_pool(ask.world, _registry(ask), properties.get("agentPoolName") or "")
    return body


def _registry(ask: Ask) -> str:
    assert ask.id.parent is not None
    return str(ask.id.parent)


def identity_of(ask: Ask, given: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any] | None:
    """The identity block, as the service spells those of tasks and their runs."""
    asked = given.get("identity")
    if ask.patch and asked is not None and _last_goes(asked, known):
        given = {**given, "identity": {**asked, "type": "None"}}
    found = identities.desired(ask, given, known)
    return {**found, "type": _SPELLED[found["type"].lower()]} if found else None


def _last_goes(asked: dict[str, Any], known: dict[str, Any] | None) -> bool:
    """A PATCH that takes away the last assigned identity. Source: azure-cli 2.91.0, acr task identity remove."""
    before = ((known or {}).get("identity") or {}).get("userAssignedIdentities") or {}
    sent = asked.get("userAssignedIdentities") or {}
    gone = {id.lower() for id, each in sent.items() if each is None}
    only_users = str(asked.get("type", "")).lower() == "userassigned"
    return only_users and bool(gone) and {id.lower() for id in before} <= gone and all(v is None for v in sent.values())


def _properties(ask: Ask, given: dict[str, Any], kept: dict[str, Any] | None) -> dict[str, Any]:
    before = kept or {}
    system = bool(given.get("isSystemTask", before.get("isSystemTask", False)))
    found: dict[str, Any] = {"status": given.get("status") or before.get("status") or "Enabled"}
    pool = given.get("agentPoolName", before.get("agentPoolName"))
    if not system:
        found["platform"] = requests.platform({**before.get("platform", {}), **given.get("platform", {})}, WHAT)
        agent = {**before.get("agentConfiguration", {}), **given.get("agentConfiguration", {})}
        found["agentConfiguration"] = requests.agent({"agentConfiguration": agent, "agentPoolName": pool}, WHAT)
    found |= {"agentPoolName": pool} if pool else {}
    found["timeout"] = requests.timeout(given.get("timeout", before.get("timeout")), WHAT)
    if not system:
        found["step"] = _step(ask, given.get("step"), before.get("step"))
    trigger = triggers.merged(before.get("trigger") or {}, given.get("trigger") or {}, WHAT)
    found |= {"trigger": trigger} if trigger else {}
    credentials = _credentials(ask, given.get("credentials"), before.get("credentials"))
    found |= {"credentials": credentials} if credentials else {}
    template = given.get("logTemplate", before.get("logTemplate"))
    found |= {"logTemplate": template} if template else {}
    return {**found, "isSystemTask": system}


def _step(ask: Ask, given: Any, before: dict[str, Any] | None) -> dict[str, Any]:
    if given is None:
        if before is None:
            raise BodyInvalid(reason="Required property 'step' not found in JSON. Path 'properties'.")
        return before
    kind = requests.kind_of(given, shapes.STEPS, "TaskStepProperties")
    sent = read(shapes.STEPS[kind], given, ask.version, "properties.step", shapes.TASK)
    same = before if before is not None and before["type"] == kind else {}
    defaults = {"isPushEnabled": True, "noCache": False, "arguments": []} if kind == "Docker" else {"values": []}
    found = {**defaults, **same, **sent, "type": kind}
    requests.require(found, shapes.STEP_REQUIRED[kind])
    requests.check_step(found, WHAT)
    return found


def _credentials(ask: Ask, given: dict[str, Any] | None, before: dict[str, Any] | None) -> dict[str, Any]:
    sent, kept = requests.credentials(given, ask.version), dict(before or {})
    if "customRegistries" in sent:
        both = {**kept.get("customRegistries", {}), **sent["customRegistries"]}
        kept["customRegistries"] = {host: each for host, each in both.items() if each is not None}
    if "sourceRegistry" in sent:
        kept["sourceRegistry"] = {**kept.get("sourceRegistry", {}), **sent["sourceRegistry"]}
        if _nulled(ask.given, "properties", "credentials", "sourceRegistry", "identity"):
            kept["sourceRegistry"].pop("identity", None)
    if not ask.patch and not any(kept.values()):
        return {}
    return kept


def _nulled(given: Any, *path: str) -> bool:
    """Whether a property was sent as null, however its path is spelled."""
    for name in path:
        if not isinstance(given, dict):
            return False
        key = next((each for each in given if each.lower() == name.lower()), None)
        if key is None:
            return False
        given = given[key]
    return given is None


# Life


def opening(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """What a new task brings along: its identity, its timers' next moments, and webhooks at git hosts.

    Raises: SourceWatchFailed.
    """
    watched = webhooks.wanted(ask.world, str(ask.id), body)
    return (*identities.opened(ask, body), *timers.planned(ask.world, str(ask.id), body), *watched)


def changing(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """What a change brings along: an identity that comes or goes, timers and webhooks that are set anew.

    Raises: SourceWatchFailed.
    """
    gone = identities.closed(ask.world, ask.known, ask.by, body)
    planned = timers.planned(ask.world, str(ask.id), body)
    return (*identities.opened(ask, body), *gone, *planned, *webhooks.wanted(ask.world, str(ask.id), body))


def closing(world: World, resource: Resource, by: str) -> tuple[events.Event, ...]:
    """What goes with a task: its identity, what its timers had before them, and its webhooks."""
    gone = watch.unwatched(world, resource.id)
    return (*identities.closed(world, resource, by), *timers.called_off(world, resource.id), *gone)


def details(ask: Ask) -> Resource:
    """The task with its secrets. Source: recorded, acr_task (2024-09), listDetails."""
    assert ask.known is not None
    return ask.known
