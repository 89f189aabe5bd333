"""pkt-lines: four hexadecimal digits of length, and what they are the length of. Source: gitprotocol-common(5)."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from acrlab.domain.hosting_errors import HostedRefused

FLUSH, DELIM, END = b"0000", b"0001", b"0002"
LONGEST = 65516  # bytes of payload
BAND = 65515  # bytes beside the number of the side band
DATA, PROGRESS, ERROR = 1, 2, 3


def line(text: str | bytes) -> bytes:
    """One line."""
    data = text.encode() if isinstance(text, str) else text
    return b"%04x%s" % (len(data) + 4, data)


def band(number: int, data: bytes) -> bytes:
    """Data on a side band, in as many lines as it takes."""
    pieces = (data[at : at + BAND] for at in range(0, len(data), BAND))
    return b"".join(line(bytes([number]) + piece) for piece in pieces)


class Reader:
    """Reads lines; a mark comes as FLUSH, DELIM or END."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self) -> bytes | None:
        """The next line without its end, or a mark; None at the end. Raises: HostedRefused."""
        head = self._file.read(4)
        if not head:
            return None
        try:
            length = int(head, 16) if head.isalnum() else -1
        except ValueError:
            length = -1
        if head in (FLUSH, DELIM, END):
            return head
        if not 4 <= length <= LONGEST + 4 or len(head) < 4:
            raise HostedRefused(reason=f"protocol error: bad line length character: {head.decode(errors='replace')}")
        data = self._file.read(length - 4)
        if len(data) < length - 4:
            raise HostedRefused(reason="the remote end hung up unexpectedly")
        return b"\n" if not data else data.removesuffix(b"\n") or b"\n"

    def until(self, *marks: bytes) -> Iterator[bytes]:
        """The lines before a mark, or before the end. Raises: HostedRefused."""
        while (found := self.read()) is not None and found not in marks:
            yield found


class Sideband:
    """Gathers what is written and sends it on the band of data."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write, self._waiting, self._size = write, [b""], 0

    def write(self, data: bytes) -> None:
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= BAND:
            self.flush()

    def flush(self) -> None:
        self._write(band(DATA, b"".join(self._waiting)))
        self._waiting, self._size = [], 0
