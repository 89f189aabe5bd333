"""Tasks over the official SDK: made, shown without secrets, changed, run, deleted."""

import base64

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.tasks.conftest import GROUP, LINUX, NAME

REPOSITORY = "https://github.com/contoso/app.git"
DOCKER = {"type": "Docker", "contextPath": REPOSITORY, "dockerFilePath": "Dockerfile", "imageNames": ["app:v1"]}


def task(step=DOCKER, location="westus", **properties):
    return {"location": location, "properties": {"platform": LINUX, "step": step, **properties}}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def create(lab, name="nightly", body=None):
    return lab.sdk.tasks.create(GROUP, NAME, name, body or task())


def test_life_of_a_task(lab):
    made = create(lab)
    assert (made.status, made.timeout, made.agent_configuration.cpu, made.is_system_task) == ("Enabled", 3600, 2, False)
    assert (made.step.type, made.step.is_push_enabled, made.step.no_cache) == ("Docker", True, False)
    assert made.credentials is None and made.identity is None
    assert [each.name for each in lab.sdk.tasks.list(GROUP, NAME)] == ["nightly"]
    changed = lab.sdk.tasks.update(GROUP, NAME, "nightly", {"properties": {"status": "Disabled", "timeout": 600}})
    assert (changed.status, changed.timeout, changed.step.image_names) == ("Disabled", 600, ["app:v1"])
    lab.sdk.tasks.delete(GROUP, NAME, "nightly")
    with pytest.raises(ResourceNotFoundError):
        lab.sdk.tasks.get(GROUP, NAME, "nightly")


def test_secrets_are_shown_to_nobody_but_in_the_details(lab):
    step = {
        **DOCKER, "contextAccessToken": "pat-one",
        "arguments": [{"name": "A", "value": "1"}, {"name": "B", "value": "hush", "isSecret": True}],
    }  # fmt: skip
    source = {
        "name": "s", "sourceTriggerEvents": ["commit"],
        "sourceRepository": {
            "sourceControlType": "Github", "repositoryUrl": REPOSITORY, "branch": "main",
            "sourceControlAuthProperties": {"tokenType": "PAT", "token": "pat-two"},
        },
    }  # fmt: skip
    custom = {"other.io": {"userName": {"type": "Opaque", "value": "u"}, "password": {"type": "Opaque", "value": "pw"}}}
    create(lab, body=task(step, trigger={"sourceTriggers": [source]}, credentials={"customRegistries": custom}))
    shown = lab.cloud.ask("GET", f"{lab.cloud.r}/{NAME}/tasks/nightly", version="2025-03-01-preview")
    assert not {"pat-one", "pat-two", "hush", "pw"} & set(shown.raw.decode().replace('"', " ").split())
    assert shown.json["properties"]["credentials"] == {"customRegistries": {"other.io": None}}
    details = lab.sdk.tasks.get_details(GROUP, NAME, "nightly")
    assert details.credentials.custom_registries["other.io"].password.value == "pw"
    assert details.step.context_access_token == "pat-one" and details.step.arguments[1].value == "hush"
    assert details.trigger.source_triggers[0].source_repository.source_control_auth_properties.token == "pat-two"
    history = str(lab.app.begin(control(lab)).body)
    assert "pat-one" not in history and "hush" not in history and "pat-two" not in history


def control(lab):
    from acrlab.wire.http import Request
    from acrlab.wire.local import control_token

    token = control_token(lab.world.keys.secret("control"))
    return Request("GET", "localhost", "/_acrlab/events", headers={"authorization": f"Bearer {token}"}, scheme="http")


def test_credentials_are_merged_and_taken_away(lab):
    create(lab)
    pair = {"userName": {"type": "Opaque", "value": "u"}, "password": {"type": "Opaque", "value": "p"}}

    def patched(**custom):
        body = {"properties": {"credentials": {"customRegistries": custom}}}
        return lab.sdk.tasks.update(GROUP, NAME, "nightly", body).credentials.custom_registries

    assert set(patched(**{"a.io": pair})) == {"a.io"}
    assert set(patched(**{"b.io": {"identity": "[system]"}})) == {"a.io", "b.io"}
    assert set(patched(**{"a.io": None})) == {"b.io"}
    assert patched(**{"b.io": None}) == {}


def test_identities_come_and_go(lab):
    made = create(lab, body={**task(), "identity": {"type": "SystemAssigned"}})
    principal = made.identity.principal_id
    assert made.identity.type == "SystemAssigned" and principal in lab.world.state.principals
    gone = lab.sdk.tasks.update(GROUP, NAME, "nightly", {"identity": {"type": "None"}})
    assert gone.identity is None and principal not in lab.world.state.principals


