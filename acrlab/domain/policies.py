"""Policies of a registry over its content: which of them go together, and whose manifests they look at."""

from collections.abc import Mapping
from typing import Any

from acrlab.domain.content import DOCKER_INDEX, DOCKER_MANIFEST
from acrlab.domain.lifecycle_errors import PoliciesExcluded
from acrlab.domain.transfer_errors import ExportPolicyNeeds

ENABLED = "enabled"
DAY = 86400.0  # seconds
# What the retention policy looks at. Source: container-registry-retention-policy (2025-12): not at OCI manifests.
RETAINED = (DOCKER_MANIFEST, DOCKER_INDEX)
QUARANTINED, PASSED, FAILED = "Quarantined", "Passed", "Failed"


def enabled(properties: Mapping[str, Any], policy: str) -> bool:
    """Whether a policy is switched on."""
    return bool(properties["policies"][policy]["status"] == ENABLED)


def require_together(properties: Mapping[str, Any], replicated: bool, caching: bool) -> None:
    """Soft delete goes with neither replications nor artifact cache.

    Raises: PoliciesExcluded.
    Source: container-registry-soft-delete-policy (2025), preview limitations. It names the retention policy, too, but
    the service took both: recorded, acr_create_with_managed_registry (2023-12).
    """
    if not enabled(properties, "softDeletePolicy"):
        return
    others = {"geo-replication": replicated, "artifact cache": caching}
    for name, used in others.items():
        if used:
            raise PoliciesExcluded(other=name)


def require_closed(properties: Mapping[str, Any], exporting: bool) -> None:
    """What may not leave may not be reached from anywhere, nor have a pipeline that takes it out.

    Raises: ExportPolicyNeeds.
    Source: data-loss-prevention (2026).
    """
    if enabled(properties, "exportPolicy"):
        return
    needs = {
        "public network access has to be disabled first or with it": properties["publicNetworkAccess"] != "Disabled",
        "its export pipelines have to be deleted first": exporting,
    }
    for need, missing in needs.items():
        if missing:
            raise ExportPolicyNeeds(need=need)
