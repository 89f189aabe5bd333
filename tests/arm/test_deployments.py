"""Deployments: templates as people and Bicep write them, and registries that come out of them."""

from typing import Any

import msgspec
import pytest

from acrlab.domain.templates import lenient
from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Scope, resolved
from acrlab.domain.templates.functions import FUNCTIONS, LAZY
from tests.arm.cloud import Answer, Cloud

KIND = "Microsoft.ContainerRegistry/registries"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
REGISTRY: dict[str, Any] = {
    "type": KIND, "apiVersion": "2025-11-01", "name": "[variables('name')]", "location": "[resourceGroup().location]",
    "sku": {"name": "[parameters('sku')]"}, "properties": {"adminUserEnabled": True},
}  # fmt: skip
MAP: dict[str, Any] = {
    "type": f"{KIND}/scopeMaps", "apiVersion": "2025-11-01",
    "name": "[format('{0}/{1}', variables('name'), 'pullers')]",
    "properties": {"actions": ["repositories/app/content/read"]},
    "dependsOn": ["[resourceId('Microsoft.ContainerRegistry/registries', variables('name'))]"],
}  # fmt: skip


def template(*resources: Any, **more: Any) -> dict[str, Any]:
    return {
        "$schema": SCHEMA, "contentVersion": "1.0.0.0",
        "parameters": {
            "prefix": {"type": "string", "defaultValue": "lab", "minLength": 2},
            "sku": {"type": "string", "defaultValue": "Premium", "allowedValues": ["Basic", "Standard", "Premium"]},
        },
        "variables": {"name": "[toLower(concat(parameters('prefix'), uniqueString(resourceGroup().id)))]"},
        "resources": list(resources), **more,
    }  # fmt: skip


def deploy(cloud: Cloud, body: dict[str, Any], verb: str = "", **parameters: Any) -> Answer:
    given = {name: {"value": value} for name, value in parameters.items()}
    path = f"{cloud.g}/providers/Microsoft.Resources/deployments/main{verb}"
    properties = {"mode": "Incremental", "template": body, "parameters": given}
    return cloud.ask("POST" if verb else "PUT", path, {"properties": properties}, version="2024-11-01")


def shown(cloud: Cloud) -> dict[str, Any]:
    path = f"{cloud.g}/providers/Microsoft.Resources/deployments/main"
    found: dict[str, Any] = cloud.ask("GET", path, version="2024-11-01").json["properties"]
    return found


def test_a_registry_deploys(cloud: Cloud) -> None:
    outputs = {"server": {"type": "string", "value": "[reference(variables('name')).loginServer]"}}
    answer = deploy(cloud, template(MAP, REGISTRY, outputs=outputs), prefix="Team")
    assert answer.status == 201
    assert cloud.follow(answer.headers["azure-asyncoperation"]).json == {"status": "Succeeded"}
    name = next(iter(cloud.world.state.registries))
    assert name.startswith("team")
    properties = shown(cloud)
    assert properties["outputs"] == {"server": {"type": "String", "value": f"{name}.azurecr.io"}}
    assert [each["id"].rpartition("/")[2] for each in properties["outputResources"]] == [name, "pullers"]
    assert cloud.ask("GET", f"{cloud.r}/{name}/scopeMaps/pullers").status == 200
    assert deploy(cloud, template(MAP, REGISTRY, outputs=outputs), prefix="Team").status == 200  # again: the same
    assert len(cloud.world.state.registries) == 1


def test_validation_makes_nothing(cloud: Cloud) -> None:
    before = cloud.world.version
    answer = deploy(cloud, template(REGISTRY), "/validate")
    assert answer.json["properties"]["provisioningState"] == "Succeeded"
    assert deploy(cloud, template(REGISTRY), "/validate", sku="Gold").code == "InvalidTemplate"
    assert cloud.world.version == before


