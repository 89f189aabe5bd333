"""Verbs about builds and tasks: handed in over REST as the clients do, and followed to their end."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from acrlab.client.context import packed
from acrlab.trainer.bench import Seen
from acrlab.trainer.steps import Outcome, Trip
from acrlab.trainer.values import typed

VERSION = "2025-03-01-preview"
LOOKS = 300  # at a run, before it counts as one that does not end
_LINUX = {"os": "Linux"}
_OPEN = ("Queued", "Started", "Running")
Step = Mapping[str, Any]
Value = Callable[[dict[str, Any], str], Any]


def build(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    names = str(step["build"]).split()
    request = {
        "type": "DockerBuildRequest", "dockerFilePath": step.get("file", "Dockerfile"), "imageNames": names,
        "isPushEnabled": bool(names) and typed(step.get("push", True)), "target": step.get("target"),
        "arguments": _pairs(step.get("arguments")), "platform": {"os": step.get("os", "Linux")},
    }  # fmt: skip
    return _handed(trip, step, request)


def steps(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    request = {
        "type": "EncodedTaskRunRequest", "encodedTaskContent": _text(step["steps"]), "platform": _LINUX,
        "values": _pairs(step.get("values"), str(step.get("secret", ""))),
    }  # fmt: skip
    return _handed(trip, step, request)


def task(trip: Trip, step: Step) -> Outcome:
    """Create a task; one that has no `steps` builds `image` from its files."""
    place, refused = _uploaded(trip, step)
    if refused is not None:
        return Outcome(refused)
    if "steps" in step:
        part: dict[str, Any] = {"type": "EncodedTask", "encodedTaskContent": _text(step["steps"])}
    else:
        image = str(step.get("image", ""))
        part = {"type": "Docker", "dockerFilePath": "Dockerfile", "imageNames": [image] if image else []}
    properties = {"platform": _LINUX, "step": {**part, "contextPath": place}, **typed(step.get("properties", {}))}
    if "trigger" in step:
        properties["trigger"] = typed(step["trigger"])
    body = {"location": "westeurope", "properties": properties, **typed(step.get("more", {}))}
    answer = trip.visitor.arm("PUT", f"{trip.resource}/tasks/{step['task']}", body, VERSION)
    return Outcome(answer, (answer.body or {}).get("name"))


def start(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    request: dict[str, Any] = {"type": "TaskRunRequest", "taskId": f"{trip.resource}/tasks/{step['start']}"}
    if "values" in step:
        request["overrideTaskStepProperties"] = {"values": _pairs(step["values"])}
    return _handed(trip, step, request)


def runs(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    trip.visitor.place.settle()
    answer = trip.visitor.arm("GET", f"{trip.resource}/runs", None, VERSION)
    found = [each["properties"] for each in (answer.body or {}).get("value", ())]
    name = str(step["runs"])
    wanted = [each for each in found if name in ("all", each.get("task"))]
    return Outcome(answer, [each.get(str(step.get("pick", "status"))) for each in wanted])


def _pairs(given: Any, secret: str = "") -> list[dict[str, Any]]:
    return [{"name": name, "value": str(value), "isSecret": name == secret} for name, value in (given or {}).items()]


def _text(text: Any) -> str:
    return base64.b64encode(str(text).encode()).decode()


# One run, from its request to its end


def _handed(trip: Trip, step: Step, request: dict[str, Any]) -> Outcome:
    place, refused = _uploaded(trip, step)
    if refused is not None:
        return Outcome(refused)
    sent = {key: value for key, value in request.items() if value is not None}
    sent |= {"sourceLocation": place} if place else {}
    sent |= {"agentPoolName": str(step["pool"])} if "pool" in step else {}
    sent |= typed(step.get("more", {}))
    queued = trip.visitor.arm("POST", f"{trip.resource}/scheduleRun", sent, VERSION)
    if queued.status >= 400:
        return Outcome(queued)
    return _judged(trip, step, str(queued.body["properties"]["runId"]))


def _uploaded(trip: Trip, step: Step) -> tuple[str, Seen | None]:
    """Where the context of a step is: uploaded, or where it says. Also what refused the upload."""
    if "files" not in step:
        return str(step.get("source", "")), None
    where = trip.visitor.arm("POST", f"{trip.resource}/listBuildSourceUploadUrl", None, VERSION)
    if where.status >= 400:
        return "", where
    data = packed({name: str(text) for name, text in step["files"].items()})
    sent = trip.visitor.place.send("PUT", where.body["uploadUrl"], {"x-ms-blob-type": "BlockBlob"}, data)
    return str(where.body["relativePath"]), sent if sent.status >= 400 else None


def _judged(trip: Trip, step: Step, run: str) -> Outcome:
    """A run that does not succeed counts as refused: its status is the code, its log the reason."""
    found = _followed(trip, run)
    status, log = str(found["status"]), _log(trip, run)
    answer = Seen(200 if status == "Succeeded" else 400, status, log, found)
    return Outcome(answer, VALUES[str(step.get("pick", "status"))](found, log) if "lines" not in step else [
        line for line in log.splitlines() if re.search(str(step["lines"]), line)
    ])  # fmt: skip


def _followed(trip: Trip, run: str) -> dict[str, Any]:
    for _ in range(LOOKS):
        over = trip.visitor.place.settle()
        found = trip.visitor.arm("GET", f"{trip.resource}/runs/{run}", None, VERSION)
        if over or found.body["properties"]["status"] not in _OPEN:
            break
    return dict(found.body["properties"])


def _log(trip: Trip, run: str) -> str:
    link = trip.visitor.arm("POST", f"{trip.resource}/runs/{run}/listLogSasUrl", None, VERSION)
    if link.status >= 400:
        return ""
    return trip.visitor.place.send("GET", link.body["logLink"], {}, b"").raw.decode("utf-8", "replace")


def _images(run: dict[str, Any], _: str) -> list[str]:
    return [f"{each['repository']}:{each['tag']}" for each in run.get("outputImages") or ()]


VALUES: dict[str, Value] = {
    "status": lambda run, _: run["status"],
    "id": lambda run, _: run["runId"],
    "type": lambda run, _: run["runType"],
    "images": _images,
    "log": lambda _, log: log,
}
