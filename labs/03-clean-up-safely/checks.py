"""What lab 03 expects of the registry contosolab03."""

from collections.abc import Iterator

from acrlab.client.image import Image
from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.domain.events import AttributesChanged
from acrlab.engine.state import Repository

REGISTRY, BUILD = "contosolab03", "ci/build"
OLD, KEPT = ("nightly-01", "nightly-02", "nightly-03"), ("nightly-04", "nightly-05")
PLATFORMS = {
    Image.hello(platform, text="build for two platforms\n").digest for platform in ("linux/amd64", "linux/arm64")
}
STAYING = ("release-1", "audit", "multi", *KEPT)
CONTROLS = {("POST", "/_acrlab/snapshot"): "s", ("POST", "/_acrlab/restore"): "r"}


def first(seen: Evidence) -> Repository:
    """The repository as it was when the lab began."""
    return seen.before.registries[REGISTRY].repositories[BUILD]


def lost(seen: Evidence) -> list[str]:
    """The names that must stay and are gone or point elsewhere."""
    before = first(seen).tags
    return [tag for tag in STAYING if seen.digest(REGISTRY, f"{BUILD}:{tag}") != before[tag].digest]


def untouched(seen: Evidence) -> Iterator[Finding]:
    """What no clean-up may break."""
    gone = lost(seen)
    yield never(
        bool(gone), f"a name that is still needed: {', '.join(STAYING)}", f"gone or moved: {', '.join(gone)}",
        "several tags may share one manifest: deleting it takes them all. lab.reset() brings everything back",
    )  # fmt: skip
    unlocked = [each for each in seen.of(AttributesChanged, registry=REGISTRY) if each.attributes.write]
    yield never(bool(unlocked), "a lock taken off", "something was unlocked", "what is locked is locked for a reason")


@check(
    "The deletion was rehearsed and undone",
    points=2,
    step=1,
    hints=(
        "In this lab you can take a snapshot, try something, look, and go back.",
        "`with lab.rehearse() as trial:` does all of that around a block, and `trial` shows the difference afterwards. "
        "In a terminal: acrlab snapshot before, then delete with whatever you like, then acrlab restore before.",
        'with lab.rehearse() as trial:\n    registry.delete("ci/build:nightly-02")\ntrial',
    ),
)
def rehearsed(seen: Evidence) -> Iterator[Finding]:
    steps = "".join(_step(each.method, each.path, each.status) for each in seen.exchanges)
    snapshot = steps.find("s")
    tried = steps.find("d", snapshot + 1) if snapshot >= 0 else -1
    undone = steps.find("r", tried + 1) if tried >= 0 else -1
    yield expect(
        undone >= 0, "a snapshot, then a deletion, then back to the snapshot", _so_far(snapshot, tried, undone)
    )
    early = steps.find("d")
    careless = early >= 0 and (snapshot < 0 or early < snapshot)
    yield never(
        careless,
        "a deletion before any snapshot",
        "the first deletion came first",
        "lab.reset() and begin with a snapshot",
    )


def _step(method: str, path: str, status: int) -> str:
    if status >= 400:
        return ""
    return "d" if method == "DELETE" and BUILD in path else CONTROLS.get((method, path), "")


def _so_far(snapshot: int, tried: int, undone: int) -> str:
    reached = (("nothing was rehearsed", snapshot), ("a snapshot", tried), ("a snapshot and a deletion", undone))
    return next((words for words, place in reached if place < 0), "all three")


@check(
    "The three oldest nightly tags are gone",
    points=3,
    step=2,
    hints=(
        "A tag can be removed and its manifest kept. That is another request than deleting the manifest.",
        "nightly-02 shares its image with release-1. Remove the tags one by one with registry.untag, az acr repository "
        "untag, or DELETE …/_tags/nightly-02: that never takes an image with it.",
        'for tag in ("nightly-01", "nightly-02", "nightly-03"):\n    registry.untag(f"ci/build:{tag}")',
    ),
)
def nightlies(seen: Evidence) -> Iterator[Finding]:
    for tag in OLD:
        there = bool(seen.digest(REGISTRY, f"{BUILD}:{tag}"))
        yield expect(not there, f"no tag {tag} in {BUILD}", "still there" if there else "gone")
    yield from untouched(seen)


@check(
    "What nothing leads to is deleted",
    points=3,
    step=3,
    hints=(
        "A manifest without a tag is not always rubbish. Who else could lead to it?",
        "List the manifests without tags. Two of them are the images that the index behind multi lists: they stay. The "
        "others are deleted by digest. Mind that removing tags has made new ones.",
        'kept = {each.digest for each in registry.pull("ci/build:multi").images}\n'
        'for each in registry.manifests("ci/build"):\n'
        "    if not each.tags and each.digest not in kept:\n"
        '        registry.delete(f"ci/build@{each.digest}")',
    ),
)
def orphans(seen: Evidence) -> Iterator[Finding]:
    before, now = first(seen), seen.repository(REGISTRY, BUILD)
    held = now.manifests if now is not None else {}
    nameless = {digest for digest, each in before.manifests.items() if not each.tags} - PLATFORMS
    old = {before.tags[tag].digest for tag in OLD} - {before.tags["release-1"].digest}
    for what, wanted in (("never had a name", nameless), ("only the old nightly tags had named", old)):
        left = [digest for digest in wanted if digest in held]
        yield expect(not left, f"none of the images left that {what}", f"{len(left)} of {len(wanted)} left")
    broken = any(digest not in held for digest in PLATFORMS)
    yield never(broken, "an image deleted that the index behind multi lists", "one is missing: multi cannot be pulled")
    yield from untouched(seen)
