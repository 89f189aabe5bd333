"""The journal: the record of everything that happened, and so the truth a world is folded from."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

Done = Callable[[Exception | None], None]


class JournalFailed(Exception):
    """The journal cannot be opened, read or written. The text is a sentence for a person."""


class Journal(Protocol):
    """An append-only sequence of records. Rewinding adds to it as well: nothing is ever deleted.

    The effective history of a position is the one of the position before it, then its own record;
    that of a rewind is the effective history of where it went. All methods are thread-safe.
    """

    @property
    def position(self) -> int:
        """The last appended record's, 0 when empty. Only ever grows, also over rewinds."""
        ...

    @property
    def durable(self) -> int:
        """Every record up to here survives a crash."""
        ...

    def append(self, record: bytes) -> int:
        """Add one use case's events, all or nothing; return their position. Waits for no disk.

        Raises: JournalFailed, and then nothing was added.
        """
        ...

    def when_durable(self, position: int, done: Done) -> None:
        """Call `done` once the record is durable, or with the reason why it never will be.

        At once if that is known already, else from the journal's own thread: `done` must be quick
        and take no lock that a caller of `flush`, `mark` or `replay` may hold.
        """
        ...

    def flush(self) -> None:
        """Block until everything appended is durable.

        Raises: JournalFailed
        """
        ...

    def replay(self, upto: int | None = None) -> Iterator[tuple[int, bytes]]:
        """The effective history of a position, or of the present, in order.

        Raises: JournalFailed; ValueError for a position that does not exist yet.
        """
        ...

    def mark(self, name: str) -> int:
        """Name the effective present, and return its position once the name is durable.

        Right after a rewind that is the position gone to. A name in use is moved.

        Raises: JournalFailed
        """
        ...

    def marks(self) -> dict[str, int]:
        """Every name and its position, sorted by name."""
        ...

    def unmark(self, name: str) -> None:
        """Forget a name; the records stay. Returns once that is durable.

        Raises: KeyError, JournalFailed
        """
        ...

    def rewind(self, position: int) -> None:
        """Make the effective history that of `position`, by a record of its own. Waits for no disk.

        Positions on abandoned branches stay reachable, so this goes forward as well as back.

        Raises: JournalFailed; ValueError for a position that does not exist yet.
        """
        ...

    def history(self) -> Iterator[tuple[int, bytes]]:
        """Everything ever appended, with what rewinds left behind. A rewind shows as a gap.

        Raises: JournalFailed
        """
        ...

    def close(self) -> None:
        """Make everything durable that can be made so, and let go of the store."""
        ...


class Lineage:
    """Which records are in effect at a position, given every rewind there has been."""

    def __init__(self, rewinds: Iterable[tuple[int, int]] = ()) -> None:
        self._at: list[int] = []  # ascending
        self._to: list[int] = []
        for at, to in rewinds:
            self.rewind(at, to)

    def rewind(self, at: int, to: int) -> None:
        """Note that the record at `at`, later than all others noted, went to `to`."""
        self._at.append(at)
        self._to.append(to)

    def spans(self, position: int) -> list[tuple[int, int]]:
        """The effective history as ranges of positions (after, upto], oldest first.

        No range holds a rewind, and none is empty.
        """
        spans = []
        while position > 0:
            index = bisect_right(self._at, position) - 1
            after, origin = (self._at[index], self._to[index]) if index >= 0 else (0, 0)
            if after < position:
                spans.append((after, position))
            position = origin
        return spans[::-1]

    def origin(self, position: int) -> int:
        """The last record in effect at a position: itself, unless it is a rewind."""
        index = bisect_right(self._at, position) - 1
        while index >= 0 and self._at[index] == position:
            position = self._to[index]
            index = bisect_right(self._at, position) - 1
        return position


def existing(position: int, last: int) -> int:
    """The position itself.

    Raises: ValueError when no record has it yet.
    """
    if not 0 <= position <= last:
        raise ValueError(f"The journal ends at {last}: it has no position {position}.")
    return position
