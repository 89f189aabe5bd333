"""What a run needs from outside its agent."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from acrlab.agents.protocol import Capabilities, Download, Mount, RemoteFailed
from acrlab.domain.tasks.run import Source


class SecretFailed(Exception):
    """A secret could not be read; the text is what the log says."""


class SourceFailed(RemoteFailed):
    """A context could not be fetched; the text is what the log says."""


class Loan(msgspec.Struct, frozen=True):
    """What a container gets besides what its step says. `network`: another one than the step's."""

    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = {}
    network: str = ""


class Services(Protocol):
    """Given by whoever starts the run. A class that says it is one has `read`, `download`, `clone` and `loan` as they
    are here."""

    def secret(self, keyvault_url: str, client_id: str) -> str:
        """The value of a Key Vault secret. Raises: SecretFailed."""
        ...

    def upload(self, path: str) -> Path:
        """The tar of an uploaded context. Raises: SourceFailed."""
        ...

    def fetch(self, source: Source, target: Path) -> str:
        """Put the content of a git, tar or OCI context into a folder; its commit or nothing. Raises: SourceFailed."""
        ...

    def download(self, url: str, target: Path) -> Download:
        """Put what is behind a URL into a file, for an ADD. Raises: SourceFailed."""
        raise SourceFailed(f'Get "{url}": acrlab: nothing outside is reached from here')

    def clone(self, url: str, token: str, target: Path, *, keep: bool) -> None:
        """Put `URL#ref:folder` into a folder, for an ADD, with its .git where that is kept. Raises: SourceFailed."""
        raise SourceFailed(f"fatal: unable to access '{url}': acrlab: nothing outside is reached from here")

    def acr(self, argv: Sequence[str], log: Callable[[str], None]) -> int:
        """The built-in acr-cli; its exit code."""
        ...

    def read(self, url: str) -> str:
        """The text behind a URL, within two seconds: a file of aliases. Raises: SourceFailed."""
        raise SourceFailed(f'Get "{url}": not emulated: files of aliases by URL')

    def loan(self, able: Capabilities) -> Loan:
        """What a container of azure-cli gets from this machine: az where there is one, and a way to Azure."""
        return Loan()
