"""Azure Policy: Azure's own definitions of registries, what they deny, what they find, and rules that are none."""

from typing import Any

import pytest

from acrlab.domain import policy_rules
from acrlab.domain.policy_rules import Facts
from acrlab.engine import policies
from tests.arm.cloud import Answer, Cloud
from tests.arm.test_insight import assign, define

RULES = "providers/Microsoft.Authorization/policyDefinitions"
GIVEN = "providers/Microsoft.Authorization/policyAssignments"
PUBLIC, UNRESTRICTED, LINKS, TIERS, ADMIN, ANONYMOUS, KEYS, EXPORTS, ARM, TOKENS = (
    "0fdf0491-d080-4575-b627-ad0e843cba0f", "d0793b48-0edc-4296-a390-4c75d1bdfd71",
    "e8eef0a8-67cf-4eb4-9386-14b0e78733d4", "bd560fc0-3c69-498a-ae9f-aa8eb7de0e13",
    "dc921057-6b28-4fbe-9b83-f7bec05db6c2", "9f2dea28-e834-476c-99c5-3507b4728395",
    "5b9159ae-1701-4a6f-9a7a-aa9c8ddd0580", "524b0254-c285-4903-bee6-bb8126cde579",
    "42781ec6-6127-4c30-bdfa-fb423a0047d3", "ff05e24e-195c-447e-b322-5e90c9f9f366",
)  # fmt: skip
TYPE = "Microsoft.ContainerRegistry/registries"


def govern(cloud: Cloud, definition: str, effect: str = "Deny", name: str = "rule", **more: Any) -> Answer:
    given = {"policyDefinitionId": f"/{RULES}/{definition}", "parameters": {"effect": {"value": effect}}, **more}
    return cloud.ask("PUT", f"{cloud.g}/{GIVEN}/{name}", {"properties": given}, version="2023-04-01")


def states(cloud: Cloud, text: str = "", where: str = "") -> list[dict[str, Any]]:
    path = f"{where or cloud.g}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults"
    query = f"$filter={text}" if text else ""
    answer = cloud.ask("POST", path, version="2024-10-01", query=query)
    assert answer.status == 200, answer
    return list(answer.json["value"])


