"""What a deployment would change, what a complete one deletes, and templates inside templates."""

import json
from pathlib import Path
from typing import Any

from acrlab.domain.hosting import GITHUB, Address
from acrlab.engine.hosting import repositories
from tests.arm.cloud import Answer, Cloud

KIND = "Microsoft.ContainerRegistry/registries"
DEPLOYMENTS = "providers/Microsoft.Resources/deployments"
REGISTRY: dict[str, Any] = {
    "type": KIND, "apiVersion": "2025-11-01", "name": "contoso", "location": "westus", "sku": {"name": "Premium"},
    "properties": {"adminUserEnabled": True},
}  # fmt: skip


def template(*resources: Any, **more: Any) -> dict[str, Any]:
    return {"contentVersion": "1.0.0.0", "resources": list(resources), **more}


def deploy(cloud: Cloud, body: Any, verb: str = "", *, where: str = "", home: str = "", **more: Any) -> Answer:
    path = f"{where or cloud.g}/{DEPLOYMENTS}/main{verb}"
    given = {"mode": "Incremental", "template": body, **more}
    place = {"location": home} if home else {}
    return cloud.ask("POST" if verb else "PUT", path, {**place, "properties": given}, version="2024-11-01")


def done(cloud: Cloud, body: Any, **more: Any) -> dict[str, Any]:
    answer = deploy(cloud, body, **more)
    assert answer.status in (200, 201), answer
    found = cloud.follow(answer.headers["azure-asyncoperation"]).json
    return dict(found)


def foreseen(cloud: Cloud, body: Any, **more: Any) -> dict[str, dict[str, Any]]:
    """The changes by the name of their resource."""
    answer = deploy(cloud, body, "/whatIf", **more)
    assert answer.status == 202, answer
    found = cloud.follow(answer.headers["location"]).json
    assert found["status"] == "Succeeded", found
    return {each["resourceId"].rpartition("/")[2]: each for each in found["properties"]["changes"]}


def test_what_would_be_made_changed_kept_and_left(cloud: Cloud) -> None:
    cloud.registry("contoso", adminUserEnabled=False)
    cloud.registry("aside", "Basic")
    fresh = {**REGISTRY, "name": "fresh", "tags": {
        "then": "[reference('later').loginServer]", "now": "[reference('contoso').loginServer]"}}  # fmt: skip
    before = set(cloud.world.state.resources)
    found = foreseen(cloud, template(REGISTRY, fresh, {**REGISTRY, "name": "later"}))
    assert {name: each["changeType"] for name, each in found.items()} == {
        "contoso": "Modify", "fresh": "Create", "later": "Create", "aside": "Ignore",
    }  # fmt: skip
    assert found["contoso"]["delta"] == [
        {"path": "properties.adminUserEnabled", "propertyChangeType": "Modify", "before": False, "after": True,
         "children": None},
    ]  # fmt: skip
    assert found["contoso"]["before"]["properties"]["adminUserEnabled"] is False
    assert found["fresh"]["after"]["sku"] == {"name": "Premium"}
    tags = found["fresh"]["after"]["tags"]
    assert tags == {"then": "[reference('later').loginServer]", "now": "contoso.azurecr.io"}  # known once it runs, now
    assert set(cloud.world.state.resources) == before
    done(cloud, template(REGISTRY))
    cloud.world.advance(100)
    assert foreseen(cloud, template(REGISTRY))["contoso"]["changeType"] == "NoChange"
    brief = foreseen(cloud, template(REGISTRY), whatIfSettings={"resultFormat": "ResourceIdOnly"})
    assert brief["contoso"] == {"resourceId": f"{cloud.r}/contoso", "changeType": "Deploy"}


def test_what_is_foreseen_is_what_happens(cloud: Cloud) -> None:
    rules = {"networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"action": "Allow", "value": "10.1.0.0/16"}]}}
    cloud.registry("contoso", **rules)
    more = [{"action": "Allow", "value": "10.2.0.0/16"}, {"action": "Allow", "value": "10.3.0.0/16"}]
    wanted = {**REGISTRY, "properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": more}}}
    change = foreseen(cloud, template(wanted))["contoso"]
    (rows,) = [each for each in change["delta"] if each["path"] == "properties.networkRuleSet.ipRules"]
    assert [each["propertyChangeType"] for each in rows["children"]] == ["Modify", "Create"]
    assert rows["children"][0]["children"][0]["path"] == "value"
    done(cloud, template(wanted))
    shown = cloud.ask("GET", f"{cloud.r}/contoso").json["properties"]
    for policy in shown["policies"].values():
        policy.pop("lastUpdatedTime", None)
    assert shown == change["after"]["properties"]


