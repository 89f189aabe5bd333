"""Runs of transfer pipelines, carried out: what they write, what they bring in, and why they fail."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from acrlab.domain import events, names
from acrlab.domain.errors import Condition
from acrlab.domain.imports import image
from acrlab.domain.resource_id import parse
from acrlab.domain.transfer_errors import TransferFailed
from acrlab.engine.accounts import blobs
from acrlab.engine.accounts.access import Place
from acrlab.engine.accounts.blobs import Arrival
from acrlab.engine.errands import Errand
from acrlab.engine.lifecycle import parcels, transfer_queue, transfer_storage
from acrlab.engine.lifecycle.copies import Copy
from acrlab.engine.lifecycle.transfer_storage import DELETE, EXPORT, IMPORT
from acrlab.engine.state import Job, Registry, Resource

if TYPE_CHECKING:
    from acrlab.engine.world import World

FAILED, SUCCEEDED = "Failed", "Succeeded"
_DELETING = "DeleteSourceBlobOnSuccess"  # an option of import pipelines


class Outcome(msgspec.Struct):
    """What a run has come to: what happens by it, which artifacts went, and what stood in the way of others."""

    happened: list[events.Event] = []
    artifacts: list[str] = []
    errors: list[str] = []
    digest: str = ""


class Transfer(Protocol):
    """What a run moves. Made and concluded with the world's lock held; moved without it."""

    def move(self) -> None:
        """Raises: Condition, OSError."""
        ...

    def outcome(self) -> Outcome:
        """Raises: Condition."""
        ...

    def release(self) -> None: ...


class Carriage(Errand):
    """Does what a run is to do, and says how it ended. A run that was deleted or begun anew is left alone."""

    def __init__(self, world: "World", job: Job) -> None:
        self._world, self._job = world, job
        self._transfer: Transfer | None = None
        self._failure: Outcome | None = None
        run = self._run()
        if run is not None:
            with self._failing():
                self._transfer = _begun(world, run)

    @property
    def slow(self) -> bool:
        return self._transfer is not None

    def prepare(self) -> None:
        with self._failing():
            assert self._transfer is not None
            self._transfer.move()

    def finish(self) -> tuple[events.Event, ...]:
        run = self._run()
        if run is None:
            return ()
        outcome = self._failure or Outcome()
        if self._transfer is not None and self._failure is None:
            with self._failing():
                outcome = self._transfer.outcome()
            outcome = self._failure or outcome
        body = _ended(self._world, run, outcome)
        return (*outcome.happened, events.ResourcePut(at=self._world.now(), by=run.modified_by, id=run.id, body=body))

    def release(self) -> None:
        if self._transfer is not None:
            self._transfer.release()

    def _run(self) -> Resource | None:
        """The run, as long as it is the one that the job is for."""
        run = self._world.state.resources.get(self._job.arguments["run"])
        if run is None or "request" not in run.body:
            return None
        return run if run.body["properties"]["response"]["startTime"] == self._job.arguments["started"] else None

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except Condition as failure:
            self._failure = Outcome(errors=[failure.text])
        except OSError as failure:
            self._failure = Outcome(errors=[f"The disk of this machine: {failure.strerror or failure}"])
        except Exception as fault:  # a bug of ours ends the run; else it would go on for ever
            traceback.print_exc()
            self._failure = Outcome(errors=[f"acrlab: internal error: {fault}"])


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


class _Order(NamedTuple):
    """What a run is to do, as the world stands now."""

    registry: Registry
    pipeline: Resource
    request: dict[str, Any]
    options: list[str]


def _order(world: "World", run: Resource) -> _Order:
    """Raises: TransferFailed."""
    pipeline = world.state.resources.get(run.body["request"].lower())
    if pipeline is None:
        raise TransferFailed(reason="The pipeline is gone.")
    registry = world.state.registries[parse(run.id).names[0].lower()]
    properties = pipeline.body["properties"]
    return _Order(registry, pipeline, run.body["properties"]["request"], properties["options"])


def _begun(world: "World", run: Resource) -> Transfer:
    """Raises: TransferFailed, and what the registry refuses."""
    exporting = "target" in _order(world, run).pipeline.body["properties"]
    return Outgoing(world, run) if exporting else Incoming(world, run)


