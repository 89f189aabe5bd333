"""The official SDKs in programs of their own, pointed here by environment variables alone."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import acrlab
from acrlab.client import az_commands, coverage
from tests.peers import tools
from tests.peers.cloud import GROUP, Cloud
from tests.peers.lanes import not_run

pytestmark = pytest.mark.peers

SCRIPTS = Path(__file__).parent / "scripts"
SECONDS = 120
ARM_SCOPE = "https://management.azure.com/.default"
ACR_SCOPE = "https://containerregistry.azure.net/.default"


def program(script: str, *arguments: str, env: dict[str, str], python: str = sys.executable):
    """Runs a script to its end and gives the JSON that it printed."""
    done = subprocess.run(
        [python, "-W", "error", str(SCRIPTS / script), *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def preview() -> str:
    """The Python that has the preview of the management SDK, which az 2.91 uses."""
    try:
        return str(tools.venv("mgmt-preview") / ("python.exe" if sys.platform == "win32" else "python"))
    except tools.Missing as missing:
        not_run(f"azure-mgmt-containerregistry preview: {missing}")


USAGES = [["ScopeMaps", "Count"], ["Size", "Bytes"], ["Tokens", "Count"], ["Webhooks", "Count"]]


def check_arm_walk(seen: dict[str, object], name: str) -> None:
    assert seen.pop("usages") == USAGES
    assert seen == {
        "free": True,
        "made": [name, "Basic", "Basic", f"{name}.azurecr.io", "Succeeded"],
        "taken": "AlreadyExists",
        "changed": ["Standard", True, {"by": "patch"}],
        "same": True,
        "in group": True,
        "in subscription": True,
        "user": name,
        "renewed": [True, False],
        "wrong tier": 400,
        "missing": "ResourceNotFound",
        "left": [],
    }


@pytest.mark.parametrize("credential", ["default", "secret"])
def test_arm(credential: str, cloud: Cloud):
    name = f"walk{credential}"
    check_arm_walk(program("arm_walk.py", credential, GROUP, name, env=cloud.env), name)


def test_arm_with_the_preview_sdk(preview: str, cloud: Cloud):
    seen = program("arm_walk.py", "secret", GROUP, "walkpreview", env=cloud.env, python=preview)
    check_arm_walk(seen, "walkpreview")


@pytest.mark.parametrize("credential", ["default", "secret"])
def test_arm_async(credential: str, cloud: Cloud):
    name = f"stroll{credential}"
    assert program("arm_walk_async.py", credential, GROUP, name, env=cloud.env) == {
        "made": [name, "Standard", f"{name}.azurecr.io", "Succeeded"],
        "changed": True,
        "listed": True,
        "user": name,
        "gone": "ResourceNotFound",
    }


@pytest.mark.parametrize("credential", ["default", "secret"])
def test_data_plane(credential: str, cloud: Cloud):
    registry = cloud.registry(f"data{credential}", sku="Standard")
    seen = program("data_walk.py", credential, registry.login_server, "nested/app", env=cloud.env)
    assert seen == {
        "layer": [True, True],
        "again": True,
        "manifest": True,
        "bytes": True,
        "repositories": ["nested/app"],
        "tags": ["v2", "v1"],
        "properties": [True, ["v1", "v2"], True],
        "locked": 405,
        "left": ["v2"],
        "gone": 404,
        "empty": True,
    }


@pytest.mark.parametrize("credential", ["default", "secret"])
def test_data_plane_async(credential: str, cloud: Cloud):
    registry = cloud.registry(f"stream{credential}", sku="Standard")
    seen = program("data_walk_async.py", credential, registry.login_server, "nested/app", env=cloud.env)
    assert seen == {"bytes": True, "tags": ["v1"], "listed": True, "digest": True, "left": False}


@pytest.mark.parametrize(
    ("scope", "audience"),
    [(ARM_SCOPE, "https://management.azure.com"), (ACR_SCOPE, "https://containerregistry.azure.net")],
)
@pytest.mark.parametrize("credential", ["secret", "managed", "workload"])
@pytest.mark.parametrize("script", ["claims.py", "claims_async.py"])
def test_tokens_say_who_and_for_whom(script, credential, scope, audience, cloud):
    federated = {"AZURE_FEDERATED_TOKEN_FILE": cloud.env["ACRLAB_FEDERATED_TOKEN_FILE"]}
    env = cloud.env | (federated if credential == "workload" else {})
    claims = program(script, credential, scope, env=env)
    assert claims["aud"].rstrip("/") == audience
    assert claims["tid"] == cloud.env["AZURE_TENANT_ID"]
    assert claims["exp"] > claims["iat"]
    mine = claims["appid"] == cloud.env["AZURE_CLIENT_ID"]
    assert mine == (credential != "managed")


def test_managed_identity_in_the_shape_of_app_service(cloud: Cloud):
    """The other shape of the endpoint: two variables, and a header that says who knows the second."""
    shape = {name: cloud.env[f"ACRLAB_{name}"] for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")}
    env = cloud.env | shape
    claims = program("claims.py", "managed", ARM_SCOPE, env=env)
    assert claims["tid"] == cloud.env["AZURE_TENANT_ID"]
    with pytest.raises(AssertionError, match=r"ClientAuthenticationError|CredentialUnavailableError"):
        program("claims.py", "managed", ARM_SCOPE, env=env | {"IDENTITY_HEADER": "guessed"})


def test_a_wrong_secret_is_refused_in_entras_words(cloud: Cloud):
    env = cloud.env | {"AZURE_CLIENT_SECRET": "wrong"}
    with pytest.raises(AssertionError, match="AADSTS7000215"):
        program("claims.py", "secret", ARM_SCOPE, env=env)


def test_an_unknown_tenant_is_refused_in_entras_words(cloud: Cloud):
    env = cloud.env | {"AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111"}
    with pytest.raises(AssertionError, match="AADSTS90002"):
        program("claims.py", "secret", ARM_SCOPE, env=env)


def test_of_everything_at_most_one_in_twenty_is_refused(cloud: Cloud, preview: str) -> None:
    """Both versions of the management SDK, the SDK for tasks, the data plane's, and the commands of az."""
    folders = [str(Path(acrlab.__file__).parents[1]), sysconfig.get_path("purelib")]
    found = program("operations.py", *folders, env=cloud.environment(), python=preview)
    newer = [row for row in found if row["package"] == "azure-mgmt-containerregistry"]
    assert {row["version"] for row in newer} == {"15.1.0b3"} and len(newer) == 80
    assert [row["operation"] for row in newer if row["truth"] == "refused"] == []
    every = [*newer, *map(coverage.as_dict, [*coverage.rows(), *az_commands.rows()])]
    refused = [row for row in every if row["truth"] == "refused"]
    print(f"{len(every)} operations and commands, {len(refused)} of them refused")
    assert len(every) == 330 and len(refused) / len(every) <= 0.05
    assert all(row["reason"] for row in refused)