def test_what_would_be_refused(cloud: Cloud) -> None:
    cloud.registry("contoso", "Premium", zoneRedundancy="Disabled")
    moved = {**REGISTRY, "location": "eastus"}
    answer = deploy(cloud, template(moved), "/whatIf")
    found = cloud.follow(answer.headers["location"]).json
    assert (found["status"], found["error"]["code"]) == ("Failed", "InvalidTemplateDeployment")
    assert found["error"]["details"][0]["code"] == "InvalidResourceLocation"
    assert deploy(cloud, template({"type": KIND}), "/whatIf").code == "InvalidTemplate"


def test_secrets_are_not_shown(cloud: Cloud) -> None:
    hook = {
        "type": f"{KIND}/webhooks", "apiVersion": "2025-11-01", "name": "contoso/hook", "location": "westus",
        "properties": {"serviceUri": "https://x.test", "actions": ["push"],
                       "customHeaders": {"Authorization": "[parameters('key')]"}},
    }  # fmt: skip
    body = template(hook, parameters={"key": {"type": "secureString"}})
    given = {"key": {"value": "hush-hush"}}
    answer = deploy(cloud, body, "/whatIf", parameters=given)
    told = cloud.follow(answer.headers["location"])
    assert "hush-hush" not in str(told.json)
    assert "*******" in str(told.json)


def test_complete_deployments_delete_what_they_do_not_name(cloud: Cloud) -> None:
    cloud.registry("contoso")
    cloud.registry("aside", "Basic")
    for name in ("kepthook", "losthook"):
        hook = {"location": "westus", "properties": {"serviceUri": "https://x.test", "actions": ["push"]}}
        assert cloud.ask("PUT", f"{cloud.r}/contoso/webhooks/{name}", hook).status == 200
    kept = {"type": f"{KIND}/webhooks", "apiVersion": "2025-11-01", "name": "contoso/kepthook", "location": "westus",
            "properties": {"serviceUri": "https://x.test", "actions": ["push"]}}  # fmt: skip
    body = template(REGISTRY, kept)
    planned = foreseen(cloud, body, mode="Complete")
    assert {name for name, each in planned.items() if each["changeType"] == "Delete"} == {"aside", "losthook"}
    assert done(cloud, body, mode="Complete")["status"] == "Succeeded"
    assert set(cloud.world.state.registries) == {"contoso"}
    assert [each["name"] for each in cloud.ask("GET", f"{cloud.r}/contoso/webhooks").json["value"]] == ["kepthook"]
    steps = cloud.ask("GET", f"{cloud.g}/{DEPLOYMENTS}/main/operations", version="2024-11-01").json["value"]
    deleted = {each["properties"]["targetResource"]["resourceName"] for each in steps
               if each["properties"]["provisioningOperation"] == "Delete"}  # fmt: skip
    assert deleted == {"aside", "losthook"}
    one = cloud.ask("GET", steps[0]["id"], version="2024-11-01").json
    assert one == steps[0]
    assert cloud.ask("GET", f"{steps[0]['id']}f", version="2024-11-01").code == "DeploymentOperationNotFound"


def test_a_lock_stands_against_complete(cloud: Cloud) -> None:
    cloud.registry("aside", "Basic")
    lock = f"{cloud.r}/aside/providers/Microsoft.Authorization/locks/keep"
    cloud.ask("PUT", lock, {"properties": {"level": "CanNotDelete"}}, version="2020-05-01")
    failed = done(cloud, template(REGISTRY), mode="Complete")
    assert failed["error"]["details"][0]["code"] == "ScopeLocked"
    assert set(cloud.world.state.registries) == {"aside", "contoso"}


def inner(body: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner",
        "properties": {"mode": "Incremental", "template": body, **more},
    }  # fmt: skip


