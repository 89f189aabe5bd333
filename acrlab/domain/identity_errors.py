"""What is refused about managed identities."""

from acrlab.domain.arm_errors import ArmCondition


class IdentityNameInvalid(ArmCondition):
    """A name outside the rule."""

    status, arm = 400, "InvalidResourceName"
    message = (
        "The identity name '{name}' is invalid: 3 to 128 letters, digits, hyphens and underscores, "
        "a letter or digit first."
    )
    evidence, source = "inferred", "the rule is resource-name-rules (2025); the words are acrlab's"


class IdentityTypeInvalid(ArmCondition):
    """A type that does not go with the identities that are named. Fields: type."""

    status, arm = 400, "InvalidIdentityType"
    message = "The identity type '{type}' does not agree with the user-assigned identities of the request."
    evidence, source = "inferred", ""


class AssignedIdentityInvalid(ArmCondition):
    """Not the id of a user-assigned identity. Fields: id."""

    status, arm = 400, "LinkedInvalidPropertyId"
    message = (
        "Property id '{id}' at path 'identity.userAssignedIdentities' is invalid. Expect fully qualified resource Id "
        "of the type Microsoft.ManagedIdentity/userAssignedIdentities."
    )
    evidence, source = "inferred", "worded after ARM's other refusals of linked ids"


class AssignedIdentityUnknown(ArmCondition):
    """No such user-assigned identity. Fields: resource, id."""

    status, arm = 400, "FailedIdentityOperation"
    message = (
        "Identity operation for resource '{resource}' failed with error 'Failed to perform resource identity "
        'operation. Status: \'BadRequest\'. Response: \'{{"error":{{"code":"BadRequest","message":'
        "\"Resource '{id}' was not found.\"}}}}'.'."
    )
    source = "Azure/azure-cli#31837 (2025-07); the inner response is inferred"
