"""`az` with a login and a resource group of its own, for each file of this folder."""

import contextlib
from collections.abc import Iterator

import pytest

from acrlab.agents import engines
from tests.peers.cloud import LOCATION, Cloud
from tests.peers.lanes import not_run
from tests.peers.test_az import Az


@pytest.fixture(scope="module")
def az(request, cloud, tmp_path_factory) -> Az:
    """A file names its group in GROUP, and in PROGRAM another `az` than the newest."""
    program = Az(cloud, tmp_path_factory.mktemp("azure"), getattr(request.module, "PROGRAM", "az"))
    program.sign_in()
    program.json("group", "create", "--name", request.module.GROUP, "--location", LOCATION)
    return program


@contextlib.contextmanager
def building(folders: pytest.TempPathFactory, group: str, name: str, sku: str) -> Iterator[Az]:
    """An emulator of its own whose engine runs processes, with one registry."""
    found = engines.engine().probe()
    if not found.run:
        not_run(f"no engine that runs processes: {'; '.join(found.reasons)}")
    with Cloud.open(folders.mktemp("home")) as cloud:
        program = Az(cloud, folders.mktemp("azure"))
        program.sign_in()
        program.json("group", "create", "--name", group, "--location", LOCATION)
        program.json("acr", "create", "--resource-group", group, "--name", name, "--sku", sku)
        yield program
