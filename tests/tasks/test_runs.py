"""Quick builds from upload to record, over the official SDK: queued, run, logged, listed, cancelled, kept."""

import re

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from acrlab.engine import billing
from acrlab.engine.tasks import contexts, queue
from tests.tasks.conftest import GROUP, LINUX, NAME, PATIENCE


def test_a_quick_build(lab):
    queued = lab.build("app:v1", Dockerfile="FROM scratch\nCOPY . .\n", hello__txt="hello")
    assert (queued.status, queued.provisioning_state, queued.create_time) == ("Queued", "Succeeded", None)
    run = lab.settled(queued.run_id)
    assert (run.status, run.run_type, run.platform.os, run.agent_configuration.cpu) == (
        "Succeeded", "QuickRun", "linux", 2,
    )  # fmt: skip
    (image,) = run.output_images
    assert (image.registry, image.repository, image.tag) == ("taskslab.azurecr.io", "app", "v1")
    assert lab.tags("app") == ["v1"] and lab.shelf.digests("app") == [image.digest]
    log = lab.log(run.run_id)
    assert log.headers["x-ms-meta-Complete"] == "successful"
    assert "Logging in to registry: taskslab.azurecr.io\r\n" in log.text
    assert re.search(rf"\r\nRun ID: {run.run_id} was successful after \w+\r\n\Z", log.text)
    assert log.text.replace("\r\n", "").find("\n") == -1


def test_a_base_from_the_own_registry(lab):
    lab.settled(lab.build("base:1", Dockerfile="FROM scratch\n", a="1").run_id)
    run = lab.settled(lab.build("app:1", Dockerfile="FROM taskslab.azurecr.io/base:1\n", b="2").run_id)
    assert run.status == "Succeeded"
    assert "runtime-dependency:" in lab.log(run.run_id).text and lab.tags("app") == ["1"]


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        ("FROM scratch\nRUN false\n", "The command '/bin/sh -c false' returned a non-zero code: 1"),
        ("FROM taskslab.azurecr.io/nope:1\n", "manifest for taskslab.azurecr.io/nope:1 not found: manifest unknown"),
        ("FROM nowhere.example.com/x:1\n", "dial tcp: lookup nowhere.example.com: no such host"),
    ],
)
def test_a_build_that_fails_pushes_nothing(lab, dockerfile, said):
    run = lab.settled(lab.build("app:v1", Dockerfile=dockerfile).run_id)
    assert (run.status, run.run_error_message) == ("Failed", "failed during run, err: exit status 1")
    log = lab.log(run.run_id)
    assert said in log.text and log.headers["x-ms-meta-Complete"] == "failed"
    assert re.search(rf"Run ID: {run.run_id} failed after \w+\. Error: failed during run, err: exit status 1", log.text)
    assert lab.tags("app") == [] and run.output_images is None


def test_a_context_that_was_not_uploaded(lab):
    place = lab.sdk.registries.get_build_source_upload_url(GROUP, NAME)
    run = lab.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", sourceLocation=place.relative_path)
    assert lab.settled(run.run_id).status == "Failed"
    assert "was not uploaded" in lab.log(run.run_id).text


def test_the_log_grows_while_the_run_goes_on_and_a_cancel_ends_it(lab):
    lab.engine.gate.clear()
    run = lab.build("app:v1")
    assert lab.engine.building.acquire(timeout=PATIENCE)
    log = lab.shown(run.run_id, "Launching container with name: build\r\n")
    assert "x-ms-meta-Complete" not in log.headers
    assert lab.sdk.runs.get(GROUP, NAME, run.run_id).status == "Running"
    lab.sdk.runs.cancel(GROUP, NAME, run.run_id)
    ended = lab.settled(run.run_id)
    assert ended.status == "Canceled" and ended.finish_time is not None
    ended = lab.log(run.run_id)
    assert ended.headers["x-ms-meta-Complete"] == "canceled"
    assert ended.text.endswith(f"\r\nRun ID: {run.run_id} was canceled after 0s\r\n")
    assert lab.tags("app") == []
    with pytest.raises(HttpResponseError, match="cannot be cancelled"):
        lab.sdk.runs.cancel(GROUP, NAME, run.run_id)


