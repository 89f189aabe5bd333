"""`az` 2.91 on content that comes, stays and goes, and on what reaches beyond. Each test ends with what then is."""


import pytest

from tests.peers.cloud import LOCATION

pytestmark = pytest.mark.peers

GROUP = "lifecycle"
NAME, SOURCE = "lifepeer", "sourcepeer"


@pytest.fixture(scope="module")
def registry(az):
    return az.registry(GROUP, NAME)


@pytest.fixture(scope="module")
def source(az):
    made = az.registry(GROUP, SOURCE)
    az.cloud.push(made, "team/app", "v1", "v2")
    return made


def acr(az, *arguments: str):
    return az.json("acr", *arguments, "--registry", NAME)


def tags(az, repository: str) -> list[str]:
    return az.json("acr", "repository", "show-tags", "--name", NAME, "--repository", repository)


def test_import(az, registry, source):
    az.run("acr", "import", "--name", NAME, "--source", f"{source.login_server}/team/app:v1", "--image", "copy:v1")
    az.run("acr", "import", "--name", NAME, "--source", "team/app:v2", "--registry", source.id,
           "--image", "copy:v2", "--repository", "shadow", "--no-wait")  # fmt: skip
    assert tags(az, "copy") == ["v1", "v2"]
    assert "shadow" in az.json("acr", "repository", "list", "--name", NAME)
    taken = az.refused("acr", "import", "--name", NAME, "--source", f"{source.login_server}/team/app:v2",
                       "--image", "copy:v1")  # fmt: skip
    assert "already exists" in taken
    az.run("acr", "import", "--name", NAME, "--source", f"{source.login_server}/team/app:v2", "--image", "copy:v1",
           "--force", "--username", source.username, "--password", source.password)  # fmt: skip
    assert tags(az, "copy") == ["v1", "v2"]


def test_webhooks(az, registry):
    made = acr(az, "webhook", "create", "--name", "peerhook", "--uri", "http://hooks.example", "--actions", "push",
               "delete", "--headers", "key=value", "--scope", "hooked:*")  # fmt: skip
    assert (made["status"], made["scope"], made["actions"]) == ("enabled", "hooked:*", ["push", "delete"])
    az.cloud.push(registry, "hooked", "v1")
    ping = acr(az, "webhook", "ping", "--name", "peerhook")
    told = [each["eventRequestMessage"]["content"] for each in acr(az, "webhook", "list-events", "--name", "peerhook")]
    assert [each["action"] for each in told] == ["ping", "push"] and told[0]["id"] == ping["id"]
    assert acr(az, "webhook", "get-config", "--name", "peerhook")["customHeaders"] == {"key": "value"}
    changed = acr(az, "webhook", "update", "--name", "peerhook", "--status", "disabled", "--scope", "other")
    assert (changed["status"], changed["scope"]) == ("disabled", "other")
    assert acr(az, "webhook", "show", "--name", "peerhook")["provisioningState"] == "Succeeded"
    az.run("acr", "webhook", "delete", "--name", "peerhook", "--registry", NAME)
    assert acr(az, "webhook", "list") == []


def test_replications(az, registry):
    made = acr(az, "replication", "create", "--location", "westeurope")
    assert made["status"]["displayStatus"] == "Ready"
    assert [each["name"] for each in acr(az, "replication", "list")] == [LOCATION, "westeurope"]
    changed = acr(az, "replication", "update", "--name", "westeurope", "--global-endpoint-routing", "false")
    assert changed["regionEndpointEnabled"] is False
    endpoints = az.json("acr", "show-endpoints", "--name", NAME)
    assert {each["region"] for each in endpoints["dataEndpoints"]} == {LOCATION, "westeurope"}
    assert "home region" in az.refused("acr", "replication", "delete", "--name", LOCATION, "--registry", NAME)
    az.run("acr", "replication", "delete", "--name", "westeurope", "--registry", NAME)
    assert [each["name"] for each in acr(az, "replication", "list")] == [LOCATION]