def test_triggers_are_merged_by_name(lab):
    timers = [{"name": "t1", "schedule": "0 21 * * *"}, {"name": "t2", "schedule": "*/5 * * * *"}]
    create(lab, body=task(trigger={"timerTriggers": timers}))
    change = {"properties": {"trigger": {"timerTriggers": [{"name": "t1", "status": "Disabled"}]}}}
    changed = lab.sdk.tasks.update(GROUP, NAME, "nightly", change)
    assert [(each.name, each.status, each.schedule) for each in changed.trigger.timer_triggers] == [
        ("t1", "Disabled", "0 21 * * *"), ("t2", "Enabled", "*/5 * * * *"),
    ]  # fmt: skip
    assert [job.arguments["timer"] for job in lab.world.state.jobs if job.name == "task-timer"] == ["t2"]
    lab.sdk.tasks.delete(GROUP, NAME, "nightly")
    assert not [job for job in lab.world.state.jobs if job.name == "task-timer"]


def test_a_task_is_run_with_overrides(lab):
    place = lab.upload(Dockerfile="FROM scratch\n")
    create(lab, body=task({**DOCKER, "contextPath": place}))
    id = f"{lab.cloud.r}/{NAME}/tasks/nightly"
    queued = lab.sdk.registries.schedule_run(GROUP, NAME, {"type": "TaskRunRequest", "taskId": id})
    run = lab.settled(queued.run_id)
    assert (run.status, run.task, run.run_type) == ("Succeeded", "nightly", "QuickRun")
    assert lab.tags("app") == ["v1"]
    override = {"file": "nosuch.df"}
    request = {"type": "TaskRunRequest", "taskId": id, "overrideTaskStepProperties": override}
    failed = lab.settled(lab.sdk.registries.schedule_run(GROUP, NAME, request).run_id)
    assert failed.status == "Failed" and "error opening dockerfile: nosuch.df" in lab.log(failed.run_id).text
    lab.sdk.tasks.update(GROUP, NAME, "nightly", {"properties": {"status": "Disabled"}})
    with pytest.raises(HttpResponseError, match="is disabled"):
        lab.sdk.registries.schedule_run(GROUP, NAME, request)
    with pytest.raises(ResourceNotFoundError):
        lab.sdk.registries.schedule_run(GROUP, NAME, {"type": "TaskRunRequest", "taskId": f"{id}x"})


def test_the_kinds_of_steps(lab):
    file = create(lab, "filetask", task({"type": "FileTask", "contextPath": REPOSITORY, "taskFilePath": "acb.yaml"}))
    assert (file.step.type, file.step.task_file_path) == ("FileTask", "acb.yaml")
    text = create(lab, "cmdtask", task({"type": "EncodedTask", "encodedTaskContent": encoded("steps: []\n")}))
    assert (text.step.type, text.step.encoded_task_content) == ("EncodedTask", encoded("steps: []\n"))
    body = {"location": "westus", "properties": {"isSystemTask": True, "logTemplate": "acr/tasks:{{.Run.OS}}"}}
    assert create(lab, "quicktask", body).is_system_task is True


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("abc", task(), "InvalidResourceName"),
        ("a" * 51, task(), "InvalidResourceName"),
        ("nightly", {"location": "westus", "properties": {"platform": LINUX}}, "InvalidRequestContent"),
        ("nightly", task({"type": "Docker", "contextPath": "x"}), "InvalidRequestContent"),
        ("nightly", task({"type": "Nothing"}), "InvalidRequestContent"),
        ("nightly", task(timeout=100), "InvalidInputValue"),
        ("nightly", task(agentConfiguration={"cpu": 8}), "InvalidInputValue"),
        ("nightly", task(trigger={"timerTriggers": [{"name": "t", "schedule": "* * *"}]}), "InvalidInputValue"),
        ("nightly", task(trigger={"timerTriggers": [{"schedule": "* * * * *"}]}), "InvalidInputValue"),
        ("nightly", task(trigger={"baseImageTrigger": {"name": "b"}}), "InvalidInputValue"),
        ("nightly", task(trigger={"sourceTriggers": [{"name": "s"}]}), "InvalidInputValue"),
        ("nightly", task(agentPoolName="nowhere"), "AgentPoolNotFound"),
        ("nightly", task(credentials={"customRegistries": {"a": 5}}), "InvalidRequestContent"),
        ("nightly", {"properties": task()["properties"]}, "LocationRequired"),
    ],
)
def test_what_is_refused(lab, name, body, code):
    answer = lab.cloud.ask("PUT", f"{lab.cloud.r}/{NAME}/tasks/{name}", body, version="2025-03-01-preview")
    assert (answer.status // 100, answer.code) == (4, code), answer
    assert list(lab.sdk.tasks.list(GROUP, NAME)) == []
