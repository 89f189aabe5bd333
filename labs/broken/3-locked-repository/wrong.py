"""Wrong answers: too much unlocked, or something else pushed."""

from acrlab.client.image import Image
from acrlab.course.proof import Bench, wrong

REGISTRY, WEB = "contosobroken3", "shop/web"
NEW = Image.hello(text="web 1.1\n")


@wrong("released", "everything unlocked")
def everything(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, write=True, delete=True)
    bench.door(REGISTRY).push(f"{WEB}:1.1", NEW)


@wrong("released", "pushed to another repository")
def elsewhere(bench: Bench) -> None:
    bench.door(REGISTRY).push(f"{WEB}2:1.1", NEW)


@wrong("released", "pushed over 1.0")
def over(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, write=True)
    bench.door(REGISTRY).push(f"{WEB}:1.0", NEW)


@wrong("released", "the tag unlocked instead of the repository")
def tag(bench: Bench) -> None:
    bench.door(REGISTRY).lock(WEB, "1.0", write=True)
