"""Runs of ACR Tasks as ARM shows them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from acrlab.domain.tasks import shapes
from acrlab.engine.state import Resource
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


SHOWN: dict[str, Callable[[World, Resource, dict[str, Any], str], dict[str, Any]]] = {shapes.RUN.lower(): run}
ANSWERS: dict[str, Callable[[World, Resource], dict[str, Any]]] = {"scheduleRun": brief}
