"""`az` 2.91 carries content from one registry to another through a storage account: storage, vault, templates.

The extension acrtransfer is not on any package index: its requests are made by `az deployment` and `az rest` here.
"""

import json

import pytest

from tests.peers.cloud import LOCATION

pytestmark = pytest.mark.peers

GROUP = "transfer"
HOME, AWAY = "homepeer", "awaypeer"
ACCOUNT, AWAY_ACCOUNT, VAULT = "homepeerdata", "awaypeerdata", "transfer-vault"
REGISTRIES = "Microsoft.ContainerRegistry/registries"
VERSION = "2025-06-01-preview"


@pytest.fixture(scope="module")
def post(az):
    """Two registries, an account for each, and a vault with the signatures of both containers."""
    home, away = az.registry(GROUP, HOME), az.registry(GROUP, AWAY)
    az.cloud.push(home, "team/app", "v1")
    az.json("keyvault", "create", "--resource-group", GROUP, "--name", VAULT, "--location", LOCATION,
            "--enable-rbac-authorization", "false")  # fmt: skip
    for account, secret, permissions in ((ACCOUNT, "exportsas", "alrw"), (AWAY_ACCOUNT, "importsas", "dlr")):
        az.json("storage", "account", "create", "--resource-group", GROUP, "--name", account, "--location", LOCATION,
                "--sku", "Standard_LRS")  # fmt: skip
        az.json("storage", "container", "create", "--account-name", account, "--name", "transfer",
                "--account-key", key(az, account))  # fmt: skip
        sas = az.json("storage", "container", "generate-sas", "--account-name", account, "--name", "transfer",
                      "--account-key", key(az, account), "--permissions", permissions, "--expiry",
                      "2036-01-01", "--https-only")  # fmt: skip
        az.json("keyvault", "secret", "set", "--vault-name", VAULT, "--name", secret, "--value", f"?{sas}")
    return home, away


def key(az, account: str) -> str:
    return az.json("storage", "account", "keys", "list", "--account-name", account, "--resource-group", GROUP)[0][
        "value"
    ]


def deploy(az, folder, name: str, *resources: dict) -> dict:
    schema = "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#"
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "resources": list(resources)}))
    return az.json("deployment", "group", "create", "--resource-group", GROUP, "--name", name,
                   "--template-file", str(file))  # fmt: skip


def pipeline(registry: str, kind: str, name: str, end: str, account: str, secret: str, *options: str) -> list[dict]:
    """The pipeline, and the policy that lets it read its secret, as the documented template has them."""
    own = f"resourceId('{REGISTRIES}/{kind}', '{registry}', '{name}')"
    storage = {
        "type": "AzureStorageBlobContainer", "uri": f"https://{account}.blob.core.windows.net/transfer",
        "keyVaultUri": f"https://{VAULT}.vault.azure.net/secrets/{secret}",
    }  # fmt: skip
    policy = {
        "tenantId": "[subscription().tenantId]", "permissions": {"secrets": ["get"]},
        "objectId": f"[reference({own}, '{VERSION}', 'Full').identity.principalId]",
    }  # fmt: skip
    return [
        {
            "type": f"{REGISTRIES}/{kind}/", "apiVersion": VERSION, "name": f"{registry}/{name}",
            "location": LOCATION, "identity": {"type": "SystemAssigned"},
            "properties": {end: storage, "options": list(options)},
        },
        {
            "type": "Microsoft.KeyVault/vaults/accessPolicies", "apiVersion": "2019-09-01", "name": f"{VAULT}/add",
            "dependsOn": [f"[{own}]"], "properties": {"accessPolicies": [policy]},
        },
    ]  # fmt: skip


def run(registry, kind: str, name: str, **request) -> dict:
    request = {"pipelineResourceId": f"{registry.id}/{kind}", **request}
    return {
        "type": f"{REGISTRIES}/pipelineRuns/", "apiVersion": VERSION, "name": f"{registry.name}/{name}",
        "location": LOCATION, "properties": {"request": request},
    }  # fmt: skip


