"""What the suite of tag v1.1.1 asks and current main does not, said again in our own words.

The suite itself (test_distribution_spec.py::test_v111) needs its git repository; this runs everywhere.
Each test names the check of the suite that it stands for.
"""

import hashlib
import itertools
import json

import pytest
import requests

from tests.peers.cloud import OCI_MANIFEST, Cloud, Registry, descriptor

pytestmark = pytest.mark.conformance

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
INVALID_NAME = ".INVALID_MANIFEST_NAME"
EMPTY = {"mediaType": "application/vnd.oci.empty.v1+json", **descriptor(b"{}")}
# the codes of the specification
CODES = {
    *("BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID"),
    *("MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID", "MANIFEST_UNKNOWN", "NAME_INVALID", "NAME_UNKNOWN"),
    *("SIZE_INVALID", "UNAUTHORIZED", "DENIED", "UNSUPPORTED", "TOOMANYREQUESTS"),
}

serial = itertools.count()


@pytest.fixture(scope="module")
def registry(cloud: Cloud) -> Registry:
    return cloud.registry("inourwords")


class Client:
    """A repository at the plain door, with the admin user's password."""

    def __init__(self, cloud: Cloud, registry: Registry, repository: str) -> None:
        self.host = f"http://{cloud.door}"
        self.name = f"{registry.name}/{repository}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (registry.username, registry.password)
        self.session.headers["Accept"] = f"{OCI_MANIFEST}, {OCI_INDEX}, */*"

    def ask(self, method: str, path: str, **options) -> requests.Response:
        url = path if path.startswith("http") else f"{self.host}{path}"
        if not path.startswith(("/v2/", "http")):
            url = f"{self.host}/v2/{self.name}/{path}"
        return self.session.request(method, url, timeout=30, **options)

    def open_upload(self) -> str:
        answer = self.ask("POST", "blobs/uploads/")
        assert answer.status_code == 202
        return answer.headers["Location"]

    def patch(self, place: str, data: bytes, start: int) -> requests.Response:
        span = f"{start}-{start + len(data) - 1}"
        return self.ask("PATCH", place, data=data, headers={"Content-Range": span})

    def push(self, data: bytes) -> dict[str, object]:
        found = descriptor(data)
        answer = self.ask("POST", "blobs/uploads/", params={"digest": found["digest"]}, data=data)
        assert answer.status_code == 201 and answer.headers["Location"]
        return found

    def put_manifest(self, reference: str, manifest: dict, kind: str = OCI_MANIFEST):
        body = json.dumps(manifest).encode()
        return self.ask("PUT", f"manifests/{reference}", data=body, headers={"Content-Type": kind}), body


@pytest.fixture
def client(cloud, registry) -> Client:
    return Client(cloud, registry, f"words/{next(serial)}")


@pytest.fixture
def other(cloud, registry) -> Client:
    return Client(cloud, registry, f"words/{next(serial)}")


