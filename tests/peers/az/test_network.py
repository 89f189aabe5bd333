"""`az` 2.91 on identities, key vaults and closed networks. Each test ends with what then is."""

import pytest
import requests

from tests.peers.cloud import LOCATION

pytestmark = pytest.mark.peers

GROUP = "closed"
NAME = "closedpeer"
ZONE = "privatelink.azurecr.io"
PLACE = "203.0.113.10"


@pytest.fixture(scope="module")
def az(az):
    az.json("acr", "create", "--resource-group", GROUP, "--name", NAME, "--sku", "Premium")
    return az


def status(az, place: str = "") -> int:
    """What the registry says to a client that stands somewhere."""
    variables = az.cloud.emulator.environment(place)
    with requests.Session() as session:
        session.trust_env = False
        session.proxies, session.verify = {"https": variables["HTTPS_PROXY"]}, variables["REQUESTS_CA_BUNDLE"]
        return session.get(f"https://{NAME}.azurecr.io/v2/", timeout=30).status_code


def test_identities(az):
    made = az.json("identity", "create", "--resource-group", GROUP, "--name", "puller", "--location", LOCATION)
    assert az.json("identity", "show", "--resource-group", GROUP, "--name", "puller") == made
    assert [each["name"] for each in az.json("identity", "list", "--resource-group", GROUP)] == ["puller"]
    az.json("acr", "identity", "assign", "--name", NAME, "--identities", "[system]", made["id"])
    shown = az.json("acr", "identity", "show", "--name", NAME)
    assert shown["principalId"]
    assert next(iter(shown["userAssignedIdentities"].values()))["clientId"] == made["clientId"]
    az.json("acr", "identity", "remove", "--name", NAME, "--identities", made["id"])
    assert az.json("acr", "identity", "show", "--name", NAME)["type"].lower() == "systemassigned"
    az.json("acr", "identity", "remove", "--name", NAME, "--identities", "[system]")
    assert az.json("acr", "identity", "show", "--name", NAME) is None
    az.run("identity", "delete", "--resource-group", GROUP, "--name", "puller")
    assert az.json("identity", "list", "--resource-group", GROUP) == []


def test_a_vault_and_a_registry_with_a_key_of_its_own(az):
    vault = az.json("keyvault", "create", "--resource-group", GROUP, "--name", "closed-vault", "--location", LOCATION,
                    "--enable-purge-protection", "true")  # fmt: skip
    inside = ("--vault-name", "closed-vault", "--name", "password")
    denied = az.refused("keyvault", "secret", "set", *inside, "--value", "x")
    assert "ForbiddenByRbac" in denied
    az.json("role", "assignment", "create", "--role", "Key Vault Administrator", "--scope", vault["id"],
            "--assignee", az.env["AZURE_CLIENT_ID"])  # fmt: skip
    az.json("keyvault", "secret", "set", *inside, "--value", "one")
    secret = az.json("keyvault", "secret", "show", *inside)
    assert secret["value"] == "one"
    listed = az.json("keyvault", "secret", "list", "--vault-name", "closed-vault")
    assert [each["name"] for each in listed] == ["password"]
    key = az.json("keyvault", "key", "create", "--vault-name", "closed-vault", "--name", "cmk")["key"]["kid"]
    identity = az.json("identity", "create", "--resource-group", GROUP, "--name", "cmk", "--location", LOCATION)
    az.json("role", "assignment", "create", "--role", "Key Vault Crypto Service Encryption User",
            "--scope", vault["id"], "--assignee", identity["principalId"])  # fmt: skip
    az.json("acr", "create", "--resource-group", GROUP, "--name", "keyedpeer", "--sku", "Premium",
            "--identity", identity["id"], "--key-encryption-key", key)  # fmt: skip
    shown = az.json("acr", "encryption", "show", "--name", "keyedpeer")
    assert shown["status"] == "enabled"
    assert shown["keyVaultProperties"]["versionedKeyIdentifier"] == key
    unversioned = key.rpartition("/")[0]
    az.json("acr", "encryption", "rotate-key", "--name", "keyedpeer", "--identity", identity["id"],
            "--key-encryption-key", unversioned)  # fmt: skip
    shown = az.json("acr", "encryption", "show", "--name", "keyedpeer")
    assert shown["keyVaultProperties"]["keyRotationEnabled"] is True


