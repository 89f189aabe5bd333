"""Container engines as clusters and build machines run them: containerd, its CRI, dockerd, swarm.

Their credentials come in the shapes that Azure's services hand out: a user and password, a refresh token for the
user of zeros (Kubernetes' credential provider, `az acr login`), a docker configuration in a pull secret.
"""

import base64
import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from acrlab.agents.bases.hello import program
from tests.peers import engines
from tests.peers.cloud import OCI_MANIFEST, Cloud, Registry, descriptor
from tests.peers.lanes import need

pytestmark = pytest.mark.peers

ZEROS = "00000000-0000-0000-0000-000000000000"
SCRIPTS = Path(__file__).parent / "scripts"
MESSAGE = b"hello from the registry\n"


@pytest.fixture(scope="module")
def registry(cloud: Cloud) -> Registry:
    made = cloud.registry("engines")
    push(cloud, made, "team/hello", "v1")
    return made


@pytest.fixture(scope="module")
def image(registry: Registry) -> str:
    return f"{registry.login_server}/team/hello:v1"


def push(cloud: Cloud, registry: Registry, repository: str, tag: str) -> None:
    """An image that really runs: one static program in one layer."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        entry = tarfile.TarInfo("hello")
        data = program("amd64", MESSAGE)
        entry.size, entry.mode = len(data), 0o755
        tar.addfile(entry, io.BytesIO(data))
    layer = gzip.compress(stream.getvalue(), mtime=0)
    diff = "sha256:" + hashlib.sha256(stream.getvalue()).hexdigest()
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/hello"]},
        "rootfs": {"type": "layers", "diff_ids": [diff]},
    }).encode()  # fmt: skip
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **descriptor(config)},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **descriptor(layer)}],
    }
    root = f"https://{registry.login_server}/v2/{repository}"
    with cloud.session() as session:
        session.auth = (registry.username, registry.password)
        for blob in (layer, config):
            query = {"digest": descriptor(blob)["digest"]}
            assert session.post(f"{root}/blobs/uploads/", params=query, data=blob).status_code == 201
        kind = {"Content-Type": OCI_MANIFEST}
        assert session.put(f"{root}/manifests/{tag}", data=json.dumps(manifest), headers=kind).status_code == 201


def refresh_token(cloud: Cloud, registry: Registry) -> str:
    """What Kubernetes' credential provider and `az acr login` do: Resource Manager's token for the registry's own."""
    token = cloud.credential().get_token("https://management.azure.com/.default").token
    form = {
        "grant_type": "access_token", "service": registry.login_server, "access_token": token,
        "tenant": cloud.env["AZURE_TENANT_ID"],
    }  # fmt: skip
    with cloud.session() as session:
        answer = session.post(f"https://{registry.login_server}/oauth2/exchange", data=form)
        return str(answer.json()["refresh_token"])


