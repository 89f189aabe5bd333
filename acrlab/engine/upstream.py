"""Registries outside this world: what import and cache may copy from."""

from collections.abc import Callable, Iterable
from typing import Protocol


class Upstream(Protocol):
    """A public registry, as far as it exists here."""

    def prepare(self, repository: str) -> None:
        """Do what may take long before a repository can be read. Never under a world's lock. Raises: OSError."""
        ...

    def manifest(self, repository: str, reference: str) -> tuple[bytes, str] | None:
        """The bytes and media type under a tag or digest; None where there is none. Raises: Unready."""
        ...

    def foreign(self, repository: str, platform: str) -> tuple[bytes, str] | None:
        """A manifest for os/architecture[/variant] that no index lists; None where there is none.

        May take long: never under a world's lock. Raises: OSError.
        """
        ...

    def blob(self, repository: str, digest: str) -> Iterable[bytes] | None:
        """The content of a blob in pieces; None where there is none."""
        ...


class Unready(Exception):
    """Something has to be done first: whoever holds the world's lock gives it up, prepares, and begins again.

    `prepare` may raise OSError, or a condition.
    """

    def __init__(self, prepare: Callable[[], None]) -> None:
        super().__init__()
        self.prepare = prepare


Upstreams = Callable[[str], Upstream | None]  # by host


def nowhere(host: str) -> Upstream | None:
    """No registry outside exists."""
    return None
