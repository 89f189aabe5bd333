"""Reading a request for a deployment: whole, and before anything is made.

Source: Resources 2024-11-01, deployments; deployment-modes (2025): incremental.
"""

import re
from datetime import UTC, datetime
from typing import Any

from acrlab.domain.errors import BodyInvalid, NotEmulated
from acrlab.domain.resource_id import ResourceId
from acrlab.domain.templates import template as templates
from acrlab.domain.templates.errors import DeploymentNameInvalid
from acrlab.domain.templates.expressions import Scope
from acrlab.domain.templates.functions import FUNCTIONS, LAZY
from acrlab.domain.templates.template import Planned
from acrlab.engine import resources, table
from acrlab.engine.ask import Ask
from acrlab.engine.deployments.plan import TYPE, Plan, Show, blocked, circular, served
from acrlab.engine.deployments.references import functions

NAME = re.compile(r"[-\w.()]{1,64}", re.ASCII)


def read(ask: Ask, show: Show, depth: int = 0) -> Plan:
    """Read a request for a deployment; nothing is made.

    Raises: BodyInvalid, DeploymentNameInvalid, TemplateInvalid, NotEmulated.
    """
    if not NAME.fullmatch(ask.id.name):
        raise DeploymentNameInvalid(name=ask.id.name[:80])
    properties = ask.given.get("properties") if isinstance(ask.given, dict) else None
    if not isinstance(properties, dict):
        raise BodyInvalid(reason="Required property 'properties' not found in JSON. Path ''.")
    if str(properties.get("mode", "Incremental")).lower() != "incremental":
        raise NotEmulated(what="deployments in the mode Complete")
    given, template = properties.get("parameters") or {}, properties.get("template")
    if template is None:
        raise (
            NotEmulated(what="templates behind a link")
            if properties.get("templateLink")
            else BodyInvalid(reason="Required property 'template' not found in JSON. Path 'properties'.")
        )
    template = templates.require(template, dict, "template")
    plan = Plan(ask, template, Scope(FUNCTIONS, LAZY, _facts(ask)), [], show, {}, depth)
    plan.scope = Scope({**FUNCTIONS, **functions(plan)}, LAZY, plan.scope.facts)
    templates.bind(template, templates.require(given, dict, "parameters"), plan.scope)
    plan.rows = templates.planned(template, plan.scope)
    templates.checked(template.get("outputs") or {})
    for each in plan.rows:
        _require_emulated(each)
    _require_order(plan)
    return plan


def _require_order(plan: Plan) -> None:
    waiting = [each for each in plan.rows if not each.existing]
    while waiting:
        left = [each for each in waiting if blocked(plan, each, waiting)]
        if len(left) == len(waiting):
            raise circular(left[0])
        waiting = left


def _facts(ask: Ask) -> dict[str, Any]:
    world, group = ask.world, resources.find(ask.world, ResourceId(ask.id.subscription, ask.id.group))
    root = f"/subscriptions/{ask.id.subscription}"
    location = group.body["location"] if group is not None else ""
    return {
        "resourceGroup": {
            "id": f"{root}/resourceGroups/{ask.id.group}", "name": ask.id.group, "location": location,
            "type": "Microsoft.Resources/resourceGroups", "tags": group.body.get("tags", {}) if group else {},
        },
        "subscription": {
            "id": root, "subscriptionId": ask.id.subscription, "tenantId": world.state.tenant, "displayName": "acrlab",
        },
        "tenant": {"tenantId": world.state.tenant}, "deployment": {"name": ask.id.name},
        "environment": {
            "name": "AzureCloud", "resourceManager": "https://management.azure.com/",
            "suffixes": {"acrLoginServer": ".azurecr.io", "keyvaultDns": ".vault.azure.net"},
        },
        "now": datetime.fromtimestamp(world.now(), UTC).strftime("%Y%m%dT%H%M%SZ"), "guid": world.uuid,
    }  # fmt: skip


def _require_emulated(each: Planned) -> None:
    if each.kind.lower() == TYPE.lower() or each.existing:
        return
    row = table.row(each.kind)
    if row is None or row.desired is None:
        raise NotEmulated(what=f"{each.kind} in a template")
    served(row, each.version)
