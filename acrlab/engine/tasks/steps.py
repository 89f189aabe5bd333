"""A task's step as the request for a run of it."""

from typing import Any

from acrlab.engine.state import Resource

_KINDS = {"Docker": "DockerBuildRequest", "FileTask": "FileTaskRunRequest", "EncodedTask": "EncodedTaskRunRequest"}
_PATHS = {"Docker": "dockerFilePath", "FileTask": "taskFilePath"}
_SENT = ("agentPoolName", "isArchiveEnabled", "logTemplate")


def request(task: Resource, sent: dict[str, Any]) -> dict[str, Any]:
    """The request for a run of a task; `sent` is a TaskRunRequest with what it overrides.

    Source: azure-mgmt-containerregistrytasks 1.0.0b1, OverrideTaskStepProperties.
    """
    body, properties = task.body, task.body["properties"]
    step, override = dict(properties["step"]), sent.get("overrideTaskStepProperties") or {}
    kind = step["type"]
    found = {key: value for key, value in step.items() if key not in ("type", "contextPath", "baseImageDependencies")}
    found |= {"type": _KINDS[kind], "sourceLocation": override.get("contextPath") or step.get("contextPath") or ""}
    for name in ("arguments", "values"):
        if override.get(name):
            found[name] = _over(step.get(name) or [], override[name])
    if override.get("file") and kind in _PATHS:
        found[_PATHS[kind]] = override["file"]
    for name in ("target", "updateTriggerToken"):
        found |= {name: override[name]} if override.get(name) else {}
    for name in ("platform", "agentConfiguration", "timeout", "agentPoolName", "credentials"):
        found |= {name: properties[name]} if name in properties else {}
    found |= {name: sent[name] for name in _SENT if sent.get(name)}
    found |= {"identity": body["identity"]} if "identity" in body else {}
    return found


def _over(before: list[dict[str, Any]], given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pairs by name, those that are sent in place of those that are there."""
    return list({each["name"]: each for each in (*before, *given)}.values())