def test_lists_and_filters(lab):
    first, second = lab.build("a:1"), lab.build("b:1", Dockerfile="FROM scratch\nRUN x\n")
    lab.settled(second.run_id)
    listed = [each.run_id for each in lab.sdk.runs.list(GROUP, NAME)]
    assert listed == [second.run_id, first.run_id]
    assert [each.run_id for each in lab.sdk.runs.list(GROUP, NAME, top=1)] == [second.run_id]
    digest = lab.sdk.runs.get(GROUP, NAME, first.run_id).output_images[0].digest
    for text, found in (
        ("Status eq 'Failed'", second), ("status eq 'succeeded' and RunType eq 'QuickRun'", first),
        (f"contains(OutputImageManifests, 'a@{digest}')", first), (f"(RunId ne '{first.run_id}')", second),
    ):  # fmt: skip
        assert [each.run_id for each in lab.sdk.runs.list(GROUP, NAME, filter=text)] == [found.run_id], text
    for text in ("nonsense", "Status eq", "Status eq 'a' and", "(" * 30, "Who eq 'me'", "'" * 3000):
        with pytest.raises(HttpResponseError) as refused:
            list(lab.sdk.runs.list(GROUP, NAME, filter=text))
        assert refused.value.status_code == 400, text


def test_a_run_is_kept(lab):
    run = lab.settled(lab.build("a:1").run_id)
    assert run.is_archive_enabled is False and run.system_data.created_at is None
    kept = lab.sdk.runs.update(GROUP, NAME, run.run_id, {"isArchiveEnabled": True})
    assert kept.is_archive_enabled is True and kept.system_data.created_at is not None
    assert lab.sdk.runs.get(GROUP, NAME, run.run_id).is_archive_enabled is True


