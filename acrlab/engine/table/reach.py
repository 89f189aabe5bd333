"""Rows of what reaches beyond a registry: replications and webhooks."""

from acrlab.domain import projection
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.engine.types import ResourceType, refused

VERSIONS = projection.versions()
ROWS: tuple[ResourceType, ...] = (
    refused(f"{REGISTRIES}/replications", feature="geo_replication", quota="replications", versions=VERSIONS),
    refused(f"{REGISTRIES}/webhooks", "ping", "listEvents", "getCallbackConfig", quota="webhooks", versions=VERSIONS),
)  # fmt: skip
