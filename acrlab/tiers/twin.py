"""The tier twin: the same work as Basic, Standard and Premium, in a world of its own each time, laid side by side."""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from azure.core.exceptions import AzureError

from acrlab.client import durations
from acrlab.client.cloud import Cloud
from acrlab.client.display import Table
from acrlab.domain.tiers import CURRENT, profile
from acrlab.engine import billing
from acrlab.engine.throttling import Buckets
from acrlab.tiers import rehearsal
from acrlab.tiers.aside import Aside

if TYPE_CHECKING:
    from acrlab.emulator import Emulator

Work = Callable[[Cloud, str], Mapping[str, Any] | None]
MONTH = 30 * 86400.0  # seconds that are billed after the work
_BEGIN = "twin"  # the snapshot that each tier begins at
_ASKING = ("the request carries no credential",)  # how every client asks for its challenge: no refusal of anything


class Run(msgspec.Struct, frozen=True):
    """One tier. `found` is what the work told, `lost` seconds that clients waited, `billed` USD for a month of it."""

    tier: str
    found: dict[str, str]
    refused: dict[str, int]
    throttled: int
    lost: float
    billed: float
    ended: str = ""


class Twin(msgspec.Struct, frozen=True):
    """The tiers side by side."""

    runs: tuple[Run, ...]
    days: float

    def table(self) -> Table:
        """A column for each tier: what the work told, what was refused, throttled and billed."""
        names = dict.fromkeys(name for run in self.runs for name in run.found)
        rows = [(name, *(run.found.get(name, "–") for run in self.runs)) for name in names]
        rows += [(name, *(tell(run) for run in self.runs)) for name, tell in _TOLD.items()]
        rows.append((f"billed, {self.days:g} days", *(f"{run.billed:.2f} USD" for run in self.runs)))
        if any(run.ended for run in self.runs):
            rows.append(("ended by", *(run.ended or "–" for run in self.runs)))
        return Table(("", *(run.tier for run in self.runs)), tuple(rows), "The same work in each tier")

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()


def _refusals(run: Run) -> str:
    return ", ".join(f"{code} × {count}" if count > 1 else code for code, count in run.refused.items()) or "nothing"


def _throttled(run: Run) -> str:
    return f"{run.throttled} ×, {durations.words(run.lost)} lost" if run.throttled else "never"


_TOLD: dict[str, Callable[[Run], str]] = {"refused": _refusals, "throttled": _throttled}


def twin(
    work: Work | str | Path, *, edition: str = CURRENT, of: Cloud | None = None, tiers: Sequence[str] = (),
    days: float = 30.0,
) -> Twin:  # fmt: skip
    """Do the same work as each tier, and lay side by side what was refused, throttled and billed.

    `work` is a function of a cloud and a tier, which may return what it found; or a notebook, whose TIER is set in
    the cell tagged `parameters` and whose cells tagged `twin` tell. Each tier begins in the same world: an empty one,
    or with `of` a fork of that cloud's. Requests are counted against the tier's rates, and waiting costs lab time only.
    Raises: KeyError for a tier or a profile that does not exist.
    """
    wanted = [profile(edition).tier(name).name for name in tiers or profile(edition).tiers]
    from acrlab.emulator import Emulator

    with tempfile.TemporaryDirectory(prefix="acrlab-twin-") as folder:
        data = _forked(of, Path(folder) / "world")
        emulator = Emulator(data=data, sealed=True, clock="autojump", profile=edition, throttling=True)
        try:
            emulator.world.snapshot(_BEGIN)
            do = work if callable(work) else rehearsal.of(Path(work), emulator)
            return Twin(tuple(_run(emulator, do, tier, days) for tier in wanted), days)
        finally:
            emulator.stop()


def _forked(cloud: Cloud | None, folder: Path) -> Path | None:
    if cloud is None:
        return None
    cloud._controls().fork(str(folder))
    return folder


def _run(emulator: "Emulator", work: Work, tier: str, days: float) -> Run:
    """One tier, from the same beginning as all; afterwards the world is as it was."""
    world, app = emulator.world, emulator.app
    world.buckets = Buckets()
    world.refusals.clear()
    app.exchanges.clear()
    began, ended, found = world.now(), "", dict[str, str]()
    with Aside(emulator) as cloud:
        try:
            found = {name: str(value) for name, value in (work(cloud, tier) or {}).items()}
        except (AzureError, rehearsal.Stopped) as error:
            ended = _sentence(error)
    throttled = sum(each.status == 429 for each in app.exchanges)
    lost, refused = world.now() - began, _counted(world.refusals)
    world.advance(days * 86400.0)
    billed = sum(billing.bill(world, each).total for each in billing.accounts(world))
    world.restore(_BEGIN)
    return Run(tier, found, refused, throttled, lost if throttled else 0.0, billed, ended)


def _counted(refusals: Any) -> dict[str, int]:
    """Refusals by their code, without what is no answer to a wish: challenges, what is not there, waiting."""
    codes = (
        each.code for each in refusals if each.status not in (404, 429) and not set(_ASKING) & set(each.because)
    )  # fmt: skip
    return dict(Counter(codes))


def _sentence(error: Exception) -> str:
    return str(getattr(getattr(error, "error", None), "code", "") or str(error).splitlines()[0])
