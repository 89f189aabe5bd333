"""Wrong answers to lab 03."""

from acrlab.course.proof import SOLVED, Bench, wrong

REGISTRY, BUILD = "contosolab03", "ci/build"
OLD = ("nightly-01", "nightly-02", "nightly-03")


def digest(bench: Bench, tag: str) -> str:
    return bench.door(REGISTRY).manifest(BUILD, tag).headers["docker-content-digest"]


def untagged(bench: Bench) -> list[str]:
    answer = bench.door(REGISTRY).send("GET", f"/acr/v1/{BUILD}/_manifests", BUILD).json()
    return [each["digest"] for each in answer["manifests"] if not each.get("tags")]


@wrong("rehearsed", "deleted at once, rehearsed afterwards")
def too_late(bench: Bench) -> None:
    bench.door(REGISTRY).delete_manifest(BUILD, digest(bench, "nightly-01"))
    with bench.lab.rehearse():
        bench.door(REGISTRY).delete_manifest(BUILD, digest(bench, "nightly-02"))


@wrong("rehearsed", "a snapshot, and nothing tried")
def only_a_snapshot(bench: Bench) -> None:
    bench.lab.keep("before")


@wrong("rehearsed", "tried, and never undone")
def never_undone(bench: Bench) -> None:
    bench.lab.keep("before")
    bench.door(REGISTRY).delete_manifest(BUILD, digest(bench, "nightly-02"))


@wrong("rehearsed", "rehearsed a push, not a deletion")
def another_play(bench: Bench) -> None:
    with bench.lab.rehearse():
        bench.door(REGISTRY).tag(BUILD, "multi", "newest")


@wrong("nightlies", "deleted by digest, and release-1 with them")
def by_digest(bench: Bench) -> None:
    for tag in OLD:
        bench.door(REGISTRY).delete_manifest(BUILD, digest(bench, tag))


@wrong("nightlies", "only the oldest")
def only_one(bench: Bench) -> None:
    bench.door(REGISTRY).delete_tag(BUILD, OLD[0])


@wrong("nightlies", "only the newest of the old")
def only_the_last(bench: Bench) -> None:
    bench.door(REGISTRY).delete_tag(BUILD, OLD[2])


@wrong("nightlies", "all nightly tags", after=SOLVED)
def all_of_them(bench: Bench) -> None:
    bench.door(REGISTRY).delete_tag(BUILD, "nightly-05")


@wrong("nightlies", "the audit unlocked on the way", after=SOLVED)
def unlocked(bench: Bench) -> None:
    bench.door(REGISTRY).lock(BUILD, "audit", write=True, delete=True)
    bench.door(REGISTRY).lock(BUILD, "audit", write=False, delete=False)


@wrong("orphans", "everything without a tag, the platforms of the index too")
def all_untagged(bench: Bench) -> None:
    for tag in OLD:
        bench.door(REGISTRY).delete_tag(BUILD, tag)
    for each in untagged(bench):
        bench.door(REGISTRY).delete_manifest(BUILD, each)


@wrong("orphans", "only what the tags had named")
def only_named(bench: Bench) -> None:
    for tag in (OLD[0], OLD[2]):
        bench.door(REGISTRY).delete_manifest(BUILD, digest(bench, tag))


@wrong("orphans", "tags removed, images left to lie")
def only_tags(bench: Bench) -> None:
    for tag in OLD:
        bench.door(REGISTRY).delete_tag(BUILD, tag)


@wrong("orphans", "the release deleted with the rest", after=SOLVED)
def release_too(bench: Bench) -> None:
    bench.door(REGISTRY).delete_manifest(BUILD, digest(bench, "release-1"))


@wrong("orphans", "the audit unlocked on the way", after=SOLVED)
def unlocked_too(bench: Bench) -> None:
    bench.door(REGISTRY).lock(BUILD, "audit", write=True, delete=True)
