"""Reading a request for a deployment: whole, and before anything is made.

Source: Resources 2024-11-01, deployments; deployment-modes (2025).
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from acrlab.domain import events
from acrlab.domain.errors import BodyInvalid, Condition, NotEmulated
from acrlab.domain.insight_errors import DisallowedByPolicy
from acrlab.domain.resource_id import GROUP_TYPE, ResourceId
from acrlab.domain.templates import template as templates
from acrlab.domain.templates.errors import (
    DeploymentModeInvalid,
    DeploymentNameInvalid,
    ReferenceUnknown,
    TemplateDeploymentInvalid,
    TemplateInvalid,
)  # fmt: skip
from acrlab.domain.templates.expressions import Scope, resolved, spend
from acrlab.domain.templates.functions import FUNCTIONS, LAZY
from acrlab.domain.templates.template import Planned
from acrlab.engine import policies, resources, table
from acrlab.engine.ask import Ask
from acrlab.engine.deployments import inputs
from acrlab.engine.deployments.plan import COMPLETE, TYPE, Plan, Show, circular, linked, served, target
from acrlab.engine.deployments.references import NotYet, functions
from acrlab.engine.insight import diagnostics

NAME = re.compile(r"[-\w.()]{1,64}", re.ASCII)
DEEPEST = 5  # deployments inside deployments
NESTED = 400  # turns of a loop that reading one of them counts as, so that there are never more than 500
_OWN = ("template", "templatelink")
_MODES = {"incremental": "Incremental", "complete": COMPLETE}
# What templates make that is no row of the table: an extension of what it stands on, decided as a PUT decides it.
OTHERS: dict[str, Callable[[Ask], events.ResourcePut]] = {
    "microsoft.authorization/policydefinitions": policies.define,
    "microsoft.authorization/policyassignments": policies.assign,
    "microsoft.insights/diagnosticsettings": diagnostics.desired,
}


def read(ask: Ask, show: Show, outer: Plan | None = None) -> Plan:
    """Read a request for a deployment; nothing is made. `outer` is the one around it.

    Raises: BodyInvalid, DeploymentNameInvalid, DeploymentModeInvalid, ContentLinkInvalid, TemplateInvalid, NotEmulated.
    """
    if not NAME.fullmatch(ask.id.name):
        raise DeploymentNameInvalid(name=ask.id.name[:80])
    properties = ask.given.get("properties") if isinstance(ask.given, dict) else None
    if not isinstance(properties, dict):
        raise BodyInvalid(reason="Required property 'properties' not found in JSON. Path ''.")
    mode = _mode(ask, properties, outer)
    base = outer.address if outer is not None else ""
    template, address = inputs.template(ask, properties, base)
    given = inputs.parameters(ask, properties, base)
    facts = _facts(ask, template, given, mode, address)
    plan = Plan(ask, template, Scope(FUNCTIONS, LAZY, facts), [], show, {}, 0, mode, address, given)
    if outer is not None:
        spend(outer.scope, NESTED)
        facts["steps"] = outer.scope.facts["steps"]
        plan.depth, plan.named, plan.foreseeing = outer.depth + 1, outer.named, outer.foreseeing
    if outer is not None and not _inner(properties):
        plan.scope = Scope(outer.scope.functions, LAZY, {**outer.scope.facts})
        if given:
            raise TemplateInvalid(reason="a nested template that is evaluated in the outer scope takes no parameters")
    else:
        plan.scope.functions = {**FUNCTIONS, **functions(plan)}
        templates.bind(template, given, plan.scope)
    plan.rows = templates.planned(template, plan.scope)
    templates.checked(template.get("outputs") or {})
    for each in plan.rows:
        _require_emulated(plan, each)
    _require_order(plan)
    plan.named.update(target(plan, each).key for each in plan.rows if not each.existing)
    return plan


def _inner(properties: dict[str, Any]) -> bool:
    options = properties.get("expressionEvaluationOptions") or {}
    return (
        isinstance(options, dict) and str(options.get("scope", "")).lower() == "inner"
    ) or "templateLink" in properties


def _mode(ask: Ask, properties: dict[str, Any], outer: Plan | None) -> str:
    """Raises: DeploymentModeInvalid, BodyInvalid."""
    asked = str(properties.get("mode") or "Incremental")
    mode = _MODES.get(asked.lower())
    if mode is None:
        raise BodyInvalid(reason=f"Error converting value '{asked[:40]}' to type 'DeploymentMode'. Path 'mode'.")
    if mode == COMPLETE and outer is not None:
        raise DeploymentModeInvalid(reason="Nested deployments are incremental: only the outermost can be complete.")
    if mode == COMPLETE and not ask.id.group:
        raise DeploymentModeInvalid(reason="Deployments of a subscription are incremental.")
    return mode


def nested(plan: Plan, each: Planned) -> Plan:
    """A deployment inside a deployment, read with what its outer one knows by now.

    Raises: NotYet, NotEmulated for one more than five deep, and what reading raises.
    """
    if plan.depth >= DEEPEST:
        raise NotEmulated(what=f"deployments more than {DEEPEST} deep inside each other")
    scope, properties = each.scope(plan.scope), templates.require(each.body.get("properties"), dict, "properties")
    given = {name: resolved(value, scope) for name, value in properties.items() if name.lower() not in _OWN}
    link = {"templateLink": resolved(properties["templateLink"], scope)} if "templateLink" in properties else {}
    own = {"template": properties["template"]} if "template" in properties else {}
    id = target(plan, each)
    ask = msgspec.structs.replace(
        plan.ask, id=id, given={"properties": {**given, **link, **own}}, known=resources.find(plan.ask.world, id)
    )
    around = msgspec.structs.replace(plan, scope=scope)
    return read(ask, plan.show, around)


def _require_order(plan: Plan) -> None:
    plan.edges = linked(plan)
    waiting = {at for at, each in enumerate(plan.rows) if not each.existing}
    while waiting:
        left = {at for at in waiting if plan.edges[at] & waiting}
        if len(left) == len(waiting):
            raise circular(plan.rows[min(left)])
        waiting = left


def _facts(ask: Ask, template: dict[str, Any], given: dict[str, Any], mode: str, address: str) -> dict[str, Any]:
    world, root = ask.world, f"/subscriptions/{ask.id.subscription}"
    link = {"templateLink": {"uri": address}} if address else {}
    own = {"template": template, "parameters": given, "mode": mode, "provisioningState": "Accepted", **link}
    home = {} if ask.id.group or not isinstance(ask.given.get("location"), str) else {"location": ask.given["location"]}
    return {
        **_group(ask, root),
        "subscription": {
            "id": root, "subscriptionId": ask.id.subscription, "tenantId": world.state.tenant, "displayName": "acrlab",
        },
        "tenant": {"tenantId": world.state.tenant, "countryCode": "US", "displayName": "acrlab"},
        "deployment": {"name": ask.id.name, "properties": own, **home},
        "deployer": {"objectId": ask.principal.id, "tenantId": world.state.tenant},
        "environment": {
            "name": "AzureCloud", "resourceManager": "https://management.azure.com/",
            "authentication": {
                "loginEndpoint": "https://login.microsoftonline.com/", "tenant": "common",
                "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            },
            "graph": "https://graph.windows.net/", "portal": "https://portal.azure.com",
            "suffixes": {
                "acrLoginServer": ".azurecr.io", "keyvaultDns": ".vault.azure.net", "storage": "core.windows.net",
            },
        },
        "now": world.now(), "guid": world.uuid,
    }  # fmt: skip


def _group(ask: Ask, root: str) -> dict[str, Any]:
    """What resourceGroup() says; nothing at subscription scope."""
    if not ask.id.group:
        return {}
    group = resources.find(ask.world, ResourceId(ask.id.subscription, ask.id.group))
    known = group.body if group is not None else {}
    shown = {
        "id": f"{root}/resourceGroups/{ask.id.group}", "name": ask.id.group, "location": known.get("location", ""),
        "type": GROUP_TYPE, "tags": known.get("tags", {}), "properties": {"provisioningState": "Succeeded"},
    }  # fmt: skip
    return {"resourceGroup": shown}


def _require_emulated(plan: Plan, each: Planned) -> None:
    kind = each.kind.lower()
    if each.existing or kind in (TYPE.lower(), *OTHERS):
        return
    row = table.row(each.kind)
    if row is None or row.desired is None:
        raise NotEmulated(what=f"{each.kind[:100]} in a template")
    if kind == GROUP_TYPE.lower() and plan.ask.id.group:
        raise TemplateInvalid(reason="a resource group is deployed at subscription scope, not into a group")
    served(row, each.version)


def preflight(plan: Plan) -> None:
    """What policies say about a template, before anything is made; where a value is not known yet, they wait.

    Raises: TemplateDeploymentInvalid, and what reading a nested template raises.
    """
    denied = list(_denied(plan))
    if denied:
        refusal = TemplateDeploymentInvalid(details=[_detail(each) for each in denied])
        raise refusal.why(*(reason for each in denied for reason in each.because))


def _detail(refusal: Condition) -> dict[str, Any]:
    shown = {"code": refusal.arm, "message": refusal.text}
    return shown | {name: refusal.fields[name] for name in ("target", "additionalInfo") if name in refusal.fields}


def _denied(plan: Plan) -> list[Condition]:
    found: list[Condition] = []
    for each in plan.rows:
        row = table.row(each.kind)
        if each.existing or (row is not None and row.extension):
            continue
        try:
            if each.kind.lower() == TYPE.lower():
                found += _denied(nested(plan, each))
            else:
                policies.require(plan.ask.world, target(plan, each), resolved(each.body, each.scope(plan.scope)))
        except DisallowedByPolicy as refusal:
            found.append(refusal)
        except (NotYet, ReferenceUnknown):
            continue  # what it refers to may be made on the way
    return found
