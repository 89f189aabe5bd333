"""Content copied from one repository into another: decided whole, then committed by whoever asked."""

from typing import TYPE_CHECKING

import msgspec

from acrlab.domain import content, events, names
from acrlab.domain.content import INDEXES, Manifest
from acrlab.domain.imports import MOST_MANIFESTS
from acrlab.domain.lifecycle_errors import ImportTooLarge
from acrlab.engine import manifests, space
from acrlab.engine.lifecycle.sources import Source
from acrlab.engine.state import Registry

if TYPE_CHECKING:
    from acrlab.engine.world import World


class Copy:
    """One image on its way into one repository; without its children an index comes alone."""

    def __init__(self, world: "World", registry: Registry, name: str, by: str, *, children: bool = True) -> None:
        self._world, self._registry, self._name, self._by = world, registry, name, by
        self._kinds = INDEXES if children else ()
        known = registry.repositories.get(name)
        self._blobs = set(known.blobs) if known is not None else set()
        self._seen: set[str] = set()

    def of(self, source: Source, reference: str, tags: tuple[str, ...]) -> tuple[events.Event, ...]:
        """The events that bring the image in, its children first; without tags only its manifests come.

        Raises: ManifestUnknown, BlobUnknown, ManifestInvalid, ImportTooLarge, DisallowedOperation.
        Source: container-registry-import-images (2025): all platforms of an index are copied.
        """
        raw, media_type = source.manifest(reference)
        found: list[events.Event] = []
        digest = reference if names.is_digest(reference) else names.digest_of(raw)
        self._take(source, digest, raw, media_type, found)
        manifests.require_pushable(self._registry, self._name, digest, tags)
        own = found[-1]
        space.require(self._world, self._registry, sum(map(self._added, found)))
        return (*found, *(msgspec.structs.replace(own, tag=tag) for tag in tags))

    def _added(self, event: events.Event) -> int:
        """Bytes that an event adds to what the registry stores."""
        if isinstance(event, events.BlobLinked):
            return 0 if event.digest in self._registry.held else event.size
        return len(event.raw) if isinstance(event, events.ManifestPushed) else 0

    def _take(self, source: Source, digest: str, raw: bytes, media_type: str, found: list[events.Event]) -> None:
        if digest in self._seen:
            return
        self._seen.add(digest)
        if len(self._seen) > MOST_MANIFESTS:
            raise ImportTooLarge(count=f"more than {MOST_MANIFESTS}", limit=MOST_MANIFESTS)
        manifest, kind = content.parse(raw, media_type)
        for each in manifest.manifests or () if kind in self._kinds else ():
            self._take(source, each.digest, *source.manifest(each.digest), found)
        self._link(source, manifest, found)
        found.append(manifests.pushed(self._world, self._registry, self._name, digest, raw, manifest, kind, self._by))

    def _link(self, source: Source, manifest: Manifest, found: list[events.Event]) -> None:
        for each in manifest.held():
            if each.foreign or each.digest in self._blobs:
                continue
            self._blobs.add(each.digest)
            found.append(
                events.BlobLinked(
                    at=self._world.now(), by=self._by, registry=self._registry.name, repository=self._name,
                    digest=each.digest, size=source.hold(each.digest),
                )
            )  # fmt: skip
