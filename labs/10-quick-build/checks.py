"""What lab 10 expects of the registry contosolab10."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.course.evidence import Ran

REGISTRY = "contosolab10"
FIRST, SECOND, LATEST, API = "shop/web:1.0", "shop/web:1.1", "shop/web:latest", "shop/api:1.0"


def builds(seen: Evidence, image: str) -> list[Ran]:
    """The runs that pushed an image as it is now."""
    digest = seen.digest(REGISTRY, image)
    return [each for each in seen.runs(REGISTRY) if each.images.get(image, "") == digest != ""]


def built(seen: Evidence, image: str) -> Iterator[Finding]:
    """It is there, and a run has made it."""
    there = bool(seen.digest(REGISTRY, image))
    yield expect(there, f"a tag {image}", "a tag" if there else "no such tag")
    made = bool(builds(seen, image))
    yield expect(made, f"{image} built by the registry", "a run pushed it" if made else "no run pushed it")


@check(
    "shop/web:1.0 was built in the cloud",
    points=2,
    step=1,
    hints=(
        "You need no Docker: hand the files to the registry, and it builds.",
        "registry.build takes the files and the name of the image, az acr build a folder and --image.",
        'registry.build(web, "shop/web:1.0")',
    ),
)
def first(seen: Evidence) -> Iterator[Finding]:
    yield from built(seen, FIRST)


@check(
    "One build has the names shop/web:1.1 and shop/web:latest",
    points=2,
    step=2,
    hints=(
        "A build may push under more than one name. It is still one build.",
        "Give registry.build both names; az acr build takes --image twice.",
        'web["page.html"] = "hello once more\\n"\nregistry.build(web, "shop/web:1.1", "shop/web:latest")',
    ),
)
def named(seen: Evidence) -> Iterator[Finding]:
    yield from built(seen, SECOND)
    both = [each for each in builds(seen, SECOND) if LATEST in each.images]
    yield expect(bool(both), "both names pushed by the same run", "one run" if both else "no run pushed both")
    old, new = seen.digest(REGISTRY, FIRST), seen.digest(REGISTRY, SECOND)
    yield never(bool(new) and old == new, "1.0 moved to the new build", "1.0 and 1.1 are one image")


@check(
    "The failed build is known by its id, and shop/api:1.0 is built",
    points=3,
    step=3,
    hints=(
        "Build it as it is first. The log ends with the step that failed, and the run has an id.",
        "The Dockerfile copies a file that has another name. Note run.id as the Azure tag failed of the registry, then "
        "correct the name and build again.",
        'run = registry.build(api, "shop/api:1.0")\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab10", {"tags": {"failed": run.id}}).result()\n'
        'registry.build({**api, "Dockerfile": api["Dockerfile"].replace("app.conf", "api.conf")}, "shop/api:1.0")',
    ),
)
def mended(seen: Evidence) -> Iterator[Finding]:
    failed = {each.id for each in seen.runs(REGISTRY) if each.status == "Failed"}
    given = seen.tags(REGISTRY).get("failed", "")
    told = repr(given[:20]) if given else "no tag"
    yield expect(given in failed, "the Azure tag failed names a run that failed", told)
    yield from built(seen, API)


@check(
    "shop/web was built once without being published",
    points=2,
    step=4,
    hints=(
        "A build can end before the push. Nothing of it is left in the registry but its record.",
        "registry.build(…, push=False), or az acr build --no-push.",
        'registry.build(web, "shop/web:2.0", push=False)',
    ),
)
def tried(seen: Evidence) -> Iterator[Finding]:
    quiet = [each for each in seen.runs(REGISTRY) if each.status == "Succeeded" and not each.images]
    yield expect(bool(quiet), "a run that succeeded and pushed nothing", f"{len(quiet)} such runs")
    published = bool(seen.digest(REGISTRY, "shop/web:2.0"))
    yield never(published, "shop/web:2.0 in the registry", "it is there", "lab.reset(4) takes you back")
