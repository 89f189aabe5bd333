"""Rows of what every registry lives in: resource groups, roles, locks."""

from acrlab.domain.authorization_errors import AssignmentNotFound, DefinitionNotFound, LockNotFound
from acrlab.domain.resource_id import GROUP_TYPE
from acrlab.engine import assignments, groups, management_locks, role_definitions
from acrlab.engine.types import CREATE_AND_DROP, ResourceType

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=GROUP_TYPE, model=groups.GROUP, desired=groups.desired, check_name=groups.check_name, gone=202,
        operation="groups", seconds={"Deleting": 40.0},
    ),
    ResourceType(
        path="Microsoft.Authorization/roleAssignments", desired=assignments.desired,
        check_name=assignments.check_name, extension=True, absent=lambda id: AssignmentNotFound(name=id.name),
    ),
    ResourceType(
        path=role_definitions.PATH, desired=role_definitions.desired, check_name=role_definitions.check_name,
        releasing=role_definitions.releasing, extension=True, methods=CREATE_AND_DROP,
        absent=lambda id: DefinitionNotFound(id=id.name.replace("-", "")),
    ),
    ResourceType(
        path=management_locks.PATH, desired=management_locks.desired, check_name=management_locks.check_name,
        extension=True, methods=CREATE_AND_DROP, absent=lambda id: LockNotFound(name=id.name),
    ),
)  # fmt: skip
