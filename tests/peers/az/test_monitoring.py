"""`az monitor` and `az policy` 2.91 on a registry: counted, denied, found. Each ends in what then is."""

import json

import pytest

from tests.peers.cloud import LOCATION, Registry

pytestmark = pytest.mark.peers

GROUP = "watched"
NAME = "watchedpeer"
ADMIN = "dc921057-6b28-4fbe-9b83-f7bec05db6c2"  # "... should have local admin account disabled"


@pytest.fixture(scope="module")
def registry(az):
    """A registry with an image that was pulled twice, and once under a name that it does not have."""
    made = az.json("acr", "create", "--resource-group", GROUP, "--name", NAME, "--sku", "Premium", "--admin-enabled")
    secret = az.json("acr", "credential", "show", "--name", NAME)["passwords"][0]["value"]
    with az.cloud.session() as session:
        az.cloud.push(Registry(NAME, f"{NAME}.azurecr.io", NAME, secret), "team/app", "v1")
        session.auth = (NAME, secret)
        kinds = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
        for tag in ("v1", "v1", "none"):
            session.get(f"https://{NAME}.azurecr.io/v2/team/app/manifests/{tag}", headers=kinds, timeout=30)
    return made["id"]


def counted(az, registry, metric, *more):
    found = az.json("monitor", "metrics", "list", "--resource", registry, "--metric", metric, *more)
    return sum(each.get("total") or 0 for each in found["value"][0]["timeseries"][0]["data"])


def test_metrics(az, registry):
    assert counted(az, registry, "SuccessfulPullCount") == 2
    assert counted(az, registry, "TotalPullCount", "--interval", "PT1H", "--offset", "6h") == 3
    assert counted(az, registry, "TotalPushCount", "--aggregation", "Total") == 1
    used = az.json("monitor", "metrics", "list", "--resource", registry, "--metric", "StorageUsed",
                   "--filter", "Geolocation eq '*'")  # fmt: skip
    (series,) = used["value"][0]["timeseries"]
    assert series["metadatavalues"][0]["value"] == "East US"
    assert series["data"][-1]["average"] > 0
    known = az.json("monitor", "metrics", "list-definitions", "--resource", registry)
    assert {each["name"]["value"] for each in known} >= {"TotalPullCount", "RunDuration", "AgentPoolCPUTime"}
    (space,) = az.json("monitor", "metrics", "list-namespaces", "--resource", registry)
    assert space["properties"]["metricNamespaceName"] == "Microsoft.ContainerRegistry/registries"
    assert "Valid metrics" in az.refused("monitor", "metrics", "list", "--resource", registry, "--metric", "Nothing")


def test_categories_of_logs(az, registry):
    found = az.json("monitor", "diagnostic-settings", "categories", "list", "--resource", registry)
    rows = found["value"] if isinstance(found, dict) else found
    assert {each["name"] for each in rows} >= {"ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents"}


def test_policies_of_azure_itself(az, registry, tmp_path):
    az.json("group", "create", "--name", "ruled", "--location", LOCATION)
    shown = az.json("policy", "definition", "show", "--name", ADMIN)
    assert shown["policyType"] == "BuiltIn"
    builtin = az.json("policy", "definition", "list")
    assert ADMIN in {each["name"] for each in builtin}
    deny = tmp_path / "deny.json"
    deny.write_text(json.dumps({"effect": {"value": "Deny"}}))
    made = az.json("policy", "assignment", "create", "--name", "no-admin", "--policy", ADMIN, "--resource-group",
                   "ruled", "--params", str(deny))  # fmt: skip
    create = ("acr", "create", "--resource-group", "ruled", "--name", "ruledpeer", "--sku", "Basic")
    refused = az.refused(*create, "--admin-enabled")
    assert "RequestDisallowedByPolicy" in refused
    assert ADMIN in refused
    assert az.json(*create)["adminUserEnabled"] is False
    given = az.json("policy", "assignment", "list", "--resource-group", "ruled")
    assert [each["name"] for each in given] == ["no-admin"]
    audit = az.json("policy", "assignment", "create", "--name", "admins", "--policy", ADMIN, "--resource-group", GROUP)
    found = az.json("policy", "state", "list", "--resource-group", GROUP)
    assert [(each["policyAssignmentName"], each["complianceState"]) for each in found] == [("admins", "NonCompliant")]
    summary = az.json("policy", "state", "summarize", "--resource-group", GROUP)
    assert summary["results"]["nonCompliantResources"] == 1
    for each in (made, audit):
        az.run("policy", "assignment", "delete", "--name", each["name"], "--scope", each["scope"])
    az.json("acr", "update", "--name", "ruledpeer", "--admin-enabled", "true")
    assert az.json("acr", "show", "--name", "ruledpeer")["adminUserEnabled"] is True
