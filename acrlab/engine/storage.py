"""The storage account behind ACR Tasks: uploaded contexts, and logs that grow while they are read."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from acrlab.domain.errors import NotEmulated


class Writer(Protocol):
    """A blob being received. Any one thread at a time."""

    def write(self, chunk: bytes | memoryview) -> None:
        """Append a chunk. Raises: OSError."""
        ...

    def commit(self) -> None:
        """Put it in place, instead of what was there. Raises: OSError."""
        ...

    def abort(self) -> None:
        """Throw it away."""
        ...


class Storage(Protocol):
    """Blobs by name: letters, digits, dashes and slashes. Thread-safe."""

    def writer(self, name: str) -> Writer:
        """A blob that is received. Raises: OSError."""
        ...

    def join(self, name: str, parts: Sequence[str]) -> None:
        """Put a blob together from others, which are consumed. Raises: OSError."""
        ...

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a blob, which need not exist. It outlives this process once this returns.

        Raises: OSError.
        """
        ...

    def finish(self, name: str) -> None:
        """Nothing more is appended for now."""
        ...

    def size(self, name: str) -> int | None:
        """Units: bytes. None when there is none."""
        ...

    def path(self, name: str) -> str:
        """Where it is, or would be, on this machine's disk."""
        ...

    def delete(self, name: str) -> None:
        """Drop a blob, or everything below a name; one that is not there is none."""
        ...

    def names(self, below: str) -> Iterator[tuple[str, float]]:
        """Every blob below a name, and when it last changed, in epoch seconds."""
        ...


class NoStorage:
    """The account of a world that was given none."""

    def _refuse(self, *_: object) -> NotEmulated:
        return NotEmulated(what="ACR Tasks in a world without a storage account")

    def writer(self, name: str) -> Writer:
        raise self._refuse()

    def join(self, name: str, parts: Sequence[str]) -> None:
        raise self._refuse()

    def append(self, name: str, data: bytes) -> None:
        raise self._refuse()

    def finish(self, name: str) -> None:
        return None

    def size(self, name: str) -> int | None:
        return None

    def path(self, name: str) -> str:
        raise self._refuse()

    def delete(self, name: str) -> None:
        return None

    def names(self, below: str) -> Iterator[tuple[str, float]]:
        return iter(())
