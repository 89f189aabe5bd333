"""Every command of `az acr`: the table of what becomes of each names them all, and what it refuses is refused."""

import json
import subprocess

import pytest

from acrlab.client import az_commands
from tests.peers.test_az import Az
from tests.peers.test_azure_sdk import SCRIPTS

pytestmark = pytest.mark.peers

GROUP = "commands"


@pytest.fixture(scope="module")
def az(az) -> Az:
    az.json("acr", "create", "--resource-group", GROUP, "--name", "commandspeer", "--sku", "Premium")
    return az


def test_the_table_names_every_command_and_no_other(az):
    python = az.tool.path.with_name("python")
    done = subprocess.run(
        [python, SCRIPTS / "az_commands.py"], env=az.env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    known = json.loads(done.stdout)
    print(f"{len(known)} commands")
    assert known == sorted(row.operation for row in az_commands.rows())
