"""The ways to confine a process, best first, and what each of them cannot do."""

from collections.abc import Iterator

import msgspec

from acrlab.agents.sandbox import Command


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One way. `ids`: which users there are: "own" (this machine's), "many" (a range of them), "one"."""

    title: str
    ids: str
    jailed: bool = False  # by chroot alone
    lacks: tuple[str, ...] = ()

    @property
    def users(self) -> bool:
        """Whether files and processes can belong to more than one."""
        return self.ids != "one"

    def refused(self, command: Command) -> Iterator[str]:
        """What of a command cannot be had here."""
        if self.jailed:
            others = any(not each.source.is_dir() and not each.source.is_file() for each in command.mounts)
            wants = {
                "sockets of the machine": others,
                'network "none"': command.network == "none",
                "privileged containers": command.privileged,
            }
            yield from (name for name, wanted in wants.items() if wanted)


NAMESPACES = Rung(title="namespaces", ids="own")
MANY = Rung(title="user namespace with many ids", ids="many")
SINGLE = Rung(
    title="user namespace with a single id",
    ids="one",
    lacks=(
        "all files belong to one user: chown, useradd with files of its own, and su to another user fail",
        "USER is a number that the only user is given",
    ),
)
CHROOT = Rung(
    title="chroot",
    ids="own",
    jailed=True,
    lacks=(
        "no /proc and /sys",
        "new files in a volume are seen by others when the container has ended",
        "processes of the machine can be signalled by a container's root",
        "containers share the machine's network: names lead to 127.0.0.1, and two cannot listen at one port",
    ),
)
RUNGS = (NAMESPACES, MANY, SINGLE, CHROOT)
