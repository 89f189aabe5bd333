"""What Microsoft.Authorization refuses, and what is refused for want of a role."""

from acrlab.domain.arm_errors import ArmCondition


class AuthorizationFailed(ArmCondition):
    """The caller holds no role that allows the action at the scope. Fields: client, id, action, scope."""

    status, arm = 403, "AuthorizationFailed"
    message = (
        "The client '{client}' with object id '{id}' does not have authorization to perform action '{action}' "
        "over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    )


class AssignmentExists(ArmCondition):
    """The principal holds the role at the scope already."""

    status, arm = 409, "RoleAssignmentExists"
    message = "The role assignment already exists. The ID of the conflicting role assignment is {id}."


class AssignmentUpdateRefused(ArmCondition):
    """Who, what and where of an assignment never change."""

    status, arm = 400, "RoleAssignmentUpdateNotPermitted"
    message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."


class AssignmentNameInvalid(ArmCondition):
    """The name of an assignment is a GUID."""

    status, arm = 400, "InvalidRoleAssignmentId"
    message = "The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."


class AssignmentNotFound(ArmCondition):
    """No such assignment at the scope."""

    status, arm = 404, "RoleAssignmentNotFound"
    message = "The role assignment '{name}' is not found."


class DefinitionNotFound(ArmCondition):
    """No such role."""

    status, arm = 404, "RoleDefinitionDoesNotExist"
    message = "The specified role definition with ID '{id}' does not exist."
    source = "Azure/azure-cli#21961 (2022-04)"


class PrincipalIdInvalid(ArmCondition):
    """An object id is a GUID."""

    status, arm = 400, "InvalidPrincipalId"
    message = "A valid principal ID must be provided for role assignment."


class PrincipalNotFound(ArmCondition):
    """Nobody in the directory has that object id."""

    status, arm = 400, "PrincipalNotFound"
    message = (
        "Principal {id} does not exist in the directory {tenant}. Check that you have the correct "
        "principal ID. If you are "
        "creating this principal and then immediately assigning a role, this error might be related to a "
        "replication delay. "
        "In this case, set the role assignment principalType property to a value, such as "
        "ServicePrincipal, User, or Group.  "
        "See https://aka.ms/docs-principaltype"
    )
    source = "Azure/HubAndSpokeResearchEnclave#50 (2024-04)"


class PrincipalTypeMismatch(ArmCondition):
    """The principal is of another kind than claimed. Fields: id, actual, claimed."""

    status, arm = 400, "UnmatchedPrincipalType"
    message = "The PrincipalId '{id}' has type '{actual}', which is different from specified PrinciaplType '{claimed}'."


class ConditionInvalid(ArmCondition):
    """A condition of a role assignment that does not parse. Fields: reason."""

    status, arm = 400, "InvalidRoleAssignmentCondition"
    message = "The role assignment condition is invalid: {reason}."
    evidence, source = "inferred", ""
