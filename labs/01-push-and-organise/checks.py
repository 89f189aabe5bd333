"""What lab 01 expects of the registry contosolab01."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.domain.content import INDEXES
from acrlab.domain.events import ManifestPushed

REGISTRY = "contosolab01"
WEB, API, PRODUCTION = "shop/web", "shop/api", "prod/shop/web"
PLATFORMS = ("linux/amd64", "linux/arm64")


@check(
    "A Basic registry without an admin user",
    points=2,
    step=1,
    hints=(
        "A registry needs a name, a tier, and a resource group to live in. The name is in the text above.",
        f"cloud.registry(…) makes one; so does az acr create. The name is {REGISTRY}, the group is lab.group, "
        "and the cheapest tier is enough. Leave the admin user alone: it is off unless you ask for it.",
        f'registry = cloud.registry("{REGISTRY}", tier="Basic", group=lab.group)',
    ),
)
def registry(seen: Evidence) -> Iterator[Finding]:
    found = seen.resource(REGISTRY)
    tier = found.get("sku", {}).get("name", "")
    yield expect(bool(found), f"a registry {REGISTRY} in {seen.group}", "there" if found else "no such registry there")
    yield expect(tier == "Basic", "the Basic tier", tier or "no registry, no tier")
    admin = any(body["properties"].get("adminUserEnabled") for body in seen.resources_put(REGISTRY))
    yield never(admin, "the admin user enabled", "it was enabled", "nothing here needs a shared password")


@check(
    "shop/web:1.0.0 is there, for linux/amd64",
    points=2,
    step=2,
    hints=(
        "Pushing is: upload the blobs, then the manifest that points to them, under a tag.",
        "acrlab.Image.hello() is an image that runs. registry.push(reference, image) uploads it; "
        f"docker push and oras push want {REGISTRY}.azurecr.io in front of the reference.",
        'web = acrlab.Image.hello(text="web 1.0.0\\n")\nregistry.push("shop/web:1.0.0", web)',
    ),
)
def web(seen: Evidence) -> Iterator[Finding]:
    digest = seen.digest(REGISTRY, f"{WEB}:1.0.0")
    entry = seen.manifest(REGISTRY, WEB, digest)
    yield expect(bool(digest), f"a tag 1.0.0 in {WEB}", "a tag" if digest else f"no tag 1.0.0 in {WEB}")
    platform = f"{entry.os}/{entry.architecture}" if entry is not None else "nothing"
    yield expect(
        platform == PLATFORMS[0], f"an image for {PLATFORMS[0]}", platform.strip("/") or "an index or artifact"
    )


@check(
    "shop/api:2.1.0 serves amd64 and arm64",
    points=2,
    step=2,
    hints=(
        "One name, several platforms: that is a manifest which lists other manifests.",
        "Build one image for each platform, make an index of them, and push the index under the tag. "
        "The images it lists travel with it and need no tags of their own.",
        'images = [acrlab.Image.hello(each) for each in ("linux/amd64", "linux/arm64")]\n'
        'registry.push("shop/api:2.1.0", acrlab.Image.index(images))',
    ),
)
def platforms(seen: Evidence) -> Iterator[Finding]:
    entry = seen.manifest(REGISTRY, API, seen.digest(REGISTRY, f"{API}:2.1.0"))
    kind = "nothing" if entry is None else entry.media_type
    yield expect(kind in INDEXES, f"an index behind {API}:2.1.0", kind)
    repository = seen.repository(REGISTRY, API)
    held = {f"{each.os}/{each.architecture}" for each in (repository.manifests.values() if repository else ())}
    for platform in PLATFORMS:
        listed = ", ".join(sorted(each.strip("/") for each in held if each != "/")) or "no image"
        yield expect(platform in held, f"an image for {platform} in {API}", listed)


@check(
    "1.0 and 1 name the same image as 1.0.0",
    points=2,
    step=3,
    hints=(
        "A tag is only a name. Two tags may point to one manifest.",
        "Nothing has to be built or uploaded again: put the manifest that 1.0.0 points to under the other names. "
        "registry.tag(reference, tag) does it; over HTTP it is a GET and a PUT of the same bytes.",
        'for tag in ("1.0", "1"):\n    registry.tag("shop/web:1.0.0", tag)',
    ),
)
def tags(seen: Evidence) -> Iterator[Finding]:
    first = seen.digest(REGISTRY, f"{WEB}:1.0.0")
    for tag in ("1.0", "1"):
        digest = seen.digest(REGISTRY, f"{WEB}:{tag}")
        same = bool(digest) and digest == first
        actual = "no such tag" if not digest else "the same" if same else "another image"
        yield expect(same, f"{WEB}:{tag} has the digest of {WEB}:1.0.0", actual)
    pushed = {each.digest for each in seen.of(ManifestPushed, registry=REGISTRY, repository=WEB)}
    yield never(
        len(pushed) > 1, f"a second image in {WEB}", f"{len(pushed)} images were pushed", "one image, three names"
    )


@check(
    "The image is promoted to prod/shop/web",
    points=2,
    step=4,
    hints=(
        "What was tested is what has to run: promote the bytes, do not build them again.",
        "Push the same manifest to the other repository. Its blobs need not travel: a registry can mount them from a "
        "repository that has them. registry.pull and registry.push do it too; the digest has to stay the same.",
        'registry.push("prod/shop/web:1.0.0", registry.pull("shop/web:1.0.0"))',
    ),
)
def promoted(seen: Evidence) -> Iterator[Finding]:
    digest, tested = seen.digest(REGISTRY, f"{PRODUCTION}:1.0.0"), seen.digest(REGISTRY, f"{WEB}:1.0.0")
    yield expect(bool(digest), f"a tag 1.0.0 in {PRODUCTION}", "a tag" if digest else "no such tag")
    actual = "nothing to compare" if not digest else "the same" if digest == tested else "another digest: other bytes"
    yield expect(bool(digest) and digest == tested, f"the digest of {WEB}:1.0.0", actual)


@check(
    "The Azure tag pinned holds what production runs",
    points=1,
    step=4,
    hints=(
        "Production should be told which bytes to run, not which name to look up. Which word names bytes?",
        "The digest of prod/shop/web:1.0.0 belongs into a tag of the registry resource (an Azure tag, not an image "
        "tag): "
        "az acr update --tags pinned=…, or begin_update with tags.",
        'digest = registry.manifest("prod/shop/web:1.0.0").digest\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab01", {"tags": {"pinned": digest}}).result()',
    ),
)
def pinned(seen: Evidence) -> Iterator[Finding]:
    digest, given = seen.digest(REGISTRY, f"{PRODUCTION}:1.0.0"), seen.tags(REGISTRY).get("pinned", "")
    actual = "no tag pinned" if not given else "the digest" if given == digest else f"{given[:40]!r}"
    yield expect(bool(given) and given == digest, f"pinned = the digest of {PRODUCTION}:1.0.0", actual)
