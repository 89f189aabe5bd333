"""A push: commands, then a pack; and the report of what became of each command.

Source: gitprotocol-pack(5), Pushing Data To a Server.
"""

from typing import BinaryIO

import msgspec

from acrlab.domain.hosting import NOTHING, is_sha
from acrlab.domain.hosting_errors import HostedRefused
from acrlab.engine.hosting import pushes
from acrlab.engine.hosting.objects import Objects
from acrlab.engine.hosting.pushes import Examined, Move
from acrlab.wire.git.lines import DATA, FLUSH, PROGRESS, Reader, band, line

MOST_MOVES = 5000  # refs of one push; inferred, no published figure
LONGEST_LINE = 4096  # bytes of a command


class Push(msgspec.Struct):
    """What a request of git-receive-pack asks for; the pack begins at `start` of the file."""

    moves: list[Move]
    capabilities: set[str]
    start: int

    @property
    def has_pack(self) -> bool:
        """Whether objects have to come along."""
        return any(not each.deletes for each in self.moves)


def read(file: BinaryIO) -> Push:
    """The commands of a push. Raises: HostedRefused."""
    moves: list[Move] = []
    capabilities: set[str] = set()
    for found in Reader(file).until(FLUSH):
        text, _, more = found.decode(errors="replace").partition("\0")
        if not moves:
            capabilities = set(more.split())
        old, _, rest = text.partition(" ")
        new, _, ref = rest.partition(" ")
        if not is_sha(old) or not is_sha(new) or not ref or len(found) > LONGEST_LINE or old == new == NOTHING:
            raise HostedRefused(reason=f"protocol error: expected old/new/ref, got {text[:120]!r}")
        moves.append(Move(old, new, ref))
        if len(moves) > MOST_MOVES:
            raise HostedRefused(reason=f"more than {MOST_MOVES} refs in one push")
    return Push(moves, capabilities, file.tell())


def unpack(push: Push, objects: Objects, file: str) -> list[Examined]:
    """Take the objects in, and look at what the moves mean. Raises: HostedRefused, HostedTooLarge."""
    if push.has_pack:
        objects.accept(file, push.start)
    return pushes.examine(objects, push.moves)


def report(push: Push, verdicts: dict[str, str], unpacked: str = "ok", remark: str = "") -> bytes:
    """What became of it, as far as the client wants to know; a remark is shown after `remote:`."""
    if "report-status" not in push.capabilities:
        return b""
    bands = "side-band-64k" in push.capabilities
    said = band(PROGRESS, f"{remark}\n".encode()) if bands and remark else b""
    told = [line(f"unpack {unpacked}\n")]
    for move in push.moves:
        wrong = verdicts.get(move.ref, "")
        told.append(line(f"ng {move.ref} {wrong}\n" if wrong else f"ok {move.ref}\n"))
    whole = b"".join([*told, FLUSH])
    return said + band(DATA, whole) + FLUSH if bands else whole
