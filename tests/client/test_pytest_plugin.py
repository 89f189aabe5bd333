"""The fixtures, in a test session of somebody who knows nothing of this project."""

import os
import subprocess
import sys
from pathlib import Path

PUSH = """
import io, json, sys
from azure.containerregistry import ContainerRegistryClient
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential

def main(login_server, reference):
    repository, tag = reference.split(":")
    client = ContainerRegistryClient(f"https://{login_server}", DefaultAzureCredential())
    config, size = client.upload_blob(repository, io.BytesIO(b"{}"))
    layer, length = client.upload_blob(repository, io.BytesIO(b"layer"))
    client.set_manifest(repository, tag=tag, manifest={
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": size},
        "layers": [{"mediaType": "text/plain", "digest": layer, "size": length}],
    })

try:
    main(*sys.argv[1:])
except HttpResponseError as error:
    sys.exit(f"refused: {error.status_code}")
"""

EXAMPLE = """
import subprocess, sys
from acrlab import Image

def push(registry):
    return subprocess.run([sys.executable, "push.py", registry.login_server, "hello:1.0"]).returncode

def test_it_pushes(acr_registry):
    assert push(acr_registry) == 0
    assert [tag.name for tag in acr_registry.tags("hello")] == ["1.0"]

def test_it_fails_when_the_tag_is_locked(acr_registry):
    acr_registry.push("hello:1.0", Image.hello())
    acr_registry.lock("hello:1.0", "write")
    assert push(acr_registry) == 1
"""

MORE = """
import os
import pytest

BEFORE = dict(os.environ)

@pytest.fixture(scope="module")
def kept(acr_emulator):
    acr_emulator.world.advance(60)
    return acr_emulator.world

def test_each_registry_is_new(acr_registry, acr_emulator):
    assert list(acr_emulator.world.state.registries) == [acr_registry.name]
    assert not acr_registry.repositories()
    acr_registry.push("a:1", __import__("acrlab").Image.hello())

def test_nothing_is_left_of_the_last_test(acr_registry, acr_emulator):
    assert list(acr_emulator.world.state.registries) == [acr_registry.name]
    assert not acr_registry.repositories()

def test_what_a_wider_fixture_did_stays(kept, acr_emulator):
    assert kept.state.advanced == 60
    acr_emulator.world.advance(60)

def test_and_only_that(kept):
    assert kept.state.advanced == 60

def test_credentials_and_environment(acr_registry, acr_emulator):
    assert acr_registry.credentials.username == acr_registry.name
    assert os.environ["HTTPS_PROXY"] == acr_emulator.environment()["HTTPS_PROXY"] != BEFORE.get("HTTPS_PROXY")

def test_without_the_fixtures_nothing_is_started():
    pass
"""


def session(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as an installed acrlab would be used: from another folder, by its plugin."""
    root = Path(__file__).parents[2]
    foreign = ("ACRLAB_", "AZURE_", "PYTEST")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    plugins = ("-p", "acrlab.pytest_plugin", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "-W", "error", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_of_the_readme_passes_and_notices(tmp_path: Path) -> None:
    (tmp_path / "push.py").write_text(PUSH)
    (tmp_path / "test_push.py").write_text(EXAMPLE)
    done = session(tmp_path)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    (tmp_path / "push.py").write_text(PUSH.replace("tag=tag", 'tag="wrong"'))
    done = session(tmp_path)
    assert "2 failed" in done.stdout, done.stdout + done.stderr


def test_tests_do_not_see_each_other(tmp_path: Path) -> None:
    (tmp_path / "test_more.py").write_text(MORE)
    done = session(tmp_path, "-p", "no:randomly")
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_the_environment_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import os\nBEFORE = dict(os.environ)\n"
        "def pytest_unconfigure():\n"
        "    changed = {n for n in {*os.environ, *BEFORE} if os.environ.get(n) != BEFORE.get(n)}\n"
        "    print('CHANGED', sorted(n for n in changed if not n.startswith('PYTEST')))\n"
    )
    (tmp_path / "test_one.py").write_text("def test_one(acr_emulator):\n    pass\n")
    done = session(tmp_path, "-s")
    assert "1 passed" in done.stdout
    assert "CHANGED []" in done.stdout


def test_the_plugin_is_light() -> None:
    script = (
        "import sys, acrlab.pytest_plugin\n"
        "print([name for name in sys.modules if name.startswith(('azure', 'uvicorn', 'acrlab.'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['acrlab.pytest_plugin']"


def test_the_docstring_holds_the_example() -> None:
    import acrlab.pytest_plugin

    documented = acrlab.pytest_plugin.__doc__ or ""
    for line in filter(None, EXAMPLE.splitlines()):
        assert line in documented


def test_the_fixtures_are_documented(tmp_path: Path) -> None:
    listed = session(tmp_path, "--fixtures").stdout
    assert "acr_emulator [session scope]" in listed
    assert "A new, empty registry in the Premium tier" in listed
