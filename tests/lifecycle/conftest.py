"""The fixtures of tests/arm, and a registry that is filled through its own data plane."""

from collections.abc import Callable

import pytest

from tests.arm.cloud import Cloud
from tests.arm.conftest import bare, cloud, keys, make  # noqa: F401
from tests.lifecycle.content import Shelf


@pytest.fixture
def shelf(cloud: Cloud) -> Callable[..., Shelf]:  # noqa: F811
    """Creates a registry and gives its content."""

    def create(name: str = "contoso", sku: str = "Premium", **properties: object) -> Shelf:
        made = cloud.registry(name, sku, adminUserEnabled=True, **properties)
        assert made.status == 201, made
        return Shelf(cloud, name)

    return create
