"""What lab 09 expects of the registry contosolab09, and of those that it takes content from."""

from collections.abc import Iterator
from typing import Any

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.domain import events

REGISTRY, BASE, PARTNER = "contosolab09", "contosolab09base", "contosolab09ext"
HOST, VAULT = f"{REGISTRY}.azurecr.io", "contosolab09vault.vault.azure.net"
RUNTIME, STABLE = "base/runtime:2.0", "base/runtime:stable"
SCANNER, SAMPLE = "partner/scanner:3.1", "samples/hello-world:1"
PUBLIC, FEED = "mcr.microsoft.com/*", f"{PARTNER}.azurecr.io/feed/*"
HELLO, PRICES = "mcr/hello-world:latest", "feed/prices:latest"


def imports(seen: Evidence) -> int:
    """How many imports into the registry were begun."""
    begun = seen.of(events.OperationStarted, verb="Importing")
    return sum(each.resource.lower().endswith(f"/registries/{REGISTRY}") for each in begun)


def pushed(seen: Evidence, image: str) -> bool:
    """Whether a client put a manifest into an image's repository."""
    repository = image.partition(":")[0]
    return any(
        each.host == HOST and each.method == "PUT" and each.path.startswith(f"/v2/{repository}/manifests/")
        for each in seen.exchanges
    )


def same(seen: Evidence, image: str, home: str, source: str) -> bool:
    """Whether an image is the one that another registry has."""
    digest = seen.digest(REGISTRY, image)
    return bool(digest) and digest == seen.digest(home, source)


def rule(seen: Evidence, source: str, target: str) -> dict[str, Any]:
    """The properties of the cache rule from a source to a target; empty when there is none."""
    found = seen.registry(REGISTRY)
    kept = seen.state.inside(found.resource, "cacherules") if found is not None else []
    wanted = {"sourceRepository": source, "targetRepository": target}
    return next((each.body["properties"] for each in kept if wanted.items() <= each.body["properties"].items()), {})


@check(
    "base/runtime was imported, and stable replaced",
    points=3,
    step=1,
    hints=(
        "Nobody has to pull anything: one registry fetches from the other. What happens to a tag that is there?",
        "az acr import with --source, --image twice, and --force for the tag that is taken. In Python: "
        'registries.begin_import_image, with resourceId and the mode "Force".',
        'source = {"resourceId": base.properties.id, "sourceImage": "base/runtime:2.0"}\n'
        'wanted = {"source": source, "targetTags": ["base/runtime:2.0", "base/runtime:stable"], "mode": "Force"}\n'
        'cloud.arm.registries.begin_import_image(lab.group, "contosolab09", wanted).result()',
    ),
)
def copied(seen: Evidence) -> Iterator[Finding]:
    yield expect(*_whole(seen))
    moved = same(seen, STABLE, BASE, RUNTIME)
    yield expect(moved, f"{STABLE} is that image, too", "it is" if moved else "it is another one, or gone")
    service = bool(imports(seen)) and not pushed(seen, RUNTIME)
    yield expect(service, "fetched by the registry itself", "it was" if service else "it was not")
    advice = "an import can replace a tag: nothing is missing meanwhile"
    yield never(_gap(seen), f"{STABLE} deleted on the way", "it was", advice)


def _gap(seen: Evidence) -> bool:
    """Whether there was a moment at which stable led nowhere."""
    repository, _, tag = STABLE.partition(":")
    before = seen.before.registries.get(REGISTRY)
    digest = before.repositories[repository].tags[tag].digest if before is not None else ""
    gone = (events.TagDeleted, events.ManifestDeleted, events.RepositoryDeleted)
    for each in seen.history:
        if getattr(each, "registry", "") != REGISTRY or getattr(each, "repository", "") != repository:
            continue
        if isinstance(each, events.ManifestPushed) and each.tag == tag:
            digest = each.digest
        elif isinstance(each, gone) and getattr(each, "tag", tag) == tag and getattr(each, "digest", digest) == digest:
            return True
    return False


def _whole(seen: Evidence) -> tuple[bool, str, str]:
    source = seen.repository(BASE, "base/runtime")
    mine = seen.repository(REGISTRY, "base/runtime")
    arrived = same(seen, RUNTIME, BASE, RUNTIME)
    platforms = source is not None and mine is not None and set(source.manifests) <= set(mine.manifests)
    told = "it is" if arrived and platforms else "some platforms are missing" if arrived else "it is not"
    return arrived and platforms, f"{RUNTIME} is there with all its platforms", told


