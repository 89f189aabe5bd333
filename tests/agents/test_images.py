"""The images of an agent, moved between it and a registry that keeps what it is given."""

import hashlib
import json
from pathlib import Path

import pytest

from acrlab.agents.images import DOCKER_LAYER, DOCKER_MANIFEST, Images, Platform, Stacked, sha256
from acrlab.agents.protocol import EngineFailed
from tests.agents.doubles import Kept

INDEX = "application/vnd.oci.image.index.v1+json"
AMD64 = Platform("linux", "amd64")


def test_an_image_goes_from_one_registry_to_another_unchanged(tmp_path: Path) -> None:
    kept, lines = Kept(), bytearray()
    digest = kept.add("r.azurecr.io/a/app:1", b"layer")
    images = Images(tmp_path, kept)
    assert sha256(images.pull("r.azurecr.io/a/app:1", AMD64).manifest) == digest
    images.tag("r.azurecr.io/a/app:1", "q.azurecr.io/b:2")
    assert images.digest("q.azurecr.io/b:2") == ""
    kept.blobs.clear()
    pushed, size = images.push("q.azurecr.io/b:2", lines.extend)
    assert pushed == digest == images.digest("q.azurecr.io/b:2")
    assert kept.manifests["q.azurecr.io/b:2"] == kept.manifests["r.azurecr.io/a/app:1"]
    layer = hashlib.sha256(b"layer").hexdigest()
    assert lines.decode().splitlines() == [
        "The push refers to repository [q.azurecr.io/b]",
        f"{layer[:12]}: Preparing",
        f"{layer[:12]}: Pushed",
        f"2: digest: {digest} size: {size}",
    ]


def test_docker_calls_layers_by_what_they_are_unpacked_and_starts_at_the_top(tmp_path: Path) -> None:
    kept, lines = Kept(), bytearray()
    images = Images(tmp_path, kept)
    blobs = [images.put(content) for content in (b"low", b"top")]
    config = json.dumps({"rootfs": {"type": "layers", "diff_ids": ["sha256:" + "a" * 64, "sha256:" + "b" * 64]}})
    layers = [Stacked(digest, 3, {"mediaType": DOCKER_LAYER, "digest": digest, "size": 3}) for digest in blobs]
    images.name("r.azurecr.io/app:1", images.create(config.encode(), layers))
    images.push("r.azurecr.io/app:1", lines.extend)
    assert lines.decode().splitlines()[1:5] == [
        f"{'b' * 12}: Preparing", f"{'a' * 12}: Preparing", f"{'b' * 12}: Pushed", f"{'a' * 12}: Pushed",
    ]  # fmt: skip


def test_a_name_of_docker_hub_is_one_name(tmp_path: Path) -> None:
    kept = Kept()
    kept.add("docker.io/library/busybox:latest", b"layer")
    images = Images(tmp_path, kept)
    lines = bytearray()
    pulled = images.pull("busybox", AMD64, lines.extend)
    assert images.find("docker.io/library/busybox:latest") == pulled == images.find(pulled.id[7:19])
    assert [reference for reference, _, _ in images.listed()] == ["busybox:latest"]
    layer = sha256(b"layer")[7:19]
    assert lines.decode().splitlines() == [
        "latest: Pulling from library/busybox",
        f"{layer}: Pulling fs layer",
        f"{layer}: Verifying Checksum",
        f"{layer}: Download complete",
        f"{layer}: Pull complete",
        f"Digest: {sha256(pulled.manifest)}",
        "Status: Downloaded newer image for busybox:latest",
    ]
    lines.clear()
    images.pull("busybox", AMD64, lines.extend)
    assert lines.decode().splitlines()[-1] == "Status: Image is up to date for busybox:latest"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Foo/bar", "invalid reference format: repository name must be lowercase"),
        ("a b", "invalid reference format"), ("a:b:c", "invalid reference format"), ("", "invalid reference format"),
        ("a@sha256:1", "invalid reference format"), ("-", "invalid reference format"),
    ],
)  # fmt: skip
def test_a_reference_that_is_none_is_refused(tmp_path: Path, text: str, error: str) -> None:
    with pytest.raises(EngineFailed) as failed:
        Images(tmp_path, Kept()).find(text)
    assert failed.value.text == error


def test_an_index_gives_the_image_of_the_platform(tmp_path: Path) -> None:
    kept = Kept()
    entries = [
        {
            "digest": kept.add(f"r.azurecr.io/app:{arch}", arch.encode()),
            "platform": {"os": "linux", "architecture": arch},
        }
        for arch in ("arm64", "amd64")
    ]
    raw = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    kept.publish("r.azurecr.io/app:1", INDEX, raw)
    images = Images(tmp_path, kept)
    assert sha256(images.pull("r.azurecr.io/app:1", AMD64).manifest) == entries[1]["digest"]
    assert images.digest("r.azurecr.io/app:1") == sha256(raw)
    with pytest.raises(EngineFailed, match="no matching manifest for windows/amd64"):
        images.pull("r.azurecr.io/app:1", Platform.read("windows/amd64"))


def test_a_blob_that_is_not_what_its_digest_says_is_refused(tmp_path: Path) -> None:
    kept = Kept()
    kept.add("r.azurecr.io/app:1", b"layer")
    kept.blobs[sha256(b"layer")] = b"other"
    images = Images(tmp_path, kept)
    with pytest.raises(EngineFailed, match="verification failed"):
        images.pull("r.azurecr.io/app:1", AMD64)
    assert images.listed() == []
    assert not images.blob(sha256(b"layer")).exists()


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"config":1,"layers":[]}', b'{"config":{"digest":"../x"},"layers":[]}']
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, raw: bytes) -> None:
    kept = Kept()
    kept.publish("r.azurecr.io/app:1", DOCKER_MANIFEST, raw)
    with pytest.raises(EngineFailed):
        Images(tmp_path, kept).pull("r.azurecr.io/app:1", AMD64)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    images = Images(tmp_path, Kept())
    with pytest.raises(EngineFailed, match=r"does not exist locally with the tag: r\.azurecr\.io/app"):
        images.push("r.azurecr.io/app:1", bytearray().extend)
    with pytest.raises(EngineFailed, match="No such image: x"):
        images.tag("x", "y")
