"""What the service refuses about tasks, runs and agent pools."""

from acrlab.domain.arm_errors import ArmCondition
from acrlab.domain.errors import Condition


class TaskInvalid(ArmCondition):
    """A body with a value that the service does not take. Fields: what, reason."""

    status, arm, provider = 400, "InvalidInputValue", True
    message = "Some of the properties of '{what}' are invalid.. InnerErrors: {reason}"
    evidence, source = "doc", "Azure/acr#321 (2019-2020) quotes it for a CPU count; other reasons are acrlab's words"


class TaskNameInvalid(ArmCondition):
    """A name outside its rule. Fields: what, low, high."""

    status, arm, provider = 400, "InvalidResourceName", True
    message = "{what} names may contain only letters, digits, '-' and '_', and must be {low} to {high} characters long."
    evidence, source = "inferred", "the rule is that of azure-mgmt-containerregistry 10.3.0; the words are acrlab's"


class TaskUnknown(ArmCondition):
    """A run of a task that the registry does not have. Fields: id."""

    status, arm, provider = 404, "TaskNotFound", True
    message = "The task {id} could not be found in the registry."
    evidence, source = "inferred", ""


class TaskDisabled(ArmCondition):
    """A run of a task that is switched off. Fields: name."""

    status, arm, provider = 400, "TaskDisabled", True
    message = "The task {name} is disabled: enable it before running it."
    evidence, source = "inferred", ""


class RunFinished(ArmCondition):
    """A run that is over cannot be cancelled. Fields: run, status."""

    status, arm, provider = 409, "RunAlreadyFinished", True
    message = "The run {run} cannot be cancelled: its status is {status}."
    evidence, source = "inferred", ""


class RunFilterInvalid(ArmCondition):
    """A $filter of runs outside its grammar. Fields: filter, reason."""

    status, arm, provider = 400, "InvalidFilter", True
    message = "The filter '{filter}' is not valid: {reason}."
    evidence, source = "inferred", "the grammar is that of azure-mgmt-containerregistrytasks 1.0.0b1, runs.list"


class AgentPoolUnknown(ArmCondition):
    """A run on an agent pool that the registry does not have. Fields: name."""

    status, arm, provider = 404, "AgentPoolNotFound", True
    message = "The agent pool {name} could not be found in the registry."
    evidence, source = "inferred", ""


class VaultUnresolved(ArmCondition):
    """A secret of a key vault that does not exist: no such name in the DNS. Fields: url, host."""

    status, arm, provider = 400, "InvalidInputValue", True
    message = 'Get "{url}": dial tcp: lookup {host}: no such host'
    evidence, source = "inferred", "the words are those of Go's net/http, in which the service's agent is written"


class StorageCondition(Condition):
    """A refusal of Blob Storage. `oci` holds its code."""

    evidence, source = "doc", "Blob service error codes (REST reference, 2024)"


class StorageUnauthorized(StorageCondition):
    """A signature that is missing, wrong or over."""

    status, oci = 403, "AuthenticationFailed"
    message = (
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        "including the signature."
    )


class StoragePermission(StorageCondition):
    """A signature that is for something else."""

    status, oci = 403, "AuthorizationPermissionMismatch"
    message = "This request is not authorized to perform this operation using this permission."


class StorageBlobNotFound(StorageCondition):
    """There is no such blob."""

    status, oci = 404, "BlobNotFound"
    message = "The specified blob does not exist."


class StorageAccountUnknown(StorageCondition):
    """An account that this world does not have."""

    status, oci = 404, "ResourceNotFound"
    message = "The specified resource does not exist."


class StorageRangeInvalid(StorageCondition):
    """A range outside the blob."""

    status, oci = 416, "InvalidRange"
    message = "The range specified is invalid for the current size of the resource."


class StorageQueryInvalid(StorageCondition):
    """A query parameter that is not served here. Fields: name, value."""

    status, oci = 400, "InvalidQueryParameterValue"
    message = "Value for one of the query parameters specified in the request URI is invalid: {name}={value}."


class StorageHeaderInvalid(StorageCondition):
    """A header that is missing or not served here. Fields: name."""

    status, oci = 400, "InvalidHeaderValue"
    message = "The value for one of the HTTP headers is not in the correct format: {name}."


class StorageBlockListInvalid(StorageCondition):
    """A list of blocks that names one which was not sent."""

    status, oci = 400, "InvalidBlockList"
    message = "The specified block list is invalid."


class StorageBlobTooLarge(StorageCondition):
    """A list of blocks that names the same ones so often that it would fill the disk."""

    status, oci = 413, "RequestBodyTooLarge"
    message = "The blocks that are named more than once make the blob larger than acrlab keeps."
    evidence, source = "inferred", "acrlab itself: Azure takes blobs of up to 50,000 blocks of 4,000 MiB"


class StorageDigestWrong(StorageCondition):
    """The bytes have another MD5 than the one they came with."""

    status, oci = 400, "Md5Mismatch"
    message = "The MD5 value specified in the request did not match with the MD5 value calculated by the server."
