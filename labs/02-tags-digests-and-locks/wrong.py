"""Wrong answers to lab 02."""

from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.course.rest import Refused

REGISTRY, WEB = "contosolab02", "shop/web"
MINE = Image.hello(text="mine\n")


def digest(bench: Bench, reference: str) -> str:
    return bench.door(REGISTRY).manifest(WEB, reference).headers["docker-content-digest"]


@wrong("noted", "the tag instead of the digest")
def tag_noted(bench: Bench) -> None:
    bench.change(REGISTRY, {"tags": {"was-stable": "1.0"}})


@wrong("noted", "looked up after stable had moved")
def noted_late(bench: Bench) -> None:
    bench.door(REGISTRY).tag(WEB, "1.1", "stable")
    bench.change(REGISTRY, {"tags": {"was-stable": digest(bench, "stable")}})


@wrong("noted", "under another name")
def noted_elsewhere(bench: Bench) -> None:
    bench.change(REGISTRY, {"tags": {"stable": digest(bench, "stable")}})


@wrong("moved", "built 1.1 again and pushed it as stable")
def built_again(bench: Bench) -> None:
    bench.door(REGISTRY).push(f"{WEB}:stable", Image.hello(text="web 1.1, built again\n"))


@wrong("moved", "moved 1.0 as well")
def moved_all(bench: Bench) -> None:
    for tag in ("stable", "1.0"):
        bench.door(REGISTRY).tag(WEB, "1.1", tag)


@wrong("moved", "moved 1.1 to stable instead of stable to 1.1")
def the_other_way(bench: Bench) -> None:
    bench.door(REGISTRY).tag(WEB, "stable", "1.1")


@wrong("moved", "renamed: stable made, 1.1 removed")
def renamed(bench: Bench) -> None:
    bench.door(REGISTRY).tag(WEB, "1.1", "stable")
    bench.door(REGISTRY).delete_tag(WEB, "1.1")


@wrong("locked", "delete only")
def undeletable(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, "1.1", delete=False)


@wrong("locked", "write only")
def unwritable(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, "1.1", write=False)


@wrong("locked", "everything, reading too")
def unreadable(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, "1.1", write=False, delete=False, read=False)


@wrong("locked", "the repository instead of the tag")
def whole_repository(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, write=False, delete=False)


@wrong("locked", "the manifest, whose tags can still be moved")
def manifest_only(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, digest(bench, "1.1"), write=False, delete=False)


@wrong("tried", "pushed while nothing was locked")
def pushed_over(bench: Bench) -> None:
    bench.door(REGISTRY).push(f"{WEB}:1.1", MINE)


@wrong("tried", "locked, and never tried")
def never_tried(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, "1.1", write=False, delete=False)


@wrong("tried", "pushed over another tag")
def another_tag(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, "1.1", write=False, delete=False)
    bench.door(REGISTRY).push(f"{WEB}:1.2", MINE)


@wrong("tried", "deleted instead of pushed")
def deleted_instead(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, "1.1", write=False, delete=False)
    try:
        bench.door(REGISTRY).delete_tag(WEB, "1.1")
    except Refused:
        return
    raise AssertionError("the lock did not hold")


@wrong("rescued", "named before dev had moved")
def named_early(bench: Bench) -> None:
    bench.door(REGISTRY).tag(WEB, "dev", "rescued")
    bench.door(REGISTRY).push(f"{WEB}:dev", MINE)


@wrong("rescued", "Tuesday's image rescued")
def wrong_image(bench: Bench) -> None:
    bench.door(REGISTRY).push(f"{WEB}:dev", MINE)
    bench.door(REGISTRY).tag(WEB, "dev", "rescued")


@wrong("rescued", "dev never moved")
def never_moved(bench: Bench) -> None:
    bench.door(REGISTRY).tag(WEB, "dev", "rescued")


@wrong("rescued", "the image without a name deleted")
def deleted(bench: Bench) -> None:
    monday = digest(bench, "dev")
    bench.door(REGISTRY).push(f"{WEB}:dev", MINE)
    bench.door(REGISTRY).delete_manifest(WEB, monday)


@wrong("rescued", "everything right, and something else deleted", after=SOLVED)
def collateral(bench: Bench) -> None:
    bench.door(REGISTRY).delete_manifest(WEB, digest(bench, "dev"))
