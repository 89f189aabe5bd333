"""What storage accounts refuse: in Resource Manager, and at `<account>.blob.core.windows.net`."""

from acrlab.domain.arm_errors import ArmCondition
from acrlab.domain.task_errors import StorageCondition


class AccountNameInvalid(ArmCondition):
    """A name outside the rule. Fields: name."""

    status, arm = 400, "AccountNameInvalid"
    message = (
        "{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
        "length and use numbers and lower-case letters only."
    )
    evidence, source = "doc", "answers of the service in public issues"


class AccountNameTaken(ArmCondition):
    """Names of accounts are global. Fields: name."""

    status, arm = 409, "StorageAccountAlreadyTaken"
    message = "The storage account named {name} is already taken."
    evidence, source = "doc", "answers of the service in public issues"


class ContainerNameInvalid(ArmCondition):
    """A name outside the rule."""

    status, arm = 400, "ContainerOperationFailure"
    message = "The specified resource name contains invalid characters."
    evidence, source = "inferred", "the rule is that of the Blob service REST reference"


class StorageContainerNotFound(StorageCondition):
    """There is no such container."""

    status, oci = 404, "ContainerNotFound"
    message = "The specified container does not exist."


class StorageContainerTaken(StorageCondition):
    """The container is there already."""

    status, oci = 409, "ContainerAlreadyExists"
    message = "The specified container already exists."


class StorageBlobTaken(StorageCondition):
    """The blob is there, and was not to be."""

    status, oci = 409, "BlobAlreadyExists"
    message = "The specified blob already exists."


class StorageConditionNotMet(StorageCondition):
    """The blob is not in the state that the request names."""

    status, oci = 412, "ConditionNotMet"
    message = "The condition specified using HTTP conditional header(s) is not met."


class StorageNameInvalid(StorageCondition):
    """A name that no container or blob can have."""

    status, oci = 400, "InvalidResourceName"
    message = "The specifed resource name contains invalid characters."  # spelled so by the service


class StorageMetadataInvalid(StorageCondition):
    """Metadata that are no names and values, or too much of it."""

    status, oci = 400, "InvalidMetadata"
    message = "The metadata specified is invalid. It has characters that are not permitted."


class StorageHeaderUnsupported(StorageCondition):
    """A header of something that is not done here. Fields: name."""

    status, oci = 400, "UnsupportedHeader"
    message = "One of the HTTP headers specified in the request is not supported: {name}."


class StorageSourceUnreadable(StorageCondition):
    """What shall be copied cannot be read."""

    status, oci = 403, "CannotVerifyCopySource"
    message = "The source of the copy could not be verified: {reason}"


class StorageAnonymous(StorageCondition):
    """A request without any credential."""

    status, oci = 401, "NoAuthenticationInformation"
    message = (
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
    )


class StorageTokenInvalid(StorageCondition):
    """A bearer token that is none for storage."""

    status, oci = 401, "InvalidAuthenticationInfo"
    message = (
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
    )


class StorageKeysOff(StorageCondition):
    """The account takes no keys, and nothing that a key has signed."""

    status, oci = 403, "KeyBasedAuthenticationNotPermitted"
    message = "Key based authentication is not permitted on this storage account."


class StoragePublicOff(StorageCondition):
    """Containers of this account stay closed to the public."""

    status, oci = 409, "PublicAccessNotPermitted"
    message = "Public access is not permitted on this storage account."


class StorageServiceMismatch(StorageCondition):
    """A signature for other services."""

    status, oci = 403, "AuthorizationServiceMismatch"
    message = "This request is not authorized to perform this operation using this service."


class StorageTypeMismatch(StorageCondition):
    """A signature for other types of resources."""

    status, oci = 403, "AuthorizationResourceTypeMismatch"
    message = "This request is not authorized to perform this operation using this resource type."


class StorageProtocolMismatch(StorageCondition):
    """A signature for another protocol."""

    status, oci = 403, "AuthorizationProtocolMismatch"
    message = "This request is not authorized to perform this operation using this protocol."


class StorageAddressMismatch(StorageCondition):
    """A signature for other addresses."""

    status, oci = 403, "AuthorizationSourceIPMismatch"
    message = "This request is not authorized to perform this operation using this source IP {address}."
