"""Wrong answers to lab 05."""

import contextlib

from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.course.rest import Refused

SHOP, OLD = "contosolab05", "contosolab05old"
OFF = {"dataEndpointEnabled": False, "policies": {"retentionPolicy": {"status": "disabled"}}}


def tagged(bench: Bench, **tags: str) -> None:
    bench.change(SHOP, {"tags": tags})


def path(bench: Bench, name: str, below: str = "") -> str:
    return f"{bench.rest.registry_path(bench.lab.group, name)}{below}"


def anew(bench: Bench, name: str, tier: str, images: dict[str, str], **properties: bool) -> None:
    """Delete a registry, and make one of the name with the same images."""
    bench.rest.arm("DELETE", path(bench, name))
    bench.registry(name, tier=tier, **properties)
    for image, text in images.items():
        bench.door(name).push(image, Image.hello(text=text + "\n"))


def drop_hooks(bench: Bench, *names: str) -> None:
    for each in names:
        bench.rest.arm("DELETE", path(bench, OLD, f"/webhooks/{each}"))


@wrong("chosen", "Premium, to be on the safe side")
def premium(bench: Bench) -> None:
    tagged(bench, tier="Premium", usd="50.69")


@wrong("chosen", "Basic, because it is the cheapest of all")
def basic(bench: Bench) -> None:
    tagged(bench, tier="Basic", usd="24.07")


@wrong("chosen", "the registry's price alone, without its storage")
def without_storage(bench: Bench) -> None:
    tagged(bench, tier="Standard", usd="20.28")


@wrong("chosen", "the price of a day", after=SOLVED)
def a_day(bench: Bench) -> None:
    tagged(bench, tier="Standard", usd="0.67", refused="FeatureNotSupported")


@wrong("upgraded", "one tier higher than was needed")
def too_high(bench: Bench) -> None:
    bench.change(SHOP, {"sku": {"name": "Premium"}, "properties": {"anonymousPullEnabled": True}})


@wrong("upgraded", "the tier, and nobody let in")
def only_the_tier(bench: Bench) -> None:
    bench.change(SHOP, {"sku": {"name": "Standard"}})


@wrong("upgraded", "deleted and made anew, with the same images")
def made_anew(bench: Bench) -> None:
    images = {"shop/web:1.0": "web 1.0", "shop/api:1.0": "api 1.0"}
    anew(bench, SHOP, "Standard", images, anonymousPullEnabled=True)


@wrong("upgraded", "an image pushed over the old one on the way", after=SOLVED)
def overwritten(bench: Bench) -> None:
    bench.door(SHOP).push("shop/web:1.0", Image.hello(text="web 2.0\n"))


@wrong("upgraded", "the other image tidied away", after=SOLVED)
def tidied(bench: Bench) -> None:
    bench.door(SHOP).delete_tag("shop/api", "1.0")


@wrong("asked", "guessed from the table, without asking")
def guessed(bench: Bench) -> None:
    tagged(bench, refused="FeatureNotSupported")


@wrong("asked", "the code of another refusal")
def another_code(bench: Bench) -> None:
    with contextlib.suppress(Refused):
        bench.change(SHOP, {"properties": {"anonymousPullEnabled": True}})
    tagged(bench, refused="BadRequest")


@wrong("asked", "Premium bought to get the endpoint", after=SOLVED)
def bought(bench: Bench) -> None:
    bench.change(SHOP, {"sku": {"name": "Premium"}, "properties": {"dataEndpointEnabled": True}})


@wrong("lowered", "what stood against it removed, and left in Premium")
def still_premium(bench: Bench) -> None:
    bench.change(OLD, {"properties": OFF})
    drop_hooks(bench, "deploywest")


@wrong("lowered", "Standard, where the webhooks fit")
def standard(bench: Bench) -> None:
    bench.change(OLD, {"properties": OFF})
    bench.change(OLD, {"sku": {"name": "Standard"}})


@wrong("lowered", "every webhook deleted", after=SOLVED)
def no_bells(bench: Bench) -> None:
    left = bench.rest.arm("GET", path(bench, OLD, "/webhooks"))["value"]
    drop_hooks(bench, *(each["name"] for each in left))


@wrong("lowered", "the admin user switched off as well", after=SOLVED)
def too_much(bench: Bench) -> None:
    bench.change(OLD, {"properties": {"adminUserEnabled": False}})


@wrong("lowered", "deleted and made anew in Basic, with its report")
def old_anew(bench: Bench) -> None:
    anew(bench, OLD, "Basic", {"archive/report:2024": "report 2024"}, adminUserEnabled=True)


@wrong("lowered", "the report lost on the way", after=SOLVED)
def lost(bench: Bench) -> None:
    bench.door(OLD).delete_tag("archive/report", "2024")
