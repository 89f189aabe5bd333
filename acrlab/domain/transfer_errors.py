"""What a registry refuses about transfer pipelines, their runs, and content that leaves it."""

from acrlab.domain.arm_errors import ArmCondition


class TransferNameInvalid(ArmCondition):
    """A pipeline or a run is named by 5 to 50 letters and digits. Fields: what."""

    status, arm, provider = 400, "InvalidResourceName", True
    message = "{what} names may contain only alpha numeric characters and must be 5 to 50 characters long."
    evidence, source = "inferred", "the rule is that of azure-mgmt-containerregistry 15.1.0b3; the words are acrlab's"


class PipelineInvalid(ArmCondition):
    """A pipeline or a run that lacks something, or says what cannot be. Fields: what, reason."""

    status, arm, provider = 400, "InvalidPipeline", True
    message = "The {what} is not valid: {reason}."
    evidence, source = "inferred", "the rules are documented: container-registry-transfer-cli (2026)"


class PipelineFixed(ArmCondition):
    """A run is over when it is over; what it was asked does not change. Fields: name."""

    status, arm, provider = 409, "PipelineRunAlreadyExists", True
    message = "The pipeline run '{name}' exists: it runs again when forceUpdateTag changes."
    evidence, source = "inferred", "forceUpdateTag is documented: azure-mgmt-containerregistry 15.1.0b3"


class ExportForbidden(ArmCondition):
    """The export policy keeps content inside. Fields: name."""

    status, arm, provider = 403, "ExportPolicyDisabled", True
    message = "Artifacts cannot be exported from registry '{name}': its export policy is disabled."
    evidence, source = "inferred", "what the policy stops is documented: data-loss-prevention (2026)"


class ExportPolicyNeeds(ArmCondition):
    """What has to hold before exports can be switched off. Fields: need."""

    status, arm, provider = 400, "ExportPolicyConflict", True
    message = "The export policy cannot be disabled: {need}."
    evidence, source = "inferred", "both needs are documented: data-loss-prevention (2026)"


class ArchiveInvalid(ArmCondition):
    """An archive of packages that cannot be. Fields: reason."""

    status, arm, provider = 400, "InvalidArchive", True
    message = "The archive is not valid: {reason}."
    evidence, source = "inferred", ""


class TransferFailed(ArmCondition):
    """Why a run ends. Fields: reason."""

    status, arm, provider = 400, "PipelineRunFailed", True
    message = "{reason}"
    evidence, source = "inferred", "what fails is documented: transfer-troubleshooting (2026); the words are ours"


class ParcelInvalid(TransferFailed):
    """A blob that no export has written. Fields: reason."""

    message = "The blob is no export: {reason}."