def code(answer: requests.Response) -> str:
    return answer.json()["errors"][0]["code"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nonexistent_manifest(client, method):
    """GET/HEAD nonexistent manifest should return 404: under a name that no tag could have."""
    client.push(b"so that the repository is there")
    answer = client.ask(method, f"manifests/{INVALID_NAME}")
    assert answer.status_code == 404
    assert answer.content == b"" if method == "HEAD" else code(answer) == "MANIFEST_UNKNOWN"


def test_error_body(client):
    """400 response body should contain OCI-conforming JSON message."""
    kind = {"Content-Type": OCI_MANIFEST}
    answer = client.ask("PUT", "manifests/sha256:totallywrong", data=b"blablabla", headers=kind)
    assert answer.status_code == 400 and code(answer) in CODES


def test_chunks_and_resumption(client):
    """Out-of-order 416; first chunk 202; retried chunk 416; stale upload 204 with range; second chunk; PUT 201."""
    first, second = b"a" * 300, b"b" * 200
    place = client.open_upload()
    early = client.patch(place, second, len(first))
    assert early.status_code == 416

    answer = client.patch(client.open_upload(), first, 0)
    assert answer.status_code == 202 and answer.headers["Range"] == "0-299"
    place = answer.headers["Location"]
    assert client.patch(place, first, 0).status_code == 416
    status = client.ask("GET", place)
    assert (status.status_code, status.headers["Range"]) == (204, "0-299")
    answer = client.patch(status.headers["Location"], second, len(first))
    assert answer.status_code == 202 and answer.headers["Range"] == "0-499"
    name = descriptor(first + second)["digest"]
    done = client.ask("PUT", answer.headers["Location"], params={"digest": name})
    assert done.status_code == 201
    assert client.ask("GET", done.headers["Location"]).content == first + second


def test_chunked_upload_that_ends_in_its_put(client):
    """PUT request with final chunk should return 201."""
    first, second = b"c" * 300, b"d" * 200
    answer = client.patch(client.open_upload(), first, 0)
    name = descriptor(first + second)["digest"]
    span = {"Content-Range": "300-499"}
    place = answer.headers["Location"]
    done = client.ask("PUT", place, params={"digest": name}, data=second, headers=span)
    assert done.status_code == 201 and done.headers["Docker-Content-Digest"] == name


def test_mount(client, other):
    """POST to mount another repository's blob: 201, and the blob is there, at the place that it says."""
    blob = other.push(b"to be mounted")
    asked = {"mount": blob["digest"], "from": other.name}
    answer = client.ask("POST", "blobs/uploads/", params=asked)
    assert answer.status_code == 201 and f"/{client.name}/blobs/" in answer.headers["Location"]
    assert client.ask("GET", answer.headers["Location"]).content == b"to be mounted"


def test_mount_without_a_source(client, other):
    """Automatic content discovery: a mount with no `from` finds what the caller may read."""
    blob = other.push(b"to be found")
    answer = client.ask("POST", "blobs/uploads/", params={"mount": blob["digest"]})
    assert answer.status_code == 201
    assert client.ask("GET", f"blobs/{blob['digest']}").content == b"to be found"


def test_mount_of_nothing(client, other):
    """Cross-mounting of nonexistent blob should yield session id."""
    missing = "sha256:" + hashlib.sha256(b"nobody has this").hexdigest()
    answer = client.ask("POST", "blobs/uploads/", params={"mount": missing, "from": other.name})
    assert answer.status_code == 202 and "/blobs/uploads/" in answer.headers["Location"]


def test_manifest_without_layers_and_media_type(client):
    """Registry should accept a manifest upload with no layers."""
    config = {"mediaType": EMPTY["mediaType"], **client.push(b"{}"), "newUnspecifiedField": "aGVsbG8="}
    answer, body = client.put_manifest("emptylayer", {"schemaVersion": 2, "config": config, "layers": []})
    assert answer.status_code == 201 and answer.headers["Location"]
    assert client.ask("GET", f"manifests/{descriptor(body)['digest']}").content == body


def test_tags(client):
    """Listing tags: all, limited by n, and after last."""
    config = client.push(b"{}")
    manifest = {"schemaVersion": 2, "config": {**EMPTY, **config}, "layers": []}
    names = ["test0", "test1", "Zeta", "test10"]
    for name in names:
        assert client.put_manifest(name, manifest)[0].status_code == 201
    listed = client.ask("GET", "tags/list").json()["tags"]
    assert sorted(listed) == sorted(names)
    half = client.ask("GET", "tags/list", params={"n": 2})
    assert half.json()["tags"] == listed[:2] and 'rel="next"' in half.headers["Link"]
    rest = client.ask("GET", "tags/list", params={"n": 2, "last": listed[1]})
    assert rest.json()["tags"] == listed[2:] and "Link" not in rest.headers
    assert client.ask("GET", "tags/list", params={"n": 0}).json()["tags"] == []


def test_referrers(client):
    """Existing and missing subjects; the filter; exactly the annotations of each manifest."""
    config = {**EMPTY, **client.push(b"{}")}
    subject = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [config]}
    body = json.dumps(subject).encode()
    target = {"mediaType": OCI_MANIFEST, **descriptor(body)}
    plain = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [config], "subject": target}
    typed = plain | {"config": config, "artifactType": "application/vnd.a", "annotations": {"k": "typed"}}
    by_config = plain | {"config": {**config, "mediaType": "application/vnd.b"}, "annotations": {"k": "b"}}
    index = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [],
        "subject": target,
        "artifactType": "application/vnd.c",
        "annotations": {"k": "index"},
    }
    kinds = [(typed, OCI_MANIFEST), (by_config, OCI_MANIFEST), (index, OCI_INDEX)]
    for manifest, kind in kinds:  # before the subject is there
        reference = descriptor(json.dumps(manifest).encode())["digest"]
        answer, _ = client.put_manifest(reference, manifest, kind)
        assert (answer.status_code, answer.headers["OCI-Subject"]) == (201, target["digest"])
    assert client.put_manifest("subject", subject)[0].status_code == 201
    found = client.ask("GET", f"referrers/{target['digest']}")
    assert found.headers["Content-Type"] == OCI_INDEX
    listed = {entry["artifactType"]: entry["annotations"] for entry in found.json()["manifests"]}
    assert listed == {
        "application/vnd.a": {"k": "typed"},
        "application/vnd.b": {"k": "b"},
        "application/vnd.c": {"k": "index"},
    }
    wanted = {"artifactType": "application/vnd.b"}
    some = client.ask("GET", f"referrers/{target['digest']}", params=wanted)
    assert some.headers["OCI-Filters-Applied"] == "artifactType"
    assert [entry["artifactType"] for entry in some.json()["manifests"]] == ["application/vnd.b"]


def test_deletion(client):
    """Manifest by tag and digest; tags/list reflects it and stays 200; blobs."""
    config = {**EMPTY, **client.push(b"{}")}
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}
    _, body = client.put_manifest("tagtest0", manifest)
    assert client.ask("DELETE", "manifests/tagtest0").status_code == 202
    digest = descriptor(body)["digest"]
    assert client.ask("GET", f"manifests/{digest}").status_code == 200
    tags = client.ask("GET", "tags/list")
    assert tags.status_code == 200 and not tags.json()["tags"]
    assert client.ask("DELETE", f"manifests/{digest}").status_code == 202
    assert client.ask("GET", f"manifests/{digest}").status_code == 404
    assert client.ask("DELETE", f"blobs/{config['digest']}").status_code == 202
    assert client.ask("GET", f"blobs/{config['digest']}").status_code == 404
