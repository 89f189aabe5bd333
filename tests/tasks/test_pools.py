"""Agent pools and task runs over the official SDK."""

import base64

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.tasks.conftest import GROUP, LINUX, NAME

POOL = {"location": "westus", "properties": {"count": 1, "tier": "S1", "os": "Linux"}}


def create(lab, name="mypool", **properties):
    body = {**POOL, "properties": {**POOL["properties"], **properties}}
    return lab.sdk.agent_pools.begin_create(GROUP, NAME, name, body).result()


def test_life_of_a_pool(premium):
    made = create(premium)
    assert (made.tier, made.count, made.os, made.provisioning_state) == ("S1", 1, "Linux", "Succeeded")
    scaled = premium.sdk.agent_pools.begin_update(GROUP, NAME, "mypool", {"properties": {"count": 3}}).result()
    assert scaled.count == 3 and [each.name for each in premium.sdk.agent_pools.list(GROUP, NAME)] == ["mypool"]
    gone = premium.sdk.agent_pools.begin_delete(GROUP, NAME, "mypool", polling=False)
    assert premium.sdk.agent_pools.get(GROUP, NAME, "mypool").provisioning_state == "Deleting"
    assert gone is not None
    premium.world.advance(1)
    with pytest.raises(ResourceNotFoundError):
        premium.sdk.agent_pools.get(GROUP, NAME, "mypool")


def test_a_delete_is_followed_to_its_end(premium):
    create(premium)
    premium.sdk.agent_pools.begin_delete(GROUP, NAME, "mypool").result()
    assert list(premium.sdk.agent_pools.list(GROUP, NAME)) == []


def test_only_premium_has_pools(lab):
    with pytest.raises(HttpResponseError, match="not supported for the SKU Standard"):
        create(lab)
    assert list(lab.sdk.agent_pools.list(GROUP, NAME)) == []


@pytest.mark.parametrize(
    "properties",
    [
        {"tier": "S9"}, {"tier": "I6"}, {"count": 9}, {"count": -1}, {"count": 10**9}, {"os": "Windows"},
        {"virtualNetworkSubnetResourceId": "/subscriptions/x"},
    ],
)  # fmt: skip
def test_what_is_refused(premium, properties):
    with pytest.raises(HttpResponseError) as refused:
        create(premium, **properties)
    assert refused.value.status_code == 400 and list(premium.sdk.agent_pools.list(GROUP, NAME)) == []


def test_a_pool_of_none_queues_and_a_larger_one_works(premium):
    create(premium, count=0)
    place = premium.upload(Dockerfile="FROM scratch\n")
    run = premium.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", sourceLocation=place,
                           imageNames=["app:1"], agentPoolName="mypool")  # fmt: skip
    assert premium.settled(run.run_id).status == "Queued"
    assert premium.sdk.agent_pools.get_queue_status(GROUP, NAME, "mypool").count == 1
    premium.sdk.agent_pools.begin_update(GROUP, NAME, "mypool", {"properties": {"count": 1}}).result()
    done = premium.settled(run.run_id)
    assert (done.status, done.agent_pool_name, premium.tags("app")) == ("Succeeded", "mypool", ["1"])
    assert premium.sdk.agent_pools.get_queue_status(GROUP, NAME, "mypool").count == 0


def test_what_waits_for_a_pool_ends_with_it(premium):
    create(premium, count=0)
    run = premium.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", agentPoolName="mypool")
    premium.sdk.agent_pools.begin_delete(GROUP, NAME, "mypool").result()
    ended = premium.settled(run.run_id)
    assert (ended.status, ended.run_error_message) == ("Error", "the agent pool mypool was deleted")


# --- task runs ------------------------------------------------------------------------------------


def request(lab, **files):
    place = lab.upload(**files)
    return {"type": "DockerBuildRequest", "dockerFilePath": "Dockerfile", "platform": LINUX, "sourceLocation": place,
            "imageNames": ["app:1"], "isPushEnabled": True}  # fmt: skip


def test_life_of_a_task_run(lab):
    body = {"location": "westus", "properties": {"runRequest": request(lab, Dockerfile="FROM scratch\n")}}
    made = lab.sdk.task_runs.begin_create(GROUP, NAME, "firstrun", body).result()
    assert (made.provisioning_state, made.run_result.status) == ("Succeeded", "Succeeded")
    assert lab.tags("app") == ["1"] and made.run_request.type == "DockerBuildRequest"
    same = lab.sdk.task_runs.begin_create(GROUP, NAME, "firstrun", body).result()
    assert same.run_result.run_id == made.run_result.run_id
    again = lab.sdk.task_runs.begin_update(GROUP, NAME, "firstrun", {"properties": {"forceUpdateTag": "2"}}).result()
    assert again.run_result.run_id != made.run_result.run_id and again.force_update_tag == "2"
    assert [each.name for each in lab.sdk.task_runs.list(GROUP, NAME)] == ["firstrun"]
    assert lab.sdk.task_runs.get_details(GROUP, NAME, "firstrun").name == "firstrun"
    lab.sdk.task_runs.delete(GROUP, NAME, "firstrun")
    assert list(lab.sdk.task_runs.list(GROUP, NAME)) == [] and len(list(lab.sdk.runs.list(GROUP, NAME))) == 2


def test_a_task_run_that_fails(lab):
    body = {"properties": {"runRequest": request(lab, Dockerfile="FROM scratch\nRUN x\n")}}
    with pytest.raises(HttpResponseError, match="ended with Failed"):
        lab.sdk.task_runs.begin_create(GROUP, NAME, "firstrun", body).result()
    assert lab.sdk.task_runs.get(GROUP, NAME, "firstrun").provisioning_state == "Failed"


def test_secrets_of_a_task_run(lab):
    values = [{"name": "a", "value": "hush", "isSecret": True}]
    encoded = base64.b64encode(b"steps: []\n").decode()
    request = {"type": "EncodedTaskRunRequest", "encodedTaskContent": encoded, "platform": LINUX, "values": values}
    body = {"properties": {"runRequest": request}}
    answer = lab.cloud.ask("PUT", f"{lab.cloud.r}/{NAME}/taskRuns/secretrun", body, version="2025-03-01-preview")
    assert answer.status == 201 and "hush" not in answer.raw.decode()
    assert lab.dispatcher.idle(60)
    details = lab.sdk.task_runs.get_details(GROUP, NAME, "secretrun")
    assert details.run_request.values_property[0].value == "hush"


@pytest.mark.parametrize("properties", [{}, {"runRequest": {}}, {"runRequest": {"type": "x"}}])
def test_bad_task_runs(lab, properties):
    body = {"properties": properties}
    answer = lab.cloud.ask("PUT", f"{lab.cloud.r}/{NAME}/taskRuns/firstrun", body, version="2025-03-01-preview")
    assert (answer.status, answer.code) == (400, "InvalidRequestContent")
