"""Rows of who may do what inside a registry: scope maps and tokens."""

from acrlab.domain import projection, repository_tokens, scope_maps
from acrlab.engine.access import repository_tokens as tokens
from acrlab.engine.access import scope_maps as maps
from acrlab.engine.types import ResourceType

VERSIONS = projection.versions()
ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=scope_maps.TYPE, model=scope_maps.SHAPE, desired=maps.desired, check_name=maps.check_name,
        releasing=maps.releasing, quota="scope_maps", born=200, versions=VERSIONS,
    ),
    ResourceType(
        path=repository_tokens.TYPE, model=repository_tokens.SHAPE, desired=tokens.desired,
        check_name=tokens.check_name, slow=tokens.slow, operation="token", seconds={"Creating": 2.0}, quota="tokens",
        versions=VERSIONS,
    ),
)  # fmt: skip
