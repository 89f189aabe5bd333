"""The networks of a run: who is on them, at which address, and the /etc/hosts by which they find each other."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from acrlab.agents.confine.way_out import WayOut
from acrlab.agents.protocol import EngineFailed

LENGTH = 16
_LOCAL = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
_UNREACHABLE = "# no name server on this network; containers are found by /etc/hosts\n"
_MOST = 200  # networks of a run, and 250 * 250 addresses on each


class Member(msgspec.Struct):
    """A container on a network."""

    names: tuple[str, ...]
    address: str
    extra: str  # lines of its /etc/hosts that are its own
    hosts: Path
    tell: Callable[[str], None]  # a line for its log


class Network:
    """One network. `namespace` is an open file, -1 where containers share the machine's network.

    `strangers` do not know each other by name, as on docker's default bridge.
    """

    def __init__(
        self, number: int, namespace: int, way_out: WayOut | None = None, *, strangers: bool = False
    ) -> None:  # fmt: skip
        self.namespace, self._prefix, self.way_out = namespace, f"172.{17 + number % _MOST}", way_out
        self._strangers = strangers
        self._members: dict[str, Member] = {}
        self._last = 0
        self._lock = threading.Lock()

    @property
    def gateway(self) -> str:
        """The address of the bridge."""
        return f"{self._prefix}.0.1"

    def join(self, key: str, names: tuple[str, ...], extra: str, hosts: Path, tell: Callable[[str], None]) -> str:
        """Give a container its address, and tell the others. Raises: EngineFailed."""
        with self._lock:
            self._last += 1
            if self._last > 250 * 250:
                raise EngineFailed("no available IPv4 addresses on this network's address pools")
            high, low = divmod(self._last, 250)
            address = f"{self._prefix}.{high}.{low + 1}" if self.namespace >= 0 else "127.0.0.1"
            self._members[key] = Member(names, address, extra, hosts, tell)
            self._write()
        return address

    def leave(self, key: str) -> None:
        """Its name is no longer found."""
        with self._lock:
            if self._members.pop(key, None):
                self._write()

    def tell(self, address: str, line: str) -> None:
        """Say something in the log of the container that has this address."""
        with self._lock:
            found = next((each for each in self._members.values() if each.address == address), None)
        if found:
            found.tell(line)

    def close(self) -> None:
        """It is gone with the last of its containers."""
        if self.way_out:
            self.way_out.close()
        if self.namespace >= 0:
            os.close(self.namespace)

    def _write(self) -> None:
        """Into the same files: they are mounted."""
        everybody = "".join(map(_line, self._members.values()))
        for each in self._members.values():
            each.hosts.write_text(_LOCAL + each.extra + (_line(each) if self._strangers else everybody))


def _line(member: Member) -> str:
    return f"{member.address}\t{' '.join(member.names)}\n"


def alone(extra: str, *, shares: bool) -> str:
    """The /etc/hosts of a container on no network of the run; one on the machine's network knows its names."""
    own = Path("/etc/hosts")
    known = own.read_text(errors="replace") if shares and own.exists() else _LOCAL
    return known + ("" if known.endswith("\n") else "\n") + extra


def resolvers(*, shares: bool, server: str = "") -> str:
    """The /etc/resolv.conf of a container; `server` answers for a network with a way out."""
    if server:
        return f"nameserver {server}\n"
    own = Path("/etc/resolv.conf")
    return own.read_text(errors="replace") if shares and own.exists() else _UNREACHABLE
