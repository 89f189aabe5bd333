"""The room that a tier has for content."""

from typing import TYPE_CHECKING

from acrlab.domain import tiers
from acrlab.domain.errors import DisallowedOperation
from acrlab.engine.state import Registry

if TYPE_CHECKING:
    from acrlab.engine.world import World


def require(world: "World", registry: Registry, size: int) -> None:
    """Let content of that many bytes in. Raises: DisallowedOperation where the tier's storage ends.

    Source: troubleshoot-push-error-operation-disallowed (2024-10-11): the ceiling is answered like a lock.
    """
    resource = world.state.resources.get(registry.resource.lower())
    if resource is None:
        return
    tier = tiers.profile(world.state.profile).tier(resource.body["sku"]["name"])
    limit = tier.limits["max_storage"]
    if limit.value != tiers.UNLIMITED and registry.stored + size > limit.value:
        raise DisallowedOperation().why(
            f"the registry {registry.name} holds {registry.stored} bytes; {size} more would exceed the "
            f"{limit.stated} {limit.unit} of the SKU {tier.name}",
            "delete content, or change to a tier with more storage",
        )
