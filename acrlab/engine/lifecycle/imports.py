"""importImage: content from another registry, or from the same one under another name."""

from typing import Any

from acrlab.domain import events, names, resource_id
from acrlab.domain.access import ANONYMOUS, Principal
from acrlab.domain.errors import BlobUnknown, Condition, ManifestUnknown, NameInvalid, Unauthenticated
from acrlab.domain.imports import FORCE, LATEST, SHAPE, Image, image
from acrlab.domain.lifecycle_errors import (
    ImportSourceDenied,
    ImportSourceMissing,
    ImportSourceNotFound,
    ImportTagTaken,
)  # fmt: skip
from acrlab.domain.registry import TYPE, read
from acrlab.engine import operations, tokens
from acrlab.engine.ask import Ask
from acrlab.engine.lifecycle.copies import Copy
from acrlab.engine.lifecycle.sources import Neighbour, Outside, Source
from acrlab.engine.lifecycle.transfer import require_exports
from acrlab.engine.network import firewall
from acrlab.engine.state import Registry
from acrlab.engine.world import World

SECONDS = 10.0  # what an import takes on Azure; inferred, no published figure
MOST_TARGETS = 100  # of one request; inferred, no published figure
_SCHEMES = ("https://", "http://")


def perform(ask: Ask) -> events.OperationStarted:
    """Copy an image into the registry. Nothing is copied unless all of it can be.

    Raises: ImportSourceMissing, ImportSourceNotFound, ImportSourceDenied, ImportTagTaken, ImportTooLarge, NameInvalid,
    TagInvalid, DisallowedOperation.
    Source: recorded, acr_import_no_wait (2023): 202 with a Location; what it refuses is told at once (inferred).
    """
    given = read(SHAPE, ask.given, ask.version, kind=f"{TYPE}/importImage")
    wanted = _wanted(given)
    home = ask.world.state.registries[ask.id.name.lower()]
    targets = _targets(given, wanted)
    _require_free(home, targets, given.get("mode", ""))
    source = _source(ask, home, given["source"], wanted)
    operation = operations.started(ask.world, str(ask.id), "registries", "Importing", SECONDS)
    ask.world.commit(*_copied(ask, home, source, wanted, targets), operation)
    return operation


def _wanted(given: dict[str, Any]) -> Image:
    source = given.get("source")
    if not source or not source.get("sourceImage"):
        raise ImportSourceMissing(reason="source.sourceImage is required")
    found = image(_without_host(source))
    return found if found.reference else Image(found.repository, LATEST)


def _without_host(source: dict[str, Any]) -> str:
    """The image without the registry, which some callers repeat there."""
    host, text = _host(source), str(source["sourceImage"])
    return text.removeprefix(f"{host}/") if host else text


def _host(source: dict[str, Any]) -> str:
    text = str(source.get("registryUri") or "")
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    return text.strip("/").lower()


def _targets(given: dict[str, Any], wanted: Image) -> dict[str, list[str]]:
    """The tags that shall be, by repository; none for a copy without tag.

    Source: azure-mgmt-containerregistry 15.0.0: a target without tag takes the source's, or latest.
    """
    tagged, untagged = given.get("targetTags") or [], given.get("untaggedTargetRepositories") or []
    if len(tagged) + len(untagged) > MOST_TARGETS:
        raise ImportSourceMissing(reason=f"more than {MOST_TARGETS} targets")
    found: dict[str, list[str]] = {}
    for each in map(image, tagged or ([] if untagged else [str(Image(wanted.repository))])):
        if names.is_digest(each.reference):
            raise ImportSourceMissing(reason="a target is named repository:tag")
        tag = each.reference or (LATEST if names.is_digest(wanted.reference) else wanted.reference)
        found.setdefault(each.repository, []).append(tag)
    for each in untagged:
        if not isinstance(each, str):
            raise NameInvalid(name="")
        found.setdefault(names.repository(each), [])
    return found


