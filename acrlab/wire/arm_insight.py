"""Diagnostic settings and policies in Resource Manager.

Source: Insights 2021-05-01-preview; Authorization policy 2023-04-01; what azure-cli 2.91 sends.
"""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.domain.insight_errors import MonitorNotFound, PolicyNotFound
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.engine import policies, resources
from acrlab.engine.ask import Ask
from acrlab.engine.insight import diagnostics
from acrlab.engine.state import Resource
from acrlab.wire import arm_metrics, http
from acrlab.wire.arm_requests import BODY, page, required, version
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
    return _dropped(call, _found(call))


def _dropped(call: Call, found: Resource) -> Response:
    call.world.commit(events.ResourceDeleted(at=call.world.now(), by=call.principal.id, id=found.id))
    return Response(200)


# Policies


def _asked(call: Call, kind: str) -> Ask:
    at = parse(call.params["scope"])
    resources.require_group(call.world, at)
    id = (
        at.extension("Microsoft.Authorization", kind, call.params["name"])
        if at.namespace
        else ResourceId(at.subscription, at.group, "Microsoft.Authorization", (kind,), (call.params["name"],))
    )
    return resources.ask_for(call.world, id, call.principal, version(call), required(call) if call.body else None)


def _policy(resource: Resource) -> dict[str, Any]:
    id = parse(resource.id)
    return {"id": resource.id, "name": id.name, "type": f"Microsoft.Authorization/{id.types[-1]}", **resource.body}


def _putting(kind: str, decide: Callable[[Ask], events.ResourcePut]) -> Callable[[Call], Response]:
    def put(call: Call) -> Response:
        ask = _asked(call, kind)
        call.world.commit(decide(ask))
        return http.json(201, _policy(call.world.state.resources[ask.id.key]))

    return put


def _one(kind: str, what: str, *, drop: bool = False) -> Callable[[Call], Response]:
    def get(call: Call) -> Response:
        ask = _asked(call, kind)
        if ask.known is None:
            raise PolicyNotFound(what=what, name=ask.id.name)
        if drop:
            _dropped(call, ask.known)
        return http.json(200, _policy(ask.known))

    return get


def builtin(call: Call) -> Response:
    """Definitions that Azure brings along: acrlab has none. Raises: PolicyNotFound."""
    version(call)
    refusal = PolicyNotFound(what="definition", name=call.params["name"])
    raise refusal.why("acrlab has no built-in policies, only those that somebody defines")


def _many(mark: str) -> Callable[[Call], Response]:
    def listed(call: Call) -> Response:
        version(call)
        at = parse(call.params["scope"])
        resources.require_group(call.world, at)
        return page(call, policies.listed(call.world, mark, at), lambda each: each.id.lower(), _policy)

    return listed


def _route(method: str, tail: str, handler: Callable[[Call], Response], scope: str, truth: str = "real") -> Route:
    body = BODY if method == "PUT" else 0
    return Route(
        method=method, path=f"/{{scope*}}/providers/{tail}", handler=handler, scope=scope, body=body, truth=truth
    )


_SETTINGS, _SET = "Microsoft.Insights/diagnosticSettings", "Microsoft.Insights/diagnosticSettings/{name}"
_RULES, _GIVEN = "Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policyAssignments"
ROUTES = (
    Route(method="GET", path=f"/providers/{_RULES}/{{name}}", handler=builtin, scope="signed-in"),
    _route("GET", _SETTINGS, diagnostic_list, f"{_SETTINGS}/read", "stored"),
    _route("PUT", _SET, set_diagnostics, f"{_SETTINGS}/write", "stored"),
    _route("GET", _SET, diagnostic, f"{_SETTINGS}/read", "stored"),
    _route("DELETE", _SET, drop_diagnostics, f"{_SETTINGS}/delete", "stored"),
    *arm_metrics.ROUTES,
    _route("GET", _RULES, _many(policies.DEFINITIONS), f"{_RULES}/read"),
    _route("PUT", f"{_RULES}/{{name}}", _putting("policyDefinitions", policies.define), f"{_RULES}/write"),
    _route("GET", f"{_RULES}/{{name}}", _one("policyDefinitions", "definition"), f"{_RULES}/read"),
    _route("DELETE", f"{_RULES}/{{name}}", _one("policyDefinitions", "definition", drop=True), f"{_RULES}/delete"),
    _route("GET", _GIVEN, _many(policies.ASSIGNMENTS), f"{_GIVEN}/read"),
    _route("PUT", f"{_GIVEN}/{{name}}", _putting("policyAssignments", policies.assign), f"{_GIVEN}/write"),
    _route("GET", f"{_GIVEN}/{{name}}", _one("policyAssignments", "assignment"), f"{_GIVEN}/read"),
    _route("DELETE", f"{_GIVEN}/{{name}}", _one("policyAssignments", "assignment", drop=True), f"{_GIVEN}/delete"),
)
