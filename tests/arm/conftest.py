from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from acrlab.store.keys import KeyRing
from tests.arm.cloud import Cloud


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    """Making RSA keys is the slow part of a world."""
    return KeyRing(None)


@pytest.fixture
def make(tmp_path: Path, keys: KeyRing) -> Iterator[Callable[..., Cloud]]:
    """Makes clouds with options of their own."""
    made: list[Cloud] = []

    def build(**options: Any) -> Cloud:
        cloud = Cloud(tmp_path / str(len(made)), keys=keys, **options)
        made.append(cloud)
        return cloud

    yield build
    for cloud in made:
        cloud.world.journal.close()
        cloud.world.blobs.close()


@pytest.fixture
def bare(make: Callable[..., Cloud]) -> Cloud:
    """A new world."""
    return make()


@pytest.fixture
def cloud(bare: Cloud) -> Cloud:
    """A world with the group lab."""
    assert bare.group().status == 201
    return bare
