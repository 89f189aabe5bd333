"""Container tools as they are installed, at the registry's real name through the proxy and at the plain door.

None of them is told that this is not Azure: an environment is all they get.
"""

import gzip
import hashlib
import io
import itertools
import json
import os
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.cloud import Cloud, Registry
from tests.peers.lanes import need, not_run

pytestmark = pytest.mark.peers

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

serial = itertools.count()


@dataclass(frozen=True)
class Address:
    """Where a registry is reached: what comes before the repository's name, and whether in the clear."""

    prefix: str
    host: str
    plain: bool


@pytest.fixture(scope="module")
def registry(cloud: Cloud) -> Registry:
    return cloud.registry("clients")


@pytest.fixture
def named(registry) -> Address:
    return Address(registry.login_server, registry.login_server, plain=False)


@pytest.fixture(params=["real name", "plain door"])
def address(request, cloud, registry) -> Address:
    if request.param == "real name":
        return Address(registry.login_server, registry.login_server, plain=False)
    return Address(f"{cloud.door}/{registry.name}", cloud.door, plain=True)


@pytest.fixture
def env(cloud, tmp_path) -> dict[str, str]:
    """A home of its own for each test: a login must come from the test that uses it."""
    docker = tmp_path / "docker"
    docker.mkdir()
    return cloud.environment(
        HOME=str(tmp_path),
        DOCKER_CONFIG=str(docker),
        REGISTRY_AUTH_FILE=str(tmp_path / "auth.json"),
        XDG_RUNTIME_DIR=str(tmp_path),
    )


