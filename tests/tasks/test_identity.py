"""Whom a run acts as, and where it stands: its own registry, others, closed ones, and ones that judge by repository."""

import msgspec
import pytest

from acrlab.agents.images import DOCKER_CONFIG, DOCKER_MANIFEST
from acrlab.domain.roles import find
from tests.lifecycle.content import Shelf
from tests.tasks.conftest import GROUP, LINUX, NAME

OTHER = "otherlab"


def filled(lab, repository="base", tag="1") -> str:
    """Another registry with a base image; its login server."""
    assert lab.cloud.registry(OTHER, "Standard", adminUserEnabled=True).status == 201
    shelf = Shelf(lab.cloud, OTHER)
    config = b'{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}'
    row = {"mediaType": DOCKER_CONFIG, "digest": shelf.blob(repository, config), "size": len(config)}
    body = msgspec.json.encode({"schemaVersion": 2, "mediaType": DOCKER_MANIFEST, "config": row, "layers": []})
    shelf.put(repository, body, DOCKER_MANIFEST, tag)
    return f"{OTHER}.azurecr.io"


def task(lab, host, name="dependent", **more):
    step = {"type": "Docker", "contextPath": lab.upload(Dockerfile=f"FROM {host}/base:1\n"),
            "dockerFilePath": "Dockerfile", "imageNames": ["app:1"]}  # fmt: skip
    identity = {"identity": {"type": "SystemAssigned"}}
    body = {"location": "westus", **identity, "properties": {"platform": LINUX, "step": step, **more}}
    return lab.sdk.tasks.create(GROUP, NAME, name, body)


def run(lab, name="dependent"):
    id = f"{lab.cloud.r}/{NAME}/tasks/{name}"
    return lab.settled(lab.sdk.registries.schedule_run(GROUP, NAME, {"type": "TaskRunRequest", "taskId": id}).run_id)


def assign(lab, principal: str, role: str, scope: str) -> None:
    definition = f"{lab.cloud.s}/providers/Microsoft.Authorization/roleDefinitions/{find(role).id}"
    body = {"properties": {"principalId": principal, "roleDefinitionId": definition,
                           "principalType": "ServicePrincipal"}}  # fmt: skip
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{lab.world.uuid()}"
    assert lab.cloud.ask("PUT", path, body, version="2022-04-01").status == 201


def test_another_registry_needs_a_credential(lab):
    host = filled(lab)
    task(lab, host)
    failed = run(lab)
    assert failed.status == "Failed" and "unauthorized: authentication required" in lab.log(failed.run_id).text
    registry = lab.world.state.registries[OTHER]
    pair = {"userName": {"type": "Opaque", "value": OTHER}, "password": {"type": "Opaque",
            "value": registry.passwords[0]}}  # fmt: skip
    change = {"properties": {"credentials": {"customRegistries": {host: pair}}}}
    lab.sdk.tasks.update(GROUP, NAME, "dependent", change)
    done = run(lab)
    assert done.status == "Succeeded" and f"Logging in to registry: {host}" in lab.log(done.run_id).text


def test_the_identity_of_a_task_pulls_where_it_may(lab):
    host = filled(lab)
    made = task(lab, host, credentials={"customRegistries": {host: {"identity": "[system]"}}})
    assert run(lab).status == "Failed"
    assign(lab, made.identity.principal_id, "AcrPull", f"{lab.cloud.r}/{OTHER}")
    assert run(lab).status == "Succeeded"


def test_another_registrys_push_fires_with_a_credential_only(lab):
    host = filled(lab)
    trigger = {"baseImageTrigger": {"name": "b", "baseImageTriggerType": "Runtime"}}
    made = task(lab, host, trigger=trigger, credentials={"customRegistries": {host: {"identity": "[system]"}}})
    assign(lab, made.identity.principal_id, "AcrPull", f"{lab.cloud.r}/{OTHER}")
    assert run(lab).status == "Succeeded"
    Shelf(lab.cloud, OTHER).push("base", "1", text="newer", docker=True)
    assert lab.dispatcher.idle(60)
    assert next(iter(lab.sdk.runs.list(GROUP, NAME))).run_type == "AutoBuild"
    lab.sdk.tasks.update(GROUP, NAME, "dependent", {"properties": {"credentials": {"customRegistries": {host: None}}}})
    Shelf(lab.cloud, OTHER).push("base", "1", text="newest", docker=True)
    judged = lab.world.state.judgements[f"{lab.cloud.r}/{NAME}/tasks/dependent".lower()][-1]
    assert judged.run == "" and f"no credential for {host}" in judged.because[1]


def test_repository_permissions_need_an_identity(lab):
    mode = {"properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}}
    assert lab.cloud.ask("PATCH", f"{lab.cloud.r}/{NAME}", mode).status == 200
    failed = lab.settled(lab.build("app:1").run_id)
    assert failed.status == "Failed" and "unauthorized" in lab.log(failed.run_id).text
    place = lab.upload(Dockerfile="FROM scratch\n")
    assign(lab, lab.cloud.id_of("acrlab-sp"), "Container Registry Repository Writer", f"{lab.cloud.r}/{NAME}")
    run = lab.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", sourceLocation=place, imageNames=["app:1"],
                       credentials={"sourceRegistry": {"identity": "[caller]"}})  # fmt: skip
    assert lab.settled(run.run_id).status == "Succeeded"


@pytest.mark.parametrize(("bypass", "identity", "status"), [(False, True, "Failed"), (True, True, "Succeeded"),
                                                            (True, False, "Failed")])  # fmt: skip
def test_a_closed_registry(premium, bypass, identity, status):
    step = {"type": "Docker", "contextPath": premium.upload(Dockerfile="FROM scratch\n"),
            "dockerFilePath": "Dockerfile", "imageNames": ["app:1"]}  # fmt: skip
    own = {"identity": {"type": "SystemAssigned"}} if identity else {}
    body = {"location": "westus", **own, "properties": {"platform": LINUX, "step": step}}
    premium.sdk.tasks.create(GROUP, NAME, "closed", body)
    closed = {"properties": {"publicNetworkAccess": "Disabled", "networkRuleBypassAllowedForTasks": bypass}}
    assert premium.cloud.ask("PATCH", f"{premium.cloud.r}/{NAME}", closed).status == 200
    ended = run(premium, "closed")
    assert ended.status == status
    if status == "Failed":
        assert "is not allowed access" in premium.log(ended.run_id).text


def test_a_run_that_is_over_may_nothing(lab):
    from acrlab.domain.access import Scope
    from acrlab.engine import tokens
    from acrlab.engine.access import runs

    lab.engine.gate.clear()
    queued = lab.build("app:1")
    assert lab.engine.building.acquire(timeout=60)
    resource = lab.world.state.resources[f"{lab.cloud.r}/{NAME}/runs/{queued.run_id}".lower()]
    registry = lab.world.state.registries[NAME]
    asked = [Scope("repository", "app", frozenset({"pull", "push"}))]
    token = f"Bearer {tokens.access_token(lab.world, registry, runs.principal(resource), asked)}"
    assert lab.shelf.ask("POST", "/v2/app/blobs/uploads/", auth=token).status == 202
    lab.sdk.runs.cancel(GROUP, NAME, queued.run_id)
    assert lab.shelf.ask("POST", "/v2/app/blobs/uploads/", auth=token).status == 401
