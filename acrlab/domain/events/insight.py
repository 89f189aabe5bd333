"""What was counted of a registry that is no change of its own."""

from acrlab.domain.events.happening import Happening


class RequestsCounted(Happening, frozen=True):
    """Requests since the last count: by registry and kind, `contoso/pull`, how many in which minute since 1970."""

    counts: dict[str, dict[int, int]]


Insight = RequestsCounted
