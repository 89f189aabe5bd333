"""Pushing, locking, deleting and collecting, by the rules of the spec and of ACR."""

import json

import pytest

from acrlab.domain.content import OCI_INDEX, OCI_MANIFEST
from acrlab.domain.errors import (
    BlobUnknown,
    BlobUploadUnknown,
    DigestInvalid,
    DisallowedOperation,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    RangeInvalid,
    TagInvalid,
    TagUnknown,
    TooLarge,
)  # fmt: skip
from acrlab.engine import collection, manifests, repositories, uploads
from acrlab.engine.state import Registry
from acrlab.engine.world import World
from tests.engine.conftest import image, open_registry, push_blob, push_image

ZEROS = b"0" * 64


def test_a_digest_is_the_hash_of_the_bytes_received(world: World, registry: Registry) -> None:
    raw = image(push_blob(world, registry, "app", b"{}")).replace(b", ", b" ,  ")
    pushed = manifests.put(world, registry, "app", "v1", raw, OCI_MANIFEST, "x")
    assert manifests.get(registry, "app", "v1").raw == raw
    assert manifests.get(registry, "app", pushed.digest).raw == raw


@pytest.mark.parametrize(
    ("raw", "media_type", "refusal"),
    [
        (b"", OCI_MANIFEST, ManifestInvalid),
        (b"{", OCI_MANIFEST, ManifestInvalid),
        (b"[]", OCI_MANIFEST, ManifestInvalid),
        (b'"\xff"', OCI_MANIFEST, ManifestInvalid),
        (b"[" * 100_000, OCI_MANIFEST, ManifestInvalid),
        (b'{"schemaVersion":1}', OCI_MANIFEST, ManifestInvalid),
        (b'{"schemaVersion":2}', OCI_MANIFEST, ManifestInvalid),
        (b'{"schemaVersion":2}', OCI_INDEX, ManifestInvalid),
        (b'{"schemaVersion":2,"manifests":[]}', "", ManifestInvalid),
        (b'{"schemaVersion":2,"mediaType":"a/b","manifests":[]}', OCI_INDEX, ManifestInvalid),
        (b'{"schemaVersion":2,"manifests":[{"digest":"../../etc","size":1}]}', OCI_INDEX, ManifestInvalid),
        (b'{"schemaVersion":2,"manifests":[{"digest":"sha256:%s","size":-1}]}' % ZEROS, OCI_INDEX, ManifestInvalid),
        (b'{"schemaVersion":2,"manifests":[{"digest":"sha256:%s","size":1}]}' % ZEROS, OCI_INDEX, ManifestBlobUnknown),
        (b" " * (4 * 1024 * 1024 + 1), OCI_MANIFEST, TooLarge),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused(
    world: World, registry: Registry, raw: bytes, media_type: str, refusal: type
) -> None:
    with pytest.raises(refusal):
        manifests.put(world, registry, "app", "v1", raw, media_type, "x")
    assert "app" not in registry.repositories


def test_names_are_checked(world: World, registry: Registry) -> None:
    for name in ("Upper", "a//b", "../b", "a/", "-a", "a" * 256, "a b", "ü"):
        with pytest.raises(NameInvalid):
            manifests.put(world, registry, name, "v1", b"", "", "x")
        with pytest.raises(NameInvalid):
            uploads.start(world, registry, name)
    with pytest.raises(TagInvalid):
        manifests.put(world, registry, "app", ".v1", b"", "", "x")
    for digest in ("sha256:short", "sha256:" + "A" * 64, "md5:" + "0" * 32, "sha256:" + "0" * 64):
        with pytest.raises(DigestInvalid):
            manifests.put(world, registry, "app", digest, b"{}", OCI_MANIFEST, "x")


def test_a_manifest_needs_what_it_refers_to_but_not_foreign_layers(world: World, registry: Registry) -> None:
    config = push_blob(world, registry, "app", b"{}")
    absent = "sha256:" + "1" * 64
    with pytest.raises(ManifestBlobUnknown):
        manifests.put(world, registry, "app", "v1", image(config, absent), OCI_MANIFEST, "x")
    foreign = json.loads(image(config, absent))
    foreign["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    manifests.put(world, registry, "app", "v1", json.dumps(foreign).encode(), OCI_MANIFEST, "x")


def test_tags_move_and_the_old_manifest_stays(world: World, registry: Registry) -> None:
    first = push_image(world, registry, "app", "v1", b"one")
    second = push_image(world, registry, "app", "v1", b"two")
    assert manifests.get(registry, "app", "v1").digest == second
    assert manifests.get(registry, "app", first).tags == {}
    manifests.delete(world, registry, "app", "v1", "x")
    assert manifests.get(registry, "app", second).digest == second
    with pytest.raises(ManifestUnknown):
        manifests.get(registry, "app", "v1")
    manifests.delete(world, registry, "app", second, "x")
    with pytest.raises(ManifestUnknown):
        manifests.get(registry, "app", second)


@pytest.mark.parametrize("change", [{"write": False}, {"delete": False}])
def test_a_locked_tag_keeps_its_image(world: World, registry: Registry, change: dict[str, bool]) -> None:
    digest = push_image(world, registry, "app", "v1", b"one")
    repositories.lock(world, registry, "app", change, "x", tag="v1")
    for action in (
        lambda: manifests.delete(world, registry, "app", digest, "x"),
        lambda: manifests.untag(world, registry, "app", "v1", "x"),
        lambda: repositories.delete(world, registry, "app", "x"),
    ):
        with pytest.raises(DisallowedOperation) as refused:
            action()
        assert "v1" in " ".join(refused.value.because)
    repositories.lock(world, registry, "app", dict.fromkeys(change, True), "x", tag="v1")
    manifests.delete(world, registry, "app", digest, "x")


def test_a_write_lock_stops_pushes_and_a_delete_lock_does_not(world: World, registry: Registry) -> None:
    push_image(world, registry, "app", "v1", b"one")
    repositories.lock(world, registry, "app", {"write": False}, "x", tag="v1")
    with pytest.raises(DisallowedOperation):
        push_image(world, registry, "app", "v1", b"two")
    push_image(world, registry, "app", "v2", b"two")
    repositories.lock(world, registry, "app", {"write": True, "delete": False}, "x", tag="v1")
    push_image(world, registry, "app", "v1", b"three")
    repositories.lock(world, registry, "app", {"write": False}, "x")
    with pytest.raises(DisallowedOperation):
        uploads.start(world, registry, "app")


def test_a_repository_delete_lock_leaves_its_images_deletable(world: World, registry: Registry) -> None:
    digest = push_image(world, registry, "app", "v1", b"one")
    repositories.lock(world, registry, "app", {"delete": False}, "x")
    with pytest.raises(DisallowedOperation):
        repositories.delete(world, registry, "app", "x")
    manifests.delete(world, registry, "app", digest, "x")


def test_read_and_list_locks(world: World, registry: Registry) -> None:
    digest = push_image(world, registry, "app", "v1", b"one")
    push_image(world, registry, "web", "v1", b"one")
    repositories.lock(world, registry, "app", {"read": False}, "x", tag="v1")
    with pytest.raises(DisallowedOperation):
        manifests.get(registry, "app", "v1")
    assert manifests.get(registry, "app", digest).digest == digest
    repositories.lock(world, registry, "app", {"list": False}, "x", tag="v1")
    assert repositories.tags(registry.repositories["app"]) == []
    repositories.lock(world, registry, "app", {"list": False}, "x", digest=digest)
    assert repositories.entries(registry.repositories["app"]) == []
    repositories.lock(world, registry, "app", {"list": False}, "x")
    assert repositories.catalog(registry) == ["web"]
    repositories.lock(world, registry, "app", {"read": False}, "x")
    with pytest.raises(DisallowedOperation):
        uploads.size_of(registry, "app", next(iter(registry.repositories["app"].blobs)))


def test_uploads_belong_to_one_repository_of_one_registry(world: World, registry: Registry) -> None:
    upload = uploads.start(world, registry, "app")
    upload.write(b"x")
    upload.close()
    assert uploads.find(world, registry, "app", upload.id).received == 1
    other = open_registry(world, "fabrikam")
    for place, name in ((registry, "web"), (other, "app")):
        with pytest.raises(BlobUploadUnknown):
            uploads.find(world, place, name, upload.id)
    for forged in ("x", "../../journal.db", "00000000-0000-4000-8000-000000000000", upload.id[:-1] + "0" * 3):
        with pytest.raises(BlobUploadUnknown):
            uploads.find(world, registry, "app", forged)


def test_chunks_must_follow_each_other(world: World, registry: Registry) -> None:
    upload = uploads.start(world, registry, "app")
    upload.write(b"0123")
    uploads.expect_chunk(upload, "4-7", "4")
    for wrong in ("0-3", "5-9", "4", "a-b", "4-", "-4", "٤-٧"):
        with pytest.raises(RangeInvalid):
            uploads.expect_chunk(upload, wrong, None)
    upload.close()


def test_mounting_needs_a_holder(world: World, registry: Registry) -> None:
    digest = push_blob(world, registry, "app", b"x")
    assert uploads.mount(world, registry, "web", digest, ["nowhere"], "x") is None
    assert uploads.mount(world, registry, "web", digest, uploads.holders(registry, digest), "x") == "app"
    assert uploads.size_of(registry, "web", digest) == 1
    uploads.delete(world, registry, "app", digest, "x")
    with pytest.raises(BlobUnknown):
        uploads.size_of(registry, "app", digest)
    assert uploads.size_of(registry, "web", digest) == 1


def test_two_registries_store_a_layer_once(world: World, registry: Registry) -> None:
    other = open_registry(world, "fabrikam")
    digest = push_blob(world, registry, "app", b"shared")
    assert push_blob(world, other, "app", b"shared") == digest
    assert list(world.blobs.digests()) == [digest]
    assert world.state.links[digest] == 2


def test_referrers_are_found_before_and_after_their_subject(world: World, registry: Registry) -> None:
    subject = "sha256:" + "2" * 64
    config = push_blob(world, registry, "app", b"{}")
    pushed = manifests.put(world, registry, "app", "sig", image(config, subject=subject), OCI_MANIFEST, "x")
    found = manifests.referrers(registry, "app", subject, None)
    assert [each.digest for each in found] == [pushed.digest]
    assert found[0].artifact_type == "application/vnd.oci.image.config.v1+json"
    assert manifests.referrers(registry, "app", subject, "other/type") == []
    assert manifests.referrers(registry, "nowhere", subject, None) == []
    manifests.delete(world, registry, "app", pushed.digest, "x")
    assert manifests.referrers(registry, "app", subject, None) == []


def test_the_platform_is_read_from_the_config(world: World, registry: Registry) -> None:
    config = push_blob(world, registry, "app", b'{"architecture":"arm64","os":"windows"}')
    manifests.put(world, registry, "app", "v1", image(config), OCI_MANIFEST, "x")
    entry = manifests.get(registry, "app", "v1")
    assert (entry.architecture, entry.os) == ("arm64", "windows")


def test_what_nothing_refers_to_is_collected_and_nothing_else(world: World, registry: Registry) -> None:
    kept = push_image(world, registry, "app", "v1", b"kept")
    gone = push_image(world, registry, "app", "v2", b"gone")
    orphan = push_blob(world, registry, "app", b"orphan")
    world.advance(collection.GRACE / 2)
    manifests.delete(world, registry, "app", gone, "x")
    young = push_blob(world, registry, "app", b"young")
    world.advance(collection.GRACE * 0.75)
    blobs = registry.repositories["app"].blobs
    assert young in blobs
    assert orphan not in blobs
    assert world.blobs.size(orphan) is None
    world.advance(collection.GRACE * 3)
    assert young not in registry.repositories["app"].blobs
    manifest = json.loads(manifests.get(registry, "app", kept).raw)
    held = {manifest["config"]["digest"], *(each["digest"] for each in manifest["layers"])}
    assert set(world.blobs.digests()) == held


def test_snapshots_keep_the_bytes_they_need(world: World, registry: Registry) -> None:
    digest = push_image(world, registry, "app", "v1", b"layer")
    world.snapshot("full")
    manifests.delete(world, registry, "app", digest, "x")
    world.advance(collection.GRACE * 3)
    world.restore("full")
    for blob in world.state.registries["contoso"].repositories["app"].blobs:
        assert world.blobs.size(blob) is not None


def test_unknown_things_say_so(world: World, registry: Registry) -> None:
    with pytest.raises(NameUnknown):
        repositories.find(registry, "nowhere")
    with pytest.raises(TagUnknown):
        manifests.untag(world, registry, "nowhere", "v1", "x")
    with pytest.raises(ManifestUnknown):
        manifests.get(registry, "nowhere", "v1")
    with pytest.raises(BlobUnknown):
        uploads.size_of(registry, "nowhere", "sha256:" + "0" * 64)
