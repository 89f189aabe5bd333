"""Wrong answers: the name mended by half, or the world bent to it."""

import contextlib

from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.course.rest import Refused

REGISTRY, WEB = "contosobroken5", "shop/web"


@wrong("pulled", "the same host once more")
def again(bench: Bench) -> None:
    with contextlib.suppress(Refused):
        bench.door("contosobroken").manifest(WEB, "1.0")


@wrong("pulled", "looked at the list of tags only")
def listed(bench: Bench) -> None:
    bench.door(REGISTRY).send("GET", f"/v2/{WEB}/tags/list", WEB)


@wrong("pulled", "another repository of the right registry")
def misplaced(bench: Bench) -> None:
    with contextlib.suppress(Refused):
        bench.door(REGISTRY).manifest("web", "1.0")


@wrong("corrected", "with https:// in front")
def scheme(bench: Bench) -> None:
    bench.change(REGISTRY, {"tags": {"image": f"https://{REGISTRY}.azurecr.io/{WEB}:1.0"}})


@wrong("corrected", "without the tag")
def latest(bench: Bench) -> None:
    bench.change(REGISTRY, {"tags": {"image": f"{REGISTRY}.azurecr.io/{WEB}"}})


@wrong("corrected", "a registry of the misspelled name", after=SOLVED)
def second(bench: Bench) -> None:
    bench.registry("contosobroken")
    bench.door("contosobroken").push(f"{WEB}:1.0", Image.hello(text="web 1.0\n"))
