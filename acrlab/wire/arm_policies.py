"""Azure Policy in Resource Manager: definitions, assignments, and what they say of what is there.

Source: Authorization policy 2023-04-01, PolicyInsights 2019-10-01 and 2024-10-01; what azure-cli 2.91 sends.
"""

import re
from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.domain.arm_errors import FilterInvalid
from acrlab.domain.errors import NotEmulated
from acrlab.domain.insight_errors import PolicyNotFound
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.engine import compliance, policies, resources
from acrlab.engine.ask import Ask
from acrlab.engine.compliance import Standing
from acrlab.engine.state import Resource
from acrlab.wire import http
from acrlab.wire.arm_requests import BODY, page, required, top, version
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route
from acrlab.wire.times import iso

_TERM = re.compile(r"\s*(\w+)\s+(eq|ne)\s+(?:'((?:[^']|'')*)'|(\w+))\s*(?:and\s+|$)", re.IGNORECASE)
_KIND = re.compile(r"\s*policyType\s+(eq|ne)\s+'(\w+)'\s*", re.IGNORECASE)
_ANSWERS = "https://management.azure.com{scope}/providers/Microsoft.PolicyInsights/policyStates/$metadata#latest"


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
            call.world.commit(events.ResourceDeleted(at=call.world.now(), by=ask.by, id=ask.known.id))
        return http.json(200, _policy(ask.known))

    return get


def builtin(call: Call) -> Response:
    """A definition that Azure brings along. Raises: PolicyNotFound."""
    version(call)
    id = f"/providers/Microsoft.Authorization/policyDefinitions/{call.params['name']}"
    found = policies.builtins().get(id.lower())
    if found is None:
        refusal = PolicyNotFound(what="definition", name=call.params["name"][:100])
        raise refusal.why("acrlab has the built-in policies of container registries that audit and deny, and no others")
    return http.json(200, _policy(found))


def builtin_list(call: Call) -> Response:
    """The definitions that Azure brings along, as far as they are here."""
    version(call)
    found = sorted(policies.builtins().values(), key=lambda each: each.id)
    return page(call, found, lambda each: each.id.lower(), _policy)


def _many(mark: str) -> Callable[[Call], Response]:
    def listed(call: Call) -> Response:
        version(call)
        at = parse(call.params["scope"])
        resources.require_group(call.world, at)
        found = policies.listed(call.world, mark, at)
        text = call.request.parameters().get("$filter", "")
        kind = _KIND.fullmatch(text)
        if kind is not None:
            wanted = [each for each in found if _is(each, kind[2]) == (kind[1].lower() == "eq")]
            return page(call, wanted, lambda each: each.id.lower(), _policy)
        if "atexactscope" in text.lower():
            found = [each for each in found if each.id.lower().partition(mark)[0] == at.key.rstrip("/")]
        return page(call, found, lambda each: each.id.lower(), _policy)

    return listed


def _is(resource: Resource, kind: str) -> bool:
    return str(resource.body["properties"].get("policyType", "Custom")).lower() == kind.lower()


# What they say of what is there


def states(call: Call) -> Response:
    """What the assignments say of every resource. Raises: NotEmulated, FilterInvalid."""
    version(call)
    at = _scope(call)
    if "$apply" in call.request.parameters():
        raise NotEmulated(what="$apply over states of policies")
    found = [_state(call, each) for each in compliance.standings(call.world, at)]
    wanted = [each for each in found if _wanted(each, _terms(call))][: top(call)]
    context = _ANSWERS.format(scope=str(at).rstrip("/"))
    return http.json(200, {"@odata.nextLink": None, "@odata.context": context, "@odata.count": len(wanted),
                           "value": wanted})  # fmt: skip


def _scope(call: Call) -> ResourceId:
    at = parse(call.params["scope"])
    resources.require_group(call.world, at)
    return at


def _terms(call: Call) -> list[tuple[str, bool, str]]:
    """The terms of $filter: name, whether equal is wanted, value. Raises: FilterInvalid."""
    text, found, end = call.request.parameters().get("$filter", "").strip(), [], 0
    while end < len(text):
        term = _TERM.match(text, end)
        if term is None:
            raise FilterInvalid(filter=text[:200])
        given = term[3].replace("''", "'") if term[3] is not None else term[4]
        found.append((term[1].lower(), term[2].lower() == "eq", given.lower()))
        end = term.end()
    return found


def _wanted(state: dict[str, Any], terms: list[tuple[str, bool, str]]) -> bool:
    spelled = {name.lower(): str(value).lower() for name, value in state.items()}
    return all((spelled.get(name) == value) == equal for name, equal, value in terms)


