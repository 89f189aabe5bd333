"""Rows of what every registry lives in: resource groups, roles."""

from acrlab.domain.resource_id import GROUP_TYPE
from acrlab.engine import assignments, groups
from acrlab.engine.types import ResourceType

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=GROUP_TYPE, model=groups.GROUP, desired=groups.desired, check_name=groups.check_name, gone=202,
        operation="groups", seconds={"Deleting": 40.0},
    ),
    ResourceType(
        path="Microsoft.Authorization/roleAssignments", desired=assignments.desired,
        check_name=assignments.check_name, extension=True,
    ),
    ResourceType(
        path="Microsoft.Authorization/roleDefinitions", extension=True, methods=("GET", "LIST"),
    ),
)  # fmt: skip
