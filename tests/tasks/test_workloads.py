"""The metadata service as programs of a run see it: the identities of their task, and of nobody else."""

import base64
import json

import jwt

from acrlab.engine.tasks import runs, workloads
from acrlab.wire.http import Request, Response
from tests.tasks.conftest import GROUP, LINUX, NAME

IMDS = "169.254.169.254"
QUERY = "api-version=2018-02-01&resource=https://management.azure.com/"
STEPS = base64.b64encode(b"steps:\n  - cmd: bash true\n").decode()


def waiting(lab, name="listing", **identity):
    """A run that waits for an agent, and the identity of its task."""
    pool = {"location": "westus", "properties": {"count": 0, "tier": "S1", "os": "Linux"}}
    lab.sdk.agent_pools.begin_create(GROUP, NAME, "crew", pool).result()
    step = {"type": "EncodedTask", "encodedTaskContent": STEPS}
    properties = {"platform": LINUX, "step": step, "agentPoolName": "crew"}
    made = lab.sdk.tasks.create(GROUP, NAME, name, {"location": "westus", "properties": properties, **identity})
    id = f"{lab.cloud.r}/{NAME}/tasks/{name}"
    lab.sdk.registries.schedule_run(GROUP, NAME, {"type": "TaskRunRequest", "taskId": id})
    return runs.unfinished(lab.world)[-1], made.identity


def asked(lab, client, query=QUERY):
    request = Request("GET", IMDS, "/metadata/identity/oauth2/token", query, {"metadata": "true"}, authority=IMDS,
                      client=client)  # fmt: skip
    answer = lab.app.begin(request)
    assert isinstance(answer, Response)
    return answer.status, json.loads(answer.body)


def test_a_program_of_a_run_is_its_task(premium):
    run, identity = waiting(premium, identity={"type": "SystemAssigned"})
    status, found = asked(premium, workloads.standing(premium.world, run.id))
    assert status == 200
    claims = jwt.decode(found["access_token"], options={"verify_signature": False})
    assert claims["oid"] == identity.principal_id


def test_a_run_without_an_identity_has_none(premium):
    run, _ = waiting(premium)
    status, found = asked(premium, workloads.standing(premium.world, run.id))
    assert (status, found["error"]) == (400, "invalid_request")


def test_a_word_that_stands_for_no_run_is_nobody(premium):
    """Neither the identity of this machine nor that of a run which is over."""
    run, _ = waiting(premium, identity={"type": "SystemAssigned"})
    word = workloads.standing(premium.world, run.id)
    assert asked(premium, f"{word[:-1]}{'0' if word[-1] != '0' else '1'}")[0] == 400
    premium.sdk.runs.cancel(GROUP, NAME, run.id.rpartition("/")[2])
    assert asked(premium, word)[0] == 400
    assert asked(premium, "127.0.0.1")[0] == 200


def test_it_stands_where_its_agent_stands(premium):
    run, _ = waiting(premium, identity={"type": "SystemAssigned"})
    word = workloads.standing(premium.world, run.id)
    assert workloads.place(premium.world, word) == "tasks with identity"
    assert workloads.place(premium.world, "10.0.0.1") == "10.0.0.1"
