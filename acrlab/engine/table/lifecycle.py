"""Rows of how content comes, stays and goes: cache, transfer, archives, connected registries."""

from acrlab.domain import projection
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.engine.types import CREATE_AND_DROP, ResourceType, refused

VERSIONS = projection.versions()
ROWS: tuple[ResourceType, ...] = (
    refused(f"{REGISTRIES}/cacheRules", feature="artifact_cache", quota="cache_rules", versions=VERSIONS),
    refused(f"{REGISTRIES}/credentialSets", feature="artifact_cache", versions=VERSIONS),
    refused(
        f"{REGISTRIES}/connectedRegistries", "deactivate", "resync", feature="connected_registries",
        quota="connected_registries", versions=VERSIONS,
    ),
    refused(f"{REGISTRIES}/exportPipelines", methods=CREATE_AND_DROP, feature="transfer", versions=VERSIONS),
    refused(f"{REGISTRIES}/importPipelines", methods=CREATE_AND_DROP, feature="transfer", versions=VERSIONS),
    refused(f"{REGISTRIES}/pipelineRuns", methods=CREATE_AND_DROP, feature="transfer", versions=VERSIONS),
    refused(f"{REGISTRIES}/packages/archives", versions=VERSIONS),
    refused(f"{REGISTRIES}/packages/archives/versions", methods=CREATE_AND_DROP, versions=VERSIONS),
)  # fmt: skip
