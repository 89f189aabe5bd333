"""What others say of a commit: a build, a test."""

from collections.abc import Iterable
from typing import Any

from acrlab.domain import events, moments
from acrlab.domain.hosting_errors import HostedInvalid, HostedMissing
from acrlab.engine.hosting import repositories
from acrlab.engine.state import Hosted
from acrlab.engine.world import World

STATES = ("error", "failure", "pending", "success")
MOST = 1000  # of one commit. Source: GitHub REST API, create a commit status


def put(world: World, hosted: Hosted, sha: str, given: dict[str, Any], who: str) -> dict[str, Any]:
    """Say something. Raises: HostedMissing, HostedInvalid. Source: GitHub REST API, create a commit status."""
    with world.git.open(hosted.id) as objects:
        if objects.kind(sha) != "commit":
            raise HostedMissing()
    state = given.get("state")
    texts = {name: given.get(name) for name in ("target_url", "description", "context")}
    if state not in STATES or not all(each is None or isinstance(each, str) for each in texts.values()):
        raise HostedInvalid(reason="Validation Failed", resource="Status", field="state", code="invalid")
    known = hosted.statuses.get(sha, [])
    if len(known) >= MOST:
        raise HostedInvalid(reason="Validation Failed", resource="Status", code="custom", told="too many statuses")
    now = moments.written(world.now())
    facts = {
        "id": len(known) + 1, "state": state, **texts, "context": texts["context"] or "default", "creator": who,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    key = repositories.address(hosted).key
    world.commit(events.CommitStatusPut(at=world.now(), by=who, repository=key, commit=sha, facts=facts))
    return facts


def combined(found: Iterable[dict[str, Any]]) -> str:
    """All statuses in one word. Source: GitHub REST API, combined status."""
    states = {each["state"] for each in found}
    if states & {"error", "failure"}:
        return "failure"
    return "pending" if "pending" in states or not states else "success"
