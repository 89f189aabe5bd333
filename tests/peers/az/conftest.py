"""`az` with a login and a resource group of its own, for each file of this folder."""

import pytest

from tests.peers.cloud import LOCATION
from tests.peers.test_az import Az


@pytest.fixture(scope="module")
def az(request, cloud, tmp_path_factory) -> Az:
    """A file names its group in GROUP, and in PROGRAM another `az` than the newest."""
    program = Az(cloud, tmp_path_factory.mktemp("azure"), getattr(request.module, "PROGRAM", "az"))
    program.sign_in()
    program.json("group", "create", "--name", request.module.GROUP, "--location", LOCATION)
    return program
