"""Images: the bytes are what the specification says, and the same everywhere."""

import gzip
import hashlib
import io
import json
import platform
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from acrlab.client import program
from acrlab.client.blob import archive, compressed
from acrlab.client.image import FORMATS, INDEXES, Image
from acrlab.domain import content


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_digests_are_the_same_on_every_machine() -> None:
    linux, windows = Image.hello(), Image.windows(format="oci")
    assert linux.digest == "sha256:564069b63f484b45aedb1016d92ecc2923081ee3f188c99dab4c97821f977f51"
    assert windows.digest == "sha256:6089ce60790d034c8c2d483bf7ce1cd6cf98553ff11a87d78159fcc4041d2e41"


def test_a_manifest_points_to_its_parts() -> None:
    image = Image.build({"app/": b"", "app/run.sh": "echo hi\n", "data.bin": bytes(100_000)})
    body = image.manifest
    assert body["mediaType"] == image.media_type == FORMATS["oci"].manifest
    for descriptor, blob in zip([body["config"], *body["layers"]], image.blobs, strict=True):
        data = blob.data or b""
        assert descriptor == {"mediaType": blob.media_type, "digest": sha256(data), "size": len(data)}
    tar = gzip.decompress(image.layers[0].data or b"")
    assert image.settings["rootfs"]["diff_ids"] == [sha256(tar)]
    with tarfile.open(fileobj=io.BytesIO(tar)) as members:
        assert [(each.name, each.isdir(), each.mtime, each.uid) for each in members] == [
            ("app", True, 0, 0), ("app/run.sh", False, 0, 0), ("data.bin", False, 0, 0),
        ]  # fmt: skip
    assert image.files() == {"app/run.sh": 8, "data.bin": 100_000}


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 200_000])
def test_gzip_holds_any_number_of_bytes(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert gzip.decompress(compressed(data[:size])) == data[:size]


def test_an_archive_is_whole() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive({"a" * 150: "long name", "empty": b""}))) as tar:
        assert [(each.name, each.size) for each in tar] == [("a" * 150, 9), ("empty", 0)]


def test_layers_of_a_base_come_first_and_are_shared() -> None:
    base = Image.hello()
    image = Image.build({"app.py": "print()"}, base=base, config={"Env": ["A=1"]})
    assert image.layers[0] == base.layers[0]
    assert image.settings["config"] == {"Cmd": ["/hello"], "Env": ["A=1"]}
    assert image.settings["rootfs"]["diff_ids"][:1] == base.settings["rootfs"]["diff_ids"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_windows_image_has_a_base_that_stays_elsewhere(format: str) -> None:
    image = Image.windows({"app.exe": b"MZ"}, format=format)
    base, own = image.layers
    assert base.data is None
    assert base.urls[0].startswith("https://mcr.microsoft.com/")
    manifest, _ = content.parse(image.raw, image.media_type)
    assert [layer.foreign for layer in manifest.layers or ()] == [True, False]
    assert base not in image.blobs
    assert set(own.members()) == {"Files/", "Files/app.exe", "Hives/"}
    assert image.platform == "windows/amd64 10.0.20348.2700"
    assert len(image.settings["rootfs"]["diff_ids"]) == 2


@pytest.mark.parametrize("format", FORMATS)
def test_an_index_names_the_platforms(format: str) -> None:
    images = [Image.hello(format=format), Image.hello("linux/arm64", format=format), Image.windows(format=format)]
    index = Image.index(images, annotations={"who": "us"})
    assert index.media_type == FORMATS[format].index in INDEXES
    assert [each["platform"] for each in index.manifest["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux"},
        {"architecture": "amd64", "os": "windows", "os.version": "10.0.20348.2700"},
    ]
    assert [each["digest"] for each in index.manifest["manifests"]] == [each.digest for each in images]
    assert index.manifest["annotations"] == {"who": "us"}
    assert index.blobs == ()


def test_artifacts_have_a_type_and_a_subject() -> None:
    image = Image.hello()
    listing = Image.artifact("application/spdx+json", {"parts.json": "[]"}, subject=image, media_type="text/json")
    body = listing.manifest
    assert body["artifactType"] == "application/spdx+json"
    assert body["subject"] == {"mediaType": image.media_type, "digest": image.digest, "size": len(image.raw)}
    assert body["config"] == {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2}
    assert body["layers"][0]["annotations"] == {"org.opencontainers.image.title": "parts.json"}
    content.parse(listing.raw, listing.media_type)


def test_an_annotation_makes_another_image() -> None:
    image = Image.hello()
    other = image.annotated(version="2")
    assert other.digest != image.digest
    assert other.blobs == image.blobs
    assert json.loads(other.raw)["annotations"] == {"version": "2"}


def test_an_image_is_read_back_from_its_parts() -> None:
    index = Image.index([Image.hello(), Image.windows(format="oci")])
    blobs = {blob.digest: blob.data for image in index.images for blob in image.blobs}
    images = {image.digest: image for image in index.images}

    def image(digest: str) -> Image:
        found = images[digest]
        return Image.read(found.raw, found.media_type, lambda blob: blobs[blob] or b"", image)

    assert Image.read(index.raw, index.media_type, lambda _: b"", image) == index


def test_it_shows_itself_as_text_and_as_html() -> None:
    index = Image.index([Image.hello(), Image.windows(format="oci")])
    assert repr(index) == (
        "oci index.v1+json  sha256:2180889b1bce…\n"
        "├── linux/amd64                    sha256:564069b63f48…  oci manifest.v1+json  2.2 KiB\n"
        "└── windows/amd64 10.0.20348.2700  sha256:6089ce60790d…  oci manifest.v1+json  5.9 KiB"
    )
    bundle = Image.build({"<b>.txt": "x"})._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "<td" in bundle["text/html"]
    assert "&lt;b&gt;.txt" in bundle["text/html"]


def test_unknown_processors_are_refused() -> None:
    with pytest.raises(ValueError, match="no instructions for 's390x': use amd64 or arm64"):
        Image.hello("linux/s390x")


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="the program is Linux, amd64")
@pytest.mark.parametrize("text", ["Hello\n", "x" * 300])
def test_the_program_runs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hello"
    path.write_bytes(program.printing(text.encode(), "amd64"))
    path.chmod(0o755)
    done = subprocess.run([path], capture_output=True, text=True, check=True)
    assert done.stdout == text


def test_the_program_for_arm_is_instructions_for_arm() -> None:
    binary = program.printing(b"Hello\n", "arm64")
    assert binary[18:20] == (183).to_bytes(2, "little")
    assert len(binary) == 120 + 8 * 4 + 6
    address = int.from_bytes(binary[124:128], "little")  # adr x1: where it finds the text
    assert 4 + ((address >> 5 & 0x7FFFF) << 2 | address >> 29 & 3) == 8 * 4
