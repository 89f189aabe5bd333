"""Registries outside this world: what import and cache may copy from."""

from collections.abc import Callable, Iterable
from typing import Protocol


class Upstream(Protocol):
    """A public registry, as far as it exists here."""

    def manifest(self, repository: str, reference: str) -> tuple[bytes, str] | None:
        """The bytes and media type under a tag or digest; None where there is none."""
        ...

    def blob(self, repository: str, digest: str) -> Iterable[bytes] | None:
        """The content of a blob in pieces; None where there is none."""
        ...


Upstreams = Callable[[str], Upstream | None]  # by host


def nowhere(host: str) -> Upstream | None:
    """No registry outside exists."""
    return None
