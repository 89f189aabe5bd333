"""Tasks, their runs and their agents as ARM shows them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from acrlab.domain.tasks import shapes
from acrlab.engine import operations
from acrlab.engine.state import Resource
from acrlab.engine.tasks import task_runs
from acrlab.engine.world import World
from acrlab.wire.arm_marks import system_data
from acrlab.wire.times import iso_offset


def _seconds(moment: float) -> str:
    """Source: recorded, lastUpdatedTime of runs has whole seconds."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _state(run: Resource) -> str:
    """Source: recorded, Succeeded while it runs; Failed when it failed (inferred)."""
    return "Failed" if run.body["status"] in ("Failed", "Error", "Timeout") else "Succeeded"


def _marks(world: World, run: Resource) -> dict[str, str]:
    """Source: recorded, acr_task (2024-09): creation shows only once a run was updated."""
    marks = system_data(world, run)
    return marks if run.body.get("touched") else {key: each for key, each in marks.items() if key.startswith("last")}


def brief(world: World, run: Resource) -> dict[str, Any]:
    """A run as scheduleRun answers. Source: recorded, acr_task (2024-09)."""
    name, body = run.id.rpartition("/")[2], run.body
    properties = {
        "runId": name, "status": body["status"], "lastUpdatedTime": _seconds(body["updated"]),
        "provisioningState": _state(run), "isArchiveEnabled": body["properties"]["isArchiveEnabled"],
    }  # fmt: skip
    return {
        "type": shapes.RUN, "properties": properties, "id": run.id, "name": name, "systemData": _marks(world, run)
    }  # fmt: skip