def test_rules_for_networks(az):
    az.json("acr", "update", "--name", NAME, "--default-action", "Deny")
    assert status(az) == 403
    assert "firewall" in az.refused("acr", "repository", "list", "--name", NAME)
    az.json("acr", "network-rule", "add", "--name", NAME, "--ip-address", PLACE)
    rules = az.json("acr", "network-rule", "list", "--name", NAME)
    assert rules["ipRules"] == [{"action": "Allow", "ipAddressOrRange": PLACE}]
    assert status(az) == 401
    assert az.json("acr", "repository", "list", "--name", NAME) == []
    assert status(az, "198.51.100.7") == 403
    az.json("acr", "network-rule", "remove", "--name", NAME, "--ip-address", PLACE)
    assert status(az) == 403
    az.json("acr", "update", "--name", NAME, "--default-action", "Allow", "--allow-trusted-services", "false")
    assert az.json("acr", "show", "--name", NAME)["networkRuleBypassOptions"] == "None"


def test_private_link(az):
    network = ("--resource-group", GROUP)
    az.json("network", "vnet", "create", *network, "--name", "office", "--address-prefixes", "10.0.0.0/16",
            "--subnet-name", "desks", "--subnet-prefixes", "10.0.1.0/24", "--location", LOCATION)  # fmt: skip
    subnet = az.json("network", "vnet", "subnet", "create", *network, "--vnet-name", "office", "--name", "links",
                     "--address-prefixes", "10.0.2.0/24")  # fmt: skip
    assert subnet["addressPrefix"] == "10.0.2.0/24"
    registry = az.json("acr", "show", "--name", NAME)["id"]
    groups = az.json("acr", "private-link-resource", "list", "--name", NAME)
    assert groups[0]["groupId"] == "registry"
    az.json("acr", "update", "--name", NAME, "--public-network-enabled", "false")
    assert status(az) == status(az, "office/desks") == 403
    az.json("network", "private-endpoint", "create", *network, "--name", "pe", "--vnet-name", "office",
            "--subnet", "links", "--private-connection-resource-id", registry, "--group-id", "registry",
            "--connection-name", "registry", "--location", LOCATION)  # fmt: skip
    az.json("network", "private-dns", "zone", "create", *network, "--name", ZONE)
    az.json("network", "private-dns", "link", "vnet", "create", *network, "--zone-name", ZONE, "--name", "office",
            "--virtual-network", "office", "--registration-enabled", "false")  # fmt: skip
    az.json("network", "private-endpoint", "dns-zone-group", "create", *network, "--endpoint-name", "pe",
            "--name", "default", "--private-dns-zone", ZONE, "--zone-name", "acr")  # fmt: skip
    records = az.json("network", "private-dns", "record-set", "a", "list", *network, "--zone-name", ZONE)
    assert [each["name"] for each in records] == [NAME, f"{NAME}.{LOCATION}.data"]
    assert status(az, "office/desks") == 401
    assert status(az) == 403
    connection = az.json("acr", "private-endpoint-connection", "list", "--registry-name", NAME)[0]
    own = ("--registry-name", NAME, "--name", connection["name"])
    assert connection["privateLinkServiceConnectionState"]["status"] == "Approved"
    assert az.json("acr", "private-endpoint-connection", "show", *own)["id"] == connection["id"]
    az.json("acr", "private-endpoint-connection", "reject", *own, "--description", "no")
    assert status(az, "office/desks") == 403
    az.run("acr", "private-endpoint-connection", "delete", *own)
    assert az.json("acr", "private-endpoint-connection", "list", "--registry-name", NAME) == []
    az.run("network", "private-endpoint", "delete", *network, "--name", "pe")
    az.run("network", "vnet", "delete", *network, "--name", "office")
    assert az.json("network", "vnet", "list", *network) == []


