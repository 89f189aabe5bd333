"""One key ring for all: making RSA keys is the only slow thing here."""

from pathlib import Path

import pytest

from acrlab.store.keys import KeyRing
from tests.identity.lab import Lab


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    return KeyRing(None)


@pytest.fixture(scope="session")
def foreign_keys() -> KeyRing:
    """The keys of somebody else's emulator."""
    return KeyRing(None)


@pytest.fixture
def lab(tmp_path: Path, keys: KeyRing) -> Lab:
    return Lab(tmp_path, keys)
