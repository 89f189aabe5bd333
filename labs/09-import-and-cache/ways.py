"""Lab 09 solved with `az`, and over plain HTTP."""

import tempfile
import uuid
from pathlib import Path
from typing import Any

from acrlab.client import running
from acrlab.client.image import Image
from acrlab.course.rest import INDEX, Rest, held
from acrlab.course.ways import Az, Way
from acrlab.domain import roles

REGISTRY, BASE, PARTNER, VAULT = "contosolab09", "contosolab09base", "contosolab09ext", "contosolab09vault"
EXT, SECRETS = f"{PARTNER}.azurecr.io", f"https://{VAULT}.vault.azure.net/secrets"
MAY, MINUTES = "Key Vault Secrets User", 6
TUESDAY = Image.hello(text="prices of tuesday\n")


def az(az: Az) -> None:
    """`az acr import`, `az acr credential-set` and `az acr cache`; whoever turns the clock signs in again."""
    on, into = ("--registry", REGISTRY), ("acr", "import", "--name", REGISTRY)
    source = az("acr", "show", "--name", BASE)["id"]
    tags = ("--image", "base/runtime:2.0", "--image", "base/runtime:stable")
    az(*into, "--registry", source, "--source", "base/runtime:2.0", *tags, "--force")
    user, key = (
        az("keyvault", "secret", "show", "--id", f"{SECRETS}/partner-{each}")["value"] for each in ("user", "key")
    )
    login = ("--username", user, "--password", key)
    az(*into, "--source", f"{EXT}/tools/scanner:3.1", "--image", "partner/scanner:3.1", *login)
    az(*into, "--source", "mcr.microsoft.com/hello-world:latest", "--image", "samples/hello-world:1")
    rule = ("acr", "cache", "create", *on)
    az(*rule, "--name", "public", "--source-repo", "mcr.microsoft.com/*", "--target-repo", "mcr/*")
    az.docker(REGISTRY).manifest("mcr/hello-world", "latest")
    secrets = ("--username-id", f"{SECRETS}/partner-user", "--password-id", f"{SECRETS}/partner-key")
    made = az("acr", "credential-set", "create", *on, "--name", "partner", "--login-server", EXT, *secrets)
    who = ("--assignee-object-id", made["identity"]["principalId"], "--assignee-principal-type", "ServicePrincipal")
    vault = az("keyvault", "show", "--name", VAULT)["id"]
    az("role", "assignment", "create", "--role", MAY, "--scope", vault, *who)
    feed = ("--source-repo", f"{EXT}/feed/*", "--target-repo", "feed/*", "--cred-set", "partner")
    az(*rule, "--name", "feed-rule", *feed)
    az.docker(REGISTRY).manifest("feed/prices", "latest")
    az.docker(PARTNER).push("feed/prices:latest", TUESDAY)
    running.control().advance(MINUTES * 60)
    with tempfile.TemporaryDirectory() as place:
        Az(az.lab, Path(place)).docker(REGISTRY).manifest("feed/prices", "latest")


def http(way: Way) -> None:
    """Requests and nothing else."""
    home = way.rest.registry_path(way.lab.group, REGISTRY)
    own = f"/subscriptions/{way.rest.subscription}"
    base = {"resourceId": f"{own}{way.rest.registry_path(way.lab.group, BASE)}", "sourceImage": "base/runtime:2.0"}
    copy(way, base, "base/runtime:2.0", "base/runtime:stable", mode="Force")
    key = {"username": secret(way, "partner-user"), "password": secret(way, "partner-key")}
    copy(way, {"registryUri": EXT, "sourceImage": "tools/scanner:3.1", "credentials": key}, "partner/scanner:3.1")
    copy(way, {"registryUri": "mcr.microsoft.com", "sourceImage": "hello-world:latest"}, "samples/hello-world:1")
    rule(way, "public", "mcr.microsoft.com/*", "mcr/*")
    pull(way, "mcr/hello-world")
    auth = {
        f"{each}SecretIdentifier": f"{SECRETS}/partner-{name}"
        for each, name in (("username", "user"), ("password", "key"))
    }
    login = {"loginServer": EXT, "authCredentials": [{"name": "Credential1", **auth}]}
    wanted = {"identity": {"type": "SystemAssigned"}, "properties": login}
    made = way.rest.arm("PUT", f"{home}/credentialSets/partner", wanted)
    found = roles.find(MAY)
    assert found is not None
    vault = f"/resourceGroups/{way.lab.group}/providers/Microsoft.KeyVault/vaults/{VAULT}"
    way.rest.assign(vault, found.id, made["identity"]["principalId"], str(uuid.uuid4()))
    rule(way, "feed-rule", f"{EXT}/feed/*", "feed/*", credentialSetResourceId=made["id"])
    pull(way, "feed/prices")
    way.door(PARTNER).push("feed/prices:latest", TUESDAY)
    running.control().advance(MINUTES * 60)
    way.rest = Rest()
    pull(way, "feed/prices")


def copy(way: Way, source: dict[str, Any], *targets: str, mode: str = "NoForce") -> None:
    """One import."""
    path = f"{way.rest.registry_path(way.lab.group, REGISTRY)}/importImage"
    way.rest.arm("POST", path, {"source": source, "targetTags": list(targets), "mode": mode})


def secret(way: Way, name: str) -> str:
    """A secret of the vault."""
    headers = {"authorization": f"Bearer {way.rest.token('https://vault.azure.net')}"}
    answer = way.rest.session.get(f"{SECRETS}/{name}", params={"api-version": "7.4"}, headers=headers)
    return str(held(answer).json()["value"])


def rule(way: Way, name: str, source: str, target: str, **more: str) -> None:
    """A cache rule."""
    properties = {"sourceRepository": source, "targetRepository": target, **more}
    path = f"{way.rest.registry_path(way.lab.group, REGISTRY)}/cacheRules/{name}"
    way.rest.arm("PUT", path, {"properties": properties})


def pull(way: Way, repository: str) -> None:
    """Get the manifest under latest."""
    path = f"/v2/{repository}/manifests/latest"
    way.door(REGISTRY).send("GET", path, repository, headers={"accept": INDEX}, actions="pull")
