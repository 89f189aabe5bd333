"""What a builder and a container need of the machine: a process that believes a folder to be its root."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from acrlab.agents.protocol import Capabilities, Mount, Sink


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A process to start. `user` is numeric by now: uid, gid, further groups. Targets of `mounts` are absolute."""

    root: Path  # the unpacked file system, of one process at a time; what it writes stays there
    argv: tuple[str, ...]
    environment: Mapping[str, str] = {}
    workdir: str = "/"
    user: tuple[int, int, tuple[int, ...]] = (0, 0, ())
    mounts: tuple[Mount, ...] = ()
    # By path, of files that are not root's where this process can give nothing away; None: files have their owners.
    # A sandbox with users gives them for the time of the process, and brings it up to date at the end.
    owners: dict[str, tuple[int, int]] | None = None
    name: str = ""  # by which the other containers of its network find it
    hostname: str = ""
    hosts: Mapping[str, str] = {}  # name -> address, for /etc/hosts
    network: str = ""  # of the run; empty: that of all that name none; "host": that of the machine; "none"
    privileged: bool = False
    architecture: str = ""  # of its programs, as images call it; empty: that of the machine
    cpus: float = 0  # processors it may use; 0: all


def foreign(able: Sequence[str]) -> str:
    """Why a program of another platform does not run, and what would help."""
    more = "static QEMU (Debian: apt-get install qemu-user-static) would let it run others"
    return f"this machine runs {', '.join(able)}; {more}"


class Process(Protocol):
    """A process that was started."""

    # Files below its root that were put aside for its time, and are back: nothing but their times has changed.
    restored: frozenset[str]

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code (128 + n for signal n), or None when it still runs. Units: seconds."""
        ...

    def kill(self) -> None:
        """End it and all it started."""
        ...


class Sandbox(Protocol):
    """One way to confine a process; `capabilities.rung` says which. Leaves no trace of its own mounts in the root."""

    capabilities: Capabilities

    def start(self, command: Command, sink: Sink) -> Process:
        """Start it; what it prints goes to `sink`. Raises: EngineFailed."""
        ...

    def network(self, name: str, *, create: bool) -> None:
        """Create or remove a network that containers of this run share. Raises: EngineFailed."""
        ...

    def close(self) -> None:
        """End every process and network."""
        ...
