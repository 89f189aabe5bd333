"""importImage: by resource id, by login server and credential, within a registry, from outside, and what it refuses."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from acrlab.domain.content import OCI_MANIFEST
from acrlab.domain.imports import MOST_MANIFESTS
from acrlab.engine.upstream import Unready
from acrlab.wire.http import Answer, Request, Response, concluded
from tests.arm.cloud import HOST, STABLE, Cloud
from tests.arm.test_sdk import client
from tests.lifecycle.content import Shelf, digest_of

Make = Callable[..., Shelf]


def importing(cloud: Cloud, **body: Any) -> Any:
    return cloud.ask("POST", f"{cloud.r}/contoso/importImage", body)


@pytest.fixture
def pair(shelf: Make) -> tuple[Shelf, Shelf]:
    """A source that holds an image of two platforms, and an empty target."""
    source, target = shelf("fabrikam"), shelf("contoso")
    children = [source.push("team/app", text=text) for text in ("one", "two")]
    source.index("team/app", *children, tags=("v1",))
    return source, target


def test_the_sdk_imports_an_index_with_all_its_platforms(cloud: Cloud, pair: tuple[Shelf, Shelf]) -> None:
    source, target = pair
    wanted = {
        "source": {"resourceId": source.id, "sourceImage": "team/app:v1"},
        "targetTags": ["copy/app:v1", "copy/app:stable"], "untaggedTargetRepositories": ["shadow"],
    }  # fmt: skip
    with client(ContainerRegistryManagementClient, cloud) as acr:
        assert acr.registries.begin_import_image("lab", "contoso", wanted).result() is None
    assert target.tags("copy/app") == ["stable", "v1"]
    assert target.pull("copy/app", "v1").raw == source.pull("team/app", "v1").raw
    assert sorted(target.digests("copy/app")) == sorted(source.digests("team/app")) == sorted(target.digests("shadow"))
    assert target.tags("shadow") == []
    assert target.ask("GET", f"/v2/copy/app/blobs/{digest_of(b'two')}").status == 200


def test_the_answer_is_202_and_its_location_ends_well(cloud: Cloud, pair: tuple[Shelf, Shelf]) -> None:
    started = importing(cloud, source={"resourceId": pair[0].id, "sourceImage": "team/app:v1"})
    assert started.status == 202 and "/locations/WESTUS/operationResults/registries-" in started.headers["location"]
    assert (ended := cloud.follow(started.headers["location"])).status == 200 and ended.json["status"] == "Succeeded"
    assert pair[1].tags("team/app") == ["v1"]


@pytest.mark.parametrize("closed", ["fabrikam", "contoso"])
def test_closed_registries_let_imports_in_while_they_trust_services(
    cloud: Cloud, pair: tuple[Shelf, Shelf], closed: str
) -> None:
    wanted = {"source": {"resourceId": pair[0].id, "sourceImage": "team/app:v1"}, "targetTags": ["copy:v1"]}
    for options, status in (("None", 403), ("AzureServices", 202)):
        body = {"properties": {"publicNetworkAccess": "Disabled", "networkRuleBypassOptions": options}}
        assert cloud.ask("PATCH", f"{cloud.r}/{closed}", body).status == 200
        assert importing(cloud, **wanted).status == status
        named = [each for each in cloud.world.refusals[-1].because if closed in each] if status == 403 else [closed]
        assert named
    assert "copy" in cloud.world.state.registries["contoso"].repositories


def test_no_force_leaves_what_is_there_and_force_replaces_it(cloud: Cloud, pair: tuple[Shelf, Shelf]) -> None:
    source, target = pair
    before = target.push("team/app", "v1", text="mine")
    wanted = {"source": {"resourceId": source.id, "sourceImage": "team/app:v1"}, "targetTags": ["team/app:v1"]}
    with client(ContainerRegistryManagementClient, cloud) as acr:
        with pytest.raises(ResourceExistsError, match="already exists"):
            acr.registries.begin_import_image("lab", "contoso", wanted).result()
        assert target.digests("team/app") == [before]
        acr.registries.begin_import_image("lab", "contoso", {**wanted, "mode": "Force"}).result()
    assert target.pull("team/app", "v1").raw == source.pull("team/app", "v1").raw


def test_a_login_server_needs_a_credential(cloud: Cloud, pair: tuple[Shelf, Shelf]) -> None:
    source = pair[0]
    registry = cloud.world.state.registries["fabrikam"]
    image = {"registryUri": source.host, "sourceImage": "team/app:v1"}
    assert importing(cloud, source=image, targetTags=["a:1"]).status == 403
    wrong = {**image, "credentials": {"username": "fabrikam", "password": "no"}}
    assert importing(cloud, source=wrong, targetTags=["a:1"]).status == 403
    assert pair[1].tags("a") == []
    right = {**image, "credentials": {"username": "fabrikam", "password": registry.passwords[1]}}
    assert importing(cloud, source=right, targetTags=["a:1"]).status == 202
    assert pair[1].tags("a") == ["1"]


def test_the_caller_needs_rights_on_both_sides(cloud: Cloud, pair: tuple[Shelf, Shelf]) -> None:
    body = {"source": {"resourceId": pair[0].id, "sourceImage": "team/app:v1"}}
    refused = cloud.ask("POST", f"{cloud.r}/contoso/importImage", body, who="reader")
    assert refused.code == "AuthorizationFailed" and "importImage/action" in refused.message


def test_a_tag_is_copied_inside_its_registry(cloud: Cloud, pair: tuple[Shelf, Shelf]) -> None:
    target = pair[1]
    digest = target.push("app", "v1")
    assert (
        importing(cloud, source={"registryUri": target.host, "sourceImage": "app:v1"}, targetTags=["app:live"]).status
        == 202
    )
    assert target.tags("app") == ["live", "v1"] and target.digests("app") == [digest]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"source": {}}, 400),
        ({"source": {"sourceImage": "team/app:v1"}}, 404),
        ({"source": {"sourceImage": 5}}, 400),
        ({"source": {"sourceImage": "a@sha256:zz", "registryUri": "fabrikam.azurecr.io"}}, 400),
        ({"source": {"sourceImage": "A:1", "registryUri": "fabrikam.azurecr.io"}}, 400),
        ({"source": {"sourceImage": "a:1", "registryUri": "nowhere.example"}}, 404),
        ({"source": {"sourceImage": "a:1", "resourceId": "/nonsense"}}, 400),
        ({"source": {"sourceImage": "a:1", "resourceId": 7}}, 400),
        ({"source": {"sourceImage": "missing:1", "resourceId": "{id}"}}, 404),
        ({"source": {"sourceImage": "team/app:v1", "resourceId": "{id}"}, "targetTags": [3]}, 400),
        ({"source": {"sourceImage": "team/app:v1", "resourceId": "{id}"}, "targetTags": ["a:1"] * 101}, 400),
        ({"source": {"sourceImage": "team/app:v1", "resourceId": "{id}"}, "untaggedTargetRepositories": [{}]}, 400),
        ({"source": {"sourceImage": "team/app:v1", "resourceId": "{id}"}, "mode": "Perhaps"}, 400),
        ({"source": {"sourceImage": "team/app:v1", "resourceId": "{id}"}, "else": 1}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_changes_nothing(
    cloud: Cloud, pair: tuple[Shelf, Shelf], body: Any, status: int
) -> None:
    source = body.get("source", {})
    if source.get("resourceId") == "{id}":
        body = {**body, "source": {**source, "resourceId": pair[0].id}}
    before = cloud.world.version
    assert importing(cloud, **body).status == status
    assert cloud.world.version == before


def test_a_locked_target_refuses(cloud: Cloud, pair: tuple[Shelf, Shelf]) -> None:
    source, target = pair
    target.push("app", "v1", text="mine")
    assert target.ask("PATCH", "/acr/v1/app/_tags/v1", b'{"writeEnabled":false}').status == 200
    answer = importing(
        cloud, source={"resourceId": source.id, "sourceImage": "team/app:v1"}, targetTags=["app:v1"], mode="Force"
    )
    assert answer.status == 405 and target.pull("app", "v1").raw != source.pull("team/app", "v1").raw


def test_an_image_has_its_limit_of_manifests(cloud: Cloud, pair: tuple[Shelf, Shelf]) -> None:
    source = pair[0]
    children = [source.push("big", text=str(number)) for number in range(MOST_MANIFESTS)]
    source.index("big", *children, tags=("all",))
    source.index("big", *children[1:], tags=("most",))
    body = {"resourceId": source.id, "sourceImage": "big:all"}
    assert importing(cloud, source=body).code == "InvalidParameters"
    assert importing(cloud, source={**body, "sourceImage": "big:most"}).status == 202


def described(data: bytes) -> dict[str, Any]:
    return {"digest": digest_of(data), "size": len(data)}


class Library:
    """A registry outside the world, with one image."""

    layer, config = b"layer", b'{"architecture":"arm64","os":"linux"}'
    corrupt = False
    ready = True
    failure = ""

    def __init__(self) -> None:
        oci = "application/vnd.oci.image"
        rows = {
            "config": {"mediaType": f"{oci}.config.v1+json", **described(self.config)},
            "layers": [{"mediaType": f"{oci}.layer.v1.tar", **described(self.layer)}],
        }
        self.raw = json.dumps({"schemaVersion": 2, **rows}).encode()

    def prepare(self, repository: str) -> None:
        if self.failure:
            raise OSError(self.failure)
        self.ready = True

    def manifest(self, repository: str, reference: str) -> tuple[bytes, str] | None:
        if not self.ready:
            raise Unready(lambda: self.prepare(repository))
        known = repository == "library/hello" and reference in ("latest", digest_of(self.raw))
        return (self.raw, OCI_MANIFEST) if known else None

    def blob(self, repository: str, digest: str) -> Iterable[bytes] | None:
        blobs = {digest_of(each): each for each in (self.layer, self.config)}
        return [b"other" if self.corrupt else blobs[digest]] if digest in blobs else None


def test_an_image_comes_from_outside_and_is_hashed_on_its_way(cloud: Cloud, shelf: Make) -> None:
    target, library = shelf("contoso"), Library()
    cloud.world.upstreams = lambda host: library if host == "docker.io" else None
    body = {"registryUri": "docker.io", "sourceImage": "library/hello"}
    library.corrupt = True
    assert importing(cloud, source=body, targetTags=["hello:1"]).status == 400
    assert target.tags("hello") == [] and not list(cloud.world.blobs.uploads())
    library.corrupt = False
    assert importing(cloud, source=body, targetTags=["hello:1"]).status == 202
    assert target.pull("hello", "1").raw == library.raw
    assert target.ask("GET", f"/v2/hello/blobs/{digest_of(library.layer)}").status == 200
    assert target.ask("GET", "/acr/v1/hello/_manifests").json["manifests"][0]["architecture"] == "arm64"


def begun(cloud: Cloud, **body: Any) -> Answer:
    """An import as far as it comes without waiting for anything."""
    path, headers = f"{cloud.r}/contoso/importImage", {"authorization": f"Bearer {cloud.token()}"}
    answer = cloud.app.begin(Request("POST", HOST, path, f"api-version={STABLE}", headers, authority=HOST))
    assert not isinstance(answer, Response)
    answer.write(json.dumps(body).encode())
    answer.seal()
    return answer.finish()


def test_nobody_waits_while_an_image_outside_is_made_ready(cloud: Cloud, shelf: Make) -> None:
    target, library = shelf("contoso"), Library()
    cloud.world.upstreams = lambda host: library if host == "docker.io" else None
    library.ready = False
    waiting = begun(cloud, source={"registryUri": "docker.io", "sourceImage": "library/hello"}, targetTags=["hello:1"])
    assert not isinstance(waiting, Response) and not waiting.small, "a door prepares it in a thread"
    assert target.ask("GET", "/v2/").status == 200 and target.tags("hello") == []
    assert concluded(waiting).status == 202
    assert target.pull("hello", "1").raw == library.raw


def test_what_cannot_be_made_ready_is_said(cloud: Cloud, shelf: Make) -> None:
    target, library = shelf("contoso"), Library()
    cloud.world.upstreams = lambda host: library if host == "docker.io" else None
    library.ready, library.failure = False, "no space left on device"
    refused = importing(cloud, source={"registryUri": "docker.io", "sourceImage": "library/hello"})
    assert refused.status == 503 and "no space left" in str(refused.json), refused
    assert target.tags("library/hello") == []


def test_a_refusal_reaches_the_sdk(cloud: Cloud, pair: tuple[Shelf, Shelf]) -> None:
    with client(ContainerRegistryManagementClient, cloud) as acr:
        body = {"source": {"resourceId": pair[0].id, "sourceImage": "team/app:v9"}, "targetTags": ["a:1"]}
        with pytest.raises(ResourceNotFoundError):
            acr.registries.begin_import_image("lab", "contoso", body).result()
        with pytest.raises(HttpResponseError):
            acr.registries.begin_import_image("lab", "contoso", {"source": {"sourceImage": ""}}).result()