TEMPLATE = """// a registry, as people write it
{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {"name": {"type": "string"}, "sku": {"type": "string", "defaultValue": "Basic"}},
  "resources": [{
    "type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2023-07-01", /* old, and fine */
    "name": "[parameters('name')]", "location": "[resourceGroup().location]", "sku": {"name": "[parameters('sku')]"}
  }],
  "outputs": {"server": {"type": "string", "value": "[reference(parameters('name')).loginServer]"}}
}
"""


def test_a_deployment(az, tmp_path):
    file = tmp_path / "registry.json"
    file.write_text(TEMPLATE)
    what = ("--resource-group", GROUP, "--template-file", str(file), "--parameters", "name=deployedpeer")
    az.json("deployment", "group", "validate", *what)
    assert "deployedpeer" not in [each["name"] for each in az.json("acr", "list", "--resource-group", GROUP)]
    made = az.json("deployment", "group", "create", *what, "--name", "first")
    assert made["properties"]["outputs"]["server"]["value"] == "deployedpeer.azurecr.io"
    assert az.json("acr", "show", "--name", "deployedpeer")["sku"]["name"] == "Basic"
    assert "DeploymentFailed" in az.refused("deployment", "group", "create", *what, "sku=Golden", "--name", "second")
    states = {each["name"]: each["properties"]["provisioningState"] for each in
              az.json("deployment", "group", "list", "--resource-group", GROUP)}  # fmt: skip
    assert states == {"first": "Succeeded", "second": "Failed"}
    steps = az.json("deployment", "operation", "group", "list", "--resource-group", GROUP, "--name", "first")
    assert [each["properties"]["provisioningState"] for each in steps] == ["Succeeded"]


def test_monitoring_and_policy(az, tmp_path):
    registry = az.json("acr", "show", "--name", NAME)["id"]
    workspace = az.json("monitor", "log-analytics", "workspace", "create", "--resource-group", GROUP,
                        "--workspace-name", "logs-of-peers", "--location", LOCATION)["id"]  # fmt: skip
    logs = '[{"category": "ContainerRegistryLoginEvents", "enabled": true}]'
    az.json("monitor", "diagnostic-settings", "create", "--name", "all", "--resource", registry,
            "--workspace", workspace, "--logs", logs)  # fmt: skip
    listed = az.json("monitor", "diagnostic-settings", "list", "--resource", registry)
    assert [each["name"] for each in listed] == ["all"]
    used = az.json("monitor", "metrics", "list", "--resource", registry, "--metric", "StorageUsed")
    assert used["value"][0]["timeseries"][0]["data"][0]["average"] == 0
    rules = tmp_path / "rules.json"
    rules.write_text("""{"if": {"allOf": [
        {"field": "type", "equals": "Microsoft.ContainerRegistry/registries"},
        {"field": "Microsoft.ContainerRegistry/registries/sku.name", "notEquals": "Premium"}]},
        "then": {"effect": "deny"}}""")
    az.json("policy", "definition", "create", "--name", "premium", "--rules", str(rules), "--mode", "All")
    az.json("group", "create", "--name", "governed", "--location", LOCATION)
    az.json("policy", "assignment", "create", "--name", "premium", "--policy", "premium",
            "--resource-group", "governed")  # fmt: skip
    create = ("acr", "create", "--resource-group", "governed", "--name", "governedpeer", "--sku")
    assert "RequestDisallowedByPolicy" in az.refused(*create, "Basic")
    assert az.json(*create, "Premium")["sku"]["name"] == "Premium"
