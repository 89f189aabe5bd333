"""What a registry costs: meters with their prices, and the bill of what it was and held over time.

Source: tiers.toml [[price]]: list prices of US regions, as third parties quote them; a price that is not known is none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from acrlab.data import cited, load
from acrlab.domain.tiers import Profile

DAY = 86400.0  # seconds
MONTH = 365 / 12 * DAY  # seconds; storage is priced by the month
GIB = 2**30  # what the limits page calls a GiB and the meter a GB


class Price(msgspec.Struct, frozen=True):
    """What one unit of a meter costs in a tier, in USD; None is not known. `free` units a month cost nothing."""

    name: str
    meter: str
    unit: str
    amount: float | None
    free: float
    confidence: str
    source: str
    date: str


class Span(msgspec.Struct, frozen=True):
    """A stretch of time in which nothing changed. `stored` in bytes, `regions` beside the home region."""

    seconds: float
    tier: str
    stored: int
    regions: int


class Line(msgspec.Struct, frozen=True):
    """One line of a bill. `amount` in USD, None where the price is not known."""

    name: str
    meter: str
    quantity: float
    unit: str
    price: float | None
    amount: float | None


class Bill(msgspec.Struct, frozen=True):
    """What a registry has cost. Times are epoch seconds; `total` leaves out what has no known price."""

    registry: str
    tier: str
    since: float
    until: float
    lines: tuple[Line, ...]
    total: float
    unpriced: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()  # what stands against the tier that was asked after


@cache
def price(name: str, tier: str) -> Price:
    """The price of a meter in a tier. Raises: StopIteration for a meter that the facts do not know."""
    facts = load("tiers")
    row: dict[str, Any] = next(each for each in facts["price"] if each["name"] == name)
    source, date = cited(facts, row["source"])
    return Price(
        name, row["meter"].format(tier=tier), row["unit"], row.get("amount", {}).get(tier),
        row.get("free_per_month", 0.0), row["confidence"], source, date,
    )  # fmt: skip


def lines(edition: Profile, spans: Sequence[Span], worked: Mapping[str, float] = {}) -> tuple[Line, ...]:
    """The lines of a bill, tier by tier. `worked` is vCPU seconds of tasks by month; each month has its free ones.

    Part of a day costs that part of its price (inferred). A replica holds what the registry holds.
    Source: container-registry-skus (2026-08-20): registry by the day, storage above what is included by GiB and day.
    """
    found: list[Line] = []
    for tier in dict.fromkeys(span.tier for span in spans):
        found.extend(_of_tier(edition, tier, [span for span in spans if span.tier == tier]))
    if worked and spans:
        task = price("task_vcpu_second", spans[-1].tier)
        charged = sum(max(seconds - task.free, 0.0) for seconds in worked.values())
        found.append(_line(task, charged, f"vCPU s above {task.free:g} a month"))
    return tuple(found)


def _of_tier(edition: Profile, tier: str, spans: Sequence[Span]) -> Iterator[Line]:
    included = edition.tier(tier).limit("included_storage")
    yield _line(price("registry_unit", tier), sum(span.seconds for span in spans) / DAY, "days")
    above = sum(max(span.stored - included, 0) / GIB * span.seconds for span in spans) / MONTH
    if above:
        yield _line(price("extra_storage", tier), above, "GiB months")
    away = sum(span.regions * span.seconds for span in spans) / DAY
    if away:
        yield _line(price("geo_replica", tier), away, "days")
        stored = sum(span.regions * span.stored / GIB * span.seconds for span in spans) / MONTH
        yield _line(price("geo_replica_storage", tier), stored, "GiB months")


def _line(priced: Price, quantity: float, unit: str) -> Line:
    amount = None if priced.amount is None else quantity * priced.amount
    return Line(priced.name, priced.meter, quantity, unit, priced.amount, amount)


def total(found: Iterable[Line]) -> float:
    """What the lines with a known price come to, in USD."""
    return sum(each.amount for each in found if each.amount is not None)


def unpriced(found: Iterable[Line]) -> tuple[str, ...]:
    """The meters that were used and have no known price."""
    return tuple(each.meter for each in found if each.amount is None and each.quantity)


def monthly(edition: Profile, tier: str, stored: int, regions: int = 1) -> float:
    """What a registry of a tier costs in a month with that many bytes, in that many regions, in USD."""
    return total(lines(edition, [Span(MONTH, tier, stored, regions - 1)]))