@pytest.mark.parametrize(
    ("definition", "sku", "wrong", "right"),
    [
        (PUBLIC, "Premium", {}, {"publicNetworkAccess": "Disabled"}),
        (UNRESTRICTED, "Premium", {}, {"networkRuleSet": {"defaultAction": "Deny"}}),
        (ADMIN, "Basic", {"adminUserEnabled": True}, {}),
        (ANONYMOUS, "Standard", {"anonymousPullEnabled": True}, {}),
        (EXPORTS, "Premium", {"publicNetworkAccess": "Disabled"},
         {"publicNetworkAccess": "Disabled", "policies": {"exportPolicy": {"status": "disabled"}}}),
        (ARM, "Standard", {}, {"policies": {"azureADAuthenticationAsArmPolicy": {"status": "disabled"}}}),
    ],
)  # fmt: skip
def test_what_azures_own_definitions_deny(
    cloud: Cloud, definition: str, sku: str, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    assert govern(cloud, definition).status == 201
    denied = cloud.registry("contoso", sku, **wrong)
    assert (denied.status, denied.code) == (403, "RequestDisallowedByPolicy")
    assert not cloud.world.state.registries
    assert cloud.registry("contoso", sku, **right).status == 201
    assert govern(cloud, definition, "Audit").status == 201
    assert cloud.registry("second", sku, **wrong).status == 201
    found = {each["resourceId"].rpartition("/")[2]: each["isCompliant"] for each in states(cloud)}
    assert found == {"contoso": True, "second": False}


def test_tiers_keys_and_tokens(cloud: Cloud) -> None:
    cloud.registry("basic", "Basic")
    for definition in (TIERS, KEYS, TOKENS):
        govern(cloud, definition, name=definition)
    assert cloud.registry("second", "Standard").code == "RequestDisallowedByPolicy"
    violations = cloud.registry("second", "Premium").json["error"]["additionalInfo"]
    assert [each["info"]["policyDefinitionName"] for each in violations] == [KEYS]  # no longer the tier
    token = {"properties": {"scopeMapId": f"{cloud.r}/basic/scopeMaps/_repositories_pull", "status": "enabled"}}
    assert cloud.ask("PUT", f"{cloud.r}/basic/tokens/reader", token).code == "RequestDisallowedByPolicy"
    token["properties"]["status"] = "disabled"
    assert cloud.ask("PUT", f"{cloud.r}/basic/tokens/reader", token).status in (200, 201)


def test_a_refusal_says_which_assignment_and_which_condition(cloud: Cloud) -> None:
    govern(cloud, ADMIN, displayName="No shared passwords")
    error = cloud.registry("contoso", "Basic", adminUserEnabled=True).json["error"]
    title = "Container registries should have local admin account disabled."
    assert error["target"] == "contoso"
    where, rule = f"{cloud.g}/{GIVEN}/rule", f"/{RULES}/{ADMIN}"
    assert error["message"] == (
        "Resource 'contoso' was disallowed by policy. Policy identifiers: '"
        f'[{{"policyAssignment":{{"name":"No shared passwords","id":"{where}"}},'
        f'"policyDefinition":{{"name":"{title}","id":"{rule}"}}}}]\'.'
    )
    (violation,) = error["additionalInfo"]
    assert violation["type"] == "PolicyViolation"
    assert violation["info"]["policyDefinitionEffect"] == "deny"
    looked = violation["info"]["evaluationDetails"]["evaluatedExpressions"]
    assert [(each["path"], each["expressionValue"], each["result"]) for each in looked] == [
        ("type", TYPE, "True"), ("adminUserEnabled", True, "True"),
    ]  # fmt: skip
    govern(cloud, ADMIN, nonComplianceMessages=[{"message": "Use tokens instead."}])
    told = cloud.registry("contoso", "Basic", adminUserEnabled=True).message
    assert "Reasons: 'Use tokens instead.'" in told


def test_private_links_are_counted(cloud: Cloud) -> None:
    cloud.registry("contoso")
    govern(cloud, LINKS, "Audit")
    assert [each["complianceState"] for each in states(cloud)] == ["NonCompliant"]
    network = f"{cloud.g}/providers/Microsoft.Network/virtualNetworks/office"
    subnets = [{"name": "desks", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}
    assert cloud.ask("PUT", network, {"location": "westus", "properties": space}, version="2024-05-01").status < 300
    link = {"name": "acr", "properties": {"privateLinkServiceId": f"{cloud.r}/contoso", "groupIds": ["registry"]}}
    body = {"location": "westus", "properties": {
        "subnet": {"id": f"{network}/subnets/desks"}, "privateLinkServiceConnections": [link]}}  # fmt: skip
    made = cloud.ask("PUT", f"{cloud.g}/providers/Microsoft.Network/privateEndpoints/pe", body, version="2024-05-01")
    assert made.status < 300, made
    assert [each["complianceState"] for each in states(cloud)] == ["Compliant"]


def test_states_by_filter_and_in_sum(cloud: Cloud) -> None:
    cloud.registry("contoso", "Basic", adminUserEnabled=True)
    cloud.registry("second", "Basic")
    govern(cloud, ADMIN, "Audit", "admin")
    govern(cloud, TIERS, "Audit", "tiers", notScopes=[f"{cloud.r}/second"])
    govern(cloud, PUBLIC, "Disabled", "off")
    bad = states(cloud, "isCompliant eq false")
    assert {(each["policyAssignmentName"], each["resourceId"].rpartition("/")[2]) for each in bad} == {
        ("admin", "contoso"), ("tiers", "contoso"),
    }  # fmt: skip
    assert len(states(cloud, "PolicyAssignmentName eq 'admin' and ComplianceState eq 'Compliant'")) == 1
    assert len(states(cloud, where=f"{cloud.r}/second")) == 1
    root = f"{cloud.s}/providers/Microsoft.PolicyInsights/policyStates/latest"
    summary = cloud.ask("POST", f"{root}/summarize", version="2024-10-01").json["value"][0]
    assert summary["results"]["nonCompliantResources"] == 1
    assert summary["results"]["nonCompliantPolicies"] == 2
    assert cloud.ask("POST", f"{root}/triggerEvaluation", version="2024-10-01").status == 200
    assert cloud.ask("POST", f"{root}/queryResults", version="2024-10-01", query="$filter=x").status == 400


def test_azures_own_definitions_are_listed(cloud: Cloud) -> None:
    define(cloud)
    every = cloud.ask("GET", f"/{RULES}", version="2023-04-01").json["value"]
    assert {each["name"] for each in every} == {each.rpartition("/")[2] for each in policies.builtins()}
    one = cloud.ask("GET", f"/{RULES}/{PUBLIC}", version="2023-04-01").json
    assert one["properties"]["policyType"] == "BuiltIn"
    for kind, count in (("BuiltIn", len(every)), ("Custom", 1)):
        found = cloud.ask("GET", f"{cloud.s}/{RULES}", version="2023-04-01", query=f"$filter=policyType eq '{kind}'")
        assert len(found.json["value"]) == count
    assert cloud.ask("GET", f"/{RULES}/none", version="2023-04-01").code == "PolicyDefinitionNotFound"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"effect": {"value": "Explode"}}, "PolicyParameterValueNotAllowed"),
        ({"colour": {"value": "red"}}, "UndefinedPolicyParameter"),
        ({"effect": 7}, "UndefinedPolicyParameter"),
        (7, "InvalidPolicyAssignment"),
    ],
)
def test_values_that_a_definition_does_not_take(cloud: Cloud, given: Any, code: str) -> None:
    answer = govern(cloud, PUBLIC, parameters=given)
    assert (answer.status, answer.code) == (400, code)


