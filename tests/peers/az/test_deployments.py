"""`az deployment` 2.91: what if, complete, of a subscription, and what Bicep compiles. Each ends with what is."""

import json

import pytest

from tests.peers.cloud import LOCATION

pytestmark = pytest.mark.peers

GROUP = "deployed"
REGISTRIES = "Microsoft.ContainerRegistry/registries"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
IN_GROUP = ("--resource-group", GROUP)
# What Bicep 0.30 compiles a registry with its children, a role on it and a module to, by its shape.
BICEP = {
    "$schema": SCHEMA, "languageVersion": "2.0", "contentVersion": "1.0.0.0",
    "definitions": {"tier": {"type": "string", "allowedValues": ["Basic", "Standard", "Premium"]}},
    "functions": [{"namespace": "__bicep", "members": {"hook": {
        "parameters": [{"name": "n", "type": "int"}],
        "output": {"type": "string", "value": "[format('hook{0:D2}', parameters('n'))]"}}}}],
    "parameters": {
        "name": {"type": "string"}, "sku": {"$ref": "#/definitions/tier", "defaultValue": "Premium"},
        "replicas": {"type": "array", "defaultValue": ["westeurope"]},
        "token": {"type": "securestring", "defaultValue": "hush"},
    },
    "variables": {
        "copy": [{"name": "hooks", "count": "[length(range(0, 2))]", "input": "[__bicep.hook(copyIndex('hooks'))]"}],
        "pull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    },
    "resources": {
        "acr": {
            "type": REGISTRIES, "apiVersion": "2023-07-01", "name": "[parameters('name')]",
            "location": "[resourceGroup().location]", "sku": {"name": "[parameters('sku')]"},
            "properties": {"adminUserEnabled": True},
        },
        "replication": {
            "copy": {"name": "replication", "count": "[length(parameters('replicas'))]"},
            "condition": "[equals(parameters('sku'), 'Premium')]",
            "type": f"{REGISTRIES}/replications", "apiVersion": "2023-07-01",
            "name": "[format('{0}/{1}', parameters('name'), parameters('replicas')[copyIndex()])]",
            "location": "[parameters('replicas')[copyIndex()]]", "properties": {}, "dependsOn": ["acr"],
        },
        "hook": {
            "copy": {"name": "hook", "count": "[length(variables('hooks'))]", "mode": "serial", "batchSize": 1},
            "type": f"{REGISTRIES}/webhooks", "apiVersion": "2023-07-01",
            "name": "[format('{0}/{1}', parameters('name'), variables('hooks')[copyIndex()])]",
            "location": "[resourceGroup().location]", "dependsOn": ["acr"],
            "properties": {"serviceUri": "https://hooks.test/", "actions": ["push"],
                           "customHeaders": {"Authorization": "[parameters('token')]"}},
        },
        "map": {
            "type": f"{REGISTRIES}/scopeMaps", "apiVersion": "2023-07-01",
            "name": "[format('{0}/{1}', parameters('name'), 'pullers')]",
            "properties": {"actions": "[map(createArray('app', 'web'), lambda('r', "
                                      "format('repositories/{0}/content/read', lambdaVariables('r'))))]"},
            "dependsOn": ["acr"],
        },
        "task": {
            "type": f"{REGISTRIES}/tasks", "apiVersion": "2019-04-01",
            "name": "[format('{0}/{1}', parameters('name'), 'nightly')]", "location": "[resourceGroup().location]",
            "properties": {
                "platform": {"os": "Linux"}, "agentConfiguration": {"cpu": 2},
                "step": {"type": "EncodedTask",
                         "encodedTaskContent": "[base64('version: v1.1.0\nsteps:\n  - cmd: bash echo hello\n')]"},
            },
            "dependsOn": ["acr"],
        },
        "identity": {
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31",
            "name": "puller", "location": "[resourceGroup().location]",
        },
        "role": {
            "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01",
            "scope": "[format('Microsoft.ContainerRegistry/registries/{0}', parameters('name'))]",
            "name": f"[guid(resourceId('{REGISTRIES}', parameters('name')), variables('pull'))]",
            "properties": {
                "principalId": "[reference('identity').principalId]", "principalType": "ServicePrincipal",
                "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', "
                                    "variables('pull'))]",
            },
            "dependsOn": ["acr", "identity"],
        },
        "module": {
            "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "module",
            "properties": {
                "expressionEvaluationOptions": {"scope": "inner"}, "mode": "Incremental",
                "parameters": {"acrName": {"value": "[parameters('name')]"}},
                "template": {
                    "$schema": SCHEMA, "languageVersion": "2.0", "contentVersion": "1.0.0.0",
                    "parameters": {"acrName": {"type": "string"}},
                    "resources": {"acr": {"existing": True, "type": REGISTRIES, "apiVersion": "2023-07-01",
                                          "name": "[parameters('acrName')]"}},
                    "outputs": {"server": {"type": "string", "value": "[reference('acr').loginServer]"}},
                },
            },
            "dependsOn": ["acr"],
        },
    },
    "outputs": {
        "server": {"type": "string", "value": "[reference('module').outputs.server.value]"},
        "password": {"type": "securestring", "value": "[listCredentials('acr', '2023-07-01').passwords[0].value]"},
        "user": {"type": "string", "value": "[listCredentials('acr', '2023-07-01').username]"},
        "hooks": {"type": "array", "copy": {"count": 2, "input": "[variables('hooks')[copyIndex()]]"}},
    },
}  # fmt: skip


def written(folder, name, content):
    path = folder / name
    path.write_text(json.dumps(content))
    return str(path)


def foreseen(az, *what):
    """The changes that az foresees, by the last part of their resource's id."""
    found = az.json("deployment", "group", "what-if", *IN_GROUP, *what, "--no-pretty-print")
    return {each["resourceId"].rpartition("/")[2]: each for each in found["changes"]}


def test_what_bicep_compiles(az, tmp_path):
    file = written(tmp_path, "main.json", BICEP)
    values = written(tmp_path, "main.parameters.json", {
        "$schema": SCHEMA.replace("Template", "Parameters"), "contentVersion": "1.0.0.0",
        "parameters": {"name": {"value": "bicepfirst"}},
    })  # fmt: skip
    what = ("--template-file", file, "--parameters", f"@{values}")
    planned = foreseen(az, *what)
    assert {each["changeType"] for each in planned.values()} == {"Create"}
    assert {"bicepfirst", "westeurope", "hook00", "hook01", "pullers", "nightly", "puller"} <= set(planned)
    made = az.json("deployment", "group", "create", *IN_GROUP, *what, "--name", "main")
    outputs = made["properties"]["outputs"]
    assert outputs["server"]["value"] == "bicepfirst.azurecr.io"
    assert outputs["hooks"]["value"] == ["hook00", "hook01"]
    assert outputs["user"]["value"] == "bicepfirst"
    assert "value" not in outputs["password"]
    named = ("--registry", "bicepfirst")
    assert {each["name"] for each in az.json("acr", "replication", "list", *named)} >= {"westeurope"}
    assert {each["name"] for each in az.json("acr", "webhook", "list", *named)} == {"hook00", "hook01"}
    assert az.json("acr", "task", "show", *named, "--name", "nightly")["platform"]["os"] == "linux"
    scope = az.json("acr", "show", "--name", "bicepfirst")["id"]
    roles = az.json("role", "assignment", "list", "--scope", scope)
    assert [each["roleDefinitionName"] for each in roles if each["scope"] == scope] == ["AcrPull"]
    again = foreseen(az, *what)
    assert {name: each["changeType"] for name, each in again.items() if each["changeType"] != "NoChange"} == {}
    assert "no change" in az.run("deployment", "group", "what-if", *IN_GROUP, *what).stdout.lower()
    changed = foreseen(
        az, *what, "--parameters", "replicas=[]", "--mode", "Complete")  # fmt: skip
    assert changed["westeurope"]["changeType"] == "Delete"


def test_complete_and_its_history(az, tmp_path):
    az.json("group", "create", "--name", "whole", "--location", LOCATION)
    for name in ("wholekept", "wholelost"):
        az.json("acr", "create", "--resource-group", "whole", "--name", name, "--sku", "Basic")
    kept = {"type": REGISTRIES, "apiVersion": "2023-07-01", "name": "wholekept", "location": LOCATION,
            "sku": {"name": "Basic"}}  # fmt: skip
    file = written(tmp_path, "whole.json", {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": [kept]})
    what = ("--resource-group", "whole", "--template-file", file, "--mode", "Complete")
    az.json("deployment", "group", "create", *what, "--name", "whole")
    assert [each["name"] for each in az.json("acr", "list", "--resource-group", "whole")] == ["wholekept"]
    steps = az.json("deployment", "operation", "group", "list", "--resource-group", "whole", "--name", "whole")
    assert {each["properties"]["provisioningOperation"] for each in steps} == {"Create", "Delete"}
    one = az.json("deployment", "operation", "group", "show", "--resource-group", "whole", "--name", "whole",
                  "--operation-ids", steps[0]["operationId"])  # fmt: skip
    assert one[0]["operationId"] == steps[0]["operationId"]
    exported = az.json("deployment", "group", "export", "--resource-group", "whole", "--name", "whole")
    assert exported["resources"] == [kept]
    failed = az.json("deployment", "group", "list", "--resource-group", "whole", "--filter",
                     "provisioningState eq 'Failed'")  # fmt: skip
    assert failed == []
    az.run("deployment", "group", "delete", "--resource-group", "whole", "--name", "whole")
    assert az.json("deployment", "group", "list", "--resource-group", "whole") == []
    assert [each["name"] for each in az.json("acr", "list", "--resource-group", "whole")] == ["wholekept"]


def test_a_subscription(az, tmp_path):
    group = {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": "landed",
             "location": "[deployment().location]"}  # fmt: skip
    inner = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": [
        {"type": REGISTRIES, "apiVersion": "2023-07-01", "name": "landedpeer",
         "location": "[resourceGroup().location]", "sku": {"name": "Basic"}}]}  # fmt: skip
    module = {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "registry",
              "resourceGroup": "landed", "dependsOn": ["landed"],
              "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
                             "template": inner}}  # fmt: skip
    file = written(tmp_path, "sub.json", {"$schema": SCHEMA, "contentVersion": "1.0.0.0",
                                          "resources": [group, module]})  # fmt: skip
    what = ("--location", LOCATION, "--template-file", file, "--name", "landing")
    planned = az.json("deployment", "sub", "what-if", *what, "--no-pretty-print")["changes"]
    assert sorted(each["changeType"] for each in planned) == ["Create", "Create"]
    az.json("deployment", "sub", "validate", *what)
    made = az.json("deployment", "sub", "create", *what)
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert az.json("acr", "show", "--name", "landedpeer")["resourceGroup"] == "landed"
    assert [each["name"] for each in az.json("deployment", "sub", "list")] == ["landing"]
    steps = az.json("deployment", "operation", "sub", "list", "--name", "landing")
    assert len(steps) == 2