def _state(call: Call, standing: Standing) -> dict[str, Any]:
    """Source: PolicyInsights 2024-10-01, PolicyState."""
    id, applied = parse(standing.resource.id), standing.applied
    properties = applied.assignment.body["properties"]
    return {
        "@odata.id": None, "@odata.context": f"{_ANSWERS.format(scope=str(id))}/$entity",
        "timestamp": iso(call.world.now()), "resourceId": standing.resource.id, "resourceType": id.type,
        "resourceGroup": id.group, "resourceLocation": standing.resource.body.get("location", ""),
        "subscriptionId": id.subscription, "isCompliant": standing.compliant,
        "complianceState": "Compliant" if standing.compliant else "NonCompliant",
        "policyAssignmentId": applied.assignment.id, "policyAssignmentName": parse(applied.assignment.id).name,
        "policyAssignmentScope": properties["scope"], "policyAssignmentParameters": "",
        "policyDefinitionId": applied.definition.id, "policyDefinitionName": parse(applied.definition.id).name,
        "policyDefinitionAction": applied.effect, "policyDefinitionCategory": "", "policySetDefinitionId": "",
        "policySetDefinitionName": "", "policyDefinitionReferenceId": "", "managementGroupIds": "",
    }  # fmt: skip


def summary(call: Call) -> Response:
    """How many resources and assignments are not as they should be."""
    version(call)
    at = _scope(call)
    bad = [each for each in compliance.standings(call.world, at) if not each.compliant]
    by_assignment: dict[str, list[Standing]] = {}
    for each in bad:
        by_assignment.setdefault(each.applied.assignment.id, []).append(each)
    rows = [
        {
            "policyAssignmentId": id, "policySetDefinitionId": "", "results": _results(found),
            "policyDefinitions": [{
                "policyDefinitionId": found[0].applied.definition.id, "policyDefinitionReferenceId": "",
                "effect": found[0].applied.effect, "results": _results(found),
            }],
        }
        for id, found in sorted(by_assignment.items())
    ]  # fmt: skip
    context = _ANSWERS.format(scope=str(at).rstrip("/")).replace("#latest", "#summary")
    return http.json(200, {
        "@odata.context": context, "@odata.count": 1,
        "value": [{
            "@odata.id": None, "@odata.context": f"{context}/$entity", "results": _results(bad),
            "policyAssignments": rows,
        }],
    })  # fmt: skip


def _results(found: list[Standing]) -> dict[str, Any]:
    return {
        "queryResultsUri": None, "nonCompliantResources": len({each.resource.id for each in found}),
        "nonCompliantPolicies": len({each.applied.assignment.id for each in found}),
    }  # fmt: skip


def evaluation(call: Call) -> Response:
    """Look again: here every question does."""
    version(call)
    _scope(call)
    return Response(200)


def _route(method: str, tail: str, handler: Callable[[Call], Response], scope: str) -> Route:
    return Route(
        method=method, path=f"/{{scope*}}/providers/{tail}", handler=handler, scope=scope,
        body=BODY if method == "PUT" else 0,
    )  # fmt: skip


_RULES, _GIVEN = "Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policyAssignments"
_STATES = "Microsoft.PolicyInsights/policyStates"
ROUTES = (
    Route(method="GET", path=f"/providers/{_RULES}", handler=builtin_list, scope="signed-in"),
    Route(method="GET", path=f"/providers/{_RULES}/{{name}}", handler=builtin, scope="signed-in"),
    _route("GET", _RULES, _many(policies.DEFINITIONS), f"{_RULES}/read"),
    _route("PUT", f"{_RULES}/{{name}}", _putting("policyDefinitions", policies.define), f"{_RULES}/write"),
    _route("GET", f"{_RULES}/{{name}}", _one("policyDefinitions", "definition"), f"{_RULES}/read"),
    _route("DELETE", f"{_RULES}/{{name}}", _one("policyDefinitions", "definition", drop=True), f"{_RULES}/delete"),
    _route("GET", _GIVEN, _many(policies.ASSIGNMENTS), f"{_GIVEN}/read"),
    _route("PUT", f"{_GIVEN}/{{name}}", _putting("policyAssignments", policies.assign), f"{_GIVEN}/write"),
    _route("GET", f"{_GIVEN}/{{name}}", _one("policyAssignments", "assignment"), f"{_GIVEN}/read"),
    _route("DELETE", f"{_GIVEN}/{{name}}", _one("policyAssignments", "assignment", drop=True), f"{_GIVEN}/delete"),
    _route("POST", f"{_STATES}/latest/triggerEvaluation", evaluation, f"{_STATES}/triggerEvaluation/action"),
    _route("POST", f"{_STATES}/{{which}}/queryResults", states, f"{_STATES}/queryResults/action"),
    _route("POST", f"{_STATES}/{{which}}/summarize", summary, f"{_STATES}/summarize/action"),
)
