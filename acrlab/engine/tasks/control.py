"""What a client may do to runs: list, keep, read the log, cancel."""

from datetime import UTC, datetime
from typing import Any

from acrlab.domain import events
from acrlab.domain.registry import read
from acrlab.domain.task_errors import RunFinished
from acrlab.domain.tasks import filters, shapes
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.tasks import expiry, links, runs

# Lists


def order(run: Resource) -> str:
    """Newest first. Source: observed, azure-cli 2.91.0."""
    return f"{10**12 - run.body['number']:013d}"


def chosen(found: list[Resource], text: str) -> list[Resource]:
    """The runs that a $filter lets through. Raises: RunFilterInvalid."""
    test = filters.parse(text)
    return [each for each in found if test(_facts(each))]


def _facts(run: Resource) -> dict[str, str]:
    body, properties = run.body, run.body["properties"]
    images = ",".join(f"{each['repository']}@{each.get('digest', '')}" for each in body.get("images") or ())
    return {
        "RunId": run.id.rpartition("/")[2], "RunType": properties["runType"], "Status": body["status"],
        "TaskName": properties.get("task", ""), "CreateTime": _moment(body["created"]),
        "FinishTime": _moment(body["finished"]) if "finished" in body else "", "OutputImageManifests": images,
        "IsArchiveEnabled": str(properties["isArchiveEnabled"]), "AgentPoolName": properties.get("agentPoolName", ""),
    }  # fmt: skip


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# What a client may do


def desired(ask: Ask) -> dict[str, Any]:
    """The body after a PATCH: whether it is kept. Raises: BodyInvalid. Source: recorded, acr_task (2024-09)."""
    assert ask.known is not None
    given = read(shapes.RUN_UPDATE, ask.given, ask.version, kind=shapes.RUN)
    body = ask.known.body
    return {
        **body, "updated": ask.world.now(), "touched": True, "properties": {**body["properties"], **given}
    }  # fmt: skip


def changing(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """A run that is archived no more goes when its time has come."""
    if "finished" not in body or body["properties"]["isArchiveEnabled"]:
        return ()
    return (expiry.planned(ask.world, str(ask.id), body["finished"]),)


def log_link(ask: Ask) -> dict[str, Any]:
    """Where the log is read. Source: observed, azure-cli 2.91.0; recorded, Azure/azure-cli#30033 (2024-10)."""
    assert ask.known is not None
    registry = runs.registry_of(ask.world, ask.known)
    assert registry is not None
    return {"logLink": links.signed(ask.world, registry, f"logs/{ask.id.name}/rawtext.log", links.READ)}


def cancelled(ask: Ask) -> Resource:
    """End a run: at once when it waits, else as soon as its agent lets go of it. Raises: RunFinished."""
    run = ask.known
    assert run is not None
    if run.body["status"] not in runs.UNFINISHED:
        raise RunFinished(run=ask.id.name, status=run.body["status"])
    now = ask.world.now()
    here = now - run.body["ahead"]
    worked = here - run.body.get("started", here)  # its agent does not get to say
    ask.world.commit(events.RunEnded(at=now, by=ask.by, id=run.id, status="Canceled", seconds=worked))
    return ask.world.state.resources[run.id.lower()]
