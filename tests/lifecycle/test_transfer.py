"""Transfer pipelines, archives of packages, and the policy that keeps content inside."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.arm.cloud import Cloud
from tests.lifecycle.content import Shelf

Make = Callable[..., Shelf]
SECRET = "https://vaulty.vault.azure.net/secrets/sas"
CONTAINER = "https://contosodata.blob.core.windows.net/transfer"
OWN = {"type": "SystemAssigned"}


def pipeline(home: Shelf, kind: str, name: str = "out12", identity: Any = OWN, **more: Any) -> Any:
    end = {"exportPipelines": "target", "importPipelines": "source"}[kind]
    storage = {"type": "AzureStorageBlobContainer", "uri": CONTAINER, "keyVaultUri": SECRET, **more.pop("storage", {})}
    body = {"identity": identity, "properties": {end: storage, **more}}
    return home.cloud.ask("PUT", f"{home.id}/{kind}/{name}", body)


def run(home: Shelf, name: str = "first", **request: Any) -> Any:
    tag = request.pop("tag", "")
    given = {
        "pipelineResourceId": f"{home.id}/exportPipelines/out12", "artifacts": ["app:v1"],
        "target": {"type": "AzureStorageBlob", "name": "today"}, **request,
    }  # fmt: skip
    body = {"properties": {"request": given, **({"forceUpdateTag": tag} if tag else {})}}
    return home.cloud.ask("PUT", f"{home.id}/pipelineRuns/{name}", body)


def test_a_pipeline_has_an_identity_that_goes_with_it(cloud: Cloud, shelf: Make) -> None:
    home = shelf()
    made = pipeline(home, "exportPipelines", options=["OverwriteBlobs"])
    assert (made.status, made.json["location"], made.json["properties"]["provisioningState"]) == (
        200, "westus", "Succeeded",
    )  # fmt: skip
    assert made.json["properties"]["target"]["storageAccessMode"] == "SasToken"
    principal = made.json["identity"]["principalId"]
    assert principal in cloud.world.state.principals
    assert cloud.ask("DELETE", f"{home.id}/exportPipelines/out12").status == 200
    assert principal not in cloud.world.state.principals
    taken = pipeline(home, "importPipelines", "in123").json["properties"]
    assert taken["trigger"] == {"sourceTrigger": {"status": "Enabled"}}


def test_a_run_goes_on_until_it_is_asked_after(shelf: Make) -> None:
    home = shelf()
    pipeline(home, "exportPipelines")
    made = run(home)
    response = made.json["properties"]["response"]
    assert (made.status, made.json["properties"]["provisioningState"], response["status"]) == (
        201, "Creating", "Running",
    )  # fmt: skip
    assert run(home).code == "PipelineRunAlreadyExists"
    ended = home.cloud.follow(made.headers["azure-asyncoperation"]).json
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "PipelineRunFailed")
    assert "contosodata.blob.core.windows.net/transfer does not exist" in ended["error"]["message"]
    again = run(home, tag="again")
    assert (again.status, again.json["properties"]["response"]["status"]) == (201, "Running")


@pytest.mark.parametrize(
    "more",
    [
        {"storage": {"uri": "https://elsewhere.example/x"}},
        {"storage": {"keyVaultUri": ""}},
        {"storage": {"keyVaultUri": "http://vaulty.vault.azure.net/secrets/sas"}},
        {"identity": {"type": "None"}},
        {"options": ["DeleteEverything"]},
        {"name": "four"},
    ],
)
def test_what_a_pipeline_cannot_be(shelf: Make, more: dict[str, Any]) -> None:
    home = shelf()
    before = home.cloud.world.version
    assert pipeline(home, "exportPipelines", **more).status == 400
    assert home.cloud.world.version == before


@pytest.mark.parametrize(
    "request_",
    [
        {"artifacts": []},
        {"artifacts": [f"app:{number}" for number in range(51)]},
        {"target": {"type": "AzureStorageBlob"}},
        {"pipelineResourceId": "{home}/exportPipelines/nobody"},
        {"pipelineResourceId": "{home}/webhooks/out12"},
        {"pipelineResourceId": "nothing"},
    ],
)
def test_what_a_run_cannot_be(shelf: Make, request_: dict[str, Any]) -> None:
    home = shelf()
    pipeline(home, "exportPipelines")
    filled = {name: value.replace("{home}", home.id) if isinstance(value, str) else value
              for name, value in request_.items()}  # fmt: skip
    assert run(home, **filled).code == "InvalidPipeline"


def test_transfer_is_premium(cloud: Cloud, shelf: Make) -> None:
    refused = pipeline(shelf(sku="Standard"), "exportPipelines")
    assert (refused.status, "transfer pipeline" in refused.message) == (400, True)


def test_exports_are_closed_only_behind_closed_doors(cloud: Cloud, shelf: Make) -> None:
    home, other = shelf(), shelf("fabrikam")
    home.push("app", "v1")
    closed = {"policies": {"exportPolicy": {"status": "disabled"}}}
    change = lambda **more: cloud.ask("PATCH", home.id, {"properties": {**closed, **more}})  # noqa: E731
    assert "public network access" in change().message
    pipeline(home, "exportPipelines")
    assert "export pipelines" in change(publicNetworkAccess="Disabled").message
    assert cloud.ask("DELETE", f"{home.id}/exportPipelines/out12").status == 200
    assert change(publicNetworkAccess="Disabled").status == 200
    assert pipeline(home, "exportPipelines").code == "ExportPolicyDisabled"
    wanted = {"source": {"resourceId": home.id, "sourceImage": "app:v1"}, "targetTags": ["app:v1"]}
    assert cloud.ask("POST", f"{other.id}/importImage", wanted).code == "ExportPolicyDisabled"
    opened = {"policies": {"exportPolicy": {"status": "enabled"}}, "publicNetworkAccess": "Enabled"}
    assert cloud.ask("PATCH", home.id, {"properties": opened}).status == 200
    assert cloud.ask("POST", f"{other.id}/importImage", wanted).status == 202


def test_an_archive_is_kept_with_its_versions(cloud: Cloud, shelf: Make) -> None:
    path = f"{shelf().id}/packages/deb/archives/tools"
    source = {"packageSource": {"type": "remote", "url": "https://packages.example/"}}
    made = cloud.ask("PUT", path, {"properties": source})
    assert (made.status, made.json["properties"]["provisioningState"]) == (200, "Succeeded")
    publish = {"properties": {"publishedVersion": "v1"}}
    assert cloud.ask("PATCH", path, publish).code == "InvalidArchive"
    assert cloud.ask("PUT", f"{path}/versions/v1", {}).status == 200
    assert cloud.ask("PATCH", path, publish).json["properties"]["packageSource"]["type"] == "remote"
    assert [each["name"] for each in cloud.ask("GET", f"{path}/versions").json["value"]] == ["v1"]
    assert cloud.ask("PUT", path.replace("contoso", "nobody1"), {"properties": source}).status == 404
    for wrong in ("ftp://x", "https://[::1", "https://", ""):
        assert cloud.ask("PUT", path, {"properties": {"packageSource": {"url": wrong}}}).code == "InvalidArchive"
    assert cloud.ask("DELETE", path).status == 200
    assert cloud.ask("GET", f"{path}/versions/v1").status == 404
