"""Quarantine: what is pushed stays out of sight until somebody with the right to it has let it through.

Source: Azure/acr, quarantine (2023-10, preview): by tag it is not found, by digest it is refused, and readers of the
quarantine pull by digest.
"""

from typing import TYPE_CHECKING

from acrlab.domain import content, events
from acrlab.domain.access import Principal
from acrlab.domain.errors import DisallowedOperation, ManifestUnknown
from acrlab.domain.lifecycle_errors import QuarantineDenied, QuarantineStateInvalid
from acrlab.domain.policies import ENABLED, FAILED, PASSED, QUARANTINED
from acrlab.engine import authorization
from acrlab.engine.lifecycle import rules
from acrlab.engine.state import Entry, Registry, Repository

if TYPE_CHECKING:
    from acrlab.engine.world import World


def on(world: "World", registry: Registry) -> bool:
    """Whether pushes are quarantined."""
    return bool(rules.rule(world, registry, "quarantinePolicy").get("status") == ENABLED)


def hides(entry: Entry) -> bool:
    """Whether a manifest is out of sight."""
    return entry.quarantine in (QUARANTINED, FAILED)


def holds(registry: Registry, repository: str, digest: str) -> bool:
    """Whether a digest is a manifest in quarantine, or part of one."""
    found = registry.repositories.get(repository)
    hidden = [each for each in found.manifests.values() if hides(each)] if found is not None else []
    return any(digest == each.digest or digest in _parts(each) for each in hidden)


def _parts(entry: Entry) -> set[str]:
    manifest, _ = content.parse(entry.raw, entry.media_type)
    return {each.digest for each in (*manifest.held(), *(manifest.manifests or ()))}


def reads(world: "World", registry: Registry, principal: Principal, repository: str) -> bool:
    """Whether somebody may look into the quarantine. The admin user may not (inferred)."""
    return principal.kind != "admin" and authorization.operates(
        world, registry, principal, "quarantine_read", repository
    )


def require_passed(
    world: "World", registry: Registry, principal: Principal, repository: str, entry: Entry, reference: str
) -> None:
    """Let a pull through. Raises: ManifestUnknown for a tag, DisallowedOperation for a digest."""
    if not hides(entry):
        return
    state = f"manifest {entry.digest} of {repository} is {entry.quarantine} in the registry's quarantine"
    if reference != entry.digest:
        raise ManifestUnknown(reference=reference, name=repository).why(state)
    if not reads(world, registry, principal, repository):
        raise DisallowedOperation().why(state, "AcrQuarantineReader may pull it by digest")


def decide(
    world: "World", registry: Registry, repository: Repository, entry: Entry, state: str, details: str, by: Principal
) -> None:
    """Let a manifest through, or not. Raises: QuarantineStateInvalid, QuarantineDenied."""
    spelled = {each.lower(): each for each in (PASSED, FAILED)}
    if state.lower() not in spelled:
        raise QuarantineStateInvalid(state=state[:60])
    allowed = by.kind == "admin" or authorization.operates(world, registry, by, "quarantine_write", repository.name)
    if not allowed:
        raise QuarantineDenied().why(f"{by.kind} {by.name} may not write to the quarantine: AcrQuarantineWriter may")
    world.commit(
        events.QuarantineDecided(
            at=world.now(), by=by.id, registry=registry.name, repository=repository.name, digest=entry.digest,
            state=spelled[state.lower()], details=details,
        )
    )  # fmt: skip


def hidden_tags(world: "World", registry: Registry, repository: Repository, principal: Principal) -> set[str]:
    """The tags whose manifests are out of sight for this reader."""
    found = {name for name, tag in repository.tags.items() if hides(repository.manifests[tag.digest])}
    return set() if not found or reads(world, registry, principal, repository.name) else found
