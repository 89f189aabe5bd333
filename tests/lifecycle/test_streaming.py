"""Artifact streaming: the switch of a repository, conversions, and the artifact that says what it is."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.lifecycle.content import Reply, Shelf

Make = Callable[..., Shelf]
KIND = "application/vnd.azure.artifact.streaming.v1"
WANTED = {"conversionFormat": "overlaybd", "conversionVersion": "v1"}


def convert(home: Shelf, digest: str, repository: str = "app", body: Any = WANTED) -> Reply:
    return home.ask("POST", f"/acr/v1/{repository}/_streaming/{digest}", json.dumps(body).encode())


def switch(home: Shelf, on: Any, repository: str = "app") -> Reply:
    body = json.dumps({"convertPushedImages": on, **WANTED}).encode()
    return home.ask("POST", f"/acr/v1/{repository}/_streaming", body)


def beside(home: Shelf, digest: str, repository: str = "app") -> list[dict[str, Any]]:
    found = home.ask("GET", f"/v2/{repository}/referrers/{digest}?artifactType={KIND}")
    return list(found.json["manifests"])


def test_an_image_gets_an_artifact_that_says_it_streams_nothing(shelf: Make) -> None:
    home = shelf()
    digest = home.push("app", "v1")
    begun = convert(home, digest)
    assert (begun.status, begun.json["status"]) == (202, "Running")
    path = f"/acr/v1/app/_operations/{begun.json['id']}"
    assert home.ask("GET", path).json["status"] == "Succeeded"
    assert "no layer was converted" in home.ask("GET", path).json["truth"]
    (artifact,) = beside(home, digest)
    manifest = home.pull_json("app", artifact["digest"])
    assert manifest["artifactType"] == KIND and manifest["subject"]["digest"] == digest
    assert manifest["annotations"]["io.acrlab.truth"] == "simulated"
    assert home.ask("GET", f"/v2/app/blobs/{manifest['layers'][0]['digest']}").status == 200
    assert home.ask("GET", f"/acr/v1/app/_streaming/{digest}").json["id"] == begun.json["id"]
    assert convert(home, digest).status == 202 and len(beside(home, digest)) == 1
    assert home.delete("app", artifact["digest"]).status == 202 and beside(home, digest) == []
    assert home.ask("POST", f"{path}:cancel").status == 409


def test_a_repository_converts_what_is_pushed_while_its_switch_is_on(shelf: Make) -> None:
    home = shelf()
    before = home.push("app", "v1", text="one")
    assert home.ask("GET", "/acr/v1/app/_streaming").json["convertPushedImages"] is False
    assert switch(home, True).json["convertPushedImages"] is True
    during = home.push("app", "v2", text="two")
    assert home.ask("GET", "/acr/v1/app/_streaming").json["convertPushedImages"] is True
    assert len(beside(home, during)) == 1 and beside(home, before) == []
    assert switch(home, False).status == 200
    assert beside(home, home.push("app", "v3", text="three")) == []
    assert len(beside(home, during)) == 1


def test_a_conversion_is_called_off(shelf: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    home = shelf()
    monkeypatch.setattr(home.cloud.world, "realistic_timing", True)
    digest = home.push("app", "v1")
    begun = convert(home, digest).json
    assert convert(home, digest).json["id"] == begun["id"]
    home.cloud.world.advance(15)
    path = f"/acr/v1/app/_operations/{begun['id']}"
    assert (home.ask("GET", path).json["status"], home.ask("GET", path).json["progress"]) == ("Running", "50%")
    assert home.ask("POST", f"{path}:cancel").json["status"] == "Canceled"
    home.cloud.world.advance(60)
    assert home.ask("GET", path).json["status"] == "Canceled" and beside(home, digest) == []
    again = convert(home, digest).json
    home.delete("app", digest)
    home.cloud.world.advance(60)
    failed = home.ask("GET", f"/acr/v1/app/_operations/{again['id']}").json
    assert (failed["status"], "manifest" in failed["error"]) == ("Failed", True)


def test_what_cannot_be_streamed(shelf: Make) -> None:
    home, basic = shelf(), shelf("fabrikam", sku="Standard")
    digest = home.push("app", "v1")
    config = home.blob("app", b'{"architecture":"arm64","os":"linux"}')
    kind, image = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.config.v1+json"
    other = {"config": {"mediaType": image, "digest": config, "size": 37}, "layers": []}
    arm = home.put("app", json.dumps({"schemaVersion": 2, "mediaType": kind, **other}).encode(), kind)
    assert "this is linux/arm64" in convert(home, arm).message
    assert "this is linux/arm64" in convert(home, home.index("app", arm)).message
    assert convert(home, home.index("app", arm, digest)).status == 202
    assert convert(home, "sha256:" + "0" * 64).status == 404
    assert convert(home, "nonsense").status == 400
    assert convert(home, digest, repository="nobody").status == 404
    assert convert(home, digest, body={"conversionFormat": "turbo"}).status == 400
    assert convert(home, digest, body=[]).status == 400
    assert switch(home, "yes").status == 400 and switch(home, True, "nobody").status == 404
    assert home.ask("GET", f"/acr/v1/app/_streaming/{digest}").status == 404
    assert home.ask("GET", "/acr/v1/app/_operations/nobody").status == 404
    assert home.ask("GET", "/acr/v1/nobody/_streaming").status == 404
    assert "not supported for the SKU Standard" in convert(basic, basic.push("app", "v1")).message
    assert home.ask("POST", "/acr/v1/app/_streaming", b"{}", auth="").status == 401
