"""The principal of a run: it acts on the registry it runs in, as long as it runs.

Source: container-registry-tasks-authentication-managed-identity (2024): a run signs in to its own registry by itself;
under repository permissions it does not (container-registry-rbac-abac-repository-permissions, 2025-12).
"""

from typing import TYPE_CHECKING

from acrlab.domain.access import Principal
from acrlab.domain.errors import Unauthenticated
from acrlab.domain.roles import LEGACY
from acrlab.engine.state import Registry, Resource

if TYPE_CHECKING:
    from acrlab.engine.world import World

KIND, PREFIX = "run", "run:"


def principal(run: Resource) -> Principal:
    """A run as somebody who asks."""
    return Principal(id=f"{PREFIX}{run.id.lower()}", kind=KIND, name=run.id.rpartition("/")[2])


def owner(world: "World", subject: str) -> Principal:
    """The run that a token was issued to. Raises: Unauthenticated when it is over."""
    run = world.state.resources.get(subject.removeprefix(PREFIX))
    if run is None or "request" not in run.body:
        raise Unauthenticated().why(f"the run {subject.rpartition('/')[2]} is over")
    return principal(run)


def allows(world: "World", registry: Registry, principal: Principal) -> bool:
    """Say whether a run may do anything at all with a registry's content: with that of its own."""
    resource = world.state.resources.get(registry.resource.lower())
    mode = (resource.body["properties"].get("roleAssignmentMode") or LEGACY) if resource is not None else ""
    own = principal.id.removeprefix(PREFIX).startswith(f"{registry.resource.lower()}/runs/")
    return own and mode == LEGACY
