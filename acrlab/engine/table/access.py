"""Rows of who may do what inside a registry: scope maps and tokens."""

from acrlab.domain import projection
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.engine.types import ResourceType, refused

VERSIONS = projection.versions()
ROWS: tuple[ResourceType, ...] = (
    refused(f"{REGISTRIES}/scopeMaps", quota="scope_maps", versions=VERSIONS),
    refused(f"{REGISTRIES}/tokens", quota="tokens", versions=VERSIONS),
)  # fmt: skip
