"""What the tiers are, as tables and bars: every number is read from the facts that the emulator works by."""

from acrlab.client.display import Table
from acrlab.course.bars import Bar, Bars
from acrlab.data import cited, load
from acrlab.domain import amounts
from acrlab.domain.tiers import CLASSIC, CURRENT, UNLIMITED, Limit, Profile, Tier, profile

CALENDAR = 365 / 12  # days of a month
_YES, _NO = "yes", "–"


def limits(edition: str = CURRENT) -> Table:
    """Every limit of the three tiers, in one profile. Raises: KeyError for a profile that does not exist."""
    found = profile(edition)
    rows = tuple(
        (limit.title, *(shown(tier.limits[name]) for tier in found.tiers.values()), f"{limit.source}, {limit.date}")
        for name, limit in _first(found).limits.items()
    )
    return Table(("limit", *found.tiers, "source"), rows, f"Limits: {found.title} ({found.name})")


def features(edition: str = CURRENT) -> Table:
    """Every feature and the tiers that have it."""
    found = profile(edition)
    rows = tuple(
        (
            feature.title,
            *(_YES if tier.includes(name) else _NO for tier in found.tiers.values()),
            _status(feature.status),
        )
        for name, feature in _first(found).features.items()
    )
    return Table(("feature", *found.tiers, ""), rows, f"Features: {found.title} ({found.name})")


def rates(edition: str = CURRENT) -> Table:
    """Requests a minute for each registry."""
    found = profile(edition)
    rows = tuple(
        (name, *(str(tier.rates[name].per_registry) for tier in found.tiers.values())) for name in _first(found).rates
    )
    return Table(("requests a minute", *found.tiers), rows, f"Request rates: {found.title} ({found.name})")


def transfers(stored: str = "1 GiB", edition: str = CLASSIC) -> Table:
    """How long content takes at a tier's bandwidth, where a profile states one. Raises: ValueError for no amount."""
    found, size = profile(edition), amounts.stored(stored)
    rows = tuple(
        (tier.name, name, f"{speed.megabits} Mbps", f"{speed.seconds(size):.0f} s", f"{speed.source}, {speed.date}")
        for tier in found.tiers.values() for name, speed in tier.bandwidths.items()
    )  # fmt: skip
    doubts = {text for tier in found.tiers.values() for speed in tier.bandwidths.values() for text in speed.conflict}
    note = " ".join(sorted(doubts)) if rows else f"The profile {edition} states no bandwidth."
    return Table(("tier", "direction", "bandwidth", stored, "source"), rows, f"Moving {stored} ({edition})", note)


def changes() -> Table:
    """What study material of 2022 says otherwise."""
    old, new = profile(CLASSIC), profile(CURRENT)
    rows: list[tuple[str, ...]] = [
        (limit.title, tier, shown(old.tiers[tier].limits[name]), shown(limit))
        for tier in new.tiers for name, limit in new.tiers[tier].limits.items()
        if limit.value != old.tiers[tier].limits[name].value
    ]  # fmt: skip
    rows += [
        (feature.title, tier, *(_YES if each.tiers[tier].includes(name) else _NO for each in (old, new)))
        for tier in new.tiers for name, feature in new.tiers[tier].features.items()
        if feature.included != old.tiers[tier].includes(name)
    ]  # fmt: skip
    return Table(("what", "tier", old.name, new.name), tuple(sorted(rows)), "What changed between the two profiles")


def prices() -> Table:
    """What is billed, as far as it is known."""
    rows = tuple(
        (
            row["meter"].replace("{tier} ", ""),
            *(_money(row.get("amount", {}).get(tier)) for tier in profile().tiers),
            row["unit"],
            row["confidence"],
            ", ".join(cited(load("tiers"), row["source"])),
        )
        for row in load("tiers")["price"]
    )  # fmt: skip
    return Table(("meter", *profile().tiers, "unit", "confidence", "source"), rows, "Prices, USD, US regions")


def monthly() -> Bars:
    """What a registry costs a month before anything is stored above what is included."""
    row = next(each for each in load("tiers")["price"] if each["name"] == "registry_unit")
    bars = [Bar(tier, day * CALENDAR, f"{day * CALENDAR:.2f} USD") for tier, day in row["amount"].items()]
    return Bars("A registry for a month", bars)


def compared(limit: str) -> Bars:
    """One limit, in three tiers and both profiles. Raises: KeyError for a limit that the facts do not know."""
    both = [profile(name) for name in (CLASSIC, CURRENT)]
    same = all(both[0].tiers[tier].limit(limit) == both[1].tiers[tier].limit(limit) for tier in both[0].tiers)
    bars = [_bar(edition, tier, limit, same) for edition in both[same:] for tier in edition.tiers]
    return Bars(both[1].tier("Basic").limits[limit].title, bars)


def shown(limit: Limit) -> str:
    """A limit for people."""
    if limit.value == UNLIMITED:
        return "no limit"
    return f"{limit.stated:,}".replace(",", " ") + ("" if limit.unit == "count" else f" {limit.unit}")


def _bar(edition: Profile, tier: str, limit: str, same: bool) -> Bar:
    found = edition.tiers[tier].limits[limit]
    return Bar(tier if same else f"{tier}, {edition.name}", found.value, shown(found))


def _first(edition: Profile) -> Tier:
    return next(iter(edition.tiers.values()))


def _status(status: str) -> str:
    return "" if status == "ga" else status


def _money(amount: float | None) -> str:
    return _NO if amount is None else f"{amount:.4f}"
