"""Rows of private link."""

from acrlab.domain import projection
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.engine.types import CREATE_AND_DROP, ResourceType, refused

VERSIONS = projection.versions()
ROWS: tuple[ResourceType, ...] = (
    refused(
        f"{REGISTRIES}/privateEndpointConnections", methods=CREATE_AND_DROP, feature="private_link",
        quota="private_endpoints", versions=VERSIONS,
    ),
    refused(f"{REGISTRIES}/privateLinkResources", methods=("GET",), versions=VERSIONS),
)  # fmt: skip
