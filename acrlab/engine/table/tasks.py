"""Rows of ACR Tasks."""

from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.engine.types import ResourceType, refused

VERSIONS = ("2019-06-01-preview", "2025-03-01-preview")
ROWS: tuple[ResourceType, ...] = (
    refused(f"{REGISTRIES}/tasks", "listDetails", feature="tasks", versions=VERSIONS),
    refused(
        f"{REGISTRIES}/runs", "listLogSasUrl", "cancel", methods=("PATCH", "GET", "LIST"), feature="tasks",
        versions=VERSIONS,
    ),
    refused(f"{REGISTRIES}/taskRuns", "listDetails", feature="tasks", versions=VERSIONS),
    refused(f"{REGISTRIES}/agentPools", "listQueueStatus", feature="agent_pools", versions=VERSIONS),
)  # fmt: skip
