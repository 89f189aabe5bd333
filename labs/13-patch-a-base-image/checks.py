"""What lab 13 expects of the registry contosolab13."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.course.evidence import Ran

REGISTRY, BASE, WAY_BACK = "contosolab13", "base/os:1", "base/os:before"
APPS = tuple(f"app{number:02}" for number in range(1, 11))
OTHER = "report"


def was(seen: Evidence, image: str) -> str:
    """The digest that an image had when the lab began."""
    name, _, tag = image.partition(":")
    return seen.before.registries[REGISTRY].repositories[name].tags[tag].digest


def rebuilt(seen: Evidence, app: str) -> list[Ran]:
    """The runs that the base image set off, and that made the image of an application as it is now."""
    image = f"apps/{app}:1"
    return [
        each for each in seen.runs(REGISTRY, app)
        if each.trigger == "image" and each.images.get(image) == seen.digest(REGISTRY, image)
    ]  # fmt: skip


@check(
    "The old base image keeps a name",
    points=2,
    step=1,
    hints=(
        "A tag that moves leaves an image without a name. Give the old image one more before.",
        "The tag before, in the same repository: registry.tag, az acr import, or a PUT of the same manifest. A new tag "
        "builds nothing anew, because nobody is built from it.",
        'registry.tag("base/os:1", "before")',
    ),
)
def kept(seen: Evidence) -> Iterator[Finding]:
    found = seen.digest(REGISTRY, WAY_BACK)
    right = found == was(seen, BASE)
    yield expect(right, f"{WAY_BACK} is the base image of before", "another image" if found else "no such tag")


@check(
    "One patch has rebuilt all ten",
    points=4,
    step=2,
    hints=(
        "You patch one image. The tasks look after the rest.",
        "Build base/os:1 again, with another content: the same tag has to get another digest. Do not run the tasks "
        "yourself.",
        'release = {"Dockerfile": "FROM scratch\\nCOPY release /etc/\\n", "release": "os 1.0.1\\n"}\n'
        'registry.build(release, "base/os:1")',
    ),
)
def patched(seen: Evidence) -> Iterator[Finding]:
    now = seen.digest(REGISTRY, BASE)
    new = bool(now) and now != was(seen, BASE)
    yield expect(new, f"{BASE} is another image than before", "a new digest" if new else "the old one")
    count = sum(bool(rebuilt(seen, app)) for app in APPS)
    yield expect(count == len(APPS), "every application rebuilt by its trigger", f"{count} of {len(APPS)}")
    by_hand = [each for each in seen.runs(REGISTRY) if each.task and not each.trigger]
    yield never(bool(by_hand), "a task run by hand", f"{len(by_hand)} runs", "the trigger does it: lab.reset(2)")
    patches = sum(BASE in each.images for each in seen.runs(REGISTRY))
    yield never(patches > 1, "the base image built more than once", f"{patches} times", "each time costs ten runs")


@check(
    "What was rebuilt is released, and nothing else",
    points=3,
    step=3,
    hints=(
        "Look at the runs: which images are new? Those that deployments pull are called stable.",
        "Move stable to the image behind 1 in each of the ten repositories. apps/report is built from another base: it "
        "stays.",
        "registry.tasks.settled()  # when the last of the ten is over\n"
        'for number in range(1, 11):\n    registry.tag(f"apps/app{number:02}:1", "stable")',
    ),
)
def released(seen: Evidence) -> Iterator[Finding]:
    count = sum(_released(seen, app) for app in APPS)
    yield expect(count == len(APPS), "stable is the rebuilt image in every application", f"{count} of {len(APPS)}")
    touched = seen.digest(REGISTRY, f"apps/{OTHER}:stable") != was(seen, f"apps/{OTHER}:stable")
    yield never(touched, "apps/report:stable changed", "it is another image or gone", "it has another base image")


def _released(seen: Evidence, app: str) -> bool:
    stable = seen.digest(REGISTRY, f"apps/{app}:stable")
    return stable != was(seen, f"apps/{app}:stable") and stable == seen.digest(REGISTRY, f"apps/{app}:1")
