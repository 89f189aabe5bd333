"""Rows of what reaches beyond a registry: replications and webhooks.

`stored`: content does not move between regions, and what a webhook has to tell is recorded and not sent.
"""

from acrlab.domain import projection
from acrlab.domain import replications as domain_replications
from acrlab.domain import webhooks as domain_webhooks
from acrlab.engine.reach import replications, webhooks
from acrlab.engine.types import Action, ResourceType

VERSIONS = projection.versions()
ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=domain_replications.TYPE, model=domain_replications.SHAPE, desired=replications.desired,
        check_name=replications.check_name, releasing=replications.releasing, opening=replications.opening,
        slow=replications.slow, operation="replications", gone=202, located=True,
        seconds={"Creating": 14.0, "Updating": 4.0, "Deleting": 12.0},
        feature="geo_replication", quota="replications", versions=VERSIONS, truth="stored",
    ),
    ResourceType(
        path=domain_webhooks.TYPE, model=domain_webhooks.SHAPE, desired=webhooks.desired,
        check_name=webhooks.check_name, located=True, quota="webhooks", born=200, versions=VERSIONS, truth="stored",
        actions=(
            Action(name="ping", perform=webhooks.ping, truth="stored"),
            Action(name="listEvents", perform=webhooks.told, truth="stored"),
            Action(name="getCallbackConfig", perform=webhooks.config),
        ),
    ),
)  # fmt: skip
