"""Wrong answers to lab 01."""

from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong

REGISTRY = "contosolab01"
WEB = Image.hello(text="web 1.0.0\n")


def pushed(bench: Bench, reference: str, image: Image) -> None:
    bench.registry(REGISTRY, adminUserEnabled=False)
    bench.door(REGISTRY).push(reference, image)


@wrong("registry", "Premium, to be on the safe side")
def premium(bench: Bench) -> None:
    bench.registry(REGISTRY, tier="Premium")


@wrong("registry", "the admin user switched on for a moment", after=SOLVED)
def admin_for_a_moment(bench: Bench) -> None:
    for on in (True, False):
        bench.change(REGISTRY, {"properties": {"adminUserEnabled": on}})


@wrong("registry", "the right name in another resource group")
def elsewhere(bench: Bench) -> None:
    group = f"{bench.lab.group}-mine"
    bench.rest.arm("PUT", f"/resourceGroups/{group}", {"location": "westeurope"}, version="2021-04-01")
    bench.registry(REGISTRY, group=group)


@wrong("web", "an image for another processor")
def arm(bench: Bench) -> None:
    pushed(bench, "shop/web:1.0.0", Image.hello("linux/arm64"))


@wrong("web", "without the folder in front")
def bare(bench: Bench) -> None:
    pushed(bench, "web:1.0.0", WEB)


@wrong("web", "tag 1.0 instead of 1.0.0")
def short_tag(bench: Bench) -> None:
    pushed(bench, "shop/web:1.0", WEB)


@wrong("platforms", "one image for one platform")
def one_image(bench: Bench) -> None:
    pushed(bench, "shop/api:2.1.0", Image.hello())


@wrong("platforms", "an index that lists amd64 only")
def half_an_index(bench: Bench) -> None:
    pushed(bench, "shop/api:2.1.0", Image.index([Image.hello()]))


@wrong("platforms", "an index that lists arm64 only")
def other_half(bench: Bench) -> None:
    pushed(bench, "shop/api:2.1.0", Image.index([Image.hello("linux/arm64")]))


@wrong("platforms", "two tags instead of an index")
def two_tags(bench: Bench) -> None:
    pushed(bench, "shop/api:2.1.0-amd64", Image.hello())
    pushed(bench, "shop/api:2.1.0-arm64", Image.hello("linux/arm64"))


@wrong("tags", "built again for each tag")
def built_again(bench: Bench) -> None:
    for tag in ("1.0.0", "1.0", "1"):
        pushed(bench, f"shop/web:{tag}", Image.hello(text=f"web {tag}\n"))


@wrong("tags", "only 1.0")
def only_one(bench: Bench) -> None:
    pushed(bench, "shop/web:1.0.0", WEB)
    bench.door(REGISTRY).tag("shop/web", "1.0.0", "1.0")


@wrong("tags", "only 1")
def only_the_other(bench: Bench) -> None:
    pushed(bench, "shop/web:1.0.0", WEB)
    bench.door(REGISTRY).tag("shop/web", "1.0.0", "1")


@wrong("tags", "a second image pushed and the tags moved back", after=SOLVED)
def second_image(bench: Bench) -> None:
    bench.door(REGISTRY).push("shop/web:1", Image.hello(text="another\n"))
    bench.door(REGISTRY).tag("shop/web", "1.0.0", "1")


@wrong("promoted", "built again for production", after=SOLVED)
def rebuilt(bench: Bench) -> None:
    bench.door(REGISTRY).push("prod/shop/web:1.0.0", Image.hello(text="web 1.0.0 for production\n"))


@wrong("promoted", "under the tag latest")
def latest(bench: Bench) -> None:
    pushed(bench, "shop/web:1.0.0", WEB)
    pushed(bench, "prod/shop/web:latest", WEB)


@wrong("promoted", "to another repository")
def misplaced(bench: Bench) -> None:
    pushed(bench, "shop/web:1.0.0", WEB)
    pushed(bench, "prod/web:1.0.0", WEB)


@wrong("pinned", "the tag instead of the digest", after=SOLVED)
def by_tag(bench: Bench) -> None:
    bench.change(REGISTRY, {"tags": {"pinned": "1.0.0"}})


@wrong("pinned", "the digest of the config", after=SOLVED)
def by_config(bench: Bench) -> None:
    assert WEB.config is not None
    bench.change(REGISTRY, {"tags": {"pinned": WEB.config.digest}})


@wrong("pinned", "on the registry as another tag", after=SOLVED)
def misspelled(bench: Bench) -> None:
    bench.change(REGISTRY, {"tags": {"pin": WEB.digest}})
