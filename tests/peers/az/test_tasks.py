"""`az` 2.91 on ACR Tasks. Each test ends with what the registry then is."""

import json
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


# --- tasks ----------------------------------------------------------------------------------------

REPOSITORY = "https://github.com/contoso/app.git"


def task(az, *arguments: str):
    return az.json("acr", "task", *arguments, "--registry", NAME)


def test_the_life_of_a_task(az):
    made = task(az, "create", "--name", "buildapp", "--context", f"{REPOSITORY}#main", "--file", "Dockerfile",
                "--image", "app:{{.Run.ID}}", "--git-access-token", "token", "--schedule", "night:0 21 * * *",
                "--schedule", "*/10 * * * *", "--arg", "A=1", "--secret-arg", "B=hush")  # fmt: skip
    assert (made["status"], made["step"]["type"], made["timeout"]) == ("Enabled", "Docker", 3600)
    assert [each["name"] for each in made["trigger"]["timerTriggers"]] == ["night", "t2"]
    assert made["trigger"]["sourceTriggers"][0]["sourceRepository"]["branch"] == "main"
    assert "hush" not in str(made)
    assert "hush" in str(task(az, "show", "--name", "buildapp", "--with-secure-properties"))
    assert task(az, "show", "--name", "buildapp") == made
    assert [each["name"] for each in task(az, "list")] == ["buildapp"]
    table = az.run("acr", "task", "list", "--registry", NAME, "--output", "table").stdout
    assert "BASE_IMAGE, SOURCE, TIMER" in table
    az.run("acr", "task", "delete", "--name", "buildapp", "--registry", NAME, "--yes")
    assert task(az, "list") == []


def test_an_update_of_a_task(az):
    """Of one without a trigger for sources: az 2.91 cannot write the others down itself."""
    task(az, "create", "--name", "changing", "--context", REPOSITORY, "--file", "Dockerfile", "--image", "app:v1",
         "--commit-trigger-enabled", "false")  # fmt: skip
    changed = task(az, "update", "--name", "changing", "--status", "Disabled", "--cpu", "2", "--timeout", "600",
                   "--platform", "linux/arm64/v8", "--image", "app:v2")  # fmt: skip
    assert (changed["status"], changed["timeout"], changed["platform"]["variant"]) == ("Disabled", 600, "v8")
    assert changed["step"]["imageNames"] == ["app:v2"]
    assert "is disabled" in az.refused("acr", "task", "run", "--name", "changing", "--registry", NAME)
    az.run("acr", "task", "delete", "--name", "changing", "--registry", NAME, "--yes")


def test_timers(az):
    task(az, "create", "--name", "timed", "--context", "/dev/null", "--cmd", "bash echo hello")
    added = task(az, "timer", "add", "--name", "timed", "--timer-name", "hourly", "--schedule", "0 * * * *")
    assert added["trigger"]["timerTriggers"][0]["schedule"] == "0 * * * *"
    task(az, "timer", "update", "--name", "timed", "--timer-name", "hourly", "--enabled", "false")
    (timer,) = task(az, "timer", "list", "--name", "timed")
    assert (timer["name"], timer["status"], timer["schedule"]) == ("hourly", "Disabled", "0 * * * *")
    task(az, "timer", "remove", "--name", "timed", "--timer-name", "hourly")
    assert not task(az, "timer", "list", "--name", "timed")
    refused = az.refused("acr", "task", "timer", "add", "--name", "timed", "--registry", NAME, "--timer-name", "x",
                         "--schedule", "every day")  # fmt: skip
    assert "invalid crontab expression" in refused
    az.run("acr", "task", "delete", "--name", "timed", "--registry", NAME, "--yes")


def test_credentials_and_identities(az):
    task(az, "create", "--name", "secured", "--context", "/dev/null", "--cmd", "bash echo hello",
         "--assign-identity", "[system]")  # fmt: skip
    other = ("--login-server", "other.azurecr.io")
    assert task(az, "credential", "add", "--name", "secured", *other, "--username", "u", "--password", "p") == {
        "other.azurecr.io": None
    }
    assert "other.azurecr.io" in task(az, "credential", "list", "--name", "secured")
    task(az, "credential", "update", "--name", "secured", *other, "--use-identity", "[system]")
    assert task(az, "credential", "list", "--name", "secured")["other.azurecr.io"]["identity"] == "[system]"
    assert task(az, "credential", "remove", "--name", "secured", *other) == {}
    assert task(az, "identity", "show", "--name", "secured")["type"] == "SystemAssigned"
    user = az.json("identity", "create", "--resource-group", GROUP, "--name", "worker", "--location", LOCATION)["id"]
    both = task(az, "identity", "assign", "--name", "secured", "--identities", "[system]", user)
    assert both["identity"]["type"] == "SystemAssigned, UserAssigned"
    task(az, "identity", "remove", "--name", "secured", "--identities", "[all]")
    assert task(az, "identity", "show", "--name", "secured") == {}
    az.run("acr", "task", "delete", "--name", "secured", "--registry", NAME, "--yes")


