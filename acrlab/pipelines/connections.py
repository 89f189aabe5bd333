"""Connections as the executor uses them: a service principal and its secret."""

from typing import Any, NamedTuple

from acrlab.client import running
from acrlab.client.control import ControlRefused


class Connection(NamedTuple):
    """A service connection of Azure Pipelines, or a credential of Jenkins."""

    name: str
    login_server: str
    user: str
    secret: str
    tenant: str
    subscription: str


class Connections:
    """Those of the emulator that this process belongs to, each asked for once."""

    def __init__(self) -> None:
        self._known: dict[str, Connection | None] = {}

    def find(self, name: str) -> Connection | None:
        """A connection by its name."""
        if name.lower() not in self._known:
            self._known[name.lower()] = self._asked(name)
        return self._known[name.lower()]

    def _asked(self, name: str) -> Connection | None:
        try:
            found: dict[str, Any] = running.control().connection(name)
        except ControlRefused:
            return None
        return Connection(
            found["name"], found["loginServer"], found["appId"], found["secret"], found["tenant"], found["subscription"]
        )
