"""Runs of transfer pipelines that begin: asked for, or by a blob that arrives in a container.

How one is carried out is in `transfer_runs`, which worlds do not load before there is something to carry out.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from acrlab.domain import events, tiers, transfer
from acrlab.domain.access import ANONYMOUS, Principal
from acrlab.domain.resource_id import parse
from acrlab.engine import directory
from acrlab.engine.errands import Errand
from acrlab.engine.state import Job, Registry, Resource
from acrlab.engine.tasks import links

if TYPE_CHECKING:
    from acrlab.engine.world import World

JOB = "transfer"
SECONDS = 60.0  # what a run takes on Azure; inferred, no published figure
RUNNING = "Running"


def end_of(pipeline: Resource) -> dict[str, Any]:
    """Where a pipeline's blobs are, and how it gets at them."""
    properties: dict[str, Any] = pipeline.body["properties"]
    found: dict[str, Any] = properties["target" if "target" in properties else "source"]
    return found


def same(uri: str, home: Resource, container: str) -> bool:
    """Whether an address is that of a container."""
    host = f"{home.id.rpartition('/')[2]}{links.SUFFIX}"
    return uri.lower().rstrip("/") == f"https://{host}/{container}"


def identity(world: "World", pipeline: Resource) -> Principal:
    """Who a pipeline is: the identity that it was given, else its own."""
    block = pipeline.body["identity"]
    given = [each["principalId"] for each in block.get("userAssignedIdentities", {}).values()]
    known = world.state.principals.get(given[0] if given else block.get("principalId", ""))
    return directory.principal(known) if known is not None else ANONYMOUS


def body(
    world: "World", pipeline: Resource, request: dict[str, Any], tag: str = "", trigger: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The body of a run that begins."""
    now = world.now()
    end = "target" if "target" in pipeline.body["properties"] else "source"
    response = {
        "status": RUNNING, "startTime": now, "progress": {"percentage": "0"}, "importedArtifacts": [],
        end: pipeline.body["properties"][end], **({"trigger": trigger} if trigger else {}),
    }  # fmt: skip
    return {
        "properties": {"request": request, "response": response, **({"forceUpdateTag": tag} if tag else {})},
        "request": pipeline.id, "status": RUNNING, "error": "", "failure": "PipelineRunFailed",
        "due": now + (SECONDS if world.realistic_timing else 0.0),
    }  # fmt: skip


def largest(world: "World", registry: Registry) -> int:
    """How many artifacts a run takes at most."""
    home = world.state.resources[registry.resource.lower()]
    tier = tiers.profile(world.state.profile).tier(home.body["sku"]["name"])
    return tier.limit("transfer_artifacts_per_run")


def planned(world: "World", id: str, body: dict[str, Any]) -> events.JobScheduled:
    """The event that carries a run out when it is due."""
    arguments = {"run": id.lower(), "started": body["properties"]["response"]["startTime"]}
    return events.JobScheduled(at=world.now(), job=world.uuid(), name=JOB, due=body["due"], arguments=arguments)


def arrived(world: "World", event: events.BlobStored) -> Iterator[events.Event]:
    """A blob has come into a container: every import pipeline that waits for one begins a run of its own.

    Source: container-registry-transfer-cli (2026), the source trigger; that a run by itself is a resource with a
    generated name is inferred from PipelineTriggerDescriptor of azure-mgmt-containerregistry 15.1.0b3.
    """
    home = world.state.resources[event.account]
    for pipeline in _waiting(world, home, event.container):
        request = {"pipelineResourceId": pipeline.id, "source": {"type": "AzureStorageBlob", "name": event.name}}
        found = body(world, pipeline, request, trigger={"sourceTrigger": {"timestamp": event.at}})
        id = parse(pipeline.id)
        name = f"{id.name[:18]}{world.uuid().replace('-', '')}"
        run = f"{id.parent}/pipelineRuns/{name}"
        by = identity(world, pipeline).id
        yield events.ResourcePut(at=event.at, by=by, id=run, body=found)
        yield planned(world, run, found)


def _waiting(world: "World", home: Resource, container: str) -> list[Resource]:
    kind = f"/{transfer.IMPORT.lower().rpartition('/')[2]}/"
    found = [each for id, each in sorted(world.state.resources.items()) if kind in id]
    return [
        each
        for each in found
        if each.body["properties"]["trigger"]["sourceTrigger"]["status"] == "Enabled"
        and same(each.body["properties"]["source"]["uri"], home, container)
    ]


def among(ids: Iterable[str]) -> list[str]:
    """Those of the resources that are runs: whoever made them waits for their ends."""
    return [id for id in ids if "/pipelineruns/" in id.lower()]


def fall_due(world: "World", job: Job) -> Errand:
    """What carries a run out."""
    from acrlab.engine.lifecycle import transfer_runs  # it judges roles and vaults, which are about worlds

    return transfer_runs.Carriage(world, job)