def test_a_refused_resource_fails_the_deployment(cloud: Cloud) -> None:
    wrong = {**REGISTRY, "properties": {"publicNetworkAccess": "Disabled"}}
    answer = deploy(cloud, template(wrong), sku="Basic")
    failed = cloud.follow(answer.headers["azure-asyncoperation"]).json
    assert failed["status"] == "Failed"
    assert failed["error"]["code"] == "DeploymentFailed"
    assert shown(cloud)["provisioningState"] == "Failed"
    assert not cloud.world.state.registries
    path = f"{cloud.g}/providers/Microsoft.Resources/deployments/main/operations"
    steps = cloud.ask("GET", path, version="2024-11-01").json["value"]
    assert [each["properties"]["provisioningState"] for each in steps] == ["Failed"]


def test_what_bicep_compiles(cloud: Cloud) -> None:
    body = template()
    body["languageVersion"] = "2.0"
    role = "/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"
    body["resources"] = {
        "access": {
            "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01",
            "scope": "[format('Microsoft.ContainerRegistry/registries/{0}', variables('name'))]",
            "name": "[guid(resourceGroup().id, 'pull')]", "dependsOn": ["acr", "identity"],
            "properties": {
                "principalId": "[reference('identity').principalId]", "principalType": "ServicePrincipal",
                "roleDefinitionId": f"[concat(subscription().id, '{role}')]",
            },
        },
        "acr": REGISTRY,
        "identity": {
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "puller",
            "location": "[resourceGroup().location]",
        },
        "copies": {
            "copy": {"name": "copies", "count": 2}, "type": f"{KIND}/scopeMaps", "apiVersion": "2025-11-01",
            "name": "[format('{0}/copy-{1}', variables('name'), copyIndex())]", "dependsOn": ["acr"],
            "properties": {"actions": ["repositories/app/content/read"]},
        },
        "never": {**REGISTRY, "condition": "[equals(parameters('sku'), 'Basic')]", "name": "never0"},
    }  # fmt: skip
    assert deploy(cloud, body).status == 201
    assert shown(cloud)["provisioningState"] == "Succeeded", shown(cloud)
    (name,) = cloud.world.state.registries
    found = cloud.ask("GET", f"{cloud.r}/{name}/scopeMaps").json["value"]
    assert {"copy-0", "copy-1"} <= {each["name"] for each in found}
    assert any("roleassignments" in key and f"/{name}/" in key for key in cloud.world.state.resources)


def test_modules(cloud: Cloud) -> None:
    inner = template(REGISTRY, outputs={"name": {"type": "string", "value": "[variables('name')]"}})
    module = {
        "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner",
        "properties": {
            "mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "template": inner,
            "parameters": {"sku": {"value": "[parameters('sku')]"}},
        },
    }  # fmt: skip
    deploy(cloud, template(module), sku="Basic")
    (name,) = cloud.world.state.registries
    assert cloud.ask("GET", f"{cloud.r}/{name}").json["sku"]["name"] == "Basic"
    listed = cloud.ask("GET", f"{cloud.g}/providers/Microsoft.Resources/deployments", version="2024-11-01")
    assert [each["name"] for each in listed.json["value"]] == ["inner", "main"]


def test_a_deployment_does_only_what_its_caller_may(cloud: Cloud) -> None:
    path = f"{cloud.g}/providers/Microsoft.Resources/deployments/main"
    body = {"properties": {"mode": "Incremental", "template": template(REGISTRY)}}
    assert cloud.ask("PUT", path, body, version="2024-11-01", who="reader").status == 403


