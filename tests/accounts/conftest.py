from collections.abc import Iterator

import pytest

from tests.accounts.account import Account
from tests.arm.cloud import Cloud
from tests.arm.conftest import bare, cloud, keys, make  # noqa: F401


@pytest.fixture
def account(cloud: Cloud) -> Iterator[Account]:  # noqa: F811
    found = Account(cloud)
    assert found.made.status == 200
    yield found
    found.close()
