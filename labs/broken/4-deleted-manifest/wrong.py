"""Wrong answers: the deployment bent to the registry, or other bytes under the old name."""

from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong

REGISTRY, WEB = "contosobroken4", "shop/web"
OLD, OTHER = Image.hello(text="web 1.0\n"), Image.hello(text="web 1.0, built again\n")


@wrong("back", "the deployment told to use what stable is now", after=SOLVED)
def repinned(bench: Bench) -> None:
    digest = bench.door(REGISTRY).manifest(WEB, "stable").headers["docker-content-digest"]
    bench.change(REGISTRY, {"tags": {"pinned": digest}})


@wrong("back", "built again: other bytes")
def rebuilt(bench: Bench) -> None:
    bench.door(REGISTRY).push(f"{WEB}:1.0", OTHER)


@wrong("back", "pushed as stable, under everybody's feet")
def as_stable(bench: Bench) -> None:
    bench.door(REGISTRY).push(f"{WEB}:stable", OLD)


@wrong("protected", "brought back, and not locked")
def unlocked(bench: Bench) -> None:
    bench.door(REGISTRY).push(f"{WEB}:1.0", OLD)


@wrong("protected", "stable locked instead")
def stable(bench: Bench) -> None:
    bench.door(REGISTRY).push(f"{WEB}:1.0", OLD)
    bench.door(REGISTRY).lock(WEB, "stable", delete=False)


@wrong("protected", "locked against writing only")
def write_only(bench: Bench) -> None:
    bench.door(REGISTRY).push(f"{WEB}:1.0", OLD)
    bench.door(REGISTRY).lock(WEB, OLD.digest, write=False)
