"""The cheapest tier that meets a list of needs, and the reason of each."""

import difflib
from collections.abc import Iterator
from typing import Any

import msgspec

from acrlab.client.display import Table
from acrlab.domain import amounts, billing
from acrlab.domain.tiers import CURRENT, UNLIMITED, Profile, profile

# What a number may be asked of, by the name of the argument: a rate of tiers.toml, in requests a minute.
_RATES = {
    "reads": ("DataplaneRead", "ReadOps"), "writes": ("DataplaneWrite", "WriteOps"),
    "deletes": ("DataplaneDelete", "WriteOps"),
}  # fmt: skip


class Reason(msgspec.Struct, frozen=True):
    """One need, the tiers that meet it, and what says so."""

    need: str
    tiers: tuple[str, ...]
    because: str
    source: str


class Advice(msgspec.Struct, frozen=True):
    """The cheapest tier that meets every need; "" where none does. `prices` in USD a month, by tier that would do."""

    tier: str
    prices: dict[str, float]
    reasons: tuple[Reason, ...]

    def table(self) -> Table:
        """Need by need."""
        names = list(profile().tiers)
        rows = [
            (each.need, *("yes" if name in each.tiers else "–" for name in names), each.because, each.source)
            for each in self.reasons
        ]
        return Table(("need", *names, "because", "source"), tuple(rows), self._title(), self._note())

    def _title(self) -> str:
        if not self.tier:
            return "No tier meets all of this"
        return f"{self.tier}: {self.prices[self.tier]:.2f} USD a month"

    def _note(self) -> str:
        dearer = [f"{name} {price:.2f}" for name, price in self.prices.items() if name != self.tier]
        lacking = [
            f"{name} lacks {', '.join(each.need for each in self.reasons if name not in each.tiers)}."
            for name in profile().tiers
            if name not in self.prices
        ]
        also = [f"It would also be: {', '.join(dearer)} USD."] if dearer else []
        return " ".join([*also, *lacking])

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()


def advise(
    *needs: str, stored: str | int = 0, regions: int = 1, edition: str = CURRENT, **numbers: int
) -> Advice:  # fmt: skip
    """The cheapest tier for features (`"private link"`), storage, regions and numbers (`webhooks=11, reads=12000`).

    Numbers are those of the limits (webhooks, tokens, scope_maps, ip_rules …) and reads, writes and deletes a minute.
    Raises: ValueError for a need that the facts do not know; it names the nearest ones.
    """
    facts = profile(edition)
    size = amounts.stored(stored)
    reasons = (
        *(_feature(facts, need) for need in needs),
        *_regions(facts, regions),
        *_storage(facts, size),
        *(_number(facts, name, count) for name, count in numbers.items()),
    )
    able = [name for name in facts.tiers if all(name in each.tiers for each in reasons)]
    prices = {name: billing.monthly(facts, name, size, regions) for name in able}
    return Advice(min(able, key=lambda name: prices[name], default=""), prices, reasons)


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _feature(facts: Profile, need: str) -> Reason:
    known = next(iter(facts.tiers.values())).features
    spelled = {_plain(word): name for name, each in known.items() for word in (name, each.title)}
    close = difflib.get_close_matches(_plain(need), spelled, 1, 0.85)
    name = spelled[close[0]] if close else None
    if name is None:
        near = difflib.get_close_matches(_plain(need), spelled, 3, 0.4)
        known_names = ", ".join(dict.fromkeys(spelled[each].replace("_", " ") for each in near)) or ", ".join(known)
        raise ValueError(f"{need!r} is no feature that the facts know: {known_names}")
    found = known[name]
    status = "" if found.status == "ga" else f" ({found.status})"
    return Reason(found.title, tuple(facts.having(name)), f"a feature{status}", f"{found.source}, {found.date}")


def _regions(facts: Profile, regions: int) -> Iterator[Reason]:
    if regions > 1:
        found = next(iter(facts.tiers.values())).features["geo_replication"]
        having = tuple(facts.having("geo_replication"))
        yield Reason(f"{regions} regions", having, "geo-replication", f"{found.source}, {found.date}")


def _storage(facts: Profile, size: int) -> Iterator[Reason]:
    if not size:
        return
    able = tuple(name for name, tier in facts.tiers.items() if size <= tier.limit("max_storage"))
    included = {name: tier.limits["included_storage"] for name, tier in facts.tiers.items()}
    words = ", ".join(f"{limit.stated}" for limit in included.values())
    origin = next(iter(included.values()))
    because = f"{words} {origin.unit} are included, more is paid for"
    yield Reason(f"{amounts.shown(size)} stored", able, because, f"{origin.source}, {origin.date}")


def _number(facts: Profile, name: str, count: int) -> Reason:
    if name in _RATES:
        return _rate(facts, name, count)
    known = next(iter(facts.tiers.values())).limits
    if name not in known or known[name].unit != "count":
        counted = [each for each, limit in known.items() if limit.unit == "count"]
        raise ValueError(f"{name!r} is nothing that is counted: {', '.join((*counted, *_RATES))}")
    found, values = known[name], {tier: each.limit(name) for tier, each in facts.tiers.items()}
    able = tuple(tier for tier, value in values.items() if value == UNLIMITED or count <= value)
    words = ", ".join("none" if value == UNLIMITED else str(value) for value in values.values())
    return Reason(f"{count} × {found.title.lower()}", able, f"limits: {words}", f"{found.source}, {found.date}")


def _rate(facts: Profile, name: str, count: int) -> Reason:
    named = next(rate for rate in _RATES[name] if rate in next(iter(facts.tiers.values())).rates)
    rates = {tier: each.rates[named] for tier, each in facts.tiers.items()}
    able = tuple(tier for tier, rate in rates.items() if count <= rate.per_registry)
    found = next(iter(rates.values()))
    words = ", ".join(str(rate.per_registry) for rate in rates.values())
    return Reason(f"{count} {name} a minute", able, f"limits: {words}", f"{found.source}, {found.date}")
