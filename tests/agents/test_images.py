"""The images of an agent, moved between it and a registry that keeps what it is given."""

import hashlib
import json
from pathlib import Path

import pytest

from acrlab.agents.images import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, Images, Platform, sha256
from acrlab.agents.protocol import EngineFailed

INDEX = "application/vnd.oci.image.index.v1+json"
AMD64 = Platform("linux", "amd64")


class Kept:
    """Registries in memory, by the protocol agents use."""

    def __init__(self) -> None:
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}

    def manifest(self, reference: str) -> tuple[str, bytes]:
        if reference not in self.manifests:
            raise EngineFailed(f"manifest for {reference} not found: manifest unknown")
        return self.manifests[reference]

    def fetch(self, reference: str, digest: str, target: Path) -> None:
        target.write_bytes(self.blobs[digest])

    def upload(self, reference: str, digest: str, source: Path) -> bool:
        new = digest not in self.blobs
        self.blobs[digest] = source.read_bytes()
        return new

    def publish(self, reference: str, media_type: str, raw: bytes) -> None:
        self.manifests[reference] = (media_type, raw)

    def add(self, reference: str, content: bytes) -> str:
        """Put an image of one layer into the registry; the digest of its manifest."""
        config = json.dumps({"os": "linux", "made": content.decode()}).encode()
        self.blobs |= {sha256(config): config, sha256(content): content}
        document = {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": {"mediaType": DOCKER_CONFIG, "digest": sha256(config), "size": len(config)},
            "layers": [{"mediaType": DOCKER_LAYER, "digest": sha256(content), "size": len(content)}],
        }
        raw = json.dumps(document).encode()
        repository = reference.rpartition(":")[0]
        self.manifests |= dict.fromkeys((reference, f"{repository}@{sha256(raw)}"), (DOCKER_MANIFEST, raw))
        return sha256(raw)


def test_an_image_goes_from_one_registry_to_another_unchanged(tmp_path: Path) -> None:
    kept, lines = Kept(), bytearray()
    digest = kept.add("r.azurecr.io/a/app:1", b"layer")
    images = Images(tmp_path, kept)
    assert images.pull("r.azurecr.io/a/app:1", AMD64).digest == digest
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
    assert images.pull("r.azurecr.io/app:1", AMD64).digest == entries[1]["digest"]
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