def test_nested_templates_see_the_outer_scope_unless_they_say_otherwise(cloud: Cloud) -> None:
    named = {**REGISTRY, "name": "[variables('name')]"}
    own = {"name": {"type": "string", "value": "[variables('name')]"}}
    told = {"type": "string", "value": "[reference('inner').outputs.name.value]"}
    body = template(inner(template(named, variables={"name": "innername"}, outputs=own)),
                    variables={"name": "outername"}, outputs={"told": told})  # fmt: skip
    assert foreseen(cloud, body).keys() == {"outername"}
    assert done(cloud, body)["status"] == "Succeeded"
    assert set(cloud.world.state.registries) == {"outername"}
    shown = cloud.ask("GET", f"{cloud.g}/{DEPLOYMENTS}/main", version="2024-11-01").json["properties"]
    assert shown["outputs"]["told"]["value"] == "outername"
    body["resources"][0]["properties"]["expressionEvaluationOptions"] = {"scope": "inner"}
    assert foreseen(cloud, body).keys() == {"innername", "outername"}
    done(cloud, body)
    assert set(cloud.world.state.registries) == {"innername", "outername"}
    body["resources"][0]["properties"]["mode"] = "Complete"
    assert deploy(cloud, body, "/validate").code == "InvalidDeploymentMode"


def test_linked_templates_come_from_the_repositories_of_this_world(cloud: Cloud, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    parameters = {"name": {"type": "string"}}
    linked = template({**REGISTRY, "name": "[parameters('name')]"}, parameters=parameters)
    (folder / "registry.json").write_text(json.dumps(linked))
    again = inner({}, templateLink={"relativePath": "registry.json"}, parameters={"name": {"value": "second"}})
    again["properties"].pop("template")
    (folder / "main.json").write_text(json.dumps(template(again)))
    repositories.create(cloud.world, Address(GITHUB, "contoso", "", "infra"), "owner", folder=str(folder))
    root = "https://raw.githubusercontent.com/contoso/infra/main"
    link = inner({}, templateLink={"uri": f"{root}/registry.json"}, parameters={"name": {"value": "first"}})
    link["properties"].pop("template")
    assert done(cloud, template(link))["status"] == "Succeeded"
    assert done(cloud, None, templateLink={"uri": f"{root}/main.json"})["status"] == "Succeeded"
    assert set(cloud.world.state.registries) == {"first", "second"}
    strange = ("https://example.com/x.json", "https://github.com/", "https://[::1/x.json", "file:///etc/passwd")
    for wrong in (f"{root}/none.json", f"{root}x/registry.json", *strange):
        assert deploy(cloud, None, templateLink={"uri": wrong}).code == "InvalidContentLink", wrong


def test_deployments_of_the_subscription(cloud: Cloud) -> None:
    group = {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": "rg-app",
             "location": "[deployment().location]"}  # fmt: skip
    module = {**inner(template({**REGISTRY, "location": "[resourceGroup().location]"},
                               outputs={"id": {"type": "string", "value": f"[resourceId('{KIND}', 'contoso')]"}}),
                      expressionEvaluationOptions={"scope": "inner"}),
              "resourceGroup": "rg-app", "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', "
                                                       "'rg-app')]"]}  # fmt: skip
    outputs = {"id": {"type": "string", "value": "[reference(extensionResourceId(format('/subscriptions/{0}/"
                      "resourceGroups/rg-app', subscription().subscriptionId), 'Microsoft.Resources/deployments', "
                      "'inner'), '2022-09-01').outputs.id.value]"}}  # fmt: skip
    body = template(group, module, outputs=outputs)
    planned = foreseen(cloud, body, where=cloud.s, home="westus")
    assert {name: each["changeType"] for name, each in planned.items()} == {"rg-app": "Create", "contoso": "Create"}
    assert done(cloud, body, where=cloud.s, home="westus") == {"status": "Succeeded"}
    shown = cloud.ask("GET", f"{cloud.s}/{DEPLOYMENTS}/main", version="2024-11-01").json
    assert shown["location"] == "westus"
    assert shown["properties"]["outputs"]["id"]["value"].endswith(f"/resourceGroups/rg-app/providers/{KIND}/contoso")
    assert cloud.ask("GET", shown["properties"]["outputs"]["id"]["value"]).json["location"] == "westus"
    listed = cloud.ask("GET", f"{cloud.s}/{DEPLOYMENTS}", version="2024-11-01").json["value"]
    assert [each["name"] for each in listed] == ["main"]
    assert deploy(cloud, body, where=cloud.s).code == "LocationRequired"
    assert deploy(cloud, body, where=cloud.s, home="eastus").code == "InvalidDeploymentLocation"
    assert deploy(cloud, body, where=cloud.s, home="westus", mode="Complete").code == "InvalidDeploymentMode"
    assert deploy(cloud, template(group)).code == "InvalidTemplate"  # a group goes into no group
    assert cloud.ask("POST", f"{cloud.s}/{DEPLOYMENTS}/main/cancel", version="2024-11-01").status == 409


