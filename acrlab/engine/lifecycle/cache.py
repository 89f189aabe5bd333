"""Artifact cache at work: the first pull of what a rule covers brings it in, later ones keep its tags up.

Source: artifact-cache-overview (2026): a pull fills the cache, new tags are not fetched ahead; Azure/acr#860 (2025-12):
a tag that has moved upstream is followed by a pull, five minutes later at the most; techcommunity, how artifact cache
handles multi-arch images (2026): of an index the platforms that are pulled. That what is held is served when upstream
does not answer is inferred.
"""

import math
from typing import TYPE_CHECKING

import msgspec

from acrlab.domain import cache, names
from acrlab.domain.access import ANONYMOUS
from acrlab.domain.errors import Condition, ManifestUnknown
from acrlab.domain.lifecycle_errors import ImportSourceDenied, ImportSourceNotFound
from acrlab.engine import directory, manifests, tokens
from acrlab.engine.lifecycle import cache_credentials
from acrlab.engine.lifecycle.copies import Copy
from acrlab.engine.lifecycle.sources import Neighbour, Outside, Source
from acrlab.engine.state import Entry, Registry, Resource

if TYPE_CHECKING:
    from acrlab.domain.access import Principal
    from acrlab.engine.world import World

FRESH = 300.0  # seconds that a tag is served without asking upstream again


def held(world: "World", registry: Registry) -> list[Resource]:
    """The cache rules of a registry, by name."""
    return world.state.inside(registry.resource, "cacherules")


def rule(world: "World", registry: Registry, repository: str) -> Resource | None:
    """The rule that fills a repository: a fixed one before a wildcard."""
    found = [(cache.pattern(each.body["properties"]["targetRepository"]), each) for each in held(world, registry)]
    covering = [(pattern, each) for pattern, each in found if pattern.covers(repository)]
    return min(covering, key=lambda pair: pair[0].wild)[1] if covering else None


class Found(msgspec.Struct, frozen=True):
    """A manifest, and the moment from which on a pull by the same reference may find another one."""

    entry: Entry
    until: float = math.inf


def get(world: "World", registry: Registry, name: str, reference: str, by: "Principal") -> Found:
    """The manifest under a tag or digest, brought in or up to date when a rule covers it and upstream has it.

    Raises: ManifestUnknown, DisallowedOperation.
    """
    try:
        entry = manifests.get(registry, name, reference)
    except ManifestUnknown as missing:
        return Found(_filled(world, registry, name, reference, by, missing), world.now() + FRESH)
    tag = registry.repositories[name].tags.get(reference)
    if tag is None:
        return Found(entry)
    if world.now() < tag.updated + FRESH:
        return Found(entry, tag.updated + FRESH)
    covering = rule(world, registry, name)
    return (
        Found(entry) if covering is None else Found(_kept_up(world, registry, name, entry, reference, by, covering), 0)
    )


def _filled(
    world: "World", registry: Registry, name: str, reference: str, by: "Principal", missing: ManifestUnknown
) -> Entry:
    covering = rule(world, registry, name)
    if covering is None:
        raise missing
    covered = f"cache rule {covering.id.rpartition('/')[2]} covers {name}"
    try:
        _bring(world, registry, name, reference, by, _source(world, covering, name))
    except Condition as refused:
        raise missing.why(covered, *refused.because, refused.text) from None
    return manifests.get(registry, name, reference)


def _kept_up(
    world: "World", registry: Registry, name: str, held: Entry, tag: str, by: "Principal", covering: Resource
) -> Entry:
    try:
        source = _source(world, covering, name)
        if names.digest_of(source.manifest(tag)[0]) == held.digest:
            return held
        _bring(world, registry, name, tag, by, source)
    except Condition:
        return held  # upstream does not answer, or the tag is locked: what is here is served
    return manifests.get(registry, name, tag)


def _bring(
    world: "World", registry: Registry, name: str, reference: str, by: "Principal", source: Source
) -> None:  # fmt: skip
    """Raises: what the source and the registry refuse."""
    tags = () if names.is_digest(reference) else (reference,)
    world.commit(*Copy(world, registry, name, by.id, children=False).of(source, reference, tags))


def _source(world: "World", covering: Resource, name: str) -> Source:
    """Where the rule copies from, as its identity, as whom its credential set says, or as everybody.

    Raises: ImportSourceNotFound, ImportSourceDenied, Unauthenticated, and what the vault of the credential refuses.
    """
    properties = covering.body["properties"]
    host, wanted = cache.source(properties["sourceRepository"])
    target = cache.pattern(properties["targetRepository"])
    repository = wanted.prefix + name.removeprefix(target.prefix) if wanted.wild else wanted.prefix
    neighbour = world.registry_at(host)
    if neighbour is None:
        cache_credentials.of(world, properties.get("credentialSetResourceId") or "", host)
        upstream = world.upstreams(host)
        if upstream is None:
            raise ImportSourceNotFound(source=f"{host}/{repository}")
        return Outside(world, upstream, repository)
    who = _visitor(world, covering, neighbour, host)
    if "pull" not in tokens.allowed(world, neighbour, who, "repository", repository):
        refusal = ImportSourceDenied(source=f"{host}/{repository}")
        raise refusal.why(f"{who.kind} {who.name} may not pull {repository} from {host}")
    return Neighbour(world, neighbour, repository)


def _visitor(world: "World", covering: Resource, neighbour: Registry, host: str) -> "Principal":
    """Source: artifact-cache-acr-to-acr-cli (2026): a rule's user-assigned identity needs to pull at the source."""
    assigned = (covering.body.get("identity") or {}).get("userAssignedIdentities", {})
    known = next((world.state.principals.get(each["principalId"]) for each in assigned.values()), None)
    if known is not None:
        return directory.principal(known)
    credential = cache_credentials.of(world, covering.body["properties"].get("credentialSetResourceId") or "", host)
    return tokens.password_owner(world, neighbour, *credential) if credential else ANONYMOUS