def test_not_quite_json(cloud: Cloud) -> None:
    text = msgspec.json.encode(template(REGISTRY)).decode()
    text = "// a comment\n" + text.replace('"contentVersion"', '/* another, "quoted" */ "contentVersion"')
    raw = b'{"properties": {"mode": "Incremental", template:' + text.encode() + b"}}"
    path = f"{cloud.g}/providers/Microsoft.Resources/deployments/main"
    assert cloud.ask("PUT", path, raw=raw, version="2024-11-01").status == 201
    assert lenient.decode(b'{"a": "http://x", "b": "one\ntwo",}') == {"a": "http://x", "b": "one\ntwo"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[concat('a', 1, 'it''s')]", "a1it's"),
        ("[[not one]", "[not one]"),
        ("[if(true(), 'yes', int('no'))]", "yes"),
        ("[createObject('a', createArray(1, 2)).a[1]]", 2),
        ("[first(split('a,b', ','))]", "a"),
        ("[format('{0}-{1}', 'a', 2)]", "a-2"),
        ("[contains(createArray('a'), 'a')]", True),
        ("[length(range(0, 5))]", 5),
        ("[take('abc', 2)]", "ab"),
        ("[resourceId('Microsoft.X/a/b', 'one', 'two')]",
         "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/a/one/b/two"),
        ("[union(createObject('a', 1), createObject('b', 2))]", {"a": 1, "b": 2}),
        ("[coalesce(null(), 'x')]", "x"),
    ],
)  # fmt: skip
def test_expressions(text: str, value: Any) -> None:
    assert resolved(text, scope()) == value


def scope() -> Scope:
    facts = {"resourceGroup": {"name": "g"}, "subscription": {"subscriptionId": "s"}, "parameters": {}, "variables": {}}
    return Scope(FUNCTIONS, LAZY, facts)


@pytest.mark.parametrize(
    "text",
    [
        "[concat(]", "[concat('a'", "[nothing()]", "['a' 'b']", "[parameters('x')]", "[int('x')]",
        "[range(0, 99999999)]", "[" + "concat(" * 100 + ")" * 100 + "]", "[div(1, 0)]", "[format('{9}', 1)]",
        "[createObject('a')]", "[resourceId('x')]", "[concat]", "['a'.b]", "[mul('a', 'b')]", "[copyIndex()]",
        "[substring('abc', 2, 5)]", "[toLower(1)]", "[" + "x" * 30000 + "]", "[padLeft('a', 999999999)]",
    ],
)  # fmt: skip
def test_expressions_that_are_none(text: str) -> None:
    if not text.endswith("]"):
        text += "]"
    with pytest.raises(TemplateInvalid):
        resolved(text, scope())


@pytest.mark.parametrize(
    "change",
    [
        {"resources": 7},
        {"resources": [7]},
        {"resources": [{"type": KIND}]},
        {"resources": [{**REGISTRY, "name": "a/b"}]},
        {"resources": [{**REGISTRY, "apiVersion": "1999-01-01"}]},
        {"resources": [{**REGISTRY, "copy": {"count": 10**9}}]},
        {"resources": [{**REGISTRY, "properties": {"x": "[broken("}}, {**REGISTRY, "tags": {"x": "[broken(]"}}]},
        {"variables": {"name": "[variables('name')]"}},
        {"variables": {f"v{at}": f"[concat(variables('v{at + 1}'), variables('v{at + 1}'))]" for at in range(59)}
         | {"v59": "xxxxxxxx", "name": "[variables('v0')]"}},
        {"parameters": {"sku": {"type": "int"}, "prefix": {"type": "string"}}},
        {"parameters": []},
    ],
)  # fmt: skip
def test_templates_that_are_none(cloud: Cloud, change: dict[str, Any]) -> None:
    before = cloud.world.version
    answer = deploy(cloud, {**template(REGISTRY), **change}, sku="Premium")
    assert (answer.status, answer.code) == (400, "InvalidTemplate")
    assert cloud.world.version == before


def test_resources_that_wait_for_each_other(cloud: Cloud) -> None:
    one = {**MAP, "dependsOn": [f"{KIND}/scopeMaps/x/two"], "name": "x/one"}
    two = {**MAP, "dependsOn": [f"{KIND}/scopeMaps/x/one"], "name": "x/two"}
    answer = deploy(cloud, template(one, two))
    assert (answer.status, answer.code) == (400, "InvalidTemplate")
    assert "circular" in answer.message
