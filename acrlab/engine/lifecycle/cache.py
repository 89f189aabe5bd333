"""Artifact cache at work: the first pull of what a rule covers brings it in.

Source: artifact-cache-overview (2026): a pull fills the cache, new tags are not fetched ahead. What is cached is served
as it is; that a later pull of a tag does not ask upstream again is inferred.
"""

from typing import TYPE_CHECKING

from acrlab.domain import cache
from acrlab.domain.access import ANONYMOUS
from acrlab.domain.errors import Condition, ManifestUnknown
from acrlab.domain.lifecycle_errors import ImportSourceDenied, ImportSourceNotFound
from acrlab.engine import manifests, tokens
from acrlab.engine.lifecycle import cache_credentials
from acrlab.engine.lifecycle.copies import Copy
from acrlab.engine.lifecycle.sources import Neighbour, Outside, Source
from acrlab.engine.state import Entry, Registry, Resource

if TYPE_CHECKING:
    from acrlab.domain.access import Principal
    from acrlab.engine.world import World


def held(world: "World", registry: Registry) -> list[Resource]:
    """The cache rules of a registry, by name."""
    return world.state.inside(registry.resource, "cacherules")


def rule(world: "World", registry: Registry, repository: str) -> Resource | None:
    """The rule that fills a repository: a fixed one before a wildcard."""
    found = [(cache.pattern(each.body["properties"]["targetRepository"]), each) for each in held(world, registry)]
    covering = [(pattern, each) for pattern, each in found if pattern.covers(repository)]
    return min(covering, key=lambda pair: pair[0].wild)[1] if covering else None


def get(world: "World", registry: Registry, name: str, reference: str, by: "Principal") -> Entry:
    """The manifest under a tag or digest, brought in when a rule covers it and upstream has it.

    Raises: ManifestUnknown, DisallowedOperation.
    """
    try:
        return manifests.get(registry, name, reference)
    except ManifestUnknown as missing:
        covering = rule(world, registry, name)
        if covering is None:
            raise
        return _filled(world, registry, name, reference, by, covering, missing)


def _filled(
    world: "World", registry: Registry, name: str, reference: str, by: "Principal", covering: Resource,
    missing: ManifestUnknown,
) -> Entry:  # fmt: skip
    covered = f"cache rule {covering.id.rpartition('/')[2]} covers {name}"
    tags = () if ":" in reference else (reference,)
    try:
        happened = Copy(world, registry, name, by.id).of(_source(world, covering, name), reference, tags)
    except Condition as refused:
        raise missing.why(covered, *refused.because, refused.text) from None
    world.commit(*happened)
    return manifests.get(registry, name, reference)


def _source(world: "World", covering: Resource, name: str) -> Source:
    """Where the rule copies from, as whom its credential set says, or as everybody.

    Raises: ImportSourceNotFound, ImportSourceDenied, Unauthenticated, and what the vault of the credential refuses.
    """
    properties = covering.body["properties"]
    host, wanted = cache.source(properties["sourceRepository"])
    target = cache.pattern(properties["targetRepository"])
    repository = wanted.prefix + name.removeprefix(target.prefix) if wanted.wild else wanted.prefix
    credential = cache_credentials.of(world, properties.get("credentialSetResourceId") or "", host)
    neighbour = world.registry_at(host)
    if neighbour is None:
        upstream = world.upstreams(host)
        if upstream is None:
            raise ImportSourceNotFound(source=f"{host}/{repository}")
        return Outside(world, upstream, repository)
    who = tokens.password_owner(world, neighbour, *credential) if credential else ANONYMOUS
    if "pull" not in tokens.allowed(world, neighbour, who, "repository", repository):
        raise ImportSourceDenied(source=f"{host}/{repository}")
    return Neighbour(world, neighbour, repository)
