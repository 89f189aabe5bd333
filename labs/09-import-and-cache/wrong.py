"""Wrong answers to lab 09."""

import contextlib
import uuid
from typing import Any

from acrlab.client import running
from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.course.rest import INDEX, Refused, Rest, held
from acrlab.domain import roles

REGISTRY, BASE, PARTNER, VAULT = "contosolab09", "contosolab09base", "contosolab09ext", "contosolab09vault"
EXT, SECRETS = f"{PARTNER}.azurecr.io", f"https://{VAULT}.vault.azure.net/secrets"
TUESDAY = Image.hello(text="prices of tuesday\n")
PLATFORMS = ("linux/amd64", "linux/arm64")


def registry(bench: Bench, name: str) -> str:
    return f"/subscriptions/{bench.rest.subscription}{bench.rest.registry_path(bench.lab.group, name)}"


def copy(bench: Bench, source: dict[str, Any], *targets: str, mode: str = "NoForce") -> None:
    path = f"{bench.rest.registry_path(bench.lab.group, REGISTRY)}/importImage"
    bench.rest.arm("POST", path, {"source": source, "targetTags": list(targets), "mode": mode})


def runtime(bench: Bench) -> dict[str, Any]:
    return {"resourceId": registry(bench, BASE), "sourceImage": "base/runtime:2.0"}


def secret(bench: Bench, name: str) -> str:
    headers = {"authorization": f"Bearer {bench.rest.token('https://vault.azure.net')}"}
    answer = bench.rest.session.get(f"{SECRETS}/{name}", params={"api-version": "7.4"}, headers=headers)
    return str(held(answer).json()["value"])


def rule(bench: Bench, name: str, source: str, target: str, **more: str) -> None:
    properties = {"sourceRepository": source, "targetRepository": target, **more}
    path = f"{bench.rest.registry_path(bench.lab.group, REGISTRY)}/cacheRules/{name}"
    bench.rest.arm("PUT", path, {"properties": properties})


def pull(bench: Bench, repository: str) -> None:
    with contextlib.suppress(Refused):
        path = f"/v2/{repository}/manifests/latest"
        bench.door(REGISTRY).send("GET", path, repository, headers={"accept": INDEX}, actions="pull")


def credentials(bench: Bench, *, role: bool) -> str:
    """The credential set of step 4; its id."""
    named = {
        "usernameSecretIdentifier": f"{SECRETS}/partner-user",
        "passwordSecretIdentifier": f"{SECRETS}/partner-key",
    }
    login = {"loginServer": EXT, "authCredentials": [{"name": "Credential1", **named}]}
    path = f"{bench.rest.registry_path(bench.lab.group, REGISTRY)}/credentialSets/partner"
    made = bench.rest.arm("PUT", path, {"identity": {"type": "SystemAssigned"}, "properties": login})
    if role:
        found = roles.find("Key Vault Secrets User")
        assert found is not None
        vault = f"/resourceGroups/{bench.lab.group}/providers/Microsoft.KeyVault/vaults/{VAULT}"
        bench.rest.assign(vault, found.id, made["identity"]["principalId"], str(uuid.uuid4()))
    return str(made["id"])


def feed(bench: Bench, *, role: bool = True) -> None:
    rule(bench, "feed-rule", f"{EXT}/feed/*", "feed/*", credentialSetResourceId=credentials(bench, role=role))
    pull(bench, "feed/prices")


def opened(bench: Bench, switch: str, *, on: bool = True) -> None:
    bench.change(PARTNER, {"properties": {switch: on}})


@wrong("copied", "pulled and pushed by hand")
def by_hand(bench: Bench) -> None:
    index = Image.index([Image.hello(each, text="runtime 2.0\n") for each in PLATFORMS])
    for tag in ("2.0", "stable"):
        bench.door(REGISTRY).push(f"base/runtime:{tag}", index)


@wrong("copied", "imported without force, and the old stable left")
def not_forced(bench: Bench) -> None:
    copy(bench, runtime(bench), "base/runtime:2.0")
    with contextlib.suppress(Refused):
        copy(bench, runtime(bench), "base/runtime:stable")


@wrong("copied", "the old stable deleted first, and then imported")
def deleted_first(bench: Bench) -> None:
    bench.door(REGISTRY).delete_tag("base/runtime", "stable")
    copy(bench, runtime(bench), "base/runtime:2.0", "base/runtime:stable")


