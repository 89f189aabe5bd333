"""Wrong answers to lab 13."""

from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong

REGISTRY, BASE = "contosolab13", "base/os"
APPS = tuple(f"app{number:02}" for number in range(1, 11))


def patch(bench: Bench, image: str, text: str = "os 1.0.1\n") -> None:
    bench.builds(REGISTRY).build({"Dockerfile": "FROM scratch\nCOPY release /etc/\n", "release": text}, image)
    bench.builds(REGISTRY).settle()


@wrong("kept", "patched at once, and the new image kept")
def too_late(bench: Bench) -> None:
    patch(bench, "base/os:1")
    bench.door(REGISTRY).tag(BASE, "1", "before")


@wrong("kept", "kept under another name")
def misnamed(bench: Bench) -> None:
    bench.door(REGISTRY).tag(BASE, "1", "old")


@wrong("kept", "built anew, which is not the same image")
def built_anew(bench: Bench) -> None:
    patch(bench, "base/os:before", "os 1.0.0\n")


@wrong("patched", "the patch under a tag that nobody is built from")
def another_tag(bench: Bench) -> None:
    patch(bench, "base/os:1.0.1")


@wrong("patched", "every task run by hand, and no patch")
def by_hand(bench: Bench) -> None:
    for app in APPS:
        bench.builds(REGISTRY).start(app)


@wrong("patched", "patched, and one task run by hand on top", after=SOLVED)
def impatient(bench: Bench) -> None:
    bench.builds(REGISTRY).start("app01")


@wrong("patched", "patched twice", after=SOLVED)
def twice(bench: Bench) -> None:
    patch(bench, "base/os:1", "os 1.0.2\n")


@wrong("patched", "a trigger switched off before the patch")
def one_less(bench: Bench) -> None:
    off = {"name": "base", "baseImageTriggerType": "Runtime", "status": "Disabled"}
    bench.builds(REGISTRY).change("app07", trigger={"baseImageTrigger": off})
    patch(bench, "base/os:1")


@wrong("released", "rebuilt, and nothing released")
def unreleased(bench: Bench) -> None:
    patch(bench, "base/os:1")


@wrong("released", "released before the patch")
def too_early(bench: Bench) -> None:
    for app in APPS:
        bench.door(REGISTRY).tag(f"apps/{app}", "1", "stable")
    patch(bench, "base/os:1")


@wrong("released", "the base image itself released")
def the_base(bench: Bench) -> None:
    patch(bench, "base/os:1")
    bench.door(REGISTRY).tag(BASE, "1", "stable")


@wrong("released", "the report replaced as well", after=SOLVED)
def too_much(bench: Bench) -> None:
    bench.door(REGISTRY).push("apps/report:stable", Image.hello())
