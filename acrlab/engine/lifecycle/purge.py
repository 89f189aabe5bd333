"""`acr purge`: old tags go, and with them, if asked, the manifests that no tag names any more.

Source: acr-cli 0.17 (2025), cmd/acr/purge; container-registry-auto-purge (2025).
"""

from collections.abc import Iterator

import msgspec

from acrlab.domain import content, purges
from acrlab.domain.access import Principal
from acrlab.domain.content import INDEXES
from acrlab.domain.errors import Unauthenticated
from acrlab.domain.purges import Filter, Options
from acrlab.engine import manifests, repositories, tokens
from acrlab.engine.state import Entry, Registry, Repository, Tag
from acrlab.engine.world import World

NEEDS = frozenset(("delete", "metadata_read"))
_UNLOCKED = {"write": True, "delete": True}


class Report(msgspec.Struct, frozen=True):
    """What a purge did, or with a dry run would do. Tags are `repository:tag`, manifests `repository@digest`."""

    tags: tuple[str, ...]
    manifests: tuple[str, ...]
    lines: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True):
    """What shall go from one repository."""

    repository: Repository
    tags: list[Tag]
    manifests: list[Entry]


def purge(world: World, registry: Registry, principal: Principal, options: Options) -> Report:
    """Delete what the options choose. All of it is chosen before anything goes.

    Raises: PurgeInvalid; Unauthenticated when a chosen repository may not be purged.
    """
    purges.require_sense(options)
    filters = [purges.chosen(each) for each in options.filters]
    before = world.now() - purges.age(options.ago) if options.ago else world.now()
    plans = [_plan(each, filters, before, options) for each in registry.visible() if _meant(each, filters)]
    for plan in plans:
        _require_rights(world, registry, principal, plan.repository.name)
    if not options.dry_run:
        for plan in plans:
            _carry_out(world, registry, plan, principal.id)
    return _report(registry, plans, options)


def _require_rights(world: World, registry: Registry, principal: Principal, name: str) -> None:
    if not tokens.allowed(world, registry, principal, "repository", name) >= NEEDS:
        refusal = Unauthenticated()
        raise refusal.why(f"{principal.kind} {principal.name} needs {', '.join(sorted(NEEDS))} on {name}")


def _meant(repository: Repository, filters: list[Filter]) -> bool:
    return not filters or any(each.repository(repository.name) for each in filters)


def _plan(repository: Repository, filters: list[Filter], before: float, options: Options) -> Plan:
    tags = [] if options.untagged_only else list(_old(repository, filters, before, options))
    wanted = options.untagged or options.untagged_only
    going = {each.name for each in tags}
    entries = list(_untagged(repository, going, before, options)) if wanted else []
    return Plan(repository, tags, entries)


def _old(repository: Repository, filters: list[Filter], before: float, options: Options) -> Iterator[Tag]:
    """Tags not updated since, newest first, without the first `keep` of them. Locked ones stay unless asked for."""
    own = [each for each in filters if each.repository(repository.name)]
    newest = sorted(repository.tags.values(), key=lambda tag: (-tag.updated, tag.name))
    found = [
        tag
        for tag in newest
        if tag.updated < before
        and any(each.tag(tag.name) for each in own)
        and (options.include_locked or not tag.attributes.protects)
    ]
    yield from found[options.keep :]


def _untagged(repository: Repository, going: set[str], before: float, options: Options) -> Iterator[Entry]:
    """Manifests that no tag will name. Parts of an index that stays, and what refers to something, are spared."""
    left = [entry for entry in repositories.entries(repository) if set(entry.tags) - going]
    spared = _parts(repository, left)
    found = [
        entry
        for entry in sorted(repository.manifests.values(), key=lambda each: (-each.updated, each.digest))
        if not set(entry.tags) - going and entry.digest not in spared and not entry.subject
    ]
    aged = [entry for entry in found if entry.updated < before] if options.untagged_only else found
    kept = aged[options.keep :] if options.untagged_only else aged
    yield from (entry for entry in kept if options.include_locked or not entry.attributes.protects)


def _parts(repository: Repository, tops: list[Entry]) -> set[str]:
    found: set[str] = set()
    waiting = list(tops)
    while waiting:
        entry = waiting.pop()
        if entry.media_type not in INDEXES:
            continue
        manifest, _ = content.parse(entry.raw, entry.media_type)
        for each in manifest.manifests or ():
            if each.digest not in found and each.digest in repository.manifests:
                found.add(each.digest)
                waiting.append(repository.manifests[each.digest])
    return found


def _carry_out(world: World, registry: Registry, plan: Plan, by: str) -> None:
    name = plan.repository.name
    for tag in plan.tags:
        if tag.attributes.protects:
            repositories.lock(world, registry, name, _UNLOCKED, by, tag=tag.name)
        manifests.untag(world, registry, name, tag.name, by)
    for entry in plan.manifests:
        if entry.attributes.protects:
            repositories.lock(world, registry, name, _UNLOCKED, by, digest=entry.digest)
        manifests.delete(world, registry, name, entry.digest, by)


def _report(registry: Registry, plans: list[Plan], options: Options) -> Report:
    """The words of acr-cli. Source: build logs of acr purge, quoted in its documentation (2025)."""
    tags = tuple(f"{plan.repository.name}:{tag.name}" for plan in plans for tag in plan.tags)
    gone = tuple(f"{plan.repository.name}@{entry.digest}" for plan in plans for entry in plan.manifests)
    lines = [line for plan in plans for line in _told(registry, plan, options)]
    words = (
        ("Number of tags to be deleted", "Number of manifests to be deleted")
        if options.dry_run
        else ("Number of deleted tags", "Number of deleted manifests")
    )
    return Report(tags, gone, (*lines, "", f"{words[0]}: {len(tags)}", f"{words[1]}: {len(gone)}"))


def _told(registry: Registry, plan: Plan, options: Options) -> Iterator[str]:
    verb = "Would delete" if options.dry_run else "Deleting"
    name, host = plan.repository.name, registry.login_server
    if not options.untagged_only:
        yield f"{verb} tags for repository: {name}"
        yield from (f"{_done(options)}: {host}/{name}:{tag.name}" for tag in plan.tags)
    if options.untagged or options.untagged_only:
        yield f"{verb} manifests for repository: {name}"
        yield from (f"{_done(options)}: {host}/{name}@{entry.digest}" for entry in plan.manifests)


def _done(options: Options) -> str:
    return "Would delete" if options.dry_run else "Deleted"
