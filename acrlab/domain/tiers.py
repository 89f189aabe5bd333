"""Tiers: what Basic, Standard and Premium include, and what is said when one does not."""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NoReturn

import msgspec

from acrlab.data import cited, load
from acrlab.domain.errors import Condition

UNLIMITED = -1
CURRENT = "current-2026"
CLASSIC = "exam-classic"
_BYTES = {"count": 1, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


class FeatureNotInTier(Condition):
    """The registry's tier lacks the feature, or its limit is reached.

    Fields: feature, tier, needs (the tiers that would do), code, text, evidence, source, date.
    """

    @property
    def text(self) -> str:
        return str(self.fields["text"])


class Limit(msgspec.Struct, frozen=True):
    """A number a tier sets. Units: `value` in bytes or a count, `stated` in `unit`; -1 is none."""

    name: str
    title: str
    value: int
    stated: int
    unit: str
    resource: str
    source: str
    date: str
    conflict: tuple[str, ...] = ()


class Feature(msgspec.Struct, frozen=True):
    """Something a tier has or lacks. `status` is ga, preview or deprecated."""

    name: str
    title: str
    included: bool
    status: str
    source: str
    date: str
    conflict: tuple[str, ...] = ()


class Rate(msgspec.Struct, frozen=True):
    """A token bucket. Units: requests per minute; `per_identity` None is no such bucket."""

    name: str
    charged_by: tuple[str, ...]
    per_registry: int
    per_identity: int | None
    source: str
    date: str


class Bandwidth(msgspec.Struct, frozen=True):
    """How fast content moves in a direction. Units: megabits a second."""

    direction: str
    megabits: int
    source: str
    date: str
    conflict: tuple[str, ...] = ()

    def seconds(self, size: int) -> float:
        """How long that many bytes take at best."""
        return size * 8 / (self.megabits * 1_000_000)


class Usage(msgspec.Struct, frozen=True, rename="camel"):
    """A row of listUsages, as it goes over the wire."""

    name: str
    limit: int
    current_value: int
    unit: str


class Obstacle(msgspec.Struct, frozen=True):
    """Something to remove before a downgrade: a limit exceeded or a feature the target lacks."""

    name: str
    code: str
    text: str
    evidence: str


class Tier(msgspec.Struct, frozen=True):
    """One tier in one profile."""

    name: str
    limits: Mapping[str, Limit]
    features: Mapping[str, Feature]
    rates: Mapping[str, Rate]
    bandwidths: Mapping[str, Bandwidth]  # upload and download, in a profile that states them

    def includes(self, feature: str) -> bool:
        """Say whether the tier has the feature.

        Raises: KeyError for a feature that the facts do not know.
        """
        return self.features[feature].included

    def limit(self, name: str) -> int:
        """Give a limit. Units: bytes or a count; -1 for none.

        Raises: KeyError for a limit that the facts do not know.
        """
        return self.limits[name].value

    def buckets(self, category: str) -> tuple[Rate, ...]:
        """List the buckets that a route of this throttle category draws from."""
        return tuple(rate for rate in self.rates.values() if category in rate.charged_by)


class Profile(msgspec.Struct, frozen=True):
    """One edition of the facts: `current-2026` or `exam-classic`. Tiers stand from low to high."""

    name: str
    title: str
    as_of: str
    tiers: Mapping[str, Tier]

    def tier(self, name: str) -> Tier:
        """Find a tier by its SKU name; case does not matter.

        Raises: KeyError for anything but Basic, Standard and Premium.
        """
        return self.tiers[name.capitalize()]

    def having(self, feature: str) -> list[str]:
        """List the tiers that have a feature, low to high."""
        return [tier.name for tier in self.tiers.values() if tier.includes(feature)]


def profile(name: str = CURRENT) -> Profile:
    """Give a profile, the same one each time.

    Raises: KeyError for a profile that does not exist.
    """
    return _profile(name)


def require(edition: Profile, tier: str, feature: str) -> None:
    """Pass when the tier has the feature.

    Raises: FeatureNotInTier with the service's code and text; KeyError for an unknown feature.
    """
    held = edition.tier(tier)
    if not held.includes(feature):
        gate = load("tiers")["gate"][feature]
        _refuse(gate, held.name, feature, edition.having(feature))


def require_room(edition: Profile, tier: str, limit: str, held: int) -> None:
    """Pass when one more fits beside `held` of them.

    Raises: FeatureNotInTier with code QuotaExceeded.
    """
    own = edition.tier(tier)
    if not _over(held + 1, own.limit(limit)):
        return
    resource = own.limits[limit].resource
    tiers = edition.tiers.values()
    needs = [each.name for each in tiers if not _over(held + 1, each.limit(limit))]
    _refuse(load("tiers")["quota"], own.name, limit, needs, resource=resource)


def usages(edition: Profile, tier: str, counts: Mapping[str, int]) -> list[Usage]:
    """Make the rows of listUsages; `counts` is by limit name, a missing one counts 0.

    A row shows where the tier's limit is not 0. The size counts as `included_storage`, in bytes.
    Source: recorded for Standard and Premium (2023-12-21); Basic inferred.
    """
    own = edition.tier(tier)
    return [
        Usage(row["name"], own.limit(row["limit"]), counts.get(row["limit"], 0), row["unit"])
        for row in load("tiers")["usage"]
        if own.limit(row["limit"]) != 0
    ]


def downgrade_obstacles(
    edition: Profile, target: str, counts: Mapping[str, int], used: Collection[str] = ()
) -> list[Obstacle]:
    """List what stands against moving to a tier; empty means go ahead.

    `counts` is by limit name, stored bytes under `max_storage`; `used` names features in use.
    Source: container-registry-skus (2026-08-20); the texts are inferred.
    """
    own = edition.tier(target)
    return [*_limit_obstacles(own, counts), *_feature_obstacles(own, used)]


def _limit_obstacles(own: Tier, counts: Mapping[str, int]) -> Iterator[Obstacle]:
    rule = load("tiers")["downgrade"]
    for name in rule["limits"]:
        limit, current = own.limits[name], counts.get(name, 0)
        if _over(current, limit.value):
            words = {"title": limit.title, "current": current, "limit": limit.value}
            text = rule["limit_text"].format(tier=own.name, **words)
            yield Obstacle(name, rule["code"], text, rule["evidence"])


def _feature_obstacles(own: Tier, used: Collection[str]) -> Iterator[Obstacle]:
    rule = load("tiers")["downgrade"]
    for name, feature in own.features.items():
        if name in used and not feature.included:
            text = rule["feature_text"].format(title=feature.title, tier=own.name)
            yield Obstacle(name, rule["code"], text, rule["evidence"])


def _refuse(row: Mapping[str, Any], tier: str, feature: str, needs: list[str], **words: str) -> NoReturn:
    """The one place that raises for a tier."""
    raise FeatureNotInTier(
        feature=feature,
        tier=tier,
        needs=needs,
        code=row["code"],
        text=row["text"].format(tier=tier, **words),
        evidence=row["evidence"],
        **_origin(load("tiers"), row),
    )


def _over(count: int, limit: int) -> bool:
    return limit != UNLIMITED and count > limit


@cache
def _profile(name: str) -> Profile:
    facts = load("tiers")
    row = facts["profile"][name]
    tiers = {each["name"]: _tier(facts, name, each["name"]) for each in facts["tier"]}
    return Profile(name, row["title"], row["as_of"].isoformat(), MappingProxyType(tiers))


def _tier(facts: dict[str, Any], edition: str, tier: str) -> Tier:
    limits = {name: _limit(facts, name, edition, tier) for name in facts["limit"]}
    features = {name: _feature(facts, name, edition, tier) for name in facts["feature"]}
    rates = {row["name"]: _rate(facts, row, tier) for row in facts["rate"] if row["profile"] == edition}
    speeds = {
        row["name"]: Bandwidth(
            row["name"], row["per_registry"][tier], conflict=_conflict(facts, row), **_origin(facts, row)
        )
        for row in facts["bandwidth"] if row["profile"] == edition
    }  # fmt: skip
    return Tier(
        tier, MappingProxyType(limits), MappingProxyType(features), MappingProxyType(rates), MappingProxyType(speeds)
    )


def _limit(facts: dict[str, Any], name: str, edition: str, tier: str) -> Limit:
    row = facts["limit"][name]
    values = _values(row, edition)
    stated = values[tier]
    return Limit(
        name=name,
        title=row["title"],
        value=stated if stated == UNLIMITED else stated * _BYTES[row["unit"]],
        stated=stated,
        unit=row["unit"],
        resource=row.get("resource", name),
        conflict=_conflict(facts, row),
        **_origin(facts, values),
    )


def _feature(facts: dict[str, Any], name: str, edition: str, tier: str) -> Feature:
    row = facts["feature"][name]
    values = _values(row, edition)
    return Feature(
        name=name,
        title=row["title"],
        included=tier in values["tiers"],
        status=values.get("status", row["status"]),
        conflict=_conflict(facts, row),
        **_origin(facts, values),
    )


def _rate(facts: dict[str, Any], row: dict[str, Any], tier: str) -> Rate:
    return Rate(
        name=row["name"],
        charged_by=tuple(row["charged_by"]),
        per_registry=row["per_registry"][tier],
        per_identity=row.get("per_identity", {}).get(tier),
        **_origin(facts, row),
    )


def _values(row: dict[str, Any], edition: str) -> dict[str, Any]:
    values: dict[str, Any] = row["both"] if "both" in row else row[edition]
    return values


def _origin(facts: dict[str, Any], row: Mapping[str, Any]) -> dict[str, str]:
    return dict(zip(("source", "date"), cited(facts, row["source"]), strict=True))


def _conflict(facts: dict[str, Any], row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{each['value']}: {' '.join(cited(facts, each['source']))}" for each in row.get("conflict", ()))
