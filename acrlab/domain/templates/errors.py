"""What is wrong with a template, and what became of a deployment."""

from acrlab.domain.arm_errors import ArmCondition


class TemplateInvalid(ArmCondition):
    """A template that does not validate. Fields: reason."""

    status, arm = 400, "InvalidTemplate"
    message = "Deployment template validation failed: '{reason}'."
    source = "microsoft/finops-toolkit#593 (2024-02); the reasons are acrlab's"


class DeploymentFailed(ArmCondition):
    """A resource was refused. Fields: details."""

    status, arm = 409, "DeploymentFailed"
    message = (
        "At least one resource deployment operation failed. Please list deployment operations for details. "
        "Please see https://aka.ms/arm-deployment-operations for usage details."
    )
    source = "microsoft/finops-toolkit#593 (2024-02)"


class DeploymentNotFound(ArmCondition):
    """No such deployment."""

    status, arm = 404, "DeploymentNotFound"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = "Deployment '{name}' could not be found."


class DeploymentNameInvalid(ArmCondition):
    """A name outside the rule."""

    status, arm = 400, "InvalidDeploymentName"
    message = (
        "The provided deployment name '{name}' is not valid: up to 64 letters, digits, hyphens, periods, "
        "underscores and parentheses."
    )
    evidence, source = "inferred", "the rule is resource-name-rules (2025)"
