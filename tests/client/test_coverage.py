"""The coverage page says what the emulator does, for every operation of every SDK."""

import re
from collections import Counter
from importlib import metadata

import pytest
import requests
from azure.identity import DefaultAzureCredential

from acrlab.client import coverage
from acrlab.client.cloud import Cloud
from acrlab.client.image import Image
from acrlab.emulator import Emulator

ROWS = coverage.rows()


def test_every_operation_is_there() -> None:
    assert metadata.version("azure-mgmt-containerregistry") == "15.0.0"
    counts = Counter(row.package for row in ROWS)
    assert counts == {
        "azure-mgmt-containerregistry": 58,
        "azure-mgmt-containerregistrytasks": 25,
        "azure-containerregistry": 17,
    }
    assert len({(row.package, row.operation) for row in ROWS}) == len(ROWS)


def test_an_sdk_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "CLIENTS", (coverage.Client("no-such-package", "no.such", "Client", "arm"),))
    assert coverage.rows() == []


def test_labels_are_the_four() -> None:
    assert {row.truth for row in ROWS} <= {"real", "simulated", "stored", "refused"}
    assert all(row.evidence for row in ROWS)
    assert {row.truth for row in ROWS if row.package == "azure-containerregistry"} == {"real"}


def test_what_no_route_answers_is_refused() -> None:
    assert coverage.label("arm", "GET", "/providers/Microsoft.Nothing/things") == ("refused", "")


@pytest.fixture(scope="module")
def token(emulator: Emulator) -> str:
    with DefaultAzureCredential() as credential:
        return credential.get_token("https://management.azure.com/.default").token


def called(row: coverage.Row) -> str:
    return f"{row.package}-{row.operation}"


@pytest.mark.parametrize("row", [row for row in ROWS if row.plane == "arm"], ids=called)
def test_the_label_is_what_the_emulator_answers(cloud: Cloud, token: str, row: coverage.Row) -> None:
    cloud.registry("registryName", group="resourceGroupName")
    version = row.evidence.rpartition(" ")[2]
    path = row.asked.replace(coverage.SUBSCRIPTION, cloud.subscription)
    answer = requests.request(
        row.method,
        f"https://management.azure.com{path}?api-version={version}",
        headers={"authorization": f"Bearer {token}"},
        json={} if row.method in ("PUT", "PATCH", "POST") else None,
        timeout=30,
    )
    assert (answer.status_code == 501) == (row.truth == "refused"), answer.text
    if row.truth == "refused":
        assert "does not emulate" in answer.json()["error"]["message"]


@pytest.mark.parametrize("row", [row for row in ROWS if row.plane == "registry"], ids=called)
def test_the_data_plane_answers(cloud: Cloud, row: coverage.Row) -> None:
    registry = cloud.registry("registry")
    registry.push("repository:tag", Image.hello())
    answer = requests.request(row.method, f"https://registry.azurecr.io{row.asked}", timeout=30)
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


def test_the_table_counts_what_it_shows() -> None:
    text = coverage.table(ROWS)
    labels = Counter(row.truth for row in ROWS if row.package == "azure-mgmt-containerregistry")
    counts = ", ".join(f"{count} {truth}" for truth, count in sorted(labels.items()))
    assert labels.total() == 58 and f"azure-mgmt-containerregistry 15.0.0: 58 operations, {counts}" in text
    assert re.search(r"^  real  +registries\.begin_create  +PUT    …/registries/\{registryName\}$", text, re.M)
    shown = coverage.as_dict(next(row for row in ROWS if row.operation == "registries.get"))
    assert shown["path"].endswith("/registries/{registryName}")
    assert set(shown) == {"package", "version", "operation", "method", "path", "truth", "evidence", "reason"}