@check(
    "Two images from elsewhere were imported",
    points=3,
    step=2,
    hints=(
        "The partner's registry asks who you are, the public one does not.",
        "az keyvault secret show gives user and password; az acr import takes --username and --password, and a "
        "source with its login server. In Python: registryUri and credentials instead of resourceId.",
        'key = {"username": secret("partner-user"), "password": secret("partner-key")}\n'
        'source = {"registryUri": "contosolab09ext.azurecr.io", "sourceImage": "tools/scanner:3.1"}\n'
        'wanted = {"source": {**source, "credentials": key}, "targetTags": ["partner/scanner:3.1"]}\n'
        'cloud.arm.registries.begin_import_image(lab.group, "contosolab09", wanted).result()\n'
        'source = {"registryUri": "mcr.microsoft.com", "sourceImage": "hello-world:latest"}\n'
        'wanted = {"source": source, "targetTags": ["samples/hello-world:1"]}\n'
        'cloud.arm.registries.begin_import_image(lab.group, "contosolab09", wanted).result()',
    ),
)
def elsewhere(seen: Evidence) -> Iterator[Finding]:
    scanner = same(seen, SCANNER, PARTNER, "tools/scanner:3.1") and not pushed(seen, SCANNER)
    yield expect(scanner, f"{SCANNER} imported from the partner", "it is" if scanner else "it is not")
    read = any(each.host == VAULT and "/secrets/" in each.path and each.status == 200 for each in seen.exchanges)
    yield expect(read, "the partner's credential read from the vault", "it was" if read else "it was not")
    sample = bool(seen.digest(REGISTRY, SAMPLE)) and bool(imports(seen)) and not pushed(seen, SAMPLE)
    yield expect(sample, f"{SAMPLE} imported from mcr.microsoft.com", "it is" if sample else "it is not")
    yield never(_opened(seen), "the partner's registry opened to everybody", "it was", "lab.reset() takes it back")


def _opened(seen: Evidence) -> bool:
    switches = ("anonymousPullEnabled", "adminUserEnabled")
    return any(body["properties"].get(each) for body in seen.resources_put(PARTNER) for each in switches)


@check(
    "What is pulled below mcr/ comes from mcr.microsoft.com",
    points=2,
    step=3,
    hints=(
        "One rule covers all repositories, also those that nobody has pulled yet.",
        "az acr cache create --source-repo mcr.microsoft.com/* --target-repo mcr/*. A rule fetches nothing by itself: "
        "pull mcr/hello-world:latest.",
        'wanted = {"sourceRepository": "mcr.microsoft.com/*", "targetRepository": "mcr/*"}\n'
        'cloud.arm.cache_rules.begin_create(lab.group, "contosolab09", "public", {"properties": wanted}).result()\n'
        'registry.manifest("mcr/hello-world:latest")',
    ),
)
def cached(seen: Evidence) -> Iterator[Finding]:
    found = bool(rule(seen, PUBLIC, "mcr/*"))
    yield expect(found, f"a cache rule from {PUBLIC} to mcr/*", "there is one" if found else "there is none")
    filled = bool(seen.digest(REGISTRY, HELLO)) and not pushed(seen, HELLO)
    yield expect(filled, f"{HELLO} fetched by a pull", "it was" if filled else "it was not")


@check(
    "feed/prices is kept up with the partner's",
    points=4,
    step=4,
    hints=(
        "Who reads the vault when an image is fetched? Not you.",
        "A credential set names the two secrets and has an identity of its own; that one needs the role Key Vault "
        "Secrets User. Then the rule with the credential set, a pull, a new push of the partner's, and a pull after "
        "more than five minutes.",
        'where = "https://contosolab09vault.vault.azure.net/secrets"\n'
        'auth = {"name": "Credential1"}\n'
        'auth |= {"usernameSecretIdentifier": f"{where}/partner-user"}\n'
        'auth |= {"passwordSecretIdentifier": f"{where}/partner-key"}\n'
        'login = {"loginServer": "contosolab09ext.azurecr.io", "authCredentials": [auth]}\n'
        'wanted = {"identity": {"type": "SystemAssigned"}, "properties": login}\n'
        "made = cloud.arm.credential_sets.begin_create(\n"
        '    lab.group, "contosolab09", "partner", wanted\n'
        ").result()\n"
        'assign("Key Vault Secrets User", made.identity.principal_id, vault)\n'
        'wanted = {"sourceRepository": "contosolab09ext.azurecr.io/feed/*", "targetRepository": "feed/*"}\n'
        'wanted |= {"credentialSetResourceId": made.id}\n'
        'cloud.arm.cache_rules.begin_create(lab.group, "contosolab09", "feed-rule", {"properties": wanted}).result()\n'
        'registry.manifest("feed/prices:latest")\n'
        'partner.push("feed/prices:latest", Image.hello(text="prices of tuesday"))\n'
        'cloud.emulator.advance("6m")\n'
        'registry.manifest("feed/prices:latest")',
    ),
)
def followed(seen: Evidence) -> Iterator[Finding]:
    found = rule(seen, FEED, "feed/*")
    signs = bool(found.get("credentialSetResourceId"))
    told = "there is one" if signs else "it has no credential set" if found else "there is none"
    yield expect(signs, f"a cache rule from {FEED} to feed/* that signs in", told)
    fetched = [each.digest for each in seen.of(events.ManifestPushed, registry=REGISTRY, tag="latest")
               if each.repository == "feed/prices"]  # fmt: skip
    first = bool(fetched) and not pushed(seen, PRICES)
    yield expect(first, f"{PRICES} fetched by a pull", "it was" if first else "it was not")
    newer = len(set(fetched)) > 1 and same(seen, PRICES, PARTNER, PRICES) and not pushed(seen, PRICES)
    told = "it is" if newer else "it is as it was first" if fetched else "it is not there"
    yield expect(newer, "and fetched again, since the partner has pushed a newer one", told)
    yield never(_opened(seen), "the partner's registry opened to everybody", "it was", "lab.reset() takes it back")