def test_retention(az, registry):
    set_ = az.json("acr", "config", "retention", "update", "--registry", NAME, "--status", "enabled", "--days", "3",
                   "--type", "UntaggedManifests")  # fmt: skip
    assert (set_["status"], set_["days"]) == ("enabled", 3)
    az.json("acr", "config", "retention", "update", "--registry", NAME, "--status", "disabled",
            "--type", "UntaggedManifests")  # fmt: skip
    assert az.json("acr", "config", "retention", "show", "--registry", NAME)["status"] == "disabled"


def test_soft_delete(az):
    soft = az.registry(GROUP, "softpeer")
    on = az.json("acr", "config", "soft-delete", "update", "--registry", soft.name, "--status", "enabled",
                 "--days", "9", "--yes")  # fmt: skip
    assert (on["status"], on["retentionDays"]) == ("enabled", 9)
    digest = str(az.cloud.push(soft, "team/app", "v1")["digest"])
    az.run("acr", "repository", "delete", "--name", soft.name, "--image", "team/app:v1", "--yes")
    assert az.json("acr", "repository", "list", "--name", soft.name) in (None, [])
    assert az.json("acr", "repository", "list-deleted", "--name", soft.name) == ["team/app"]
    (gone,) = az.json("acr", "manifest", "list-deleted", "--registry", soft.name, "--name", "team/app")
    assert gone["digest"] == digest and gone["deletedAt"] < gone["expiresAfter"]
    (tag,) = az.json("acr", "manifest", "list-deleted-tags", "--registry", soft.name, "--name", "team/app")
    assert (tag["tag"], tag["digest"]) == ("v1", digest)
    az.run("acr", "manifest", "restore", "--registry", soft.name, "--name", "team/app:v1", "--yes")
    shown = az.json("acr", "repository", "show-tags", "--name", soft.name, "--repository", "team/app")
    assert shown == ["v1"]
    off = az.json("acr", "config", "soft-delete", "update", "--registry", soft.name, "--status", "disabled")
    assert off["status"] == az.json("acr", "config", "soft-delete", "show", "--registry", soft.name)["status"]


def test_content_trust_is_shown(az, registry):
    assert az.json("acr", "config", "content-trust", "show", "--registry", NAME)["status"] == "disabled"


def test_cache(az, registry):
    secret = "https://peervault.vault.azure.net/secrets/name"
    made = acr(az, "credential-set", "create", "--name", "hub-login", "--login-server", "docker.io",
               "--username-id", secret, "--password-id", secret)  # fmt: skip
    assert made["identity"]["type"] == "systemAssigned"
    acr(az, "cache", "create", "--name", "ubuntu", "--source-repo", "docker.io/library/ubuntu",
        "--target-repo", "ubuntu", "--cred-set", "hub-login")  # fmt: skip
    assert acr(az, "cache", "show", "--name", "ubuntu")["credentialSetResourceId"] == made["id"]
    acr(az, "cache", "update", "--name", "ubuntu", "--remove-cred-set")
    (rule,) = acr(az, "cache", "list")
    assert rule["targetRepository"] == "ubuntu" and not rule.get("credentialSetResourceId")
    az.run("acr", "cache", "delete", "--name", "ubuntu", "--registry", NAME, "--yes")
    az.run("acr", "credential-set", "delete", "--name", "hub-login", "--registry", NAME, "--yes")
    assert acr(az, "cache", "list") == acr(az, "credential-set", "list") == []


