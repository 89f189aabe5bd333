"""The official SDKs of other languages, unmodified, pointed here by the environment alone.

The same walk in each language says the same; only the type of the SDK's own error differs.
"""

import gzip
import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from acrlab.engine import directory
from tests.peers import walks
from tests.peers.cloud import GROUP, Cloud
from tests.peers.lanes import need, not_run
from tests.peers.tools import Missing

pytestmark = pytest.mark.peers
SECONDS = 180
LANGUAGES = {"javascript": (walks.javascript, "RestError"), "go": (walks.go, "*exported.ResponseError")}


@dataclass(frozen=True)
class Language:
    name: str
    command: walks.Walk
    error: str

    def walk(self, cloud: Cloud, name: str, *arguments: str, **more: str) -> dict[str, object]:
        """The JSON that a walk printed."""
        done = subprocess.run(
            [*self.command(name), *arguments], env=surroundings(cloud) | more,
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def refusal(self, status: int, code: str) -> list[object]:
        return [self.error, status, code]


def surroundings(cloud: Cloud) -> dict[str, str]:
    """The environment, and somebody who may read only."""
    somebody = directory.seeded(cloud.emulator.world, "acrlab-reader-sp")
    return cloud.env | {"WALK_READER_ID": somebody.app_id, "WALK_READER_SECRET": directory.secret(somebody)}


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request) -> Language:
    make, error = LANGUAGES[request.param]
    try:
        return Language(request.param, make(), error)
    except Missing as missing:
        not_run(f"SDKs for {request.param}: {missing}")


def test_data_plane(language: Language, cloud: Cloud):
    name = f"data{language.name}"
    server = cloud.registry(name, sku="Standard", anonymous_pull_enabled=True).login_server
    refusal = language.refusal
    disallowed = refusal(405, "REGISTRY_DISALLOWED_OPERATION")
    assert language.walk(cloud, "data", f"https://{server}", "nested/app") == {
        "layer": [True, 5_000_000],
        "manifest": [True, "application/vnd.oci.image.manifest.v1+json", True],
        "bytes": True,
        "repositories": [["nested/app"], ["nested/app-other"]],
        "tags": [["v3", "v2"], ["v1"]],
        "manifests": [1, 1],
        "properties": [True, ["v1", "v2", "v3"], 5_000_002, True],
        "repository": ["nested/app", 1, 3, True],
        "locked": [False, disallowed],
        "locked write": disallowed,
        "locked manifest": disallowed,
        "reader": [True, refusal(401, "UNAUTHORIZED")],
        "anonymous": [3, refusal(401, "UNAUTHORIZED")],
        "missing": refusal(404, "MANIFEST_UNKNOWN"),
        "missing tag": refusal(404, "TAG_UNKNOWN"),
        "left": ["v1", "v2"],
    }
    left = cloud.emulator.world.state.registries[name].repositories
    assert [each for each in left if left[each].visible] == ["nested/app"]
    repository = left["nested/app"]
    assert len(repository.manifests) == 1 and sorted(repository.tags) == ["v1", "v2"]
    assert not repository.tags["v1"].attributes.delete and repository.tags["v2"].attributes.delete


USAGES = ["Size", "Webhooks", "Geo-replications", "IPRules", "VNetRules", "PrivateEndpointConnections", "ScopeMaps",
          "Tokens"]  # fmt: skip


def test_arm(language: Language, cloud: Cloud):
    name, refusal = f"arm{language.name}", language.refusal
    seen = language.walk(cloud, "arm", f"group-{language.name}", name)
    assert seen == {
        "group": ["eastus", True],
        "free": True,
        "missing role": refusal(403, "AuthorizationFailed"),
        "made": [name, "Basic", f"{name}.azurecr.io", "Succeeded", True],
        "taken": "AlreadyExists",
        "wrong tier": refusal(400, "FeatureNotSupported"),
        "wrong property": refusal(400, "DisablingPublicNetworkAccessNotSupported"),
        "missing": refusal(404, "ResourceNotFound"),
        "changed": ["Premium", True, {"by": "patch"}],
        "listed": [[name, f"{name}two"]],
        "in subscription": True,
        "renewed": [True, False],
        "usages": USAGES,
        "replica": ["westeurope", "Succeeded", "Ready"],
        "replicas": [False, ["eastus", "westeurope"]],
        "hook": [["push", "delete"], "app:*", "enabled"],
        "headers": {"X-By": "program"},
        "pinged": [True],
        "token": ["UserDefined", "Succeeded", "enabled", 4],
        "secret": ["robot", [["password1", True]]],
        "token listed": ["robot"],
        "map in use": refusal(409, "ScopeMapInUse"),
        "system map": refusal(400, "SystemDefinedScopeMap"),
        "rule": ["hello", "docker.io/library/hello-world", "Succeeded", ["hello"]],
        "imported again": refusal(409, "Conflict"),
        "import of nothing": refusal(404, "ManifestUnknown"),
        "no rule": [],
    }
    state = cloud.emulator.world.state
    registry = state.registries[name]
    imported = registry.repositories["imported/hello"].tags
    assert sorted(imported) == ["v1", "v2"] and len({each.digest for each in imported.values()}) == 1
    inside = {kind: [each.id.rsplit("/", 1)[1] for each in state.inside(registry.resource, kind)]
              for kind in ("replications", "webhooks", "tokens", "cacherules")}  # fmt: skip
    assert inside == {"replications": ["eastus", "westeurope"], "webhooks": ["hookwalk"], "tokens": ["robot"],
                      "cacherules": []}  # fmt: skip
    assert f"{name}two" not in state.registries and f"{name}no" not in state.registries


