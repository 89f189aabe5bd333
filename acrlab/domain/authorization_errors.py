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


class DefinitionNameInvalid(ArmCondition):
    """The name of a role definition is a GUID."""

    status, arm = 400, "InvalidRoleDefinitionId"
    message = "The role definition ID '{name}' is not valid. The role definition ID must be a GUID."


class DefinitionNameTaken(ArmCondition):
    """Names of roles are unique in a directory."""

    status, arm = 409, "RoleDefinitionWithSameNameExists"
    message = "A role definition cannot be updated with a name that already exists."
    evidence, source = "recorded", "Azure/ARO-RP#1346 (2021-02)"


class DefinitionInUse(ArmCondition):
    """Somebody holds the role still. Fields: assignments."""

    status, arm = 400, "RoleDefinitionHasAssignments"
    message = "There are existing role assignments referencing role."
    evidence, source = "doc", "role-based-access-control/troubleshooting (2025); the status is inferred"


class DefinitionBuiltIn(ArmCondition):
    """Built-in roles stay as they are. Fields: name."""

    status, arm = 400, "BuiltInRoleDefinitionNotModifiable"
    message = "The built-in role definition '{name}' cannot be changed or deleted."
    evidence, source = "inferred", "role-based-access-control/custom-roles (2025): built-in roles cannot be changed"


class DefinitionInvalid(ArmCondition):
    """A role definition that lacks something, or has too much of it. Fields: reason."""

    status, arm = 400, "InvalidRoleDefinition"
    message = "The role definition is not valid: {reason}."
    evidence, source = "inferred", "the limits are those of role-based-access-control/custom-roles (2025)"


class ActionUnknown(ArmCondition):
    """An action that no provider has. Fields: action."""

    status, arm = 400, "InvalidActionOrNotAction"
    message = "'{action}' does not match any of the actions supported by the providers."
    evidence, source = "recorded", "messages quoted in public logs (2021-2026), Azure/azure-powershell#9800"


class DataActionUnknown(ActionUnknown):
    """A data action that no provider has: often it is an action. Fields: action."""

    arm = "InvalidDataActionOrNotDataAction"


class LinkedScopeDenied(ArmCondition):
    """The caller may do it here, but not at a scope that the body names. Fields: client, id, action, scope, linked."""

    status, arm = 403, "LinkedAuthorizationFailed"
    message = (
        "The client '{client}' with object id '{id}' has permission to perform action '{action}' on scope '{scope}'; "
        "however, it does not have permission to perform action '{action}' on the linked scope(s) '{linked}' or the "
        "linked scope(s) are invalid."
    )
    evidence, source = "doc", "role-based-access-control/troubleshooting (2025)"


class ScopeNotAssignable(ArmCondition):
    """The role may not be assigned there. Fields: scope, role."""

    status, arm = 400, "RoleAssignmentScopeNotAssignableToRoleDefinition"
    message = "The scope '{scope}' is not one of the assignable scopes of the role definition '{role}'."
    evidence, source = "inferred", "the code is quoted in public logs (2023-2026); the words are acrlab's"


class ScopeLocked(ArmCondition):
    """A lock stands against it. Fields: scope, verb, locked."""

    status, arm = 409, "ScopeLocked"
    message = (
        "The scope '{scope}' cannot perform {verb} operation because following scope(s) are locked: {locked}. "
        "Please remove the lock and try again."
    )
    evidence, source = "recorded", "Azure-Player/azure.datafactory.devops#183 (2025-07), Azure/apiops#606"


class LockNotFound(ArmCondition):
    """No such lock at the scope. Fields: name."""

    status, arm = 404, "LockNotFound"
    message = "The lock '{name}' could not be found."
    evidence, source = "inferred", ""


class LockNameInvalid(ArmCondition):
    """A lock's name has up to 260 characters, none of < > % & : \\ ? /. Fields: name."""

    status, arm = 400, "LockNameInvalid"
    message = "The lock name '{name}' is not valid: up to 260 characters, none of < > % & : \\ ? /."
    evidence, source = "inferred", "the rule is that of azure-mgmt-resource; the words are acrlab's"


class LockInvalid(ArmCondition):
    """A lock whose body cannot be. Fields: reason."""

    status, arm = 400, "InvalidLock"
    message = "The lock is not valid: {reason}."
    evidence, source = "inferred", ""


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
