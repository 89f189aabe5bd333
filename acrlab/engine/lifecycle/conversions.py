"""What artifact streaming makes of an image: an artifact beside it, that is marked as one that streams nothing."""

from acrlab.domain import content, events, names, streaming
from acrlab.domain.content import INDEXES, OCI_MANIFEST, Descriptor
from acrlab.domain.errors import Condition, ManifestUnknown
from acrlab.domain.streaming import ARTIFACT, FAILED, PLATFORM, SUCCEEDED, StreamingUnsupported
from acrlab.engine import manifests, registries
from acrlab.engine.lifecycle import streaming as running
from acrlab.engine.state import Conversion, Entry, Registry, Repository
from acrlab.engine.world import World


def require(world: World, registry: Registry) -> None:
    """The registry can have streaming artifacts.

    Raises: TierRefused, StreamingUnsupported. Source: container-registry-artifact-streaming (2026-01).
    """
    registries.require(registries.edition(world), registries.tier(world, registry), "artifact_streaming")
    if registries.properties(world, registry)["encryption"]["status"] == "enabled":
        raise StreamingUnsupported(reason="the registry is encrypted with a customer-managed key")


def begin(world: World, registry: Registry, repository: str, digest: str, by: str) -> Conversion:
    """Convert an image, unless that is under way.

    Raises: TierRefused, StreamingUnsupported, ManifestUnknown, NameUnknown.
    """
    require(world, registry)
    entry = manifests.get(registry, repository, names.digest(digest))
    _require_convertible(registry.repositories[repository], entry)
    known = running.last(world, registry, repository, digest)
    if known is not None and known.status == streaming.RUNNING:
        return known
    world.commit(*running.started(world, registry, repository, digest, by))
    found = running.last(world, registry, repository, digest)
    assert found is not None
    return found


def _require_convertible(repository: Repository, entry: Entry) -> None:
    """An image for linux/amd64, or an index with one."""
    manifest, kind = content.parse(entry.raw, entry.media_type)
    digests = [each.digest for each in manifest.manifests or ()] if kind in INDEXES else []
    inside = [found for found in map(repository.manifests.get, digests) if found is not None]
    platforms = {(each.os, each.architecture) for each in (inside or [entry])}
    if PLATFORM not in platforms:
        known = ", ".join("/".join(filter(None, each)) or "no image at all" for each in sorted(platforms))
        raise StreamingUnsupported(reason=f"only images for linux/amd64 are streamed, and this is {known}")


def end(world: World, conversion: Conversion) -> None:
    """Push the artifact, or say why that cannot be."""
    try:
        happened, error = _artifact(world, conversion), ""
    except Condition as refused:
        happened, error = (), refused.text
    status = FAILED if error else SUCCEEDED
    over = events.ConversionEnded(at=world.now(), id=conversion.id, status=status, error=error)
    world.commit(*happened, over)


def _artifact(world: World, conversion: Conversion) -> tuple[events.Event, ...]:
    """Raises: ManifestUnknown, DisallowedOperation, and what stands against a push."""
    registry = world.state.registries.get(conversion.registry)
    if registry is None:
        raise ManifestUnknown(reference=conversion.digest, name=conversion.repository)
    name = conversion.repository
    entry = manifests.get(registry, name, conversion.digest)
    beside = registry.repositories[name].referrers.get(entry.digest, {}).values()
    if any(each.artifact_type == ARTIFACT for each in beside):
        return ()
    raw = streaming.artifact(Descriptor(entry.media_type, entry.digest, len(entry.raw)))
    made, kind = content.parse(raw, OCI_MANIFEST)
    digest = names.digest_of(raw)
    manifests.require_pushable(registry, name, digest, ())
    nothing = world.blobs.put(streaming.NOTHING)
    link = events.BlobLinked(
        at=world.now(), registry=registry.name, repository=name, digest=nothing, size=len(streaming.NOTHING)
    )
    return link, manifests.pushed(world, registry, name, digest, raw, made, kind, "")
