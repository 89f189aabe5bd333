"""What a registry refuses about content that comes from elsewhere."""

from acrlab.domain.arm_errors import ArmCondition
from acrlab.domain.errors import Condition


class ImportSourceMissing(ArmCondition):
    """The source of an import is not named, or cannot be read as an image. Fields: reason."""

    status, arm, provider = 400, "InvalidParameters", True
    message = "The import source is not valid: {reason}."
    evidence, source = "inferred", "the code is quoted in Azure/acr#632 (2022)"


class ImportSourceNotFound(ArmCondition):
    """There is no such image, or no such registry. Fields: source."""

    status, arm, provider = 404, "ManifestUnknown", True
    message = "The source image {source} could not be found."
    evidence, source = "inferred", ""


class ImportSourceDenied(ArmCondition):
    """A registry does not let the import in, or its caller pull. Fields: source."""

    status, arm, provider = 403, "SourceUnauthorized", True
    message = "The source image {source} could not be pulled: the source registry denied access."
    evidence, source = "inferred", ""


class ImportTagTaken(ArmCondition):
    """A target tag exists and the mode is NoForce. Fields: image."""

    status, arm, provider = 409, "Conflict", True
    message = "Tag {image} already exists in target registry."
    evidence, source = "inferred", "the mode is documented: NoForce fails before any copying begins (SDK 15.0.0)"


class ImportTooLarge(ArmCondition):
    """An index with more manifests than one import takes. Fields: count, limit."""

    status, arm, provider = 400, "InvalidParameters", True
    message = "The source image holds {count} manifests; at most {limit} can be imported."
    evidence, source = "inferred", "the limit is documented: container-registry-import-images (2025)"


class PoliciesExcluded(ArmCondition):
    """Soft delete and something it does not go with. Fields: other."""

    status, arm, provider = 400, "FeatureConflict", True
    message = "The soft delete policy cannot be used together with {other}."
    evidence, source = "inferred", "that they exclude each other is documented: container-registry-soft-delete-policy"


class ManifestSoftDeleted(Condition):
    """The same manifest lies among the deleted ones: it is restored, not pushed. Fields: digest."""

    status, oci = 409, "CONFLICT"
    message = "manifest {digest} is soft-deleted: restore it instead"
    evidence, source = "inferred", "that such a push is refused is documented: container-registry-soft-delete-policy"


class DeletedUnknown(Condition):
    """There is no such deleted manifest. Fields: digest."""

    status, oci = 404, "MANIFEST_UNKNOWN"
    message = "no deleted manifest {digest} is found"
    evidence = "inferred"


class RestoreTagTaken(Condition):
    """The tag points at another manifest by now. Fields: tag."""

    status, oci = 409, "CONFLICT"
    message = 'tag "{tag}" points at another manifest: restore with force to move it'
    evidence, source = "inferred", "that force is needed is documented: container-registry-soft-delete-policy"


class RestoreSubjectFirst(Condition):
    """What a referrer refers to is deleted itself. Fields: digest."""

    status, oci = 409, "CONFLICT"
    message = "the subject {digest} is deleted: restore it before what refers to it"
    evidence, source = "inferred", "the order is documented: container-registry-soft-delete-policy"


class QuarantineStateInvalid(Condition):
    """A quarantine ends with Passed or Failed. Fields: state."""

    status, oci = 400, "UNSUPPORTED"
    message = "quarantineState is Passed or Failed, not {state}"
    evidence, source = "inferred", "Azure/acr, quarantine (2023-10)"


class QuarantineDenied(Condition):
    """Only those with the right to it decide about quarantined content."""

    status, oci = 403, "DENIED"
    message = "requested access to the resource is denied"
    evidence = "inferred"
