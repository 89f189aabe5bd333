"""What a registry costs a month against what it stores and where, drawn."""

from collections.abc import Iterator, Sequence

from acrlab.course.bars import Bar, Bars
from acrlab.domain import amounts, billing
from acrlab.domain.tiers import CURRENT, Profile, profile

SIZES = ("10 GiB", "100 GiB", "300 GiB", "500 GiB", "1 TiB")


def costs(
    stored: str | int | Sequence[str | int] = SIZES, regions: int | Sequence[int] = 1, edition: str = CURRENT
) -> Bars:  # fmt: skip
    """A month of every tier that can do it, for each amount of storage and number of regions.

    Units: USD a month, without what has no known price: the storage of further regions.
    Raises: ValueError for an amount that is none; KeyError for a profile that does not exist.
    """
    facts = profile(edition)
    sizes = [amounts.stored(each) for each in ([stored] if isinstance(stored, str | int) else stored)]
    places = [regions] if isinstance(regions, int) else list(regions)
    bars = [bar for size in sizes for count in places for bar in _group(facts, size, count, len(places) > 1)]
    return Bars("A month, USD", bars)


def _group(facts: Profile, size: int, regions: int, tell: bool) -> Iterator[Bar]:
    """One amount of storage: a bar for each tier, the cheapest marked."""
    able = [tier for tier in facts.tiers if regions == 1 or facts.tiers[tier].includes("geo_replication")]
    prices = {tier: billing.monthly(facts, tier, size, regions) for tier in able}
    least = min(prices.values())
    where = f", {regions} region{'s' if regions > 1 else ''}" if tell else ""
    for tier, price in prices.items():
        mark = ", cheapest" if price == least and len(prices) > 1 else ""
        yield Bar(f"{amounts.shown(size)}{where}, {tier}{mark}", price, f"{price:.2f}")
