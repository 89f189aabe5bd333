"""A registry in the hand: official clients underneath, the emulator as the other end."""

import pytest
from azure.containerregistry import ContainerRegistryClient
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from acrlab.client.cloud import Cloud
from acrlab.client.content import Reference
from acrlab.client.image import Image
from acrlab.client.registry import Registry
from acrlab.emulator import Emulator

PREVIEW = "2025-06-01-preview"  # soft delete is in preview versions alone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app", ("app", "", "")),
        ("team/app:1.0", ("team/app", "1.0", "")),
        ("team/app@sha256:ab", ("team/app", "", "sha256:ab")),
        ("team/app:1.0@sha256:ab", ("team/app", "", "sha256:ab")),
    ],
)
def test_references(text: str, expected: tuple[str, str, str]) -> None:
    assert Reference.parse(text) == expected


def test_a_repository_alone_is_no_image(registry: Registry) -> None:
    with pytest.raises(ValueError, match="'hello' names a repository"):
        registry.pull("hello")


@pytest.mark.parametrize(
    "image",
    [
        Image.hello(),
        Image.hello(format="docker"),
        Image.windows(),
        Image.index([Image.hello(), Image.hello("linux/arm64"), Image.windows(format="oci")]),
        Image.artifact("application/example", {"notes.txt": "about"}),
        Image.build({"b.txt": "b"}, base=Image.build({"a.txt": "a"})),
    ],
    ids=["oci", "docker", "windows", "index", "artifact", "layers"],
)
def test_what_is_pushed_is_what_is_pulled(registry: Registry, image: Image) -> None:
    pushed = registry.push("team/app:1.0", image)
    assert pushed.digest == image.digest
    assert registry.pull("team/app:1.0") == image
    assert registry.pull(f"team/app@{image.digest}") == image


def test_a_push_sends_every_blob_once(registry: Registry) -> None:
    base = Image.build({"base.txt": "shared"})
    index = Image.index([Image.build({"a": "a"}, base=base), Image.build({"b": "b"}, base=base)])
    pushed = registry.push("app:1", index)
    assert pushed.blobs == 5  # two configs, two layers, and the shared one
    assert pushed.size == sum({blob.digest: blob.size for each in index.images for blob in each.blobs}.values())
    assert repr(pushed).startswith(f"contoso.azurecr.io/app:1\ndigest      {index.digest}\n")


def test_listings_are_the_sdks_objects_and_show_tables(registry: Registry) -> None:
    image = Image.hello()
    registry.push("hello:1.0", image)
    registry.push("team/app:dev", Image.windows())
    registry.tag("hello:1.0", "latest")
    assert [each.name for each in registry.repositories()] == ["hello", "team/app"]
    assert repr(registry.repositories()).splitlines()[3:] == ["hello       1          2", "team/app    1          1"]
    assert [(each.name, each.digest) for each in registry.tags("hello")] == [
        ("1.0", image.digest),
        ("latest", image.digest),
    ]
    (manifest,) = registry.manifests("hello")
    assert manifest.tags == ["1.0", "latest"]
    assert "linux/amd64" in repr(registry.manifests("hello"))
    assert "windows/amd64" in registry.manifests("team/app")._repr_mimebundle_()["text/html"]
    assert isinstance(registry.content, ContainerRegistryClient)


def test_a_manifest_is_shown_as_it_is_served(registry: Registry) -> None:
    image = Image.hello()
    registry.push("hello:1.0", image)
    found = registry.manifest("hello:1.0")
    assert found == image.manifest
    assert (found.raw, found.digest, found.media_type) == (image.raw, image.digest, image.media_type)
    assert repr(found).startswith(f"{image.digest}\n{image.media_type}, {len(image.raw)} bytes\n{{\n")


def test_a_tag_moves(registry: Registry) -> None:
    first, second = Image.hello(text="one\n"), Image.hello(text="two\n")
    registry.push("hello:1", first)
    registry.push("hello:2", second)
    registry.tag("hello:1", "stable")
    assert registry.tag("hello:2", "stable") == second.digest
    assert registry.pull("hello:stable") == second
    registry.untag("hello:stable")
    assert [each.name for each in registry.tags("hello")] == ["1", "2"]
    assert registry.pull(f"hello@{second.digest}") == second


