"""What lab 05 expects of the registries contosolab05 and contosolab05old."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.course.evidence import Exchange
from acrlab.domain import events
from acrlab.tiers.advice import advise

SHOP, OLD = "contosolab05", "contosolab05old"
IMAGES, REPORT = ("shop/web:1.0", "shop/api:1.0"), "archive/report:2024"
WANTED = advise("anonymous pull", stored="200 GiB", webhooks=5)
REFUSAL = "FeatureNotSupported"  # what the service answers to a data endpoint. Source: tiers.toml [gate.data_endpoints]
ROUNDED = 1.0  # USD a month that a price list rounds away


@check(
    "The cheapest tier that does is written down, with its price",
    points=2,
    step=1,
    hints=(
        "Go through the needs one by one: which tiers meet each of them? The cheapest of those that are left is it.",
        "Anonymous pull begins with Standard, five webhooks as well. A month is 365/12 days of the registry's price, "
        "and what lies above the included storage is paid for by the GiB and month.",
        'found = tiers.advise("anonymous pull", stored="200 GiB", webhooks=5)\n'
        'tags = {"tier": found.tier, "usd": f"{found.prices[found.tier]:.2f}"}\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab05", {"tags": tags}).result()',
    ),
)
def chosen(seen: Evidence) -> Iterator[Finding]:
    given = seen.tags(SHOP)
    tier, price = given.get("tier", ""), given.get("usd", "")
    right = tier.lower() == WANTED.tier.lower()
    yield expect(right, "the Azure tag tier names the cheapest one that does", _told(tier))
    number = _number(price)
    close = number is not None and abs(number - WANTED.prices[WANTED.tier]) <= ROUNDED
    yield expect(close, "the Azure tag usd says what it costs a month, storage included", _told(price))


def _told(text: str) -> str:
    return repr(text[:30]) if text else "no tag"


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


@check(
    "contosolab05 has become what was chosen, with everything in it",
    points=3,
    step=2,
    hints=(
        "A tier is a property of a registry that is there. Nothing has to be moved.",
        "az acr update --sku, then az acr update --anonymous-pull-enabled true. The images stay where they are.",
        'registry.upgrade(found.tier)\n'
        'on = {"properties": {"anonymousPullEnabled": True}}\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab05", on).result()',
    ),
)
def upgraded(seen: Evidence) -> Iterator[Finding]:
    body = seen.resource(SHOP)
    sku = body.get("sku", {}).get("name", "")
    yield expect(sku == WANTED.tier, "contosolab05 in the tier that was chosen", sku or "no registry")
    on = body.get("properties", {}).get("anonymousPullEnabled", False)
    yield expect(on, "anonymous pull switched on", "on" if on else "off")
    yield from _kept(seen, SHOP, IMAGES)


def _kept(seen: Evidence, registry: str, images: tuple[str, ...]) -> Iterator[Finding]:
    """What was there is there, in the same registry."""
    before = seen.before.registries.get(registry)
    for image in images:
        name, _, tag = image.partition(":")
        was = before.repositories[name].tags[tag].digest if before is not None and name in before.repositories else ""
        now = seen.digest(registry, image)
        yield never(bool(was) and now != was, f"{image} lost or changed", "another image" if now else "it is gone")
    anew = bool(seen.of(events.RegistryClosed, registry=registry))
    yield never(anew, f"{registry} deleted and made anew", "it was", "a tier changes in place: az acr update --sku")


@check(
    "A data endpoint was asked for, and the answer is written down",
    points=2,
    step=3,
    hints=(
        "Ask the registry, not the documentation: it says no in a word of its own.",
        "az acr update --data-endpoint-enabled true on contosolab05. The code stands before the message. "
        "Do not buy a tier to get rid of the refusal.",
        "try:\n"
        '    change = {"properties": {"dataEndpointEnabled": True}}\n'
        '    cloud.arm.registries.begin_update(lab.group, "contosolab05", change).result()\n'
        "except HttpResponseError as refusal:\n"
        '    noted = {**registry.properties.tags, "refused": refusal.error.code}\n'
        '    cloud.arm.registries.begin_update(lab.group, "contosolab05", {"tags": noted}).result()',
    ),
)
def asked(seen: Evidence) -> Iterator[Finding]:
    given = seen.tags(SHOP).get("refused", "")
    yield expect(given == REFUSAL, "the Azure tag refused holds the code of the refusal", _told(given))
    refusals = [each for each in seen.exchanges if _is_change(each) and each.status == 400]
    told = "refused" if refusals else "none was asked"
    yield expect(bool(refusals), "a change of contosolab05 that was refused", told)
    tiers = {body["sku"]["name"] for body in seen.resources_put(SHOP)}
    yield never("Premium" in tiers, "contosolab05 in Premium at any time", "it was", "a refusal is the answer here")


def _is_change(each: Exchange) -> bool:
    return each.method in ("PUT", "PATCH") and each.path.lower().endswith(f"/registries/{SHOP}")


@check(
    "contosolab05old has come down to Basic, with its report",
    points=3,
    step=4,
    hints=(
        "Try it: the refusal lists everything that stands against it, all at once.",
        "Switch off the data endpoint and the retention policy, delete webhooks until two are left. Then --sku Basic.",
        'off = {"properties": {"dataEndpointEnabled": False,\n'
        '    "policies": {"retentionPolicy": {"status": "disabled"}}}}\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab05old", off).result()\n'
        'cloud.arm.webhooks.begin_delete(lab.group, "contosolab05old", "deploywest").result()\n'
        'old.upgrade("Basic")',
    ),
)
def lowered(seen: Evidence) -> Iterator[Finding]:
    body = seen.resource(OLD)
    sku = body.get("sku", {}).get("name", "")
    yield expect(sku == "Basic", "contosolab05old in Basic", sku or "no registry")
    hooks = len(seen.state.inside(seen.registry(OLD).resource, "webhooks")) if seen.registry(OLD) else 0  # type: ignore[union-attr]
    yield expect(hooks == 2, "as many of its webhooks as Basic takes", f"{hooks} webhooks")
    admin = body.get("properties", {}).get("adminUserEnabled", False)
    yield never(not admin, "anything switched off that did not stand against it", "the admin user is off")
    yield from _kept(seen, OLD, (REPORT,))
