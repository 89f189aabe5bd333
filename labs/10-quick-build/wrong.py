"""Wrong answers to lab 10."""

from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong

REGISTRY = "contosolab10"
GOOD = {"Dockerfile": "FROM scratch\nCOPY page.html /\n", "page.html": "hello\n"}
BAD = {"Dockerfile": "FROM scratch\nCOPY missing /\n", "page.html": "hello\n"}


def build(bench: Bench, *images: str, push: bool = True, text: str = "hello\n") -> str:
    run = bench.builds(REGISTRY).build({**GOOD, "page.html": text}, *images, push=push)
    return str(run["properties"]["runId"])


def noted(bench: Bench, run: str) -> None:
    bench.change(REGISTRY, {"tags": {"failed": run}})


@wrong("first", "built elsewhere, and pushed")
def pushed(bench: Bench) -> None:
    bench.door(REGISTRY).push("shop/web:1.0", Image.hello())


@wrong("first", "without the folder in front")
def bare(bench: Bench) -> None:
    build(bench, "web:1.0")


@wrong("first", "built without being pushed")
def unpushed(bench: Bench) -> None:
    build(bench, "shop/web:1.0", push=False)


@wrong("first", "pushed over from outside", after=SOLVED)
def replaced(bench: Bench) -> None:
    bench.door(REGISTRY).push("shop/web:1.0", Image.hello())


@wrong("named", "two builds, one for each name")
def twice(bench: Bench) -> None:
    build(bench, "shop/web:1.1")
    build(bench, "shop/web:latest")


@wrong("named", "only latest")
def only_latest(bench: Bench) -> None:
    build(bench, "shop/web:latest")


@wrong("named", "built once, and tagged from outside")
def tagged(bench: Bench) -> None:
    build(bench, "shop/web:latest")
    bench.door(REGISTRY).tag("shop/web", "latest", "1.1")


@wrong("named", "the image pushed from outside")
def from_outside(bench: Bench) -> None:
    bench.door(REGISTRY).push("shop/web:1.1", Image.hello())


@wrong("named", "1.0 given to the new build as well", after=SOLVED)
def moved(bench: Bench) -> None:
    bench.door(REGISTRY).tag("shop/web", "1.1", "1.0")


@wrong("mended", "the failed run, and nothing mended")
def only_noted(bench: Bench) -> None:
    noted(bench, bench.builds(REGISTRY).build(BAD, "shop/api:1.0")["properties"]["runId"])


@wrong("mended", "mended at once, and the good run noted")
def good_run(bench: Bench) -> None:
    noted(bench, build(bench, "shop/api:1.0"))


@wrong("mended", "an image from elsewhere in its place")
def another(bench: Bench) -> None:
    noted(bench, bench.builds(REGISTRY).build(BAD, "shop/api:1.0")["properties"]["runId"])
    bench.door(REGISTRY).push("shop/api:1.0", Image.hello())


@wrong("tried", "published first, and the tag removed")
def removed(bench: Bench) -> None:
    build(bench, "shop/web:2.0")
    bench.door(REGISTRY).delete_tag("shop/web", "2.0")


@wrong("tried", "a build that failed")
def failed(bench: Bench) -> None:
    bench.builds(REGISTRY).build(BAD, "shop/web:2.0", push=False)


@wrong("tried", "tried, and published after all", after=SOLVED)
def published(bench: Bench) -> None:
    build(bench, "shop/web:2.0")
