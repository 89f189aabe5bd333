"""What else meets tasks: templates, public images that are polled, clients of older api-versions."""

import hashlib
import threading

import msgspec
import pytest

from acrlab.agents.images import DOCKER_CONFIG, DOCKER_MANIFEST
from acrlab.engine.upstream import Unready
from tests.tasks.conftest import GROUP, LINUX, NAME, PATIENCE


class Hub:
    """A public registry with one image, which can be pushed anew."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.push("1")
        self.ready, self.failure = True, ""
        self.preparing, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def push(self, text: str) -> None:
        config = msgspec.json.encode({"os": "linux", "architecture": "amd64", "config": {"Labels": {"a": text}}})
        digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
        self.blobs[digest] = config
        row = {"mediaType": DOCKER_CONFIG, "digest": digest, "size": len(config)}
        document = {"schemaVersion": 2, "mediaType": DOCKER_MANIFEST, "config": row, "layers": []}
        self.raw = msgspec.json.encode(document)

    def prepare(self, repository):
        self.preparing.set()
        assert self.go_on.wait(PATIENCE)
        if self.failure:
            raise OSError(self.failure)
        self.ready = True

    def manifest(self, repository, reference):
        if not self.ready:
            raise Unready(lambda: self.prepare(repository))
        return (self.raw, DOCKER_MANIFEST) if repository == "library/node" else None

    def blob(self, repository, digest):
        return [self.blobs[digest]] if digest in self.blobs else None


@pytest.fixture
def hub(lab):
    found = Hub()
    lab.world.upstreams = lambda host: found if host == "docker.io" else None
    return found


def create(lab, name="polled", **more):
    step = {"type": "Docker", "contextPath": lab.upload(Dockerfile="FROM docker.io/library/node:15\n"),
            "dockerFilePath": "Dockerfile", "imageNames": ["app:1"]}  # fmt: skip
    trigger = {"baseImageTrigger": {"name": "b", "baseImageTriggerType": "Runtime"}}
    body = {"location": "westus", "properties": {"platform": LINUX, "step": step, "trigger": trigger}}
    lab.sdk.tasks.create(GROUP, NAME, name, {**body, **more})
    request = {"type": "TaskRunRequest", "taskId": f"{lab.cloud.r}/{NAME}/tasks/{name}"}
    return lab.settled(lab.sdk.registries.schedule_run(GROUP, NAME, request).run_id)


def test_a_public_image_is_polled_on_the_worlds_clock(lab, hub):
    assert create(lab).status == "Succeeded"
    (job,) = [each for each in lab.world.state.jobs if each.name == "task-poll"]
    assert 600 <= job.due - lab.world.now() <= 3600
    lab.world.advance(3600)
    assert len(list(lab.sdk.runs.list(GROUP, NAME))) == 1
    hub.push("2")
    lab.world.advance(3600)
    assert lab.dispatcher.idle(60)
    newest, _ = lab.sdk.runs.list(GROUP, NAME)
    assert (newest.run_type, newest.status) == ("AutoBuild", "Succeeded")
    assert newest.image_update_trigger.images[0].repository == "library/node"
    lab.world.advance(2 * 3600)
    assert lab.dispatcher.idle(60) and len(list(lab.sdk.runs.list(GROUP, NAME))) == 2


def test_nobody_waits_while_a_public_image_that_is_polled_is_put_together(lab, hub):
    assert create(lab).status == "Succeeded"
    hub.push("2")
    hub.ready = False  # as in a process that has not read it yet
    hub.preparing.clear()
    hub.go_on.clear()
    turning = threading.Thread(target=lab.world.advance, args=(3600,))
    turning.start()
    assert hub.preparing.wait(PATIENCE)
    assert len(list(lab.sdk.runs.list(GROUP, NAME))) == 1
    hub.go_on.set()
    turning.join()
    assert lab.dispatcher.idle(PATIENCE)
    assert [each.run_type for each in lab.sdk.runs.list(GROUP, NAME)] == ["AutoBuild", "QuickRun"]


def test_a_public_image_that_cannot_be_put_together_is_looked_at_again(lab, hub):
    assert create(lab).status == "Succeeded"
    hub.push("2")
    hub.ready, hub.failure = False, "no space left on device"
    hub.preparing.clear()
    lab.world.advance(3600)
    assert hub.preparing.is_set() and len(list(lab.sdk.runs.list(GROUP, NAME))) == 1
    hub.failure = ""
    lab.world.advance(3600)
    assert lab.dispatcher.idle(PATIENCE) and len(list(lab.sdk.runs.list(GROUP, NAME))) == 2


def test_a_deployment_fails_with_its_run(lab):
    request = {"type": "DockerBuildRequest", "dockerFilePath": "nosuch", "platform": LINUX}
    rows = [{"type": "Microsoft.ContainerRegistry/registries/taskRuns", "name": f"{NAME}/firstrun",
             "apiVersion": "2019-06-01-preview", "properties": {"runRequest": request}}]  # fmt: skip
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": rows,
    }  # fmt: skip
    path = f"{lab.cloud.g}/providers/Microsoft.Resources/deployments/failing"
    body = {"properties": {"mode": "Incremental", "template": template}}
    answer = lab.cloud.ask("PUT", path, body, version="2024-11-01")
    assert lab.dispatcher.idle(60)
    ended = lab.cloud.follow(answer.headers["azure-asyncoperation"]).json
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "TaskRunFailed")
    shown = lab.cloud.ask("GET", path, version="2024-11-01").json["properties"]
    assert (shown["provisioningState"], shown["error"]["code"]) == ("Failed", "TaskRunFailed")


def test_templates_make_tasks_and_runs(lab):
    place = lab.upload(Dockerfile="FROM scratch\n")
    step = {"type": "Docker", "contextPath": place, "dockerFilePath": "Dockerfile", "imageNames": ["templated:1"]}
    request = {"type": "DockerBuildRequest", "dockerFilePath": "Dockerfile", "platform": LINUX,
               "sourceLocation": place, "imageNames": ["templated:1"], "isPushEnabled": True}  # fmt: skip
    kind, version = "Microsoft.ContainerRegistry/registries", "2019-06-01-preview"
    resources = [
        {"type": f"{kind}/tasks", "name": f"{NAME}/nightly", "apiVersion": version, "location": "westus",
         "properties": {"platform": LINUX, "step": step}},
        {"type": f"{kind}/taskRuns", "name": f"{NAME}/firstrun", "apiVersion": version, "location": "westus",
         "properties": {"runRequest": request}},
    ]  # fmt: skip
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": resources,
    }  # fmt: skip
    path = f"{lab.cloud.g}/providers/Microsoft.Resources/deployments/tasks"
    body = {"properties": {"mode": "Incremental", "template": template}}
    lab.engine.gate.clear()
    answer = lab.cloud.ask("PUT", path, body, version="2024-11-01")
    assert answer.status in (200, 201), answer
    assert lab.cloud.follow(answer.headers["azure-asyncoperation"]).json["status"] == "Running"
    assert lab.cloud.ask("GET", path, version="2024-11-01").json["properties"]["provisioningState"] == "Running"
    lab.engine.gate.set()
    assert lab.dispatcher.idle(60) and lab.tags("templated") == ["1"]
    assert lab.cloud.follow(answer.headers["azure-asyncoperation"]).json["status"] == "Succeeded"
    assert lab.cloud.ask("GET", path, version="2024-11-01").json["properties"]["provisioningState"] == "Succeeded"
    assert lab.sdk.tasks.get(GROUP, NAME, "nightly").step.context_path == place


@pytest.mark.parametrize("version", ["2018-09-01", "2019-04-01", "2019-06-01-preview", "2025-03-01-preview"])
def test_every_version_that_tasks_had(lab, version):
    body = {"type": "DockerBuildRequest", "dockerFilePath": "Dockerfile", "platform": LINUX}
    answer = lab.cloud.ask("POST", f"{lab.cloud.r}/{NAME}/scheduleRun", body, version=version)
    assert answer.status == 200 and "api-supported-versions" not in answer.headers
    lab.settled(answer.json["name"])
    listed = lab.cloud.ask("GET", f"{lab.cloud.r}/{NAME}/runs", version=version)
    assert [each["name"] for each in listed.json["value"]] == [answer.json["name"]]


def test_a_registry_that_goes_takes_its_runs_with_it(lab):
    lab.engine.gate.clear()
    lab.build("app:1")
    assert lab.engine.building.acquire(timeout=60)
    create_timer = {"timerTriggers": [{"name": "t", "schedule": "0 * * * *"}]}
    step = {"type": "EncodedTask", "encodedTaskContent": "c3RlcHM6IFtdCg=="}
    body = {"location": "westus", "properties": {"platform": LINUX, "step": step, "trigger": create_timer}}
    lab.sdk.tasks.create(GROUP, NAME, "timed", body)
    assert lab.cloud.ask("DELETE", f"{lab.cloud.r}/{NAME}").status == 200
    assert lab.dispatcher.idle(60)
    assert not [key for key in lab.world.state.resources if f"/{NAME}" in key]
    lab.world.advance(86400)
    assert not lab.world.state.registries and lab.dispatcher.idle(60)