@pytest.mark.parametrize("reference", ["hello", "hello:1.0", "hello@{digest}"])
def test_locks_hold_until_they_are_opened(registry: Registry, reference: str) -> None:
    image = Image.hello()
    registry.push("hello:1.0", image)
    reference = reference.format(digest=image.digest)
    registry.lock(reference)
    with pytest.raises(HttpResponseError) as caught:
        registry.delete("hello:1.0" if ":" in reference else "hello")
    assert caught.value.status_code == 405
    assert "because" in caught.value.__notes__[0]
    registry.unlock(reference)
    registry.delete(reference)
    assert not registry.repositories()


def test_one_attribute_can_be_locked(registry: Registry) -> None:
    registry.push("hello:1.0", Image.hello())
    registry.lock("hello:1.0", "write")
    assert repr(registry.tags("hello")).splitlines()[-1].endswith("write")
    with pytest.raises(HttpResponseError):
        registry.push("hello:1.0", Image.hello(text="other\n"))
    with pytest.raises(ValueError, match="colour: a lock is about delete, write, read, list"):
        registry.lock("hello:1.0", "colour")


def test_exceptions_are_the_sdks_own(registry: Registry) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        registry.pull("nothing:1")
    assert "404 MANIFEST_UNKNOWN" in caught.value.__notes__[0]
    with pytest.raises(ResourceNotFoundError) as caught:
        registry.tags("nothing")
    assert len(caught.value.__notes__) == 1


def test_the_registry_itself(cloud: Cloud, emulator: Emulator, registry: Registry) -> None:
    assert registry.login_server == "contoso.azurecr.io"
    assert repr(registry).splitlines()[:3] == [
        "registry contoso",
        "login server    contoso.azurecr.io",
        "tier            Basic",
    ]
    assert registry.upgrade("Premium").tier == "Premium"
    assert registry.properties.sku.name == "Premium"
    registry.push("hello:1", Image.hello())
    registry.push("copy:1", Image.hello())
    stored = emulator.world.state.registries["contoso"].stored
    assert registry.usage()[0].current_value == stored
    assert stored < 2 * Image.hello().size


def test_credentials_are_the_admin_users_and_do_not_show(cloud: Cloud) -> None:
    registry = cloud.registry("fabrikam", admin=True)
    found = registry.credentials
    assert found.username == "fabrikam"
    assert len(found.password) == 52
    assert found.password not in repr(found)


def test_the_requests_behind_a_push(cloud: Cloud, registry: Registry) -> None:
    registry.push("warm:1", Image.hello())
    with cloud.requests() as log:
        registry.push("hello:1.0", Image.hello())
    assert [(each["method"], each["status"]) for each in log.signed_in] == [
        ("POST", 202), ("PATCH", 202), ("PUT", 201), ("POST", 202), ("PATCH", 202), ("PUT", 201), ("PUT", 201),
    ]  # fmt: skip
    assert len(log) == 4 * 7  # each asks, is refused, fetches two tokens, and asks again
    assert [each["status"] for each in log.first(4)] == [401, 200, 200, 202]
    text = repr(log)
    assert "/v2/hello/blobs/uploads/{id}?digest=sha256:c4cbd0e1c540…" in text
    with cloud.requests() as nothing:
        pass
    assert repr(nothing) == "no requests"


def test_what_was_deleted_softly_is_listed_and_restored(cloud: Cloud) -> None:
    found = cloud.registry("softly", tier="Premium")
    soft = {"properties": {"policies": {"softDeletePolicy": {"status": "enabled"}}}}
    with ContainerRegistryManagementClient(cloud.credential, cloud.subscription, api_version=PREVIEW) as preview:
        preview.registries.begin_update(found.group, "softly", soft).result()
    digest = found.push("team/app:1.0", Image.hello()).digest
    found.delete("team/app:1.0")
    (lost,) = found.deleted("team/app")
    assert lost["digest"] == digest and "1.0" in repr(found.deleted("team/app"))
    found.restore(f"team/app@{digest}", "1.0")
    assert found.pull("team/app:1.0") == Image.hello()
    assert "nothing can be restored" in repr(found.deleted("team/app"))
    with pytest.raises(HttpResponseError):
        found.restore(f"team/app@{digest}", "1.0")