def test_an_export_is_carried_over_and_imported_by_itself(az, post, tmp_path):
    home, away = post
    deploy(az, tmp_path, "out", *pipeline(HOME, "exportPipelines", "outward", "target", ACCOUNT, "exportsas"))
    blob = {"type": "AzureStorageBlob", "name": "app.tar"}
    deploy(
        az, tmp_path, "outrun", run(home, "exportPipelines/outward", "first", artifacts=["team/app:v1"], target=blob)
    )
    within = ("--account-name", ACCOUNT, "--container-name", "transfer", "--account-key", key(az, ACCOUNT))
    listed = az.json("storage", "blob", "list", *within)
    assert [each["name"] for each in listed] == ["app.tar"]
    file = tmp_path / "app.tar"
    az.json("storage", "blob", "download", *within, "--name", "app.tar", "--file", str(file))
    assert file.stat().st_size == listed[0]["properties"]["contentLength"]

    deploy(az, tmp_path, "in", *pipeline(
        AWAY, "importPipelines", "inward", "source", AWAY_ACCOUNT, "importsas", "DeleteSourceBlobOnSuccess"
    ))  # fmt: skip
    over = ("--account-name", AWAY_ACCOUNT, "--account-key", key(az, AWAY_ACCOUNT), "--container-name", "transfer")
    az.json("storage", "blob", "upload", *over, "--name", "app.tar", "--file", str(file))
    runs = az.json("rest", "--method", "get", "--url", f"{away.id}/pipelineRuns?api-version={VERSION}")["value"]
    (response,) = [each["properties"]["response"] for each in runs]
    assert (response["status"], response["importedArtifacts"]) == ("Succeeded", ["team/app:v1"])
    assert az.json("acr", "repository", "show-tags", "--name", AWAY, "--repository", "team/app") == ["v1"]
    assert az.json("storage", "blob", "list", *over) == []


def test_a_deployment_tells_why_its_run_failed(az, post, tmp_path):
    home, _ = post
    blob = {"type": "AzureStorageBlob", "name": "nobody.tar"}
    failing = run(home, "exportPipelines/outward", "failing", artifacts=["team/nobody:v1"], target=blob)
    file = tmp_path / "failing.json"
    schema = "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#"
    file.write_text(json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "resources": [failing]}))
    told = az.refused("deployment", "group", "create", "--resource-group", GROUP, "--name", "failing",
                      "--template-file", str(file))  # fmt: skip
    assert "PipelineRunFailed" in told and "team/nobody:v1" in told


def test_roles_keys_and_copies(az, post, tmp_path):
    login = ("--account-name", ACCOUNT, "--container-name", "transfer", "--auth-mode", "login")
    denied = az.refused("storage", "blob", "list", *login)
    assert "do not have the required permissions" in denied
    account = az.json("storage", "account", "show", "--name", ACCOUNT, "--resource-group", GROUP)["id"]
    az.json("role", "assignment", "create", "--role", "Storage Blob Data Contributor", "--scope", account,
            "--assignee", az.env["AZURE_CLIENT_ID"])  # fmt: skip
    file = tmp_path / "note.txt"
    file.write_text("hello")
    az.json("storage", "blob", "upload", *login, "--name", "note.txt", "--file", str(file))
    taken = az.refused("storage", "blob", "upload", *login, "--name", "note.txt", "--file", str(file))
    assert "already exists" in taken
    assert az.json("storage", "blob", "show", *login, "--name", "note.txt")["properties"]["contentLength"] == 5
    assert az.json("storage", "container", "exists", "--account-name", ACCOUNT, "--name", "nobody",
                   "--account-key", key(az, ACCOUNT)) == {"exists": False}  # fmt: skip
    sas = az.json("storage", "blob", "generate-sas", "--account-name", ACCOUNT, "--container-name", "transfer",
                  "--name", "note.txt", "--permissions", "r", "--expiry", "2036-01-01",
                  "--account-key", key(az, ACCOUNT))  # fmt: skip
    source = f"https://{ACCOUNT}.blob.core.windows.net/transfer/note.txt?{sas}"
    az.json("storage", "container", "create", "--account-name", AWAY_ACCOUNT, "--name", "copies")
    copied = az.json("storage", "blob", "copy", "start", "--account-name", AWAY_ACCOUNT,
                     "--account-key", key(az, AWAY_ACCOUNT), "--destination-container", "copies",
                     "--destination-blob", "note.txt", "--source-uri", source)  # fmt: skip
    assert copied["copy_status"] == "success"
    old = key(az, ACCOUNT)
    az.json("storage", "account", "keys", "renew", "--account-name", ACCOUNT, "--resource-group", GROUP,
            "--key", "primary")  # fmt: skip
    assert key(az, ACCOUNT) != old
    refused = az.refused("storage", "container", "list", "--account-name", ACCOUNT, "--account-key", old)
    assert "Authentication failure" in refused
    az.run("storage", "blob", "delete", *login, "--name", "note.txt")
    az.run("storage", "account", "delete", "--name", AWAY_ACCOUNT, "--resource-group", GROUP, "--yes")
    accounts = az.json("storage", "account", "list", "--resource-group", GROUP)
    assert [each["name"] for each in accounts] == [ACCOUNT]
