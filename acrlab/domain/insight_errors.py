"""What monitoring and policy refuse."""

from typing import Any

from acrlab.domain.arm_errors import ArmCondition


class WorkspaceNameInvalid(ArmCondition):
    """A name outside the rule."""

    status, arm = 400, "InvalidResourceName"
    message = "The workspace name '{name}' is invalid: 4 to 63 letters, digits and hyphens, no hyphen at an end."
    evidence, source = "inferred", "the rule is resource-name-rules (2025); the words are acrlab's"


class DiagnosticSettingInvalid(ArmCondition):
    """A setting that leads nowhere. Fields: reason."""

    status, arm = 400, "BadRequest"
    message = "{reason}"
    evidence, source = "inferred", ""


class MonitorNotFound(ArmCondition):
    """No such setting. Fields: name."""

    status, arm = 404, "ResourceNotFound"
    message = "The diagnostic setting '{name}' does not exist."
    evidence, source = "inferred", ""


class MetricsInvalid(ArmCondition):
    """A question about metrics that has no answer. Fields: reason."""

    status, arm = 400, "BadRequest"
    message = "{reason}"
    evidence, source = "doc", "azure-monitor, metrics REST API walkthrough and public logs (2024)"


class PolicyInvalid(ArmCondition):
    """A definition or an assignment that is none. Fields: code, reason."""

    status = 400
    message = "{reason}"
    evidence, source = "inferred", ""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.__dict__["arm"] = fields["code"]


class PolicyNotFound(ArmCondition):
    """No such definition or assignment. Fields: what, name."""

    status, arm = 404, "PolicyNotFound"
    message = "The policy {what} '{name}' could not be found."

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.__dict__["arm"] = f"Policy{fields['what'].capitalize()}NotFound"


class DisallowedByPolicy(ArmCondition):
    """A policy denies the resource. Fields: name, target, info, reasons, additionalInfo."""

    status, arm = 403, "RequestDisallowedByPolicy"
    evidence, source = "recorded", "microsoft/vscode-apimanagement#348 (2024-03); reasons: policy docs (2025)"

    @property
    def text(self) -> str:
        name, reasons = self.fields["name"], self.fields.get("reasons")
        if reasons:
            told = ", ".join(reasons)
            return f"Resource '{name}' was disallowed by policy. Reasons: '{told}'. See error details for policy " + (
                "resource IDs."
            )
        return f"Resource '{name}' was disallowed by policy. Policy identifiers: '{self.fields['info']}'."
