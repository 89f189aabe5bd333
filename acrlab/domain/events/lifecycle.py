"""Content that comes back, goes for good, or waits to be let in."""

from acrlab.domain.events.happening import Happening


class ManifestRestored(Happening, frozen=True):
    """A soft-deleted manifest is back, under one tag or none."""

    registry: str
    repository: str
    digest: str
    tag: str = ""


class DeletedPurged(Happening, frozen=True):
    """What was soft-deleted in a repository until `before` (epoch seconds) is gone for good."""

    registry: str
    repository: str
    before: float


class QuarantineDecided(Happening, frozen=True):
    """A quarantined manifest was let through, or not. `details` is what a scanner said, as text."""

    registry: str
    repository: str
    digest: str
    state: str
    details: str = ""


Lifecycle = ManifestRestored | DeletedPurged | QuarantineDecided
