"""What a registry refuses about content that comes from elsewhere."""

from acrlab.domain.arm_errors import ArmCondition


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
    """The source registry does not let the caller pull. Fields: source."""

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