def test_a_cache_rule_with_an_identity(az, registry, source):
    """From registry to registry without a password: the identity may pull at the source, and so does the rule."""
    identity = az.json("identity", "create", "--resource-group", GROUP, "--name", "fetcher")
    rule = ("--name", "from-source", "--source-repo", f"{source.login_server}/team/*", "--target-repo", "mirror/*")
    made = acr(az, "cache", "create", *rule, "--identity", identity["id"])
    assert [each["principalId"] for each in made["identity"]["userAssignedIdentities"].values()] == [
        identity["principalId"]
    ]
    az.refused("acr", "manifest", "show", "--registry", NAME, "--name", "mirror/app:v1", code=3)
    az.run("role", "assignment", "create", "--role", "AcrPull", "--scope", source.id, "--assignee-object-id",
           identity["principalId"], "--assignee-principal-type", "ServicePrincipal")  # fmt: skip
    az.run("acr", "manifest", "show", "--registry", NAME, "--name", "mirror/app:v1")
    assert tags(az, "mirror/app") == ["v1"]
    changed = acr(az, "cache", "update", "--name", "from-source", "--identity", identity["id"])
    assert changed["identity"]["type"] == "userAssigned"
    az.run("acr", "cache", "delete", "--name", "from-source", "--registry", NAME, "--yes")


def test_connected_registries(az):
    home = az.registry(GROUP, "connectedpeer")
    az.cloud.push(home, "team/app", "v1")
    on = ("--registry", home.name)
    made = az.json("acr", "connected-registry", "create", *on, "--name", "factory", "--repository", "team/app",
                   "--mode", "ReadWrite", "--yes")  # fmt: skip
    assert (made["mode"], made["connectionState"], made["activation"]["status"]) == ("ReadWrite", "Offline", "Inactive")
    az.json("acr", "connected-registry", "create", *on, "--name", "machine", "--repository", "team/app",
            "--mode", "ReadOnly", "--parent", "factory", "--yes")  # fmt: skip
    changed = az.json("acr", "connected-registry", "update", *on, "--name", "factory", "--log-level", "debug")
    assert changed["logging"]["logLevel"] == "Debug"
    listed = az.json("acr", "connected-registry", "list", *on)
    assert sorted(each["name"] for each in listed) == ["factory", "machine"]
    settings = az.json("acr", "connected-registry", "get-settings", *on, "--name", "factory", "--parent-protocol",
                       "https", "--generate-password", "1", "--yes")  # fmt: skip
    told = str(settings)
    assert "=factory;" in told and f"connectedpeer.{LOCATION}.data.azurecr.io" in told
    az.run("acr", "connected-registry", "deactivate", *on, "--name", "factory", "--yes")
    for name in ("machine", "factory"):
        az.run("acr", "connected-registry", "delete", *on, "--name", name, "--cleanup", "--yes")
    assert az.json("acr", "connected-registry", "list", *on) == []


def test_artifact_streaming_is_marked_as_simulated(az, registry):
    hello = "mcr.microsoft.com/hello-world:latest"
    az.run("acr", "import", "--name", NAME, "--source", hello, "--image", "streamed:v1")
    image = ("--name", NAME, "--image", "streamed:v1")
    switch = ("acr", "artifact-streaming", "update", "--name", NAME, "--repository", "streamed", "--enable-streaming")
    begun = az.json("acr", "artifact-streaming", "create", *image)
    assert begun["status"] == "Succeeded" and "no layer was converted" in begun["truth"]
    shown = az.json("acr", "artifact-streaming", "operation", "show", *image)
    assert (shown["id"], shown["status"]) == (begun["id"], "Succeeded")
    refused = az.refused("acr", "artifact-streaming", "operation", "cancel", *image)
    assert "does not have any ongoing operation" in refused
    listed = az.json("acr", "manifest", "list-referrers", "--registry", NAME, "--name", "streamed:v1")
    (artifact,) = listed["manifests"]
    assert artifact["artifactType"] == "application/vnd.azure.artifact.streaming.v1"
    az.run(*switch, "true")
    show = ("acr", "artifact-streaming", "show", "--name", NAME, "--repository", "streamed")
    assert az.json(*show)["convertPushedImages"] is True
    az.run(*switch, "false")
    assert az.json(*show)["convertPushedImages"] is False
