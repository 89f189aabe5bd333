"""Throttling: token buckets per category, registry and identity, on the world's clock.

What is left in them is no state: it is not in the journal, and a restart fills them.
Source: container-registry-skus (2026-08-20): continuous refill, one bucket per category; a referrers list charges two;
anonymous callers are one identity, the admin user's two passwords are one. exam-classic: the table of 2022.
"""

import math
from typing import TYPE_CHECKING

import msgspec

from acrlab.domain import tiers
from acrlab.domain.access import Principal
from acrlab.domain.errors import TooManyRequests
from acrlab.engine.state import Registry

if TYPE_CHECKING:
    from acrlab.engine.world import World

MINUTE = 60.0  # seconds a bucket takes to fill
WINDOW = 60.0  # seconds that an emptied bucket stays shut; inferred from the documented example, 60 then 50
MOST_BUCKETS = 10_000  # remembered at once; the longest unused one is forgotten, which is to fill it


class Bucket(msgspec.Struct):
    """One bucket. `level` in requests, `at` and `shut` (until when nothing passes) in epoch seconds."""

    capacity: float
    level: float
    at: float
    shut: float = 0.0

    def refill(self, now: float) -> None:
        """Let in what has flowed since the last look."""
        self.level = min(self.capacity, self.level + max(now - self.at, 0.0) * self.capacity / MINUTE)
        self.at = now


class Buckets:
    """Every bucket of a world that was ever drawn from."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, ...], Bucket] = {}

    def take(self, world: "World", registry: Registry, principal: Principal, category: str) -> None:
        """Draw one request from all buckets of a category; from none when one of them is empty.

        Raises: TooManyRequests.
        """
        resource = world.state.resources.get(registry.resource.lower())
        if resource is None:
            return
        tier, now = str(resource.body["sku"]["name"]), world.now()
        found = [
            (name, self._bucket(key, capacity, now))
            for rate in tiers.profile(world.state.profile).tier(tier).buckets(category)
            for name, key, capacity in _drawn(rate, registry, principal)
        ]
        for name, bucket in found:
            bucket.refill(now)
            if bucket.shut <= now and bucket.level < 1:
                bucket.shut = now + WINDOW
            if bucket.shut > now:
                raise _refusal(name, bucket, tier, bucket.shut - now)
        for _, bucket in found:
            bucket.level -= 1

    def left(self, world: "World", registry: Registry) -> dict[str, float]:
        """What is left of each rate of a registry now, in requests; a bucket that was never drawn from is full."""
        resource = world.state.resources.get(registry.resource.lower())
        if resource is None:
            return {}
        rates = tiers.profile(world.state.profile).tier(resource.body["sku"]["name"]).rates.values()
        return {
            each.name: self._level(_home(each.name, registry), each.per_registry, world.now()) for each in rates
        }

    def _level(self, key: tuple[str, ...], capacity: int, now: float) -> float:
        bucket = self._held.get(key)
        if bucket is None or bucket.capacity != capacity:
            return float(capacity)
        bucket.refill(now)
        return 0.0 if bucket.shut > now else bucket.level

    def _bucket(self, key: tuple[str, ...], capacity: int, now: float) -> Bucket:
        bucket = self._held.pop(key, None)
        if bucket is None or bucket.capacity != capacity:  # a change of tier is a new bucket
            bucket = Bucket(capacity, capacity, now)
        self._held[key] = bucket
        if len(self._held) > MOST_BUCKETS:
            del self._held[next(iter(self._held))]
        return bucket


def _drawn(rate: tiers.Rate, registry: Registry, principal: Principal) -> list[tuple[str, tuple[str, ...], int]]:
    """The buckets of one rate: the registry's, and the caller's where the rate has one."""
    whole = f"{rate.name} of the registry {registry.name}"
    home = _home(rate.name, registry)
    found: list[tuple[str, tuple[str, ...], int]] = [(whole, home, rate.per_registry)]
    if rate.per_identity is not None:
        own = f"{rate.name} of {principal.kind} {principal.name} on the registry {registry.name}"
        found.append((own, (*home, principal.kind, principal.id), rate.per_identity))
    return found


def _home(rate: str, registry: Registry) -> tuple[str, ...]:
    return registry.name, str(registry.created), rate


def _refusal(name: str, bucket: Bucket, tier: str, left: float) -> TooManyRequests:
    refusal = TooManyRequests(headers=[("retry-after", str(math.ceil(left)))])
    refusal.why(
        f"the bucket {name} is empty: tier {tier} has {bucket.capacity:.0f} requests a minute",
        f"it opens again in {math.ceil(left)} seconds of the world's clock",
    )
    return refusal