def test_run_of_a_task(az, context):
    task(az, "create", "--name", "fromdir", "--context", REPOSITORY, "--file", "Dockerfile", "--image", "fromdir:v1",
         "--commit-trigger-enabled", "false")  # fmt: skip
    done = az.run("acr", "task", "run", "--name", "fromdir", "--registry", NAME, "--context", str(context))
    assert f"Run ID: {queued(done)} was successful after " in done.stdout
    assert tags(az, "fromdir") == ["v1"]
    (run,) = task(az, "list-runs", "--name", "fromdir")
    assert (run["task"], run["runType"], run["runId"]) == ("fromdir", "QuickRun", queued(done))
    logs = az.run("acr", "task", "logs", "--name", "fromdir", "--registry", NAME)
    assert f"Run ID: {run['runId']}" in logs.stderr and "Successfully pushed image" in logs.stdout
    az.run("acr", "task", "delete", "--name", "fromdir", "--registry", NAME, "--yes")


# --- agent pools and task runs --------------------------------------------------------------------


def test_an_agent_pool(az, context):
    pool = ("--name", "mypool", "--registry", NAME)
    made = az.json("acr", "agentpool", "create", *pool, "--tier", "S2", "--count", "1")
    assert (made["tier"], made["count"], made["provisioningState"]) == ("S2", 1, "Succeeded")
    az.run("acr", "build", "--registry", NAME, "--image", "pooled:v1", "--agent-pool", "mypool", str(context))
    assert tags(az, "pooled") == ["v1"]
    assert az.json("acr", "agentpool", "update", *pool, "--count", "0")["count"] == 0
    run = queued(az.run("acr", "build", "--registry", NAME, "--image", "pooled:v2", "--agent-pool", "mypool",
                        "--no-wait", str(context)))  # fmt: skip
    assert az.json("acr", "agentpool", "show", *pool, "--queue-count")["count"] == 1
    assert az.json("acr", "task", "show-run", "--registry", NAME, "--run-id", run)["status"] == "Queued"
    assert [each["name"] for each in az.json("acr", "agentpool", "list", "--registry", NAME)] == ["mypool"]
    az.run("acr", "agentpool", "delete", *pool, "--yes")
    assert az.json("acr", "agentpool", "list", "--registry", NAME) == []
    assert tags(az, "pooled") == ["v1"]


def test_task_runs(az):
    """Made by a template, as az has no command for it; shown, listed, read and deleted by az."""
    id = az.json("acr", "show", "--name", NAME)["id"]
    body = {
        "properties": {
            "runRequest": {
                "type": "DockerBuildRequest", "dockerFilePath": "nosuch.df",
                "platform": {"os": "linux", "architecture": "amd64"},
            }
        }
    }  # fmt: skip
    az.run("rest", "--method", "put", "--url", f"{id}/taskRuns/firstrun?api-version=2025-03-01-preview",
           "--body", json.dumps(body))  # fmt: skip
    assert az.cloud.emulator.dispatcher.idle(60)
    shown = az.json("acr", "taskrun", "show", "--name", "firstrun", "--registry", NAME)
    assert (shown["provisioningState"], shown["runResult"]["status"]) == ("Failed", "Failed")
    assert [each["name"] for each in az.json("acr", "taskrun", "list", "--registry", NAME)] == ["firstrun"]
    logs = az.run("acr", "taskrun", "logs", "--name", "firstrun", "--registry", NAME).stdout
    assert "error opening dockerfile: nosuch.df" in logs
    az.run("acr", "taskrun", "delete", "--name", "firstrun", "--registry", NAME, "--yes")
    assert az.json("acr", "taskrun", "list", "--registry", NAME) == []


# --- last, as the tokens of the others do not outlive it -------------------------------------------


def test_a_timer_fires_on_the_worlds_clock(az, tmp_path):
    task(az, "create", "--name", "hourly", "--context", "/dev/null", "--cmd", "bash echo hello",
         "--schedule", "0 * * * *")  # fmt: skip
    emulator = az.cloud.emulator
    with emulator.world.lock:
        emulator.world.advance(3600)
    assert emulator.dispatcher.idle(60)
    later = Az(az.cloud, tmp_path)  # its tokens are as old as the clock says
    later.sign_in()
    (run,) = task(later, "list-runs", "--name", "hourly")
    assert (run["runType"], run["timerTrigger"]["timerTriggerName"]) == ("AutoRun", "t1")
    later.run("acr", "task", "delete", "--name", "hourly", "--registry", NAME, "--yes")
