"""Diagnostic settings: which logs and metrics of a resource go where.

Source: Insights 2021-05-01-preview, diagnosticSettings.
"""

from typing import Any

from acrlab.domain import events
from acrlab.domain.insight_errors import DiagnosticSettingInvalid
from acrlab.domain.resource_id import parse
from acrlab.engine import workspaces
from acrlab.engine.ask import Ask

SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")


def desired(ask: Ask) -> events.ResourcePut:
    """The event that keeps a setting. Raises: DiagnosticSettingInvalid."""
    properties = ask.given.get("properties") if isinstance(ask.given, dict) else None
    if not isinstance(properties, dict) or not any(isinstance(properties.get(each), str) for each in SINKS):
        raise DiagnosticSettingInvalid(reason="A diagnostic setting needs a destination, such as a workspaceId.")
    _require_workspace(ask, properties.get("workspaceId"))
    kept = {"metrics": [], "logs": [], **{name: value for name, value in properties.items() if value is not None}}
    return events.ResourcePut(at=ask.world.now(), by=ask.by, id=str(ask.id), body={"properties": kept})


def _require_workspace(ask: Ask, workspace: Any) -> None:
    if not isinstance(workspace, str):
        return
    found = ask.world.state.resources.get(parse(workspace).key)
    if found is None or parse(workspace).type.lower() != workspaces.TYPE.lower():
        raise DiagnosticSettingInvalid(reason=f"The workspace {workspace[:200]} does not exist.")
