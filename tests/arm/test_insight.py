"""What watches and what governs: workspaces, diagnostic settings, metrics, and policies that deny."""

from typing import Any

import pytest

from tests.arm.cloud import Answer, Cloud

PREMIUM_ONLY = {
    "if": {"allOf": [
        {"field": "type", "equals": "Microsoft.ContainerRegistry/registries"},
        {"not": {"field": "Microsoft.ContainerRegistry/registries/sku.name", "in": "[parameters('tiers')]"}},
    ]},
    "then": {"effect": "deny"},
}  # fmt: skip


def at(cloud: Cloud, kind: str, name: str, properties: Any, where: str = "") -> Answer:
    body = {"properties": properties}
    return cloud.ask("PUT", f"{where or cloud.s}/providers/{kind}/{name}", body, version="2023-04-01")


def define(cloud: Cloud, rule: Any = PREMIUM_ONLY) -> Answer:
    tiers = {"tiers": {"type": "Array", "defaultValue": ["Premium"]}}
    return at(cloud, "Microsoft.Authorization/policyDefinitions", "premium", {"policyRule": rule, "parameters": tiers})


def assign(cloud: Cloud, **more: Any) -> Answer:
    definition = f"{cloud.s}/providers/Microsoft.Authorization/policyDefinitions/premium"
    properties = {"policyDefinitionId": definition, **more}
    return at(cloud, "Microsoft.Authorization/policyAssignments", "tiers", properties, cloud.g)


def test_a_policy_denies_registries_without_premium(cloud: Cloud) -> None:
    assert define(cloud).status == 201
    assert cloud.registry("before", "Basic").status == 201  # defined is not assigned
    assert assign(cloud).status == 201
    denied = cloud.registry("after", "Basic")
    assert (denied.status, denied.code) == (403, "RequestDisallowedByPolicy")
    assert "after" not in cloud.world.state.registries
    assert cloud.registry("after", "Premium").status == 201
    down = cloud.ask("PATCH", f"{cloud.r}/after", {"sku": {"name": "Basic"}})
    assert down.code == "RequestDisallowedByPolicy"
    cloud.group("other")
    path = f"{cloud.s}/resourceGroups/other/providers/Microsoft.ContainerRegistry/registries/elsewhere"
    assert cloud.ask("PUT", path, {"location": "westus", "sku": {"name": "Basic"}}).status == 201
    assign(cloud, parameters={"tiers": {"value": ["premium", "basic"]}})
    assert cloud.registry("third", "Basic").status == 201
    assign(cloud, enforcementMode="DoNotEnforce")
    assert cloud.registry("fourth", "Standard").status == 201
    listed = cloud.ask("GET", f"{cloud.g}/providers/Microsoft.Authorization/policyAssignments", version="2023-04-01")
    assert [each["name"] for each in listed.json["value"]] == ["tiers"]


@pytest.mark.parametrize(
    "rule",
    [None, {}, {"if": 1, "then": {}}, {"if": {"allOf": 1}, "then": {}}, {"if": {"field": "x"}, "then": {}},
     {"if": {"field": "x", "in": 1}, "then": {}}, {"if": {"field": 1, "equals": 1}, "then": {}}],
)  # fmt: skip
def test_rules_that_are_none(cloud: Cloud, rule: Any) -> None:
    answer = define(cloud, rule)
    assert (answer.status, answer.code) == (400, "InvalidPolicyRule")


def test_assignments_that_are_none(cloud: Cloud) -> None:
    assert assign(cloud).code == "PolicyDefinitionNotFound"
    nothing = at(cloud, "Microsoft.Authorization/policyAssignments", "x", {"policyDefinitionId": 7})
    assert nothing.code == "InvalidPolicyAssignment"
    missing = cloud.ask("GET", f"{cloud.s}/providers/Microsoft.Authorization/policyAssignments/x", version="2023-04-01")
    assert missing.code == "PolicyAssignmentNotFound"


def test_diagnostic_settings_are_kept(cloud: Cloud) -> None:
    cloud.registry()
    workspace = cloud.ask(
        "PUT", f"{cloud.g}/providers/Microsoft.OperationalInsights/workspaces/logs", {"location": "westus"},
        version="2022-10-01",
    )  # fmt: skip
    assert workspace.status == 201
    where, kind = f"{cloud.r}/contoso", "Microsoft.Insights/diagnosticSettings"
    logs = [{"category": "ContainerRegistryLoginEvents", "enabled": True}]
    made = at(cloud, kind, "all", {"workspaceId": workspace.json["id"], "logs": logs}, where)
    assert made.json["properties"]["logs"] == logs
    assert at(cloud, kind, "none", {"logs": logs}, where).code == "BadRequest"
    assert at(cloud, kind, "none", {"workspaceId": f"{cloud.g}/providers/x/y/z"}, where).code == "BadRequest"
    listed = cloud.ask("GET", f"{where}/providers/{kind}", version="2021-05-01-preview").json["value"]
    assert [each["name"] for each in listed] == ["all"]
    assert cloud.ask("DELETE", made.json["id"], version="2021-05-01-preview").status == 200
    assert cloud.ask("GET", made.json["id"], version="2021-05-01-preview").status == 404
