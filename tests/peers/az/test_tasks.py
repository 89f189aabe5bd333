"""`az` 2.91 on ACR Tasks. Each test ends with what the registry then is."""

import re

import pytest

from tests.peers.cloud import LOCATION, Cloud
from tests.peers.test_az import Az
from tests.tasks.stacker import Stacker

pytestmark = pytest.mark.peers

GROUP = "tasks"
NAME = "taskspeer"


@pytest.fixture(scope="module")
def engine():
    return Stacker()


@pytest.fixture(scope="module")
def az(engine, tmp_path_factory):
    with Cloud.open(tmp_path_factory.mktemp("home"), engine=engine) as cloud:
        program = Az(cloud, tmp_path_factory.mktemp("azure"))
        program.sign_in()
        program.json("group", "create", "--name", GROUP, "--location", LOCATION)
        program.json("acr", "create", "--resource-group", GROUP, "--name", NAME, "--sku", "Premium")
        yield program


@pytest.fixture
def context(tmp_path):
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    (folder / "hello.txt").write_text("hello")
    (folder / "secret.txt").write_text("secret")
    (folder / ".dockerignore").write_text("secret.txt\n")
    return folder


def tags(az, repository: str) -> list[str]:
    return az.json("acr", "repository", "show-tags", "--name", NAME, "--repository", repository)


def queued(done) -> str:
    """The id of the run that az queued."""
    return re.search(r"Queued a (?:build|run) with ID: (\w+)", done.stderr)[1]


def build(az, context, image: str) -> str:
    """Queue a build and leave."""
    return queued(az.run("acr", "build", "--registry", NAME, "--image", image, "--no-wait", str(context)))


def test_build(az, context):
    done = az.run("acr", "build", "--registry", NAME, "--image", "sample/app:v1", str(context))
    for said in ("Packing source code into tar to upload...", "Sending context (", "Queued a build with ID: ",
                 "Waiting for an agent..."):  # fmt: skip
        assert said in done.stderr
    run = queued(done)
    assert f"Run ID: {run} was successful after " in done.stdout
    assert "Successfully pushed image: taskspeer.azurecr.io/sample/app:v1" in done.stdout
    assert tags(az, "sample/app") == ["v1"]
    shown = az.json("acr", "task", "show-run", "--registry", NAME, "--run-id", run)
    assert (shown["status"], shown["outputImages"][0]["repository"]) == ("Succeeded", "sample/app")
    assert az.run("acr", "task", "logs", "--registry", NAME, "--run-id", run).stdout.strip() == done.stdout.strip()


def test_a_build_that_fails(az, context):
    (context / "Dockerfile").write_text("FROM scratch\nRUN nothing\n")
    done = az.run("acr", "build", "--registry", NAME, "--image", "broken:v1", str(context), code=1)
    assert "Run failed" in done.stderr and "returned a non-zero code: 1" in done.stdout
    assert "broken" not in az.json("acr", "repository", "list", "--name", NAME)


def test_a_build_without_logs_and_without_waiting(az, context):
    run = build(az, context, "quiet:v1")
    assert az.cloud.emulator.dispatcher.idle(60)
    listed = az.json("acr", "task", "list-runs", "--registry", NAME, "--run-status", "Succeeded", "--top", "1")
    assert [each["runId"] for each in listed] == [run]
    by_image = az.json("acr", "task", "list-runs", "--registry", NAME, "--image", "quiet:v1")
    assert [each["runId"] for each in by_image] == [run]
    table = az.run("acr", "task", "list-runs", "--registry", NAME, "--output", "table").stdout
    assert run in table and "Manual" in table


def test_cancel_and_update_run(az, context, engine):
    engine.gate.clear()
    try:
        held = build(az, context, "held:v1")
        assert engine.building.acquire(timeout=60)
        az.run("acr", "task", "cancel-run", "--registry", NAME, "--run-id", held)
    finally:
        engine.gate.set()
    assert az.cloud.emulator.dispatcher.idle(60)
    run = ("--registry", NAME, "--run-id", held)
    assert az.json("acr", "task", "show-run", *run)["status"] == "Canceled"
    assert az.json("acr", "task", "update-run", *run, "--no-archive", "false")["isArchiveEnabled"] is True
    assert "held" not in az.json("acr", "repository", "list", "--name", NAME)


def test_a_large_context_goes_in_blocks(az, context):
    with open(context / "large.bin", "wb") as file:
        file.write(az.cloud.emulator.world.random(70 * 1024 * 1024))
    az.run("acr", "build", "--registry", NAME, "--image", "large:v1", str(context))
    assert tags(az, "large") == ["v1"]


def test_run(az):
    done = az.run("acr", "run", "--registry", NAME, "--cmd", "bash echo hello", "/dev/null", code=1)
    assert "Queued a run with ID: " in done.stderr and "Run failed" in done.stderr