@wrong("copied", "into a repository of another name")
def elsewhere_put(bench: Bench) -> None:
    copy(bench, runtime(bench), "runtime:2.0", "runtime:stable")


@wrong("copied", "one platform is enough")
def one_platform(bench: Bench) -> None:
    listed = bench.door(BASE).manifest("base/runtime", "2.0").json()["manifests"]
    image = {"resourceId": registry(bench, BASE), "sourceImage": f"base/runtime@{listed[0]['digest']}"}
    copy(bench, image, "base/runtime:2.0", "base/runtime:stable", mode="Force")


@wrong("copied", "the old image deleted first, and then imported")
def image_deleted_first(bench: Bench) -> None:
    old = bench.door(REGISTRY).manifest("base/runtime", "stable").headers["docker-content-digest"]
    bench.door(REGISTRY).delete_manifest("base/runtime", old)
    copy(bench, runtime(bench), "base/runtime:2.0", "base/runtime:stable")


@wrong("elsewhere", "without a credential")
def nobody(bench: Bench) -> None:
    with contextlib.suppress(Refused):
        copy(bench, {"registryUri": EXT, "sourceImage": "tools/scanner:3.1"}, "partner/scanner:3.1")


@wrong("elsewhere", "the partner asked to let everybody pull", after=SOLVED)
def everybody(bench: Bench) -> None:
    opened(bench, "anonymousPullEnabled")
    copy(bench, {"registryUri": EXT, "sourceImage": "tools/scanner:3.1"}, "partner/scanner:3.1", mode="Force")


@wrong("elsewhere", "with the partner's admin user, for a moment", after=SOLVED)
def as_admin(bench: Bench) -> None:
    for on in (True, False):
        opened(bench, "adminUserEnabled", on=on)


@wrong("elsewhere", "the scanner only")
def scanner_only(bench: Bench) -> None:
    key = {"username": secret(bench, "partner-user"), "password": secret(bench, "partner-key")}
    copy(bench, {"registryUri": EXT, "sourceImage": "tools/scanner:3.1", "credentials": key}, "partner/scanner:3.1")


@wrong("elsewhere", "an image of one's own in place of hello-world")
def own_hello(bench: Bench) -> None:
    scanner_only.act(bench)
    bench.door(REGISTRY).push("samples/hello-world:1", Image.hello(text="hello\n"))


@wrong("cached", "the rule, and nobody has pulled")
def no_pull(bench: Bench) -> None:
    rule(bench, "public", "mcr.microsoft.com/*", "mcr/*")


@wrong("cached", "a rule for one repository")
def one_repository(bench: Bench) -> None:
    rule(bench, "hello-rule", "mcr.microsoft.com/hello-world", "mcr/hello-world")
    pull(bench, "mcr/hello-world")


@wrong("cached", "imported to where the rule would have put it")
def imported(bench: Bench) -> None:
    copy(bench, {"registryUri": "mcr.microsoft.com", "sourceImage": "hello-world:latest"}, "mcr/hello-world:latest")


@wrong("followed", "no role for the credential set's identity")
def no_role(bench: Bench) -> None:
    feed(bench, role=False)


@wrong("followed", "a rule without a credential set")
def unsigned(bench: Bench) -> None:
    rule(bench, "feed-rule", f"{EXT}/feed/*", "feed/*")
    pull(bench, "feed/prices")


@wrong("followed", "not pulled again after the partner's push")
def not_again(bench: Bench) -> None:
    feed(bench)
    bench.door(PARTNER).push("feed/prices:latest", TUESDAY)


@wrong("followed", "pulled again at once")
def at_once(bench: Bench) -> None:
    not_again.act(bench)
    pull(bench, "feed/prices")


@wrong("followed", "imported again and again instead of a rule")
def imports_only(bench: Bench) -> None:
    image = {"resourceId": registry(bench, PARTNER), "sourceImage": "feed/prices:latest"}
    copy(bench, image, "feed/prices:latest")
    bench.door(PARTNER).push("feed/prices:latest", TUESDAY)
    copy(bench, image, "feed/prices:latest", mode="Force")


@wrong("followed", "the partner's new image pushed by hand")
def pushed_by_hand(bench: Bench) -> None:
    not_again.act(bench)
    running.control().advance(360)
    bench.rest = Rest()
    bench.door(REGISTRY).push("feed/prices:latest", TUESDAY)


@wrong("followed", "the partner asked to let everybody pull", after=SOLVED)
def no_need_to_sign_in(bench: Bench) -> None:
    opened(bench, "anonymousPullEnabled")
