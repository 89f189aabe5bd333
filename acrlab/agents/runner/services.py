"""What a run needs from outside its agent."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from acrlab.domain.tasks.run import Source


class SecretFailed(Exception):
    """A secret could not be read; the text is what the log says."""


class SourceFailed(Exception):
    """A context could not be fetched; the text is what the log says."""


class Services(Protocol):
    """Given by whoever starts the run."""

    def secret(self, keyvault_url: str, client_id: str) -> str:
        """The value of a Key Vault secret. Raises: SecretFailed."""
        ...

    def upload(self, path: str) -> Path:
        """The tar of an uploaded context. Raises: SourceFailed."""
        ...

    def fetch(self, source: Source, target: Path) -> str:
        """Put the content of a git, tar or OCI context into a folder; its commit or nothing. Raises: SourceFailed."""
        ...

    def acr(self, argv: Sequence[str], log: Callable[[str], None]) -> int:
        """The built-in acr-cli; its exit code."""
        ...