class Outgoing:
    """Artifacts, as they are now, on their way into a blob."""

    def __init__(self, world: "World", run: Resource) -> None:
        """Raises: TransferFailed."""
        self._world, self._run = world, run
        self._arrival: Arrival | None = None
        self._errors: list[str] = []
        order, _ = self._place()
        found = [_picked(world, order.registry, each, self._errors) for each in order.request["artifacts"]]
        self._picked = [each for each in found if each is not None]
        if self._errors and "ContinueOnErrors" not in order.options:
            self._picked.clear()
        self._held = {digest for each in self._picked for digest in each.blobs}
        for digest in self._held:
            world.expect(digest, 1)

    def _place(self) -> tuple[_Order, Place]:
        """Raises: TransferFailed."""
        order = _order(self._world, self._run)
        name = order.request["target"]["name"]
        place = transfer_storage.opened(self._world, order.pipeline, name, EXPORT)
        known = blobs.known(self._world, place.account, place.container, name)
        if known is not None and "OverwriteBlobs" not in order.options:
            raise TransferFailed(reason=f"The blob {name} exists, and the pipeline has no option OverwriteBlobs.")
        return order, place

    def move(self) -> None:
        if self._picked:
            self._arrival = parcels.pack(self._world, self._picked)

    def outcome(self) -> Outcome:
        if self._arrival is None:
            return Outcome(errors=self._errors)
        order, place = self._place()
        arrival, by = self._arrival, transfer_queue.identity(self._world, order.pipeline).id
        stored = blobs.stored(
            self._world, place.account, place.container, place.blob, arrival.digest, arrival.size, md5=arrival.md5,
            content_type="application/x-tar", by=by,
        )  # fmt: skip
        return Outcome([stored], [each.artifact for each in self._picked], self._errors, arrival.digest)

    def release(self) -> None:
        for digest in self._held:
            self._world.expect(digest, -1)
        if self._arrival is not None:
            self._arrival.release()


def _picked(world: "World", registry: Registry, artifact: str, errors: list[str]) -> parcels.Picked | None:
    try:
        wanted = image(artifact)
        return parcels.pick(world, registry, artifact, wanted.repository, wanted.reference)
    except Condition as refused:
        errors.append(f"{artifact}: {refused.text}")
        return None


class Incoming:
    """What a blob holds, on its way into a registry."""

    def __init__(self, world: "World", run: Resource) -> None:
        """Raises: TransferFailed, and what storage refuses."""
        self._world, self._run = world, run
        order, place = self._place()
        name, wanted = place.blob, order.request.get("catalogDigest")
        self._found = blobs.find(world, place.account, place.container, name)
        if wanted not in (None, "", self._found.digest):
            raise TransferFailed(reason=f"The blob {name} has the digest {self._found.digest}, not {wanted}.")
        self._most = transfer_queue.largest(world, order.registry)
        self._source: parcels.Parcel | None = None
        world.expect(self._found.digest, 1)

    def _place(self) -> tuple[_Order, Place]:
        """Raises: TransferFailed."""
        order = _order(self._world, self._run)
        rights = (*IMPORT, *((DELETE,) if _DELETING in order.options else ()))
        return order, transfer_storage.opened(self._world, order.pipeline, order.request["source"]["name"], rights)

    def move(self) -> None:
        source = self._source = parcels.Parcel(self._world, self._found.digest, self._found.size)
        if len(source.artifacts) > self._most:
            raise TransferFailed(reason=f"The blob holds more than {self._most} artifacts, which no transfer takes.")
        source.take()

    def outcome(self) -> Outcome:
        assert self._source is not None
        order, place = self._place()
        by, outcome = transfer_queue.identity(self._world, order.pipeline).id, Outcome(digest=self._found.digest)
        for artifact, digest in self._source.artifacts:
            try:
                copied = _copied(self._world, order.registry, self._source, artifact, digest, by, order.options)
                outcome.happened.extend(copied)
                outcome.artifacts.append(artifact)
            except Condition as refused:
                outcome.errors.append(f"{artifact}: {refused.text}")
        if outcome.errors and "ContinueOnErrors" not in order.options:
            return Outcome(errors=outcome.errors, digest=outcome.digest)
        known = blobs.known(self._world, place.account, place.container, place.blob)
        if _DELETING in order.options and not outcome.errors and known == self._found:
            outcome.happened.extend(blobs.removed(self._world, place.account, place.container, place.blob, by))
        return outcome

    def release(self) -> None:
        self._world.expect(self._found.digest, -1)
        if self._source is not None:
            self._source.release()


def _copied(
    world: "World", registry: Registry, source: parcels.Parcel, artifact: str, digest: str, by: str, options: list[str]
) -> tuple[events.Event, ...]:
    """Raises: TransferFailed, and what stands against a push."""
    if digest in source.refused:
        raise source.refused[digest]
    wanted = image(artifact)
    tags = (wanted.reference,) if wanted.reference and not names.is_digest(wanted.reference) else ()
    known = registry.repositories.get(wanted.repository)
    held = known.tags.get(tags[0]) if known is not None and tags else None
    if held is not None and held.digest != digest and "OverwriteTags" not in options:
        raise TransferFailed(reason="the tag is there, and the pipeline has no option OverwriteTags.")
    return Copy(world, registry, wanted.repository, by).of(source, digest, tags)