def test_secrets_leave_no_trace_in_the_state(lab):
    run = lab.schedule(
        "EncodedTaskRunRequest", encodedTaskContent="c3RlcHM6IFtdCg==",
        values=[{"name": "key", "value": "sesame-open", "isSecret": True}],
    )  # fmt: skip
    lab.settled(run.run_id)
    body = lab.world.state.resources[f"{lab.cloud.r}/{NAME}/runs/{run.run_id}".lower()].body
    assert "request" not in body and "sesame-open" not in str(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": "DockerBuildRequest", "platform": LINUX}, "InvalidRequestContent"),
        ({"type": "NoSuchRequest"}, "InvalidRequestContent"),
        ({"dockerFilePath": "x"}, "InvalidRequestContent"),
        ({"type": "DockerBuildRequest", "dockerFilePath": "x", "platform": LINUX, "timeout": 5}, "InvalidInputValue"),
        (
            {"type": "DockerBuildRequest", "dockerFilePath": "x", "platform": LINUX, "agentConfiguration": {"cpu": 3}},
            "InvalidInputValue",
        ),
        (
            {"type": "DockerBuildRequest", "dockerFilePath": "x", "platform": {"os": "plan9"}},
            "InvalidRequestContent",
        ),
        ({"type": "EncodedTaskRunRequest", "platform": LINUX, "encodedTaskContent": "%%"}, "InvalidInputValue"),
        (
            {"type": "DockerBuildRequest", "dockerFilePath": "x", "platform": LINUX, "agentPoolName": "nope"},
            "AgentPoolNotFound",
        ),
    ],
)
def test_what_is_refused(lab, body, code):
    answer = lab.cloud.ask("POST", f"{lab.cloud.r}/{NAME}/scheduleRun", body, version="2025-03-01-preview")
    assert (answer.status // 100, answer.code) == (4, code)
    assert list(lab.sdk.runs.list(GROUP, NAME)) == []


def test_who_may(lab):
    path = f"{lab.cloud.r}/{NAME}"
    for action in ("scheduleRun", "listBuildSourceUploadUrl"):
        answer = lab.cloud.ask("POST", f"{path}/{action}", {}, who="reader", version="2025-03-01-preview")
        assert (answer.status, answer.code) == (403, "AuthorizationFailed")
    with pytest.raises(ResourceNotFoundError):
        lab.sdk.runs.get(GROUP, NAME, "cf9")


def test_runs_are_kept_for_thirty_days_and_archived_ones_longer(lab):
    gone, kept = lab.settled(lab.build("a:1").run_id), lab.settled(lab.build("b:1").run_id)
    lab.sdk.runs.update(GROUP, NAME, kept.run_id, {"isArchiveEnabled": True})
    lab.world.advance(29 * 86400)
    assert len(list(lab.sdk.runs.list(GROUP, NAME))) == 2
    lab.world.advance(2 * 86400)
    assert [each.run_id for each in lab.sdk.runs.list(GROUP, NAME)] == [kept.run_id]
    with pytest.raises(ResourceNotFoundError):
        lab.sdk.runs.get_log_sas_url(GROUP, NAME, gone.run_id)
    lab.sdk.runs.update(GROUP, NAME, kept.run_id, {"isArchiveEnabled": False})
    assert list(lab.sdk.runs.list(GROUP, NAME)) == []
    assert lab.build("c:1").run_id not in (gone.run_id, kept.run_id)


def test_logs_that_nobody_knows_are_swept(lab, monkeypatch):
    lab.settled(lab.build("a:1").run_id)
    (log,) = lab.world.storage.names("logs")
    monkeypatch.setattr(lab.world.clock, "now", lambda: 4e9)
    contexts.sweep(lab.world)
    assert list(lab.world.storage.names("logs")) == [log]
    lab.world.advance(31 * 86400)
    assert list(lab.sdk.runs.list(GROUP, NAME)) == []
    contexts.sweep(lab.world)
    assert list(lab.world.storage.names("logs")) == []


def test_what_a_run_costs(lab):
    lab.engine.gate.clear()
    run = lab.build("a:1")
    assert lab.engine.building.acquire(timeout=PATIENCE)
    lab.world.advance(100)
    lab.sdk.runs.cancel(GROUP, NAME, run.run_id)
    lab.settled(run.run_id)
    (account,) = billing.accounts(lab.world)
    assert sum(account.worked.values()) == 200  # two cores for a hundred seconds


def test_many_runs_wait_for_an_agent(lab, monkeypatch):
    monkeypatch.setattr(queue, "AGENTS", 2)
    lab.engine.gate.clear()
    found = [lab.build(f"a:{number}").run_id for number in range(4)]
    for _ in range(2):
        assert lab.engine.building.acquire(timeout=PATIENCE)
    states = [lab.sdk.runs.get(GROUP, NAME, each).status for each in found]
    assert states == ["Running", "Running", "Queued", "Queued"]
    lab.engine.gate.set()
    assert {lab.settled(each).status for each in found} == {"Succeeded"}
    assert lab.tags("a") == ["0", "1", "2", "3"]


def test_a_run_that_takes_too_long(lab, monkeypatch):
    monkeypatch.setattr("acrlab.domain.tasks.shapes.TIMEOUT", (0, 28800, 3600))
    lab.engine.gate.clear()
    run = lab.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", timeout=1,
                       sourceLocation=lab.upload(Dockerfile="FROM scratch\n"))  # fmt: skip
    assert lab.settled(run.run_id).status == "Timeout"
    assert lab.log(run.run_id).headers["x-ms-meta-Complete"] == "timedout"


def test_a_log_of_many_lines(lab):
    lab.engine.lines = 100_000
    run = lab.settled(lab.build("a:1").run_id)
    assert run.status == "Succeeded" and lab.log(run.run_id).text.count("\r\nline ") == 100_000
