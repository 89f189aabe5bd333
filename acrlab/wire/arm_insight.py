"""Diagnostic settings in Resource Manager, and the metrics beside them.

Source: Insights 2021-05-01-preview; what azure-cli 2.91 sends.
"""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.domain.insight_errors import MonitorNotFound
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.engine import resources
from acrlab.engine.insight import diagnostics
from acrlab.engine.state import Resource
from acrlab.wire import arm_metrics, http
from acrlab.wire.arm_requests import BODY, required, version
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route


def _own(call: Call, kind: str) -> ResourceId:
    at = parse(call.params["scope"])
    known = resources.find(call.world, at)
    spelled = parse(known.id) if known is not None else at
    namespace, _, name = kind.partition("/")
    return spelled.extension(namespace, name, call.params["name"])


# Diagnostic settings


def set_diagnostics(call: Call) -> Response:
    """Keep a setting; nothing is logged here. Raises: DiagnosticSettingInvalid."""
    arm_metrics.at(call)
    id = _own(call, "microsoft.insights/diagnosticSettings")
    ask = resources.ask_for(call.world, id, call.principal, version(call), required(call))
    call.world.commit(diagnostics.desired(ask))
    return http.json(200, _setting(call.world.state.resources[id.key]))


def _setting(resource: Resource) -> dict[str, Any]:
    head = {"id": resource.id, "name": parse(resource.id).name, "type": "Microsoft.Insights/diagnosticSettings"}
    return {**head, **resource.body}


def _found(call: Call) -> Resource:
    version(call)
    found = call.world.state.resources.get(_own(call, "microsoft.insights/diagnosticSettings").key)
    if found is None:
        raise MonitorNotFound(name=call.params["name"])
    return found


def diagnostic(call: Call) -> Response:
    """One setting."""
    return http.json(200, _setting(_found(call)))


def diagnostic_list(call: Call) -> Response:
    """The settings of a resource."""
    version(call)
    prefix = f"{arm_metrics.at(call).id.lower()}/providers/microsoft.insights/diagnosticsettings/"
    found = [each for key, each in sorted(call.world.state.resources.items()) if key.startswith(prefix)]
    return http.json(200, {"value": [_setting(each) for each in found]})


def drop_diagnostics(call: Call) -> Response:
    """Take a setting away."""
    found = _found(call)
    call.world.commit(events.ResourceDeleted(at=call.world.now(), by=call.principal.id, id=found.id))
    return Response(200)


# Source: azure-monitor supported-logs, Microsoft.ContainerRegistry/registries (2026-04)
_CATEGORIES = {
    "ContainerRegistryRepositoryEvents": "Logs", "ContainerRegistryLoginEvents": "Logs", "AllMetrics": "Metrics",
}  # fmt: skip


def categories(call: Call) -> Response:
    """What a registry could tell."""
    version(call)
    at = arm_metrics.at(call)
    own = _CATEGORIES if parse(at.id).type.lower() == REGISTRIES.lower() else {}
    return http.json(200, {"value": [_category(at, name, kind) for name, kind in own.items()]})


def _category(at: Resource, name: str, kind: str) -> dict[str, Any]:
    groups = {"categoryGroups": ["allLogs", "audit"]} if kind == "Logs" else {}
    return {
        "id": f"{at.id}/providers/microsoft.insights/diagnosticSettingsCategories/{name}", "name": name,
        "type": "microsoft.insights/diagnosticSettingsCategories", "properties": {"categoryType": kind, **groups},
    }  # fmt: skip


def _route(method: str, tail: str, handler: Callable[[Call], Response], scope: str, truth: str = "real") -> Route:
    body = BODY if method == "PUT" else 0
    return Route(
        method=method, path=f"/{{scope*}}/providers/{tail}", handler=handler, scope=scope, body=body, truth=truth
    )


_SETTINGS, _SET = "Microsoft.Insights/diagnosticSettings", "Microsoft.Insights/diagnosticSettings/{name}"
ROUTES = (
    _route("GET", _SETTINGS, diagnostic_list, f"{_SETTINGS}/read", "stored"),
    _route("PUT", _SET, set_diagnostics, f"{_SETTINGS}/write", "stored"),
    _route("GET", _SET, diagnostic, f"{_SETTINGS}/read", "stored"),
    _route("DELETE", _SET, drop_diagnostics, f"{_SETTINGS}/delete", "stored"),
    _route("GET", f"{_SETTINGS}Categories", categories, f"{_SETTINGS}Categories/read"),
    *arm_metrics.ROUTES,
)
