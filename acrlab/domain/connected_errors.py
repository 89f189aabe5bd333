"""What a registry refuses about its connected registries."""

from acrlab.domain.arm_errors import ArmCondition


class ConnectedNameInvalid(ArmCondition):
    """A connected registry is named by 5 to 50 letters and digits."""

    status, arm, provider = 400, "InvalidResourceName", True
    message = "Connected registry names may contain only alpha numeric characters and must be 5 to 50 characters long."
    evidence, source = "inferred", "the rule is that of azure-mgmt-containerregistry 10.3.0; the words are acrlab's"


class ConnectedInvalid(ArmCondition):
    """A connected registry that lacks something, or does not fit its parent. Fields: reason."""

    status, arm, provider = 400, "InvalidConnectedRegistry", True
    message = "The connected registry is not valid: {reason}."
    evidence, source = "inferred", "the rules are documented: intro-connected-registry (2025)"


class ConnectedFixed(ArmCondition):
    """Mode, parent and sync token are chosen when a connected registry is made. Fields: property."""

    status, arm, provider = 409, "PropertyChangeNotAllowed", True
    message = "Changing property '{property}' is not allowed: it is set when the connected registry is created."
    evidence, source = "inferred", ""


class ConnectedHasChildren(ArmCondition):
    """Others hang below it. Fields: name, children."""

    status, arm, provider = 409, "ConnectedRegistryHasChildren", True
    message = "The connected registry '{name}' cannot be deleted: it is the parent of {children}."
    evidence, source = "inferred", ""