def run(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: recorded, acr_task (2024-09), in the order of its keys."""
    body = resource.body
    own = {key: value for key, value in body["properties"].items() if key != "isArchiveEnabled"}
    times = {"startTime": body.get("started"), "finishTime": body.get("finished")}
    properties = {
        "runId": head["name"], "status": body["status"], "lastUpdatedTime": _seconds(body["updated"]),
        "runType": own.pop("runType"), "createTime": iso_offset(body["created"]),
        **{key: iso_offset(value) for key, value in times.items() if value is not None},
        **({"outputImages": body["images"]} if body.get("images") else {}), **own,
        **({"runErrorMessage": body["error"]} if body.get("error") else {}),
        "provisioningState": _state(resource), "isArchiveEnabled": body["properties"]["isArchiveEnabled"],
    }  # fmt: skip
    return {
        "type": shapes.RUN, "properties": properties, "id": resource.id, "name": head["name"],
        "systemData": _marks(world, resource),
    }  # fmt: skip


_STEP = ("imageNames", "isPushEnabled", "noCache", "dockerFilePath", "target", "arguments", "taskFilePath",
         "valuesFilePath", "encodedTaskContent", "encodedValuesContent", "values", "baseImageDependencies",
         "contextPath")  # fmt: skip


def task(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """A task without its secrets: those of arguments and values are left out, credentials are null.

    Source: recorded, acr_task (2024-09); rest example Tasks_Create of 2025-03-01-preview.
    """
    properties = dict(resource.body["properties"])
    if "step" in properties:
        properties["step"] = _open_step(properties["step"])
    if "trigger" in properties:
        properties["trigger"] = _open_trigger(properties["trigger"])
    credentials = properties.get("credentials") or {}
    if "customRegistries" in credentials:
        hidden = dict.fromkeys(credentials["customRegistries"])
        properties["credentials"] = {**credentials, "customRegistries": hidden}
    return _task(world, resource, head, properties, state)


def _task(
    world: World, resource: Resource, head: dict[str, Any], properties: dict[str, Any], state: str
) -> dict[str, Any]:  # fmt: skip
    body = resource.body
    marks = {"provisioningState": state or "Succeeded", "creationDate": iso_offset(resource.created)}
    step = properties.get("step")
    if step is not None:
        token = {"contextAccessToken": step["contextAccessToken"]} if "contextAccessToken" in step else {}
        ordered = {"type": step["type"], **{name: step[name] for name in _STEP if name in step}, **token}
        properties = {**properties, "step": ordered}
    return {
        "type": head["type"], **({"identity": body["identity"]} if "identity" in body else {}),
        "properties": {**marks, **properties}, "id": resource.id, "name": head["name"], "location": body["location"],
        **({"tags": body["tags"]} if "tags" in body else {}), "systemData": system_data(world, resource),
    }  # fmt: skip


def _open_step(step: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in step.items() if name != "contextAccessToken"}
    for name in ("arguments", "values"):
        if name in shown:
            shown[name] = [each for each in shown[name] if not each.get("isSecret")]
    return shown


def _open_trigger(trigger: dict[str, Any]) -> dict[str, Any]:
    shown = dict(trigger)
    if "sourceTriggers" in shown:
        shown["sourceTriggers"] = [_open_source(each) for each in shown["sourceTriggers"]]
    if "updateTriggerEndpoint" in shown.get("baseImageTrigger", {}):
        shown["baseImageTrigger"] = {**shown["baseImageTrigger"], "updateTriggerEndpoint": None}
    return shown


def _open_source(source: dict[str, Any]) -> dict[str, Any]:
    hidden = "sourceControlAuthProperties"
    repository = {name: value for name, value in source["sourceRepository"].items() if name != hidden}
    return {**source, "sourceRepository": repository}


_SECRETS = {"credentials", "contextAccessToken", "sourceControlAuthProperties", "updateTriggerEndpoint", "request"}


def without_secrets(body: Any) -> Any:
    """A body of a task or a run without anything that only its owner may see."""
    if isinstance(body, list):
        return [without_secrets(each) for each in body if not (isinstance(each, dict) and each.get("isSecret"))]
    if not isinstance(body, dict):
        return body
    return {name: without_secrets(value) for name, value in body.items() if name not in _SECRETS}


def details(world: World, resource: Resource) -> dict[str, Any]:
    """A task, or a task run, with all its secrets. Source: recorded, acr_task (2024-09), listDetails."""
    if "/taskruns/" in resource.id.lower():
        return _task_run(world, resource, resource.body["properties"]["runRequest"], "")
    head = {"type": shapes.TASK, "name": resource.id.rpartition("/")[2]}
    return _task(world, resource, head, dict(resource.body["properties"]), "")


def task_run(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: rest example TaskRuns_Create of 2025-03-01-preview."""
    return _task_run(world, resource, without_secrets(resource.body["properties"]["runRequest"]), state)


def _task_run(world: World, resource: Resource, request: Any, state: str) -> dict[str, Any]:
    body, name = resource.body, resource.id.rpartition("/")[2]
    found = task_runs.run_of(world, resource)
    properties = {"provisioningState": state or task_runs.state_of(world, resource), "runRequest": request}
    if found is not None:
        properties["runResult"] = run(world, found, {"name": found.id.rpartition("/")[2]}, "")
    if "forceUpdateTag" in body["properties"]:
        properties["forceUpdateTag"] = body["properties"]["forceUpdateTag"]
    kept: dict[str, Any] = {key: body[key] for key in ("identity", "location") if key in body}
    return {
        "type": shapes.TASK_RUN, **kept, "properties": properties, "id": resource.id, "name": name,
        "systemData": system_data(world, resource),
    }  # fmt: skip


def pool(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: rest example AgentPools_Update of 2025-03-01-preview."""
    now = state or operations.state_of(world, resource.id)
    return {
        **head, **resource.body, "properties": {**resource.body["properties"], "provisioningState": now},
        "systemData": system_data(world, resource),
    }  # fmt: skip


SHOWN: dict[str, Callable[[World, Resource, dict[str, Any], str], dict[str, Any]]] = {
    shapes.RUN.lower(): run,
    shapes.TASK.lower(): task,
    shapes.TASK_RUN.lower(): task_run,
    shapes.POOL.lower(): pool,
}
ANSWERS: dict[str, Callable[[World, Resource], dict[str, Any]]] = {"scheduleRun": brief, "listDetails": details}
