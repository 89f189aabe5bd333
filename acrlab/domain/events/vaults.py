"""What happened inside key vaults. A vault is named by its lower-case ARM id."""

from typing import Any

from acrlab.domain.events.happening import Happening


class VaultItemPut(Happening, frozen=True):
    """A version of a secret or a key was made, or its attributes changed. `kind` is secrets or keys."""

    vault: str
    kind: str
    name: str
    version: str
    facts: dict[str, Any]
    secret: str = ""  # the value; never told


class VaultItemDeleted(Happening, frozen=True):
    """A secret or a key was deleted, all versions of it; it can be recovered."""

    vault: str
    kind: str
    name: str


class VaultItemRecovered(Happening, frozen=True):
    """It is back."""

    vault: str
    kind: str
    name: str


class VaultItemPurged(Happening, frozen=True):
    """It is gone for good."""

    vault: str
    kind: str
    name: str


class VaultClosed(Happening, frozen=True):
    """The vault is gone, with all that was in it."""

    vault: str


Vaults = VaultItemPut | VaultItemDeleted | VaultItemRecovered | VaultItemPurged | VaultClosed