REGISTRY: dict[str, Any] = {
    "type": TYPE, "name": "contoso", "location": "westus", "tags": {"cost centre": "7"}, "sku": {"name": "Premium"},
    "properties": {"networkRuleSet": {"ipRules": [{"value": "10.0.0.1"}, {"value": "10.0.0.2"}]}},
}  # fmt: skip
IPS = f"{TYPE}/networkRuleSet.ipRules[*]"


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"field": "tags['cost centre']", "equals": "7"}, True),
        ({"field": "tags.none", "exists": False}, True),
        ({"field": "location", "notIn": ["westeurope", "northeurope"]}, True),
        ({"field": "name", "match": "???????"}, True),
        ({"field": "name", "notMatch": "c######"}, True),
        ({"field": "name", "contains": "TOS"}, True),
        ({"field": "tags", "containsKey": "cost centre"}, True),
        ({"field": f"{IPS}.value", "like": "10.*"}, True),
        ({"field": f"{IPS}.value", "equals": "10.0.0.1"}, False),  # each of them has to
        ({"count": {"field": IPS}, "greaterOrEquals": 2}, True),
        ({"count": {"field": IPS, "where": {"field": f"{IPS}.value", "equals": "10.0.0.2"}}, "equals": 1}, True),
        ({"value": "[length(field('name'))]", "greater": 6}, True),
        ({"value": "[concat(field('location'), parameters('Where'))]", "equals": "westushere"}, True),
        ({"value": "[nothing()]", "equals": 1}, False),
        ({"ANYOF": [{"field": "name", "EQUALS": "x"}, {"not": {"field": "kind", "exists": "true"}}]}, True),
        ({"field": "Microsoft.Storage/storageAccounts/sku.name", "exists": True}, False),
        ({"value": "[map(range(0, 9000), lambda('i', map(range(0, 9000), lambda('j', 1))))]", "exists": True}, False),
    ],
)  # fmt: skip
def test_conditions(rule: dict[str, Any], holds: bool) -> None:
    policy_rules.require(rule)
    assert policy_rules.judged(rule, Facts(REGISTRY, {"where": "here"})).holds is holds


@pytest.mark.parametrize(
    "rule",
    [
        {"count": 7, "equals": 1}, {"field": "x", "equals": "[broken(]"}, {"value": "[broken(]", "equals": 1},
        {"anyOf": [{"anyOf": [{}]}]}, {"field": "x", "value": "y", "equals": 1},
    ],
)  # fmt: skip
def test_rules_that_are_refused(cloud: Cloud, rule: Any) -> None:
    answer = define(cloud, {"if": rule, "then": {"effect": "deny"}})
    assert answer.code in ("InvalidPolicyRule", "NotEmulated")
    deep: Any = {"field": "x", "equals": 1}
    for _ in range(30):
        deep = {"not": deep}
    assert define(cloud, {"if": deep, "then": {}}).code == "InvalidPolicyRule"
    wide = {"anyOf": [{"field": "x", "equals": 1}] * 2000}
    assert define(cloud, {"if": wide, "then": {}}).code == "InvalidPolicyRule"
    assert assign(cloud).code == "PolicyDefinitionNotFound"
