"""Rows of how content comes, stays and goes: cache, transfer, archives, connected registries."""

from acrlab.domain import archives as domain_archives
from acrlab.domain import cache, projection
from acrlab.domain import connected_registries as connected
from acrlab.domain import transfer as domain_transfer
from acrlab.engine import registries
from acrlab.engine.identities import registry as identities
from acrlab.engine.lifecycle import archives, cache_rules, connected_registries, transfer, transfer_queue
from acrlab.engine.types import CREATE_AND_DROP, Action, ResourceType

VERSIONS = projection.versions()
ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=cache.RULE, model=cache.RULE_SHAPE, desired=cache_rules.desired_rule,
        check_name=cache_rules.check_rule_name, slow=cache_rules.slow, operation="cacherules", gone=202,
        seconds={"Creating": 10.0, "Updating": 10.0, "Deleting": 5.0},
        feature="artifact_cache", quota="cache_rules", versions=VERSIONS,
    ),
    ResourceType(
        path=cache.CREDENTIALS, model=cache.CREDENTIALS_SHAPE, desired=cache_rules.desired_set,
        check_name=cache_rules.check_set_name, slow=cache_rules.slow, operation="credentialsets", gone=202,
        opening=identities.opened, changing=registries.changing, closing=cache_rules.closing,
        seconds={"Creating": 10.0, "Updating": 10.0, "Deleting": 5.0},
        feature="artifact_cache", versions=VERSIONS,
    ),
    ResourceType(  # stored: there are no premises here on which one could run
        path=connected.TYPE, model=connected.SHAPE, desired=connected_registries.desired,
        check_name=connected_registries.check_name, releasing=connected_registries.releasing, born=200,
        feature="connected_registries", quota="connected_registries", versions=VERSIONS, truth="stored",
        actions=(
            Action(name="deactivate", perform=connected_registries.deactivate, truth="stored"),
            Action(name="resync", perform=connected_registries.resync, truth="stored"),
        ),
    ),
    ResourceType(
        path=domain_transfer.EXPORT, model=domain_transfer.EXPORT_SHAPE, desired=transfer.desired_export,
        check_name=transfer.check_pipeline_name, methods=CREATE_AND_DROP, opening=identities.opened,
        changing=registries.changing, closing=transfer.closing, born=200,
        feature="transfer", versions=VERSIONS,
    ),
    ResourceType(
        path=domain_transfer.IMPORT, model=domain_transfer.IMPORT_SHAPE, desired=transfer.desired_import,
        check_name=transfer.check_pipeline_name, methods=CREATE_AND_DROP, opening=identities.opened,
        changing=registries.changing, closing=transfer.closing, born=200,
        feature="transfer", versions=VERSIONS,
    ),
    ResourceType(
        path=domain_transfer.RUN, model=domain_transfer.RUN_SHAPE, desired=transfer.desired_run,
        check_name=transfer.check_run_name, methods=CREATE_AND_DROP, opening=transfer.begun, changing=transfer.begun,
        slow=transfer.slow, outcome=transfer.outcome, operation="pipelineruns",
        seconds={"Creating": transfer_queue.SECONDS, "Updating": transfer_queue.SECONDS},
        feature="transfer", versions=VERSIONS,
    ),
    ResourceType(  # stored: nothing is fetched from a package source
        path=domain_archives.ARCHIVE, model=domain_archives.SHAPE, desired=archives.desired,
        check_name=archives.check_name, born=200, versions=VERSIONS, truth="stored",
    ),
    ResourceType(
        path=domain_archives.VERSION, model=domain_archives.VERSION_SHAPE, desired=archives.desired_version,
        check_name=archives.check_name, methods=CREATE_AND_DROP, born=200, versions=VERSIONS, truth="stored",
    ),
)  # fmt: skip
