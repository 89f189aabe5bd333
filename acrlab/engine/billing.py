"""The cost meter: what every registry of this world was and held, for how long, read from the journal."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from acrlab.domain import billing, events, tiers
from acrlab.domain.billing import Bill, Span
from acrlab.domain.tasks.shapes import CPU
from acrlab.engine import fold, registries
from acrlab.engine.state import Registry, State

if TYPE_CHECKING:
    from acrlab.engine.world import World


class Account(msgspec.Struct):
    """One registry from its opening to its end, or to now. Times are epoch seconds."""

    registry: str
    resource: str
    opened: float
    closed: float = 0.0
    stays: dict[tuple[str, int, int], float] = {}  # (tier, bytes, further regions) -> seconds
    worked: dict[str, float] = {}  # month -> vCPU seconds of tasks
    regions: int = 0
    tier: str = ""  # the last one

    def spans(self, tier: str = "", regions: int | None = None) -> list[Span]:
        """What there was, oldest first; or what it would have been in another tier, in that many further regions."""
        return [
            Span(seconds, tier or own, stored, away if regions is None else min(away, regions))
            for (own, stored, away), seconds in self.stays.items()
        ]


class _Ledger:
    """Accounts, kept while the history is played once more."""

    def __init__(self) -> None:
        self.state, self.clock = State(), 0.0
        self.accounts: list[Account] = []
        self._open: dict[str, Account] = {}

    def until(self, moment: float) -> None:
        """Let time pass for what is open."""
        span, self.clock = moment - self.clock, max(self.clock, moment)
        if span <= 0:
            return
        for name, account in self._open.items():
            registry = self.state.registries[name]
            account.tier = _tier(self.state, registry)
            stay = (account.tier, registry.stored, account.regions)
            account.stays[stay] = account.stays.get(stay, 0.0) + span

    def happen(self, event: events.Event) -> None:
        """Let an event happen, at its time."""
        self.until(event.at)
        if isinstance(event, events.RegistryClosed):
            self._open.pop(event.registry).closed = event.at
        if isinstance(event, events.RunEnded):
            self._work(event)
        fold.apply(self.state, event)
        if isinstance(event, events.RegistryOpened):
            self._open[event.registry] = account = Account(event.registry, event.resource, event.at)
            self.accounts.append(account)
        if isinstance(event, events.ResourcePut | events.ResourceDeleted) and "/replications/" in event.id.lower():
            for account in self._open.values():
                account.regions = _regions(self.state, account.resource)

    def _work(self, event: events.RunEnded) -> None:
        run = self.state.resources.get(event.id.lower())
        account = self._open.get(event.id.lower().partition("/registries/")[2].partition("/")[0])
        if run is None or account is None:
            return
        cpu = (run.body["properties"].get("agentConfiguration") or {}).get("cpu") or CPU
        month = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m")
        account.worked[month] = account.worked.get(month, 0.0) + cpu * event.seconds


def _tier(state: State, registry: Registry) -> str:
    resource = state.resources.get(registry.resource.lower())
    return str(resource.body["sku"]["name"]) if resource is not None else "Basic"


def _regions(state: State, resource: str) -> int:
    """Further regions: the home region's replication, where one is shown, is none."""
    home = state.resources[resource.lower()].body["location"]
    found = state.inside(resource, "replications")
    return sum(each.id.rpartition("/")[2].lower() != home for each in found)


def accounts(world: "World") -> list[Account]:
    """Every registry that there has been in the present history, by its opening."""
    ledger = _Ledger()
    with world.lock:
        for event in world.events():
            ledger.happen(event)
        ledger.until(world.now())
    return ledger.accounts


def bill(world: "World", account: Account, tier: str = "") -> Bill:
    """The bill of a registry so far; with `tier`, what the same would have come to there.

    Raises: KeyError for anything but Basic, Standard and Premium.
    """
    edition = tiers.profile(world.state.profile)
    wanted = edition.tier(tier) if tier else None
    only = 0 if wanted is not None and not wanted.includes("geo_replication") else None
    spans = account.spans(wanted.name if wanted is not None else "", only)
    found = billing.lines(edition, spans, account.worked)
    until = account.closed or world.now()
    stands = _obstacles(world, account, edition, wanted.name) if wanted is not None else ()
    return Bill(
        account.registry, wanted.name if wanted is not None else account.tier, account.opened, until, found,
        billing.total(found), billing.unpriced(found), stands,
    )  # fmt: skip


def _obstacles(world: "World", account: Account, edition: tiers.Profile, tier: str) -> tuple[str, ...]:
    """What the registry is or has that the tier does not take."""
    registry = world.state.registries.get(account.registry)
    if registry is None or registry.resource != account.resource or account.closed:
        return ()
    properties = registries.properties(world, registry)
    held = registries.counts(world, registry, properties)
    return tuple(each.text for each in tiers.downgrade_obstacles(edition, tier, held, registries.in_use(properties)))
