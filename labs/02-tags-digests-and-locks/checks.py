"""What lab 02 expects of the registry contosolab02."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.domain.events import AttributesChanged, ManifestDeleted, ManifestPushed, RepositoryDeleted

REGISTRY, WEB = "contosolab02", "shop/web"
HOST = f"{REGISTRY}.azurecr.io"


def at_first(seen: Evidence, tag: str) -> str:
    """The digest behind a tag when the lab began."""
    return seen.before.registries[REGISTRY].repositories[WEB].tags[tag].digest


@check(
    "The Azure tag was-stable holds the digest stable had",
    points=1,
    step=1,
    hints=(
        "Before a name moves, write down what it meant. Which word names bytes?",
        "Look up the digest behind shop/web:stable (registry.tags, az acr manifest list-metadata, or a HEAD request) "
        "and "
        "put it on the registry resource as the Azure tag was-stable.",
        'digest = registry.manifest("shop/web:stable").digest\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab02", {"tags": {"was-stable": digest}}).result()',
    ),
)
def noted(seen: Evidence) -> Iterator[Finding]:
    given, wanted = seen.tags(REGISTRY).get("was-stable", ""), at_first(seen, "stable")
    actual = (
        "no such Azure tag" if not given else "that digest" if given == wanted else f"{given[:24]!r}, another value"
    )
    yield expect(given == wanted, "was-stable = the digest that stable had when the lab began", actual)


@check(
    "stable is 1.1 now, and 1.0 is what it was",
    points=2,
    step=2,
    hints=(
        "Version 1.1 is in the registry already. It only needs one more name.",
        "Put the manifest of 1.1 under the tag stable: registry.tag, oras tag, or a PUT of the same bytes. "
        "Building and pushing again would make another digest, and that is not what was tested.",
        'registry.tag("shop/web:1.1", "stable")',
    ),
)
def moved(seen: Evidence) -> Iterator[Finding]:
    stable, tested = seen.digest(REGISTRY, f"{WEB}:stable"), at_first(seen, "1.1")
    actual = "no such tag" if not stable else "the same" if stable == tested else "another digest"
    yield expect(stable == tested, f"{WEB}:stable has the digest that 1.1 had when the lab began", actual)
    for tag in ("1.0", "1.1"):
        same = seen.digest(REGISTRY, f"{WEB}:{tag}") == at_first(seen, tag)
        yield never(not same, f"{WEB}:{tag} moved or deleted", "it is not what it was", f"{tag} is a release: it stays")


@check(
    "1.1 is locked: nobody can overwrite or delete it",
    points=2,
    step=3,
    hints=(
        "Tags, manifests and repositories have four switches: write, delete, read and list.",
        "Switch off write and delete of the tag 1.1: registry.lock, az acr repository update --image … --write-enabled "
        "false --delete-enabled false, or a PATCH. A locked image that nobody can pull helps nobody.",
        'registry.lock("shop/web:1.1", "write", "delete")',
    ),
)
def locked(seen: Evidence) -> Iterator[Finding]:
    repository = seen.repository(REGISTRY, WEB)
    tag = repository.tags.get("1.1") if repository is not None else None
    write, delete = (tag.attributes.write, tag.attributes.delete) if tag is not None else (True, True)
    yield expect(not write, "write switched off for the tag 1.1", "on" if write else "off")
    yield expect(not delete, "delete switched off for the tag 1.1", "on" if delete else "off")
    readable = repository is not None and tag is not None and repository.attributes.read and tag.attributes.read
    yield never(not readable, "1.1 made unreadable", "it cannot be pulled", "lock write and delete only")
    whole = repository is not None and not repository.attributes.write
    yield never(whole, "the whole repository locked", "nothing can be pushed to it", "lock the tag, not the repository")


@check(
    "The lock was tried: a push over 1.1 was refused",
    points=1,
    step=3,
    hints=(
        "A lock that was never tried is a hope.",
        "Once 1.1 is locked, push any other image as shop/web:1.1 and read what the registry says. lab.why() says "
        "more.",
        'try:\n    registry.push("shop/web:1.1", acrlab.Image.hello(text="mine\\n"))\n'
        "except Exception as refusal:\n    print(refusal)",
    ),
)
def tried(seen: Evidence) -> Iterator[Finding]:
    tries = seen.asked("PUT", HOST, f"/v2/{WEB}/manifests/1.1")
    refused = [each.status for each in tries if each.status >= 400 and each.status != 401]
    locks = [each for each in seen.of(AttributesChanged, registry=REGISTRY, repository=WEB) if each.tag == "1.1"]
    actual = f"refused with {refused[-1]}" if refused else "pushed, not refused" if tries else "nobody tried"
    yield expect(bool(refused and locks), f"a push over {WEB}:1.1 that the registry refused", actual)


@check(
    "Monday's dev image has a name again: rescued",
    points=3,
    step=4,
    hints=(
        "When a tag moves, the image it named stays in the repository, without a name.",
        "First push something else as shop/web:dev. Then list the manifests, also those without tags: "
        "registry.manifests, "
        "or az acr manifest list-metadata. Give the one without a tag the tag rescued.",
        'registry.push("shop/web:dev", acrlab.Image.hello(text="web dev of Tuesday\\n"))\n'
        'lost = next(each for each in registry.manifests("shop/web") if not each.tags)\n'
        'registry.tag(f"shop/web@{lost.digest}", "rescued")',
    ),
)
def rescued(seen: Evidence) -> Iterator[Finding]:
    monday = at_first(seen, "dev")
    dev, found = seen.digest(REGISTRY, f"{WEB}:dev"), seen.digest(REGISTRY, f"{WEB}:rescued")
    yield expect(dev not in ("", monday), f"another image behind {WEB}:dev", "Monday's" if dev else "no such tag")
    actual = "no such tag" if not found else "Monday's" if found == monday else "another image"
    yield expect(found == monday, f"{WEB}:rescued names the image that dev had when the lab began", actual)
    nameless = bool(seen.of(ManifestPushed, registry=REGISTRY, repository=WEB, tag="rescued")) and _named_late(
        seen, monday
    )
    yield expect(nameless, "it was named after dev had moved away", "yes" if nameless else "not yet")
    gone = seen.of(ManifestDeleted, registry=REGISTRY, repository=WEB) + seen.of(RepositoryDeleted, registry=REGISTRY)
    yield never(
        bool(gone),
        "an image deleted",
        "one was deleted",
        "nothing needs deleting in this lab: lab.reset() and try again",
    )


def _named_late(seen: Evidence, monday: str) -> bool:
    """Whether dev pointed elsewhere when the tag rescued was made."""
    dev = monday
    for event in seen.of(ManifestPushed, registry=REGISTRY, repository=WEB):
        if event.tag == "dev":
            dev = event.digest
        elif event.tag == "rescued":
            return dev != monday
    return False