def packed(**files: bytes) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return gzip.compress(data.getvalue())


def test_runs(language: Language, cloud: Cloud, tmp_path):
    name, refusal = f"runs{language.name}", language.refusal
    cloud.registry(name)
    context = tmp_path / "context.tar.gz"
    context.write_bytes(packed(Dockerfile=b"FROM scratch\nCOPY hello /hello\n", hello=b"hi"))
    seen = language.walk(cloud, "runs", GROUP, name, str(context))
    registry = cloud.emulator.world.state.registries[name]
    assert seen.pop("digest") == registry.repositories["built/app"].tags["v1"].digest
    assert seen == {
        "build": ["Succeeded", "QuickRun", "built/app", "v1"],
        "log": [True, True],
        "task": [600, ["fails"]],
        "failed": "Failed",
        "too late": refusal(409, "RunAlreadyFinished"),
        "pages": [1],
        "filtered": ["fails"],
        "no such run": refusal(404, "ResourceNotFound"),
        "left": [],
    }
    assert cloud.emulator.world.state.inside(registry.resource, "tasks") == []


@pytest.fixture(scope="module")
def slow_cloud(tmp_path_factory):
    """Where an operation takes its time, and time passes when the test says so."""
    home = tmp_path_factory.mktemp("slow")
    with Cloud.open(home, realistic_timing=True, throttling=False, clock="frozen") as opened:
        yield opened


def test_pollers_wait_for_operations_that_take_time(language: Language, slow_cloud: Cloud):
    """Every state that a poller is told: a registry is made; a replication is made, changed and deleted."""
    arguments = [*language.command("poller"), GROUP, f"poll{language.name}"]
    with subprocess.Popen(arguments, env=surroundings(slow_cloud), stdout=subprocess.PIPE, text=True) as program:
        said = [told(line.strip().lower(), slow_cloud.emulator.world.advance) for line in program.stdout]
    assert program.returncode == 0
    states = [state for state, before in zip(said, ["", *said], strict=False) if state != before]
    assert states == ["running", "succeeded"] * 4
    state = slow_cloud.emulator.world.state
    registry = state.registries[f"poll{language.name}"]
    assert [each.body["location"] for each in state.inside(registry.resource, "replications")] == ["eastus"]


def told(state: str, advance: Callable[[float], None]) -> str:
    if state == "running":
        advance(60)
    return state


@pytest.mark.parametrize("shape", ["virtual machine", "app service"])
def test_tokens_without_a_secret(language: Language, cloud: Cloud, shape: str):
    names = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER") if shape == "app service" else ()
    more = {name: cloud.env[f"ACRLAB_{name}"] for name in names}
    audience = "https://containerregistry.azure.net"
    seen = language.walk(cloud, "identities", **more)
    assert seen == {"managed": [False, audience], "workload": [True, audience]}


ENDPOINTS = "https://management.azure.com/metadata/endpoints?api-version=2022-09-01"
FETCH = f"fetch('{ENDPOINTS}').then((answer) => console.log(answer.status))"


def test_fetch_of_node_goes_by_the_proxy(cloud: Cloud):
    """Node has learned it lately; before, a program needs an agent of its own, as the SDKs have."""
    node = need("node")
    knows = "process.allowedNodeEnvironmentFlags.has('--use-env-proxy')"
    if node.run("--print", knows).stdout.strip() != "true":
        not_run("fetch of Node: this one does not know NODE_USE_ENV_PROXY (22.21, or 24.5 and newer, do)")
    assert node.run("--eval", FETCH, env=cloud.env).stdout.strip() == "200"
