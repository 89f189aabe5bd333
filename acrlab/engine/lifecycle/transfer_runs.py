"""Runs of transfer pipelines, carried out: what they write, what they bring in, and why they fail."""

from typing import TYPE_CHECKING, Any

import msgspec

from acrlab.domain import events, names
from acrlab.domain.errors import Condition
from acrlab.domain.imports import image
from acrlab.domain.resource_id import parse
from acrlab.domain.transfer_errors import TransferFailed
from acrlab.engine.accounts import blobs
from acrlab.engine.lifecycle import parcels, transfer_queue, transfer_storage
from acrlab.engine.lifecycle.copies import Copy
from acrlab.engine.lifecycle.transfer_storage import DELETE, EXPORT, IMPORT
from acrlab.engine.state import Job, Registry, Resource

if TYPE_CHECKING:
    from acrlab.engine.world import World

FAILED, SUCCEEDED = "Failed", "Succeeded"


class Outcome(msgspec.Struct):
    """What a run has come to: what happens by it, which artifacts went, and what stood in the way of others."""

    happened: list[events.Event] = []
    artifacts: list[str] = []
    errors: list[str] = []
    digest: str = ""


def carry_out(world: "World", job: Job) -> None:
    """Do what a run is to do, and say how it ended. A run that was deleted or begun anew is left alone."""
    run = world.state.resources.get(job.arguments["run"])
    if run is None or "request" not in run.body:
        return
    if run.body["properties"]["response"]["startTime"] != job.arguments["started"]:
        return
    try:
        outcome = _outcome(world, run)
    except (Condition, OSError) as failure:
        text = failure.text if isinstance(failure, Condition) else f"The disk of this machine: {failure.strerror}"
        outcome = Outcome(errors=[text])
    final = events.ResourcePut(at=world.now(), by=run.modified_by, id=run.id, body=_ended(world, run, outcome))
    world.commit(*outcome.happened, final)


def _ended(world: "World", run: Resource, outcome: Outcome) -> dict[str, Any]:
    status = SUCCEEDED if outcome.artifacts else FAILED
    error = " ".join(outcome.errors)
    properties = run.body["properties"]
    went = len(outcome.artifacts) * 100 // (len(outcome.artifacts) + len(outcome.errors))
    imported = outcome.artifacts if "source" in properties["request"] else []
    response = {
        **properties["response"], "status": status, "finishTime": world.now(), "importedArtifacts": imported,
        "progress": {"percentage": str(went)}, **({"catalogDigest": outcome.digest} if outcome.digest else {}),
        **({"pipelineRunErrorMessage": error} if error else {}),
    }  # fmt: skip
    kept = {name: value for name, value in run.body.items() if name != "request"}
    return {**kept, "properties": {**properties, "response": response}, "status": status, "error": error}


def _outcome(world: "World", run: Resource) -> Outcome:
    """Raises: TransferFailed, and what the registry refuses."""
    pipeline = world.state.resources.get(run.body["request"].lower())
    if pipeline is None:
        raise TransferFailed(reason="The pipeline is gone.")
    registry = world.state.registries[parse(run.id).names[0].lower()]
    request, options = run.body["properties"]["request"], pipeline.body["properties"]["options"]
    if "target" in pipeline.body["properties"]:
        return _exported(world, registry, pipeline, request, options)
    return _imported(world, registry, pipeline, request, options)


def _exported(
    world: "World", registry: Registry, pipeline: Resource, request: dict[str, Any], options: list[str]
) -> Outcome:
    name = request["target"]["name"]
    place = transfer_storage.opened(world, pipeline, name, EXPORT)
    if "OverwriteBlobs" not in options and blobs.known(world, place.account, place.container, name) is not None:
        raise TransferFailed(reason=f"The blob {name} exists, and the pipeline has no option OverwriteBlobs.")
    outcome = Outcome()
    picked = [each for each in (_picked(world, registry, each, outcome) for each in request["artifacts"]) if each]
    if not picked or (outcome.errors and "ContinueOnErrors" not in options):
        return Outcome(errors=outcome.errors)
    arrival = parcels.pack(world, picked)
    try:
        outcome.happened.append(
            blobs.stored(
                world, place.account, place.container, name, arrival.digest, arrival.size, md5=arrival.md5,
                content_type="application/x-tar", by=transfer_queue.identity(world, pipeline).id,
            )
        )  # fmt: skip
    finally:
        arrival.release()
    outcome.artifacts, outcome.digest = [each.artifact for each in picked], arrival.digest
    return outcome


def _picked(world: "World", registry: Registry, artifact: str, outcome: Outcome) -> parcels.Picked | None:
    try:
        wanted = image(artifact)
        return parcels.pick(world, registry, artifact, wanted.repository, wanted.reference)
    except Condition as refused:
        outcome.errors.append(f"{artifact}: {refused.text}")
        return None


def _imported(
    world: "World", registry: Registry, pipeline: Resource, request: dict[str, Any], options: list[str]
) -> Outcome:
    name = request["source"]["name"]
    deleting = "DeleteSourceBlobOnSuccess" in options
    place = transfer_storage.opened(world, pipeline, name, (*IMPORT, *((DELETE,) if deleting else ())))
    found = blobs.find(world, place.account, place.container, name)
    if request.get("catalogDigest") not in (None, "", found.digest):
        raise TransferFailed(reason=f"The blob {name} has the digest {found.digest}, not {request['catalogDigest']}.")
    source, outcome = parcels.Parcel(world, found.digest, found.size), Outcome(digest=found.digest)
    by, most = transfer_queue.identity(world, pipeline).id, transfer_queue.largest(world, registry)
    if len(source.artifacts) > most:
        raise TransferFailed(reason=f"The blob {name} holds more than {most} artifacts, which no transfer takes.")
    for artifact, digest in source.artifacts:
        try:
            outcome.happened.extend(_copied(world, registry, source, artifact, digest, by, options))
            outcome.artifacts.append(artifact)
        except Condition as refused:
            outcome.errors.append(f"{artifact}: {refused.text}")
    if outcome.errors and "ContinueOnErrors" not in options:
        return Outcome(errors=outcome.errors, digest=found.digest)
    if deleting and not outcome.errors:
        outcome.happened.extend(blobs.removed(world, place.account, place.container, name, by))
    return outcome


def _copied(
    world: "World", registry: Registry, source: parcels.Parcel, artifact: str, digest: str, by: str, options: list[str]
) -> tuple[events.Event, ...]:
    """Raises: TransferFailed, and what stands against a push."""
    wanted = image(artifact)
    tags = (wanted.reference,) if wanted.reference and not names.is_digest(wanted.reference) else ()
    known = registry.repositories.get(wanted.repository)
    held = known.tags.get(tags[0]) if known is not None and tags else None
    if held is not None and held.digest != digest and "OverwriteTags" not in options:
        raise TransferFailed(reason="the tag is there, and the pipeline has no option OverwriteTags.")
    return Copy(world, registry, wanted.repository, by).of(source, digest, tags)
