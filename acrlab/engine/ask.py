"""What is asked of a resource."""

from typing import Any

import msgspec

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

    @property
    def by(self) -> str:
        """Who is noted as the doer."""
        return self.principal.id