# --- containerd -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node(cloud, registry, tmp_path_factory):
    """containerd as a node of a cluster has it: behind a proxy, with a folder of certificates to trust."""
    where = tmp_path_factory.mktemp("c")
    certificates = engines.hosts(where / "certs.d", registry.login_server, cloud.ca)
    env = {name: value for name, value in cloud.env.items() if name not in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")}
    with engines.containerd(where, certificates, env) as listening:
        yield listening, certificates, env


def test_ctr_pulls_pushes_and_runs(node, registry, image):
    ctr = need("ctr")
    listening, certificates, env = node

    def run(*arguments: str, check: bool = True):
        return ctr.run("--address", str(listening), *arguments, env=env, check=check)

    hosts = ("--hosts-dir", str(certificates))
    refused = run("images", "pull", *hosts, image, check=False)
    assert refused.returncode != 0 and "401 Unauthorized" in refused.stderr
    wrong = run("images", "pull", *hosts, "--user", f"{registry.username}:wrong", image, check=False)
    assert wrong.returncode != 0 and "401 Unauthorized" in wrong.stderr
    run("images", "pull", *hosts, "--user", registry.credentials, image)
    assert image in run("images", "list", "--quiet").stdout.split()
    said = run("run", "--rm", "--null-io=false", image, "hello1")
    assert said.stdout == MESSAGE.decode()
    copy = image.replace("team/hello:v1", "team/copy:v2")
    run("images", "tag", image, copy)
    run("images", "push", *hosts, "--user", registry.credentials, copy)
    run("images", "rm", copy)
    run("images", "pull", *hosts, "--user", registry.credentials, copy)


@pytest.fixture
def kubelet(node):
    """Asks a node's runtime for an image, as the kubelet does."""
    python = need("grpc")

    def pull(image: str, user: str = "", password: str = "", *, check: bool = True):
        return python.run(
            str(SCRIPTS / "pull_image.py"), str(node[0]), image, user, password, env=node[2], check=check
        )

    return pull


def test_a_node_pulls_with_what_its_credential_provider_gives(cloud, registry, image, kubelet):
    """AKS attached to a registry: the user of zeros and a refresh token, through the CRI."""
    nobody = kubelet(image, check=False)
    assert nobody.returncode == 1 and "401 Unauthorized" in nobody.stderr
    assert kubelet(image, ZEROS, refresh_token(cloud, registry)).stdout.startswith("sha256:")


def test_a_pod_pulls_with_its_pull_secret(cloud, registry, image, kubelet):
    """`kubectl create secret docker-registry` keeps a docker configuration; the kubelet takes user and password out."""
    auth = base64.b64encode(registry.credentials.encode()).decode()
    secret = base64.b64encode(json.dumps({"auths": {registry.login_server: {"auth": auth}}}).encode())
    entry = json.loads(base64.b64decode(secret))["auths"][registry.login_server]
    user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
    assert kubelet(image, user, password).stdout.startswith("sha256:")
    again = kubelet(image, user, "wrong", check=False)
    assert again.returncode == 1 and "401 Unauthorized" in again.stderr


# --- dockerd --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def docker(cloud, tmp_path_factory):
    """The docker client at a daemon of its own."""
    client = need("docker")
    where = tmp_path_factory.mktemp("d")
    with engines.dockerd(where, cloud.env) as listening:
        config = where / "client"
        config.mkdir()
        env = cloud.env | {"DOCKER_HOST": f"unix://{listening}", "DOCKER_CONFIG": str(config)}

        def run(*arguments: str, check: bool = True, input: bytes | None = None, **more: str):
            return client.run(*arguments, env=env | more, check=check, input=input, timeout=90)

        yield run


def test_docker_pulls_pushes_and_runs(docker, registry, image):
    refused = docker("pull", image, check=False)
    assert refused.returncode != 0 and "authentication required" in refused.stderr
    user = ["--username", registry.username, "--password-stdin"]
    wrong = docker("login", *user, registry.login_server, input=b"wrong", check=False)
    assert wrong.returncode != 0 and "unauthorized" in wrong.stderr.lower()
    docker("login", *user, registry.login_server, input=registry.password.encode())
    docker("pull", image)
    assert docker("run", "--rm", "--network", "none", image).stdout == MESSAGE.decode()
    own = image.replace("team/hello:v1", "team/docker:v1")
    docker("tag", image, own)
    pushed = docker("push", own).stdout
    digest = next(word for word in pushed.split() if word.startswith("sha256:"))
    docker("rmi", own)
    docker("pull", f"{own.rpartition(':')[0]}@{digest}")
    docker("logout", registry.login_server)


def test_an_agent_pulls_with_a_fetched_archive_of_a_docker_configuration(docker, cloud, registry, tmp_path):
    """Marathon's way: docker.tar.gz with .docker/config.json in it, unpacked into the home of each task."""
    push(cloud, registry, "team/agent", "v1")
    image = f"{registry.login_server}/team/agent:v1"
    builder, agent, archive = tmp_path / "builder", tmp_path / "agent", tmp_path / "docker.tar.gz"
    user = ["--username", registry.username, "--password-stdin"]
    at_home = {"DOCKER_CONFIG": str(builder / ".docker")}
    docker("login", *user, registry.login_server, input=registry.password.encode(), **at_home)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(builder / ".docker", ".docker")
    with tarfile.open(archive) as tar:
        tar.extractall(agent, filter="data")
    assert docker("pull", image, check=False, DOCKER_CONFIG=str(tmp_path / "none")).returncode != 0
    docker("pull", image, DOCKER_CONFIG=str(agent / ".docker"))


def test_swarm_hands_the_credentials_of_the_client_to_its_nodes(docker, cloud, registry, image):
    """`--with-registry-auth`: the node itself never logged in."""
    docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1")
    try:
        user = ["--username", ZEROS, "--password-stdin"]
        docker("login", *user, registry.login_server, input=refresh_token(cloud, registry).encode())
        fresh = image.replace("team/hello:v1", "team/swarm:v1")
        push(cloud, registry, "team/swarm", "v1")
        docker("service", "create", "--name", "hello", "--mode", "replicated-job", "--with-registry-auth", fresh)
        assert docker("service", "logs", "--raw", "hello").stdout == MESSAGE.decode()
        (state,) = docker("service", "ps", "--format", "{{.CurrentState}}", "hello").stdout.splitlines()
        assert state.startswith("Complete")
    finally:
        docker("swarm", "leave", "--force")
