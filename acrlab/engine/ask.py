"""What is asked of a resource."""

from typing import Any

import msgspec

from acrlab.domain import resource_id
from acrlab.domain.access import Principal
from acrlab.domain.resource_id import ResourceId
from acrlab.engine.state import Resource
from acrlab.engine.world import World


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one resource: which, by whom, in which api-version, with which body.

    `known` is what is there already.
    """

    world: World
    id: ResourceId
    principal: Principal
    version: str
    given: Any = None
    known: Resource | None = None
    patch: bool = False

    def beside(self, text: str, kind: str) -> Resource | None:
        """The resource of that type which an id names inside the same parent; None where it names anything else.

        Raises: LinkedIdInvalid for an id that is none.
        """
        id, home = resource_id.parse(text), self.id.parent
        own = home is not None and id.parent is not None and id.parent.key == home.key
        return self.world.state.resources.get(id.key) if own and id.type.lower() == kind.lower() else None

    @property
    def by(self) -> str:
        """Who is noted as the doer."""
        return self.principal.id
