"""The HTTP requests behind a block of Python."""

import re
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from acrlab.client.control import Control
from acrlab.client.display import Listing, short

_OWN = "/_acrlab/"
_SIGN_IN = ("/oauth2/", "/v2.0/", "/common/discovery/")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHOWN = ("digest",)  # parameters of a query worth a reader's time

COLUMNS = {
    "method": lambda each: each["method"],
    "host": lambda each: each["host"],
    "path": lambda each: each["path"],
    "status": lambda each: str(each["status"]),
}


class Exchanges(Listing[dict[str, Any]]):
    """Requests and their answers, in order: dicts with method, host, path and status."""

    def __init__(self, items: Iterable[dict[str, Any]] = (), *, title: str = "") -> None:
        super().__init__(items, COLUMNS, title=title, empty="no requests")

    @property
    def signed_in(self) -> "Exchanges":
        """Those that are about the registry itself: no challenges, no tokens."""
        kept = (each for each in self if each["status"] != 401 and not any(part in each["path"] for part in _SIGN_IN))
        return Exchanges(kept)

    def first(self, count: int) -> "Exchanges":
        """The first of them."""
        return Exchanges(self[:count])


class Recording(Exchanges):
    """`with cloud.requests() as log:` — filled when the block ends.

    Source: nothing of Azure's; the emulator keeps its last 5000 exchanges.
    """

    def __init__(self, control: Control) -> None:
        super().__init__()
        self._control = control

    def __enter__(self) -> Self:
        self._control.requests()  # leaves a mark: its own entry
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seen = [_exchange(each) for each in self._control.requests()]
        marks = [place for place, each in enumerate(seen) if each["path"].startswith(f"{_OWN}requests")]
        since = seen[marks[-1] + 1 if marks else 0 :]
        self[:] = [each for each in since if not each["path"].startswith(_OWN)]


def _exchange(found: dict[str, Any]) -> dict[str, Any]:
    url = urlsplit(found["url"])
    path = _path(url.path, url.query)
    return {"method": found["method"], "host": url.hostname, "path": path, "status": found["status"]}


def _path(path: str, query: str) -> str:
    """A path without what differs from one run to the next."""
    shown = [each for each in query.split("&") if each.partition("=")[0] in _SHOWN]
    whole = unquote(path) + (f"?{unquote('&'.join(shown))}" if shown else "")
    return _UUID.sub("{id}", _DIGEST.sub(lambda found: short(found[0]), whole))
