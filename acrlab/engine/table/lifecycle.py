"""Rows of how content comes, stays and goes: cache, transfer, archives, connected registries."""

from acrlab.domain import cache, projection
from acrlab.domain import connected_registries as connected
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.engine import registries
from acrlab.engine.identities import registry as identities
from acrlab.engine.lifecycle import cache_rules, connected_registries
from acrlab.engine.types import CREATE_AND_DROP, Action, ResourceType, refused

VERSIONS = projection.versions()
ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=cache.RULE, model=cache.RULE_SHAPE, desired=cache_rules.desired_rule,
        check_name=cache_rules.check_rule_name, slow=cache_rules.slow, operation="cacherules", gone=202,
        seconds={"Creating": 10.0, "Updating": 10.0, "Deleting": 5.0},
        feature="artifact_cache", quota="cache_rules", versions=VERSIONS,
    ),
    ResourceType(  # stored: the secrets lie in a key vault, and no pull reads them yet
        path=cache.CREDENTIALS, model=cache.CREDENTIALS_SHAPE, desired=cache_rules.desired_set,
        check_name=cache_rules.check_set_name, slow=cache_rules.slow, operation="credentialsets", gone=202,
        opening=identities.opened, changing=registries.changing, closing=cache_rules.closing,
        seconds={"Creating": 10.0, "Updating": 10.0, "Deleting": 5.0},
        feature="artifact_cache", versions=VERSIONS, truth="stored",
    ),
    ResourceType(  # stored: there are no premises here on which one could run
        path=connected.TYPE, model=connected.SHAPE, desired=connected_registries.desired,
        check_name=connected_registries.check_name, releasing=connected_registries.releasing, born=200,
        feature="connected_registries", quota="connected_registries", versions=VERSIONS, truth="stored",
        actions=(
            Action(name="deactivate", perform=connected_registries.deactivate, truth="stored"),
            Action(name="resync", truth="refused"),
        ),
    ),
    refused(f"{REGISTRIES}/exportPipelines", methods=CREATE_AND_DROP, feature="transfer", versions=VERSIONS),
    refused(f"{REGISTRIES}/importPipelines", methods=CREATE_AND_DROP, feature="transfer", versions=VERSIONS),
    refused(f"{REGISTRIES}/pipelineRuns", methods=CREATE_AND_DROP, feature="transfer", versions=VERSIONS),
    refused(f"{REGISTRIES}/packages/archives", versions=VERSIONS),
    refused(f"{REGISTRIES}/packages/archives/versions", methods=CREATE_AND_DROP, versions=VERSIONS),
)  # fmt: skip
