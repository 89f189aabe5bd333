"""`az` 2.91 and the engine of this machine: what Microsoft's pages build and run, without internet."""

import pytest

from acrlab.agents.bases import packages
from acrlab.agents.bases.stand_ins import StandIns
from tests.peers.az.conftest import building
from tests.peers.lanes import need, not_run

pytestmark = pytest.mark.peers

GROUP, NAME = "builds", "buildspeer"
SAMPLES = "https://github.com/Azure-Samples/acr-tasks.git"


@pytest.fixture(scope="module")
def az(tmp_path_factory):
    with building(tmp_path_factory, GROUP, NAME, "Basic") as program:
        yield program


def test_the_quickstart(az, tmp_path):
    """Source: container-registry-quickstart-task-cli (2025): build, push and run hello-world."""
    (tmp_path / "Dockerfile").write_text("FROM mcr.microsoft.com/hello-world\n")
    built = az.run("acr", "build", "--image", "sample/hello-world:v1", "--registry", NAME, "--file",
                   str(tmp_path / "Dockerfile"), str(tmp_path))  # fmt: skip
    assert "was successful after" in built.stdout
    ran = az.run("acr", "run", "--registry", NAME, "--cmd", "$Registry/sample/hello-world:v1", "/dev/null")
    assert "Hello from Docker!" in ran.stdout
    assert az.json("acr", "repository", "show-tags", "--name", NAME, "--repository", "sample/hello-world") == ["v1"]


