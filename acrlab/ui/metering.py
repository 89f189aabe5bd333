"""What a registry uses of what its tier allows, and what it costs: the figures behind the tier meter."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from acrlab.client.cloud import Cloud
from acrlab.client.display import size, word
from acrlab.client.registry import Registry
from acrlab.data import load
from acrlab.domain import billing
from acrlab.domain.tiers import CURRENT, UNLIMITED, Profile, profile

STORAGE, COUNTS, RATES = "storage", "limits", "requests a minute"
_STORED = ("included_storage", "max_storage")


class Gauge(msgspec.Struct, frozen=True):
    """One thing that a tier limits. `used` None: nobody counts it here. `limits` by tier; -1 is no limit, 0 is nothing.

    Units: bytes for storage, else a count.
    """

    group: str
    title: str
    used: float | None
    limits: dict[str, int]
    source: str

    def told(self, value: float | None) -> str:
        """A value of it for people."""
        if value is None:
            return "not counted"
        return size(int(value)) if self.group == STORAGE else f"{value:,.0f}".replace(",", " ")

    def allowed(self, tier: str) -> str:
        """What a tier allows."""
        limit = self.limits[tier]
        named = {UNLIMITED: "no limit", 0: "none"}
        return named.get(limit) or self.told(limit)

    def share(self, tier: str) -> float | None:
        """How much of a tier's limit is used; None where there is no limit, or nothing is counted."""
        limit = self.limits[tier]
        if self.used is None or limit == UNLIMITED or not (limit or self.used):
            return None
        return self.used / limit if limit else 1.0


class Costs(msgspec.Struct, frozen=True):
    """What one tier costs. `so_far` None: the cloud's bills are not ours to read. Units: USD."""

    tier: str
    monthly: float | None
    so_far: float | None = None
    lines: tuple[dict[str, Any], ...] = ()
    unpriced: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()


class Reading(msgspec.Struct, frozen=True):
    """A registry as its meters stand now. `days` are those of the bill, on the lab's clock."""

    registry: str
    tier: str
    edition: str
    gauges: tuple[Gauge, ...]
    costs: tuple[Costs, ...]
    days: float | None
    counted: bool

    @property
    def facts(self) -> Profile:
        """The facts that it is held against."""
        return profile(self.edition)

    def gains(self, tier: str) -> tuple[list[str], list[str]]:
        """The features that another tier has beyond this one, and those that it lacks."""
        own, other = (self.facts.tier(each).features for each in (self.tier, tier))
        more = [each.title for name, each in other.items() if each.included and not own[name].included]
        return more, [each.title for name, each in own.items() if each.included and not other[name].included]


def edition_of(cloud: Cloud) -> str:
    """The facts that a cloud works by; Azure's are today's."""
    return str(cloud.emulator.status()["profile"]) if cloud.emulated else CURRENT


def reading(cloud: Cloud, registry: Registry, edition: str) -> Reading:
    """Read the meters. Raises: azure.core.exceptions; KeyError for a profile that does not exist."""
    facts, tier = profile(edition), word(registry.properties.sku.name)
    used = {row["limit"]: value for row, value in _usages(registry)}
    left = cloud.emulator.rates(registry.name) if cloud.emulated else {}
    gauges = (*_storage(facts, used), *_counts(facts, used), *_rates(facts, tier, left))
    stored, away = int(used.get("included_storage", 0)), int(used.get("replications", 0))
    costs = tuple(_costs(cloud, registry, facts, each, stored, away + 1) for each in facts.tiers)
    days = _days(cloud, registry) if cloud.emulated else None
    return Reading(registry.name, tier, edition, gauges, costs, days, bool(left))


def _usages(registry: Registry) -> Iterator[tuple[Mapping[str, Any], float]]:
    """What the cloud itself counts, by the rows of the facts."""
    rows = {row["name"].lower(): row for row in load("tiers")["usage"]}
    for each in registry.usage():
        row = rows.get(word(each.name).lower())
        if row is not None:
            yield row, float(each.current_value or 0)


def _storage(facts: Profile, used: Mapping[str, float]) -> Iterator[Gauge]:
    for name in _STORED:
        yield _gauge(facts, STORAGE, name, used.get("included_storage", 0.0))


def _counts(facts: Profile, used: Mapping[str, float]) -> Iterator[Gauge]:
    """What listUsages leaves out is not in the tier, and there is none of it."""
    names = (row["limit"] for row in load("tiers")["usage"] if row["limit"] not in _STORED)
    return (_gauge(facts, COUNTS, name, used.get(name, 0.0)) for name in names)


def _gauge(facts: Profile, group: str, name: str, used: float) -> Gauge:
    known = {tier.name: tier.limits[name] for tier in facts.tiers.values()}
    first = next(iter(known.values()))
    limits = {tier: each.value for tier, each in known.items()}
    return Gauge(group, first.title, used, limits, f"{first.source}, {first.date}")


def _rates(facts: Profile, tier: str, left: Mapping[str, float]) -> Iterator[Gauge]:
    for name, rate in facts.tier(tier).rates.items():
        limits = {each.name: each.rates[name].per_registry for each in facts.tiers.values()}
        used = max(rate.per_registry - left[name], 0.0) if name in left else None
        yield Gauge(RATES, name, used, limits, f"{rate.source}, {rate.date}")


def _costs(cloud: Cloud, registry: Registry, facts: Profile, tier: str, stored: int, regions: int) -> Costs:
    able = regions == 1 or facts.tier(tier).includes("geo_replication")
    monthly = billing.monthly(facts, tier, stored, regions) if able else None
    if not cloud.emulated:
        return Costs(tier, monthly)
    own = tier == registry.tier
    bill = cloud.emulator.bill(registry.name, "" if own else tier)
    return Costs(
        tier, monthly, bill["total"], tuple(bill["lines"]), tuple(bill["unpriced"]), tuple(bill["obstacles"])
    )  # fmt: skip


def _days(cloud: Cloud, registry: Registry) -> float:
    bill = cloud.emulator.bill(registry.name)
    return float(bill["until"] - bill["since"]) / billing.DAY