@pytest.fixture
def repository() -> str:
    return f"team/app{next(serial)}"


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layer(text: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        entry = tarfile.TarInfo("hello.txt")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return stream.getvalue()


@pytest.fixture
def layout(tmp_path) -> tuple[Path, str]:
    """An OCI layout with one image of one layer, tagged v1, made by hand; and its digest."""
    where = tmp_path / "layout"
    blobs = where / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def keep(data: bytes) -> dict[str, object]:
        (blobs / sha256(data).split(":")[1]).write_bytes(data)
        return {"digest": sha256(data), "size": len(data)}

    packed = layer(os.urandom(64))
    diff = sha256(gzip.decompress(packed))
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/hello"]},
        "rootfs": {"type": "layers", "diff_ids": [diff]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, **keep(json.dumps(config).encode())},
        "layers": [{"mediaType": OCI_LAYER, **keep(packed)}],
    }
    entry = {
        "mediaType": OCI_MANIFEST,
        **keep(json.dumps(manifest).encode()),
        "annotations": {"org.opencontainers.image.ref.name": "v1"},
    }
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    (where / "index.json").write_text(json.dumps(index))
    (where / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return where, str(entry["digest"])


# --- skopeo ---------------------------------------------------------------------------------------


def test_skopeo(env, registry, address, repository, layout, tmp_path):
    skopeo = need("skopeo")
    where, digest = layout
    image = f"docker://{address.prefix}/{repository}"
    clear = ["--tls-verify=false"] if address.plain else []
    creds = ["--creds", registry.credentials]

    to_clear = ["--dest-tls-verify=false"] if address.plain else []
    push = ["copy", "--preserve-digests", *to_clear, "--dest-creds", registry.credentials]
    skopeo.run(*push, f"oci:{where}:v1", f"{image}:v1", env=env)

    seen = json.loads(skopeo.run("inspect", *clear, *creds, f"{image}:v1", env=env).stdout)
    assert seen["Digest"] == digest and seen["RepoTags"] == ["v1"]
    raw = skopeo.run("inspect", "--raw", *clear, *creds, f"{image}@{digest}", env=env).stdout
    assert sha256(raw.encode()) == digest
    tags = json.loads(skopeo.run("list-tags", *clear, *creds, image, env=env).stdout)
    assert tags["Tags"] == ["v1"]

    from_clear = ["--src-tls-verify=false"] if address.plain else []
    pulled = tmp_path / "pulled"
    pull = ["copy", *from_clear, "--src-creds", registry.credentials]
    skopeo.run(*pull, f"{image}:v1", f"oci:{pulled}:v1", env=env)
    assert (pulled / "blobs" / "sha256" / digest.split(":")[1]).is_file()

    synced = tmp_path / "synced"
    synced.mkdir()
    sync = ["sync", *from_clear, "--src-creds", registry.credentials, "--src", "docker", "--dest", "dir"]
    skopeo.run(*sync, f"{address.prefix}/{repository}", str(synced), env=env)
    assert list(synced.rglob("manifest.json"))

    skopeo.run("delete", *clear, *creds, f"{image}:v1", env=env)
    gone = skopeo.run("inspect", *clear, *creds, f"{image}:v1", env=env, check=False)
    assert gone.returncode != 0 and "manifest unknown" in gone.stderr


def test_skopeo_is_refused_with_a_wrong_password(env, registry, named, repository, layout):
    skopeo = need("skopeo")
    push = ["copy", "--dest-creds", f"{registry.username}:wrong"]
    target = f"docker://{named.prefix}/{repository}:v1"
    refused = skopeo.run(*push, f"oci:{layout[0]}:v1", target, env=env, check=False)
    assert refused.returncode != 0 and "authentication required" in refused.stderr


# --- buildah and podman ---------------------------------------------------------------------------


@pytest.fixture
def runroot():
    """Podman takes no path longer than 50 characters, which pytest's own folders are."""
    with tempfile.TemporaryDirectory(prefix="acr", dir="/tmp", ignore_cleanup_errors=True) as short:
        yield Path(short)


@pytest.mark.parametrize("program", ["buildah", "podman"])
def test_build_push_and_pull(program, env, registry, address, repository, tmp_path, runroot):
    """FROM scratch, so that nothing is run and nothing is fetched; vfs and chroot need no privileges."""
    engine = need(program)
    context = tmp_path / "context"
    context.mkdir()
    (context / "hello.txt").write_text("hello from a build\n")
    (context / "Containerfile").write_text("FROM scratch\nLABEL made=here\nCOPY hello.txt /\n")
    store = [
        *("--root", str(tmp_path / "storage"), "--runroot", str(runroot)),
        *("--storage-driver", "vfs"),
    ]
    clear = ["--tls-verify=false"] if address.plain else []
    image = f"{address.prefix}/{repository}:v1"
    if program == "podman":
        store += ["--cgroup-manager", "cgroupfs", "--events-backend", "file"]
    user = ["--username", registry.username, "--password-stdin"]
    secret = registry.password.encode()

    engine.run(*store, "login", *clear, *user, address.host, env=env, input=secret)
    built = engine.run(*(*store, "build", "--isolation", "chroot", "--tag", image, str(context)), env=env, check=False)
    if built.returncode != 0 and any(text in built.stderr for text in NO_BUILDS_HERE):
        not_run(f"{program} build cannot work on this machine: {built.stderr.strip()[-200:]}")
    assert built.returncode == 0, built.stderr
    noted = tmp_path / "digest"
    engine.run(*store, "push", *clear, "--digestfile", str(noted), image, env=env)
    engine.run(*store, "rmi", "--force", image, env=env)
    by_digest = f"{address.prefix}/{repository}@{noted.read_text()}"
    engine.run(*store, "pull", *clear, by_digest, env=env)
    # the two name the field differently; the label is what the Containerfile said
    seen = engine.run(*store, "inspect", *INSPECT[program], by_digest, env=env).stdout
    assert '"made": "here"' in seen
    engine.run(*store, "logout", address.host, env=env)


INSPECT = {"buildah": ["--type", "image"], "podman": ["--type", "image"]}
NO_BUILDS_HERE = ("unshare", "operation not permitted", "newuidmap")


# --- docker ---------------------------------------------------------------------------------------


def test_docker_login(env, registry, named):
    """Without a daemon the client logs in by itself; what it stores is what it later presents."""
    docker = need("docker")
    env = env | {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    user = ["--username", registry.username, "--password-stdin"]
    done = docker.run("login", *user, named.host, env=env, input=registry.password.encode())
    assert "Login Succeeded" in done.stdout
    config = json.loads((Path(env["DOCKER_CONFIG"]) / "config.json").read_text())
    assert named.host in config["auths"]
    docker.run("logout", named.host, env=env)

    refused = docker.run("login", *user, named.host, env=env, input=b"wrong", check=False)
    assert refused.returncode != 0 and "unauthorized" in refused.stderr.lower()


def test_docker_login_with_a_refresh_token(cloud, env, registry, named):
    """What `az acr login` does: an Entra token becomes an ACR refresh token, the password of a null user."""
    docker = need("docker")
    token = cloud.credential().get_token("https://containerregistry.azure.net/.default").token
    form = {
        "grant_type": "access_token",
        "service": registry.login_server,
        "tenant": cloud.env["AZURE_TENANT_ID"],
        "access_token": token,
    }
    with cloud.session() as session:
        answer = session.post(f"https://{registry.login_server}/oauth2/exchange", data=form)
    refresh = answer.json()["refresh_token"]
    env = env | {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    user = ["--username", "00000000-0000-0000-0000-000000000000", "--password-stdin"]
    done = docker.run("login", *user, named.host, env=env, input=refresh.encode())
    assert "Login Succeeded" in done.stdout


# --- oras -----------------------------------------------------------------------------------------


def test_oras(env, registry, address, repository, tmp_path):
    oras = need("oras")
    (tmp_path / "report.json").write_text('{"findings": []}')
    (tmp_path / "app.txt").write_text("an artifact\n")
    clear = ["--plain-http"] if address.plain else []
    target = f"{address.prefix}/{repository}"

    def run(*arguments: str, **options: object) -> str:
        return oras.run(*arguments, *clear, env=env, cwd=tmp_path, **options).stdout

    run(
        *("login", address.host, "--username", registry.username, "--password-stdin"),
        input=registry.password.encode(),
    )
    run("push", "--artifact-type", "application/vnd.test.app", f"{target}:v1", "app.txt:text/plain")
    run("attach", "--artifact-type", "application/vnd.test.scan", f"{target}:v1", "report.json")
    tree = json.loads(run("discover", "--format", "json", f"{target}:v1"))
    found = tree.get("referrers") or tree.get("manifests")
    assert [entry["artifactType"] for entry in found] == ["application/vnd.test.scan"]
    none = json.loads(run("discover", "--format", "json", "--artifact-type", "no/such", f"{target}:v1"))
    assert not (none.get("referrers") or none.get("manifests"))

    out = tmp_path / "out"
    run("pull", "--output", str(out), f"{target}:v1")
    assert (out / "app.txt").read_text() == "an artifact\n"

    run("tag", f"{target}:v1", "v2", "v3")
    assert run("repo", "tags", target).split() == ["v1", "v2", "v3"]
    ends = ["--from-plain-http", "--to-plain-http"] if address.plain else []
    copied = f"{target}-copy"
    oras.run("copy", "--recursive", *ends, f"{target}:v1", f"{copied}:v1", env=env)
    again = json.loads(run("discover", "--format", "json", f"{copied}:v1"))
    assert len(again.get("referrers") or again.get("manifests")) == 1
    if not address.plain:  # at the plain door a host holds many registries: it has no catalog
        assert repository in run("repo", "ls", address.host).split()

    digest = json.loads(run("manifest", "fetch", "--descriptor", f"{target}:v2"))["digest"]
    run("manifest", "delete", "--force", f"{target}@{digest}")
    gone = oras.run("manifest", "fetch", *clear, f"{target}:v2", env=env, check=False)
    assert gone.returncode != 0 and "not found" in gone.stderr
    oras.run("logout", address.host, env=env)


# --- crane ----------------------------------------------------------------------------------------


def test_crane(env, registry, address, repository, layout, tmp_path):
    crane = need("crane")
    where, digest = layout
    image = f"{address.prefix}/{repository}"

    def run(*arguments: str, **options: object) -> str:
        return crane.run(*arguments, env=env, **options).stdout.strip()

    user = ["--username", registry.username, "--password-stdin"]
    run("auth", "login", address.host, *user, input=registry.password.encode())
    run("push", str(where), f"{image}:v1")
    assert run("digest", f"{image}:v1") == digest
    run("tag", f"{image}:v1", "stable")
    assert run("ls", image).split() == ["stable", "v1"]
    assert json.loads(run("manifest", f"{image}:stable"))["mediaType"] == OCI_MANIFEST
    assert json.loads(run("config", f"{image}:v1"))["config"]["Cmd"] == ["/hello"]

    pulled = tmp_path / "pulled"
    run("pull", "--format", "oci", f"{image}:v1", str(pulled))
    assert (pulled / "blobs" / "sha256" / digest.split(":")[1]).is_file()

    changed = run("mutate", f"{image}:v1", "--label", "who=crane", "--tag", f"{image}:v2")
    assert run("digest", f"{image}:v2") == changed.split("@")[1] != digest
    run("index", "append", "--manifest", f"{image}:v1", "--manifest", f"{image}:v2", "--tag", f"{image}:both")
    index = json.loads(run("manifest", f"{image}:both"))
    assert index["mediaType"] == OCI_INDEX and len(index["manifests"]) == 2

    copied = f"{address.prefix}/{repository}-copy"
    run("copy", f"{image}:both", f"{copied}:both")
    assert run("digest", f"{copied}:both") == run("digest", f"{image}:both")
    run("validate", "--remote", f"{copied}:both")

    run("delete", f"{image}@{run('digest', f'{image}:v2')}")
    gone = crane.run("digest", f"{image}:v2", env=env, check=False)
    assert gone.returncode != 0 and "404" in gone.stderr


def test_crane_catalog(env, registry, named, repository, layout):
    """Only at the registry's own name: at the plain door a host holds many registries."""
    crane = need("crane")
    user = ["--username", registry.username, "--password-stdin"]
    secret = registry.password.encode()
    crane.run("auth", "login", named.host, *user, env=env, input=secret)
    crane.run("push", str(layout[0]), f"{named.prefix}/{repository}:v1", env=env)
    listed = crane.run("catalog", named.host, env=env).stdout.split()
    assert repository in listed and listed == sorted(listed)


# --- helm -----------------------------------------------------------------------------------------


def test_helm(env, registry, named, tmp_path):
    helm = need("helm")
    user = ["--username", registry.username, "--password-stdin"]
    helm.run("registry", "login", named.host, *user, env=env, input=registry.password.encode())
    helm.run("create", "web", env=env, cwd=tmp_path)
    helm.run("package", "web", env=env, cwd=tmp_path)
    helm.run("push", "web-0.1.0.tgz", f"oci://{named.host}/charts", env=env, cwd=tmp_path)
    pulled = tmp_path / "pulled"
    pulled.mkdir()
    helm.run("pull", f"oci://{named.host}/charts/web", "--version", "0.1.0", env=env, cwd=pulled)
    assert (pulled / "web-0.1.0.tgz").read_bytes() == (tmp_path / "web-0.1.0.tgz").read_bytes()


# --- curl -----------------------------------------------------------------------------------------


def test_curl_walks_through_the_token_dance(env, registry, named, repository):
    """Every step that a tool hides: challenge, token, upload, manifest, tags."""
    curl = need("curl")
    # curl ignores SSL_CERT_FILE in some builds; --cacert is how a person does it by hand
    seen = ["--silent", "--show-error", "--cacert", env["SSL_CERT_FILE"], "--proxy", env["HTTPS_PROXY"]]
    root = f"https://{named.host}"

    def run(*arguments: str, **options: object) -> str:
        return curl.run(*seen, *arguments, env=env, **options).stdout

    first = run("--include", f"{root}/v2/")
    assert " 401" in first.splitlines()[1] + first and "Bearer realm=" in first
    scope = f"repository:{repository}:pull,push"
    asked = f"{root}/oauth2/token?service={named.host}&scope={scope}"
    token = json.loads(run("--user", registry.credentials, asked))["access_token"]
    bearer = ["--header", f"Authorization: Bearer {token}"]

    blob = b"{}"
    upload = f"{root}/v2/{repository}/blobs/uploads/?digest={sha256(blob)}"
    octets = ["--header", "Content-Type: application/octet-stream"]
    status = ["--output", os.devnull, "--write-out", "%{http_code}"]
    sent = ["--request", "POST", "--data-binary", blob.decode()]
    assert run(*bearer, *octets, *status, *sent, upload) == "201"
    empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(blob), "size": 2}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": empty, "layers": [empty]})
    put = ["--request", "PUT", "--data-binary", manifest, "--header", f"Content-Type: {OCI_MANIFEST}"]
    assert run(*bearer, *status, *put, f"{root}/v2/{repository}/manifests/v1") == "201"
    assert json.loads(run(*bearer, f"{root}/v2/{repository}/tags/list"))["tags"] == ["v1"]
    # the token says what it is for, and no more
    other = f"{root}/v2/{repository}-other/tags/list"
    assert run(*bearer, *status, other) == "401"


def test_a_host_of_azure_that_is_not_emulated_is_named_and_never_reached(env):
    curl = need("curl")
    seen = ["--silent", "--show-error", "--cacert", env["SSL_CERT_FILE"], "--proxy", env["HTTPS_PROXY"]]
    answer = curl.run(*seen, "--include", "https://nobody.documents.azure.com/", env=env).stdout
    assert "nobody.documents.azure.com" in answer and " 501" in answer


def test_a_sealed_emulator_refuses_every_other_host(env):
    curl = need("curl")
    refused = curl.run(
        *("--silent", "--show-error", "--proxy", env["HTTPS_PROXY"], "https://example.org/"),
        env=env,
        check=False,
    )
    assert refused.returncode != 0 and "CONNECT" in refused.stderr
