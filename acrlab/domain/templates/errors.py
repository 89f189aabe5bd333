"""What is wrong with a template, and what became of a deployment."""

from acrlab.domain.arm_errors import ArmCondition


class TemplateInvalid(ArmCondition):
    """A template that does not validate. Fields: reason."""

    status, arm = 400, "InvalidTemplate"
    message = "Deployment template validation failed: '{reason}'."
    source = "microsoft/finops-toolkit#593 (2024-02); the reasons are acrlab's"


class ReferenceUnknown(TemplateInvalid):
    """An expression refers to what is neither in the template nor there. Fields: reason."""


class TemplateDeploymentInvalid(ArmCondition):
    """A template that would be refused. Fields: details."""

    status, arm = 400, "InvalidTemplateDeployment"
    message = "The template deployment failed because of policy violation. Please see details for more information."
    evidence, source = "doc", "troubleshooting, RequestDisallowedByPolicy (2025)"


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


class DeploymentOperationNotFound(ArmCondition):
    """No such step of a deployment. Fields: name."""

    status, arm = 404, "DeploymentOperationNotFound"
    message = "The deployment operation '{name}' could not be found."


class DeploymentNameInvalid(ArmCondition):
    """A name outside the rule."""

    status, arm = 400, "InvalidDeploymentName"
    message = (
        "The provided deployment name '{name}' is not valid: up to 64 letters, digits, hyphens, periods, "
        "underscores and parentheses."
    )
    evidence, source = "inferred", "the rule is resource-name-rules (2025)"


class DeploymentModeInvalid(ArmCondition):
    """Complete, where only Incremental is possible. Fields: reason."""

    status, arm = 400, "InvalidDeploymentMode"
    message = "{reason}"
    evidence, source = "inferred", "the rule is deployment-modes (2025), the words are acrlab's"


class DeploymentLocationFixed(ArmCondition):
    """A deployment of a subscription under a name that another region has. Fields: wanted, name, location."""

    status, arm = 400, "InvalidDeploymentLocation"
    message = "Invalid deployment location '{wanted}'. The deployment '{name}' already exists in location '{location}'."
    evidence, source = "doc", "deploy-to-subscription, deployment location and name (2025)"


class DeploymentNotActive(ArmCondition):
    """A deployment that is over cannot be cancelled. Fields: name, state."""

    status, arm = 409, "DeploymentCannotBeCancelled"
    message = "The deployment '{name}' cannot be cancelled because it is not active. Its state is '{state}'."
    evidence, source = "inferred", "deployments cancel (2024-11): only Accepted and Running can be"


class ContentLinkInvalid(ArmCondition):
    """A template or a parameters file that cannot be had. Fields: uri, tracking."""

    status, arm = 400, "InvalidContentLink"
    message = (
        "Unable to download deployment content from '{uri}'. The tracking Id is '{tracking}'. Please see "
        "https://aka.ms/arm-deploy for usage details."
    )
    evidence, source = "doc", "troubleshooting, InvalidContentLink (2025)"


class ParameterReferenceInvalid(ArmCondition):
    """A secret that a deployment cannot have. Fields: vault, secret."""

    status, arm = 400, "KeyVaultParameterReferenceNotFound"
    message = (
        "The specified KeyVault '{vault}' could not be found, is not enabled for template deployment, or does not "
        "have the secret '{secret}'."
    )
    evidence, source = "inferred", "troubleshooting, KeyVaultParameterReferenceNotFound (2025); worded by acrlab"
