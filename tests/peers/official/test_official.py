"""The tests that Microsoft ships with azure-containerregistry, live against the emulator, unmodified."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.peers import tools
from tests.peers.lanes import not_run

pytestmark = pytest.mark.peers

REQUIREMENT = "azure-containerregistry==1.2.0"
STUB = Path(__file__).parent / "stub"
SECONDS = 600

# Not in the source distribution: tests/data (two small artifacts). And 4 GiB through a client that
# sends every chunk twice proves nothing that the smaller uploads do not.
WITHOUT = "set_oci_manifest or set_docker_manifest or upload_large_blob"

SUITES = {
    "sync": (["test_container_registry_client.py", "test_anon_access.py"], 48),
    "async": (["test_container_registry_client_async.py", "test_anon_access_async.py"], 49),
}


@pytest.fixture(scope="module")
def source():
    try:
        return tools.sdist(REQUIREMENT)
    except tools.Missing as missing:
        not_run(f"{REQUIREMENT}: {missing}")


@pytest.fixture(scope="module")
def environment(cloud):
    private = cloud.registry("officialprivate", sku="Standard")
    anonymous = cloud.registry("officialanonymous", sku="Standard", anonymous_pull_enabled=True)
    env = cloud.environment()
    return env | {
        "CONTAINERREGISTRY_ENDPOINT": f"https://{private.login_server}",
        "CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT": f"https://{anonymous.login_server}",
        "CONTAINERREGISTRY_TENANT_ID": env["AZURE_TENANT_ID"],
        "CONTAINERREGISTRY_CLIENT_ID": env["AZURE_CLIENT_ID"],
        "CONTAINERREGISTRY_CLIENT_SECRET": env["AZURE_CLIENT_SECRET"],
        "PYTHONPATH": str(STUB),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
    }


@pytest.mark.parametrize("suite", SUITES)
def test_official(suite, source, environment, tmp_path):
    files, floor = SUITES[suite]
    report = tmp_path / "junit.xml"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", str(STUB / "official.ini")),
            *("--rootdir", str(source), "-p", "devtools_testutils", "-p", "no:cacheprovider"),
            *("-k", f"not ({WITHOUT})", "--junitxml", str(report)),
            *(f"tests/{name}" for name in files),
        ],
        cwd=source,  # the tests look for their data under the working directory
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert report.is_file(), done.stdout + done.stderr
    totals = ElementTree.parse(report).getroot().find("testsuite")
    bad = int(totals.get("failures")) + int(totals.get("errors"))
    skipped = int(totals.get("skipped"))
    passed = int(totals.get("tests")) - bad - skipped
    assert (bad, skipped) == (0, 0) and passed >= floor, f"{passed} passed\n{done.stdout[-8000:]}"