def _require_free(home: Registry, targets: dict[str, list[str]], mode: str) -> None:
    if mode == FORCE:
        return
    for name, tags in sorted(targets.items()):
        known = home.repositories.get(name)
        taken = [tag for tag in tags if known is not None and tag in known.tags]
        if taken:
            refusal = ImportTagTaken(image=f"{name}:{taken[0]}")
            raise refusal.why(f"{name}:{taken[0]} is there and the mode is NoForce: az acr import --force overwrites")


def _source(ask: Ask, home: Registry, source: dict[str, Any], wanted: Image) -> Source:
    """Where to copy from, if the caller may."""
    world, host = ask.world, _host(source)
    _require_trusted(world, home)
    neighbour = _by_id(world, source["resourceId"]) if source.get("resourceId") else world.registry_at(host)
    if neighbour is not None:
        _require_trusted(world, neighbour)
        _require_pull(ask, home, neighbour, source, wanted.repository)
        return Neighbour(world, neighbour, wanted.repository)
    upstream = world.upstreams(host) if host else None
    if upstream is None:
        missing = ImportSourceNotFound(source=f"{host or source.get('resourceId') or 'without registry'}/{wanted}")
        raise missing.why(f"no registry of this world, and no public one it knows, is called {host or 'that'}")
    return Outside(world, upstream, wanted.repository)


def _require_trusted(world: World, registry: Registry) -> None:
    """An import comes from the service itself, which stands in nobody's network.

    Source: allow-access-trusted-services (2025-02): import is one of the trusted services.
    """
    if not firewall.trusts_services(world, registry):
        refusal = ImportSourceDenied(source=registry.login_server)
        raise refusal.why(
            f"{registry.login_server} is closed to public networks, and its networkRuleBypassOptions is None",
            f"az acr update --name {registry.name} --allow-trusted-services true would let imports in",
        )


def _by_id(world: World, text: str) -> Registry:
    key = resource_id.parse(text).key
    found = next((each for each in world.state.registries.values() if each.resource.lower() == key), None)
    if found is None:
        raise ImportSourceNotFound(source=text[:300])
    return found


def _require_pull(ask: Ask, home: Registry, neighbour: Registry, source: dict[str, Any], repository: str) -> None:
    """By resource id the caller's own roles count, by login server the credential; without one, everybody's.

    Source: container-registry-import-images (2025).
    """
    if neighbour is home:
        return
    require_exports(ask.world, neighbour)
    who = ask.principal if source.get("resourceId") else _credential(ask.world, neighbour, source)
    if "pull" in tokens.allowed(ask.world, neighbour, who, "repository", repository):
        return
    refusal = ImportSourceDenied(source=f"{neighbour.login_server}/{repository}")
    raise refusal.why(f"{who.kind} {who.name} may not pull {repository} from {neighbour.login_server}")


def _credential(world: World, neighbour: Registry, source: dict[str, Any]) -> Principal:
    given = source.get("credentials") or {}
    if not given.get("password"):
        return ANONYMOUS
    try:
        return tokens.password_owner(world, neighbour, given.get("username") or tokens.NULL_GUID, given["password"])
    except Unauthenticated as refused:
        denied = ImportSourceDenied(source=neighbour.login_server)
        raise denied.why(*refused.because) from None


def _copied(
    ask: Ask, home: Registry, source: Source, wanted: Image, targets: dict[str, list[str]]
) -> tuple[events.Event, ...]:
    found: list[events.Event] = []
    try:
        for name, tags in sorted(targets.items()):
            copy = Copy(ask.world, home, name, ask.by)
            found.extend(copy.of(source, wanted.reference, tuple(dict.fromkeys(tags))))
    except (ManifestUnknown, BlobUnknown) as missing:
        refusal: Condition = ImportSourceNotFound(source=str(wanted))
        raise refusal.why(missing.text, *missing.because) from None
    return tuple(found)
