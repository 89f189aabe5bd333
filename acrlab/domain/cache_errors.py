"""What a registry refuses about its cache rules and credential sets."""

from acrlab.domain.arm_errors import ArmCondition


class CacheNameInvalid(ArmCondition):
    """A cache rule or a credential set is named by 5 to 50 letters, digits and dashes. Fields: what."""

    status, arm, provider = 400, "InvalidResourceName", True
    message = "{what} names may contain only letters, digits and '-', and must be 5 to 50 characters long."
    evidence, source = "inferred", "the rule is that of azure-mgmt-containerregistry 15.0.0; the words are acrlab's"


class CacheRuleInvalid(ArmCondition):
    """A rule that names no source or target, or a wildcard in the wrong place. Fields: reason."""

    status, arm, provider = 400, "InvalidCacheRule", True
    message = "The cache rule is not valid: {reason}."
    evidence, source = "inferred", "the grammar is documented: wildcards-artifact-cache (2025)"


class CacheRuleOverlaps(ArmCondition):
    """Another rule fills the same repositories. Fields: target, rule."""

    status, arm, provider = 409, "CacheRuleConflict", True
    message = "The target repository {target} overlaps that of the cache rule {rule}."
    evidence, source = "inferred", "that they may not overlap is documented: wildcards-artifact-cache (2025)"


class CacheTargetExists(ArmCondition):
    """A rule fills a repository that is not there yet. Fields: target."""

    status, arm, provider = 409, "CacheRuleConflict", True
    message = "The target repository {target} exists already."
    evidence, source = "inferred", "that it must not exist is documented: artifact-cache-overview (2026)"


class CacheRuleFixed(ArmCondition):
    """Source and target are chosen when a rule is made. Fields: property."""

    status, arm, provider = 409, "PropertyChangeNotAllowed", True
    message = "Changing property '{property}' is not allowed: it is set when the cache rule is created."
    evidence, source = "inferred", "azure-mgmt-containerregistry 15.0.0: an update takes the credential set only"


class CredentialSetUnknown(ArmCondition):
    """The rule names a credential set that the registry does not have. Fields: id."""

    status, arm, provider = 400, "CredentialSetNotFound", True
    message = "The credential set {id} could not be found in the registry."
    evidence, source = "inferred", ""


class CredentialSetInvalid(ArmCondition):
    """A credential set without login server or secrets. Fields: reason."""

    status, arm, provider = 400, "InvalidCredentialSet", True
    message = "The credential set is not valid: {reason}."
    evidence, source = "inferred", ""