def test_a_build_that_runs_something(az, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM docker.io/library/busybox\nCOPY f /f\nRUN cat /f > /g && rm /f\n")
    (tmp_path / "f").write_text("content\n")
    az.run("acr", "build", "--image", "run:v1", "--registry", NAME, str(tmp_path))
    ran = az.run("acr", "run", "--registry", NAME, "--cmd", "$Registry/run:v1 cat /g", "/dev/null")
    assert "content" in ran.stdout
    (tmp_path / "Dockerfile").write_text("FROM docker.io/library/busybox\nRUN cat /nothing\n")
    failed = az.run("acr", "build", "--image", "run:v2", "--registry", NAME, str(tmp_path), code=1)
    assert "returned a non-zero code: 1" in failed.stdout and "Run failed" in failed.stderr
    assert az.json("acr", "repository", "show-tags", "--name", NAME, "--repository", "run") == ["v1"]


def test_a_build_for_another_machine(az, tmp_path, monkeypatch):
    """Source: container-registry-tasks-overview (2025), `--platform` of `az acr build`."""
    need("qemu-aarch64-static")
    if why := packages.missing("arm64"):
        not_run(why)
    unsealed = StandIns(tmp_path / "stand-ins")  # the emulator is sealed, and this needs a mirror of packages
    monkeypatch.setattr(az.cloud.emulator.world, "upstreams", unsealed)
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM busybox\nRUN uname -m >/machine && cat /machine\n")
    for_arm = ("--platform", "linux/arm64/v8", "--image", "arm:v1")
    built = az.run("acr", "build", "--registry", NAME, *for_arm, str(context))
    assert "aarch64" in built.stdout.splitlines()
    ran = az.run("acr", "run", "--registry", NAME, "--cmd", "$Registry/arm:v1 cat /machine", "/dev/null")
    assert "aarch64" in ran.stdout and "does not match the detected host platform" in ran.stdout
    manifest = az.json("acr", "manifest", "list-metadata", "--registry", NAME, "--name", "arm")[0]
    assert (manifest["architecture"], manifest["os"]) == ("arm64", "linux")


def test_a_task_of_several_steps(az):
    done = az.run("acr", "run", "--registry", NAME, "--file", "build-push-hello-world.yaml", SAMPLES)
    assert "is a stand-in" in done.stdout and "Successfully pushed image" in done.stdout
    (tag,) = az.json("acr", "repository", "show-tags", "--name", NAME, "--repository", "hello-world")
    purge = "acr purge --filter 'hello-world:.*' --ago 0d --untagged"
    az.run("acr", "run", "--registry", NAME, "--cmd", purge, "/dev/null")
    assert "hello-world" not in az.json("acr", "repository", "list", "--name", NAME), tag


def test_a_base_image_is_patched(az, tmp_path):
    """Source: container-registry-tutorial-base-image-update (2023-10), with images of its own registry."""
    base, app = tmp_path / "base", tmp_path / "app"
    for folder, text in ((base, "FROM docker.io/library/busybox\nCOPY v /v\n"),
                         (app, f"FROM {NAME}.azurecr.io/base:1\nCMD cat /v\n")):  # fmt: skip
        folder.mkdir()
        (folder / "Dockerfile").write_text(text)
    (base / "v").write_text("first\n")
    az.run("acr", "build", "--image", "base:1", "--registry", NAME, str(base))
    az.run("acr", "task", "create", "--name", "dependent", "--registry", NAME, "--image", "dependent:1",
           "--context", "https://github.com/Azure-Samples/acr-tasks.git", "--file", "Dockerfile",
           "--commit-trigger-enabled", "false")  # fmt: skip
    az.run("acr", "task", "run", "--name", "dependent", "--registry", NAME, "--context", str(app))
    (base / "v").write_text("second\n")
    az.run("acr", "build", "--image", "base:1", "--registry", NAME, str(base))
    assert az.cloud.emulator.dispatcher.idle(120)
    runs = az.json("acr", "task", "list-runs", "--name", "dependent", "--registry", NAME)
    assert [each["runType"] for each in runs] == ["AutoBuild", "QuickRun"]
    assert runs[0]["imageUpdateTrigger"]["images"][0]["repository"] == "base"
    told = az.run("acr", "task", "logs", "--registry", NAME, "--run-id", runs[0]["runId"]).stdout
    assert "error opening dockerfile: Dockerfile" in told  # the repository has none: az task run brought its own


def test_a_lab_from_create_to_delete(az, tmp_path):
    """What Microsoft's labs on the registry type, in their order.

    Source: container-registry-quickstart-task-cli, -image-lock, -tutorial-quick-task, -tasks-scheduled,
    -authentication (admin account); 2023-2025.
    """
    name, image = ("--name", "labpeer"), "sample/hello-world:v1"
    assert az.json("acr", "create", "--resource-group", GROUP, *name, "--sku", "Basic")["sku"]["name"] == "Basic"
    (tmp_path / "Dockerfile").write_text("FROM mcr.microsoft.com/hello-world\n")
    az.run("acr", "build", "--image", image, "--registry", "labpeer", "--file",
           str(tmp_path / "Dockerfile"), str(tmp_path))  # fmt: skip
    assert az.json("acr", "repository", "list", *name) == ["sample/hello-world"]
    assert az.json("acr", "repository", "show-tags", *name, "--repository", "sample/hello-world") == ["v1"]
    ran = az.run("acr", "run", "--registry", "labpeer", "--cmd", f"$Registry/{image}", "/dev/null")
    assert "Hello from Docker!" in ran.stdout
    locked(az, name, image)
    scheduled(az)
    assert az.json("acr", "update", *name, "--admin-enabled", "true")["adminUserEnabled"] is True
    assert az.json("acr", "credential", "show", *name)["username"] == "labpeer"
    az.run("acr", "repository", "delete", *name, "--image", image, "--yes")
    assert az.json("acr", "repository", "list", *name) == []
    az.run("acr", "delete", *name, "--yes")
    assert "labpeer" not in [each["name"] for each in az.json("acr", "list", "--resource-group", GROUP)]


def locked(az, name, image):
    """A locked image stays; its manifest says what it is."""
    az.run("acr", "repository", "update", *name, "--image", image, "--write-enabled", "false")
    az.refused("acr", "repository", "delete", *name, "--image", image, "--yes")
    (manifest,) = az.json("acr", "manifest", "list-metadata", "--registry", "labpeer", "--name", "sample/hello-world")
    shown = az.json("acr", "manifest", "show-metadata", "--registry", "labpeer", "--name", image)
    assert manifest["tags"] == ["v1"] and shown["changeableAttributes"]["writeEnabled"] is False
    az.run("acr", "repository", "update", *name, "--image", image, "--write-enabled", "true")


def scheduled(az):
    """A task without a context, with a timer, run by hand."""
    task = ("--registry", "labpeer", "--name", "timertask")
    made = az.json("acr", "task", "create", *task, "--cmd", "mcr.microsoft.com/hello-world",
                   "--schedule", "0 21 * * *", "--context", "/dev/null")  # fmt: skip
    assert made["trigger"]["timerTriggers"][0]["schedule"] == "0 21 * * *"
    assert "Hello from Docker!" in az.run("acr", "task", "run", *task).stdout
    (run,) = az.json("acr", "task", "list-runs", *task)
    assert (run["status"], run["runType"]) == ("Succeeded", "QuickRun")
    assert "Hello from Docker!" in az.run("acr", "task", "logs", *task).stdout
    az.run("acr", "task", "delete", *task, "--yes")
    assert az.json("acr", "task", "list", "--registry", "labpeer") == []
