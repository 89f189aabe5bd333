"""The row of registries."""

from acrlab.domain import projection
from acrlab.domain.registry import REGISTRY, TYPE
from acrlab.engine import admin_user, login_servers, registries
from acrlab.engine.access import passwords
from acrlab.engine.lifecycle import imports
from acrlab.engine.network import connections
from acrlab.engine.reach import replications
from acrlab.engine.tasks import contexts, schedule
from acrlab.engine.types import Action, ResourceType

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=TYPE, model=REGISTRY, desired=registries.desired, check_name=login_servers.check_name,
        versions=projection.versions(),
        located=True, scopes=("subscription", "group"), opening=registries.opening, changing=registries.changing,
        closing=registries.closing, releasing=connections.releasing, lingers=replications.spread,
        slow=registries.slow, operation="registries",
        seconds={"Creating": 8.0, "Updating": 4.0, "Deleting": 6.0},
        actions=(
            Action(name="listCredentials", perform=admin_user.credentials),
            Action(name="regenerateCredential", perform=admin_user.regenerate),
            Action(name="listUsages", method="GET", perform=registries.usages),
            Action(name="importImage", perform=imports.perform),
            Action(name="generateCredentials", perform=passwords.generate),
            Action(name="scheduleRun", perform=schedule.perform),
            Action(name="listBuildSourceUploadUrl", perform=contexts.upload_url),
            Action(name="privateLinkResources", method="GET", perform=connections.link_resources),
            Action(name=f"privateLinkResources/{connections.GROUP}", method="GET", perform=connections.link_resource),
        ),
        scope_actions=(Action(name="checkNameAvailability", perform=login_servers.check_availability),),
    ),
)  # fmt: skip
