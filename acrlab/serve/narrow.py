"""A door to one host only: whatever a client names there, it is this one that it reaches."""

from collections.abc import Callable

import msgspec

from acrlab.serve.asgi import App
from acrlab.wire.http import Answer, Request


class OneHost:
    """An App that answers for one of its hosts."""

    def __init__(self, app: App, host: str) -> None:
        self._app, self._host = app, host

    @property
    def version(self) -> int:
        return self._app.version

    def now(self) -> float:
        return self._app.now()

    def count(self, key: str) -> None:
        self._app.count(key)

    def begin(self, head: Request) -> Answer:
        """Answer a head as if it were for that host."""
        return self._app.begin(msgspec.structs.replace(head, host=self._host, authority=self._host))

    def when_durable(self, position: int, done: Callable[[Exception | None], None]) -> None:
        self._app.when_durable(position, done)

    def knows(self, host: str) -> bool:
        return host == self._host

    def azure(self, host: str) -> bool:
        return host == self._host
