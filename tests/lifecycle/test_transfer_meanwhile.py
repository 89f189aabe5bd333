"""What goes on while a transfer reads and writes: others are answered, and what they change counts."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from acrlab.engine import collection
from acrlab.engine.world import World
from acrlab.store.directory import DirectoryBlobs
from acrlab.wire.app import App
from acrlab.wire.http import Answer, Request, Response, concluded
from tests.arm.cloud import HOST, Cloud
from tests.lifecycle.content import Shelf, digest_of
from tests.lifecycle.test_transfer_runs import LAYER, OFF, PREVIEW, Post

PATIENCE = 60.0  # seconds that something may take before it counts as broken


class Slow:
    """A store of blobs whose first reader waits as long as the test wants."""

    def __init__(self, world: World) -> None:
        self.reading, self.go_on = threading.Event(), threading.Event()
        self._read = world.blobs.read
        world.blobs.read = self.read  # type: ignore[method-assign]

    def read(self, digest: str, offset: int = 0, length: int | None = None) -> bytes:
        if not self.reading.is_set():
            self.reading.set()
            assert self.go_on.wait(PATIENCE)
        return self._read(digest, offset, length)


@pytest.fixture
def post(shelf: Callable[..., Shelf]) -> Iterator[Post]:
    found = Post(shelf)
    found.home.push("app", "v1", text=LAYER)
    found.pipeline("exportPipelines", "outgoing")
    found.pipeline("importPipelines", "incoming", **OFF)
    yield found
    found.account.close()


def looked_at(cloud: Cloud, path: str) -> Answer:
    """The answer to a look at a run, as far as it comes without waiting."""
    headers = {"authorization": f"Bearer {cloud.token()}"}
    return cloud.app.begin(Request("GET", HOST, path, f"api-version={PREVIEW}", headers, authority=HOST))


class Going:
    """A run that reads, and does not go on before it is let."""

    def __init__(self, post: Post, kind: str) -> None:
        self.post, self.cloud = post, post.cloud
        if kind == "import":
            assert post.export("app:v1")["status"] == "Succeeded"
        shelf = post.home if kind == "export" else post.other
        name, end = {"export": ("out12", "target"), "import": ("in1234", "source")}[kind]
        request = {
            "pipelineResourceId": f"{shelf.id}/{kind}Pipelines/{name}", "artifacts": ["app:v1"],
            end: {"type": "AzureStorageBlob", "name": "today.tar"},
        }  # fmt: skip
        self.path = f"{shelf.id}/pipelineRuns/meanwhile"
        self.slow = Slow(self.cloud.world)
        made = self.cloud.ask("PUT", self.path, {"properties": {"request": request}}, version=PREVIEW)
        assert made.status == 201, made
        looking = looked_at(self.cloud, self.path)
        assert not isinstance(looking, Response), "whoever looks at it waits for it"
        self.ends: list[Response] = []
        self._thread = threading.Thread(target=lambda: self.ends.append(concluded(looking)))
        self._thread.start()
        assert self.slow.reading.wait(PATIENCE)

    def ended(self) -> Response:
        """Let it go on; what its onlooker hears."""
        self.slow.go_on.set()
        self._thread.join()
        assert self.cloud.world.arriving == {} and not self.cloud.world.errands
        return self.ends[0]

    def told(self) -> dict[str, Any]:
        """How it ended."""
        shown = self.cloud.ask("GET", self.path, version=PREVIEW).json["properties"]
        assert shown["provisioningState"] == shown["response"]["status"]
        return dict(shown["response"])


@pytest.fixture(params=["export", "import"])
def going(post: Post, request: pytest.FixtureRequest) -> Iterator[Going]:
    found = Going(post, request.param)
    yield found
    found.slow.go_on.set()


@pytest.fixture
def leaving(post: Post) -> Iterator[Going]:
    found = Going(post, "export")
    yield found
    found.slow.go_on.set()


def test_others_are_answered_and_may_write(going: Going) -> None:
    home = going.post.home
    assert home.tags("app") == ["v1"]
    home.push("app", "v2")
    assert home.tags("app") == ["v1", "v2"]
    assert not isinstance(looked_at(going.cloud, going.path), Response), "a second onlooker waits, too"
    assert going.ended().status == 200 and going.told()["status"] == "Succeeded"


def test_a_run_that_is_deleted_meanwhile_brings_nothing(going: Going) -> None:
    assert going.cloud.ask("DELETE", going.path, version=PREVIEW).status in (200, 202)
    before = going.post.names()
    assert going.ended().status == 404
    assert going.post.names() == before and going.post.other.tags("app") == []


def test_a_registry_that_is_deleted_meanwhile(going: Going) -> None:
    id = going.path.partition("/pipelineRuns/")[0]
    assert going.cloud.ask("DELETE", id).status in (200, 202)
    before = going.post.names()
    assert going.ended().status == 404 and going.post.names() == before


def test_a_pipeline_that_is_deleted_meanwhile(going: Going) -> None:
    pipeline = going.cloud.world.state.resources[going.path.lower()].body["request"]
    assert going.cloud.ask("DELETE", pipeline, version=PREVIEW).status in (200, 202)
    assert going.ended().status == 200
    told = going.told()
    assert (told["status"], told["pipelineRunErrorMessage"]) == ("Failed", "The pipeline is gone.")


def test_a_container_that_is_deleted_meanwhile(going: Going) -> None:
    going.post.account.client().delete_container("transfer")
    assert going.ended().status == 200
    told = going.told()
    assert told["status"] == "Failed" and "404 ContainerNotFound" in told["pipelineRunErrorMessage"]
    assert going.post.other.tags("app") == []


def test_a_blob_that_came_meanwhile_stays(leaving: Going) -> None:
    leaving.post.box.upload_blob("today.tar", b"somebody else's")
    assert leaving.ended().status == 200
    assert "OverwriteBlobs" in leaving.told()["pipelineRunErrorMessage"]
    assert leaving.post.box.download_blob("today.tar").readall() == b"somebody else's"


def test_an_image_that_is_deleted_meanwhile_was_there_when_the_run_began(leaving: Going) -> None:
    world, layer = leaving.cloud.world, digest_of(LAYER.encode())
    assert leaving.post.home.ask("DELETE", "/acr/v1/app").status == 202
    assert layer not in world.state.links
    collection.sweep(world)
    assert world.blobs.size(layer) == len(LAYER), "no collection takes what is being packed"
    assert leaving.ended().status == 200 and leaving.told()["status"] == "Succeeded"
    assert leaving.post.names() == ["today.tar"]


def test_a_world_that_goes_back_meanwhile(going: Going) -> None:
    world = going.cloud.world
    world.snapshot("meanwhile")
    history = world.journal.position
    world.restore("meanwhile")
    assert going.ended().status == 200, "it is begun anew, in the history that counts now"
    assert world.journal.position > history and going.told()["status"] == "Succeeded"


def test_a_run_that_a_killed_process_had_begun_is_begun_anew(going: Going, tmp_path: Path) -> None:
    """What a process leaves that is killed in the middle of it: its journal and its folder."""
    left = going.cloud.world
    again = World(
        journal=left.journal, blobs=DirectoryBlobs(tmp_path / "0"), storage=left.storage, git=left.git, keys=left.keys,
        entropy=left.random, clock=left.clock,
    )  # fmt: skip
    assert again.state.resources[going.path.lower()].body["status"] == "Running"
    app, cloud = App(again, strict_bugs=True), going.cloud
    shown = Request("GET", HOST, going.path, f"api-version={PREVIEW}", {"authorization": f"Bearer {cloud.token()}"},
                    authority=HOST)  # fmt: skip
    assert concluded(app.begin(shown)).status == 200
    told = again.state.resources[going.path.lower()].body
    assert told["status"] == "Succeeded", told["error"]


def test_the_dial_waits_for_a_run_and_others_do_not(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    world = post.cloud.world
    monkeypatch.setattr(world, "realistic_timing", True)
    request = {
        "pipelineResourceId": f"{post.home.id}/exportPipelines/out12", "artifacts": ["app:v1"],
        "target": {"type": "AzureStorageBlob", "name": "today.tar"},
    }  # fmt: skip
    path, begun = f"{post.home.id}/pipelineRuns/later", world.now()
    assert post.cloud.ask("PUT", path, {"properties": {"request": request}}, version=PREVIEW).status == 201
    slow = Slow(world)
    turning = threading.Thread(target=lambda: world.advance(3600))
    turning.start()
    assert slow.reading.wait(PATIENCE)
    assert post.home.tags("app") == ["v1"] and world.now() == begun + 60
    slow.go_on.set()
    turning.join()
    run = world.state.resources[path.lower()].body
    assert (run["status"], run["properties"]["response"]["finishTime"]) == ("Succeeded", begun + 60)
    assert world.now() == begun + 3600