def test_policies_are_asked_before_anything_is_made(cloud: Cloud) -> None:
    rule = {"if": {"field": "type", "equals": KIND}, "then": {"effect": "deny"}}
    policy, root = "providers/Microsoft.Authorization/policyDefinitions", cloud.s
    define = {"type": "Microsoft.Authorization/policyDefinitions", "apiVersion": "2023-04-01", "name": "none",
              "properties": {"policyRule": rule}}  # fmt: skip
    assign = {"type": "Microsoft.Authorization/policyAssignments", "apiVersion": "2023-04-01", "name": "none",
              "dependsOn": ["none"], "properties": {"policyDefinitionId": f"{root}/{policy}/none"}}  # fmt: skip
    assert done(cloud, template(define, assign), where=root, home="westus") == {"status": "Succeeded"}
    identity = {"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "id",
                "location": "westus"}  # fmt: skip
    before = set(cloud.world.state.resources)
    answer = deploy(cloud, template(identity, inner(template(REGISTRY))))
    assert answer.code == "InvalidTemplateDeployment"
    assert answer.json["error"]["details"][0]["code"] == "RequestDisallowedByPolicy"
    assert set(cloud.world.state.resources) == before


def test_secrets_of_a_vault_are_values_of_parameters(cloud: Cloud) -> None:
    vault = f"{cloud.g}/providers/Microsoft.KeyVault/vaults/lab-vault"
    body: dict[str, Any] = {
        "location": "westus",
        "properties": {"tenantId": cloud.world.state.tenant, "sku": {"family": "A", "name": "standard"}},
    }
    made = cloud.ask("PUT", vault, body, version="2023-07-01")
    assert made.status in (200, 201), made
    given = {"key": {"reference": {"keyVault": {"id": vault}, "secretName": "token"}}}
    secured = template(parameters={"key": {"type": "securestring"}},
                       outputs={"key": {"type": "securestring", "value": "[parameters('key')]"}})  # fmt: skip
    assert deploy(cloud, secured, parameters=given).code == "KeyVaultParameterReferenceNotFound"
    body["properties"]["enabledForTemplateDeployment"] = True
    cloud.ask("PUT", vault, body, version="2023-07-01")
    assert deploy(cloud, secured, parameters=given).code == "KeyVaultParameterReferenceNotFound"  # no such secret
    for wrong in ({"reference": {}}, {"reference": {"keyVault": {"id": vault}}}):
        assert deploy(cloud, secured, parameters={"key": wrong}).code == "InvalidTemplate"


def test_loops_inside_loops_end(cloud: Cloud) -> None:
    """Deployments that hold deployments that hold deployments are counted, however they are written."""
    body: dict[str, Any] = template()
    for depth in range(4):
        nest = {**inner(body), "name": f"[format('d{depth}-{{0}}', copyIndex())]",
                "copy": {"name": f"l{depth}", "count": 700}}  # fmt: skip
        body = template(nest)
    answer = deploy(cloud, body, "/validate")
    assert (answer.code, "turns" in answer.message) == ("InvalidTemplate", True), answer


def test_a_number_that_no_journal_can_hold_is_no_number(cloud: Cloud) -> None:
    for large in (2**63, -(2**63) - 1, 10**25):
        answer = deploy(cloud, template(outputs={"x": {"type": "int", "value": large}}))
        assert (answer.status, answer.code) == (400, "InvalidRequestContent"), answer
        assert cloud.registry("contoso", largest=large).status == 400
    kept = done(cloud, template(outputs={"x": {"type": "int", "value": 2**63 - 1}}))
    assert kept["status"] == "Succeeded"
