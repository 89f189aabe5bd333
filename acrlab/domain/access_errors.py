"""What a registry refuses about its scope maps, tokens and their passwords."""

from acrlab.domain.arm_errors import ArmCondition


class ScopeMapNameInvalid(ArmCondition):
    """A scope map is named by 5 to 50 letters, digits, dashes and underscores."""

    status, arm, provider = 400, "InvalidResourceName", True
    message = "Scope map names may contain only letters, digits, '-' and '_', and must be 5 to 50 characters long."
    evidence, source = "inferred", "the rule is that of azure-mgmt-containerregistry 10.3.0; the words are acrlab's"


class TokenNameInvalid(ArmCondition):
    """A token is named by 5 to 50 letters, digits and dashes."""

    status, arm, provider = 400, "InvalidResourceName", True
    message = "Token names may contain only letters, digits and '-', and must be 5 to 50 characters long."
    evidence, source = "inferred", "the rule is that of azure-mgmt-containerregistry 10.3.0; the words are acrlab's"


class ScopeMapActionInvalid(ArmCondition):
    """An action outside the grammar. Fields: action, reason."""

    status, arm, provider = 400, "InvalidScopeMapAction", True
    message = "The scope map action '{action}' is not valid: {reason}."
    evidence, source = "inferred", "the grammar is that of container-registry-token-based-repository-permissions (2025)"


class ScopeMapTooLarge(ArmCondition):
    """More actions or repositories than one scope map takes. Fields: count, what, limit."""

    status, arm, provider = 400, "QuotaExceeded", True
    message = "The scope map names {count} {what}; at most {limit} are allowed."
    evidence, source = "inferred", "the limit is documented (2026-02)"


class ScopeMapFixed(ArmCondition):
    """The maps that come with a registry stay as they are. Fields: name."""

    status, arm, provider = 400, "SystemDefinedScopeMap", True
    message = "The scope map '{name}' is defined by the system and cannot be changed or deleted."
    evidence, source = "inferred", ""


class ScopeMapInUse(ArmCondition):
    """Tokens still name the scope map. Fields: name, tokens."""

    status, arm, provider = 409, "ScopeMapInUse", True
    message = "The scope map '{name}' cannot be deleted: it is used by the tokens {tokens}."
    evidence, source = "inferred", ""


class ScopeMapUnknown(ArmCondition):
    """A token names a scope map that this registry does not have. Fields: id."""

    status, arm, provider = 400, "ScopeMapNotFound", True
    message = "The scope map '{id}' was not found in this registry."
    evidence, source = "inferred", ""


class TokenUnknown(ArmCondition):
    """Credentials are asked for a token that this registry does not have. Fields: id."""

    status, arm, provider = 400, "TokenNotFound", True
    message = "The token '{id}' was not found in this registry."
    evidence, source = "inferred", ""
