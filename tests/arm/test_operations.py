"""Long-running operations: over when first polled, or in Azure's own time."""

from collections.abc import Callable

import pytest

from tests.arm.cloud import Cloud


def test_by_default_a_creation_is_over_when_first_polled(cloud: Cloud) -> None:
    created = cloud.registry()
    assert (created.status, created.json["properties"]["provisioningState"]) == (201, "Creating")
    address = created.headers["azure-asyncoperation"]
    assert f"{cloud.r}/contoso/operationStatuses/registries-" in address
    assert all(f"&{letter}=" in address for letter in "tcsh")
    assert "retry-after" not in created.headers
    polled = cloud.follow(address)
    assert (polled.status, polled.json) == (200, {"status": "Succeeded"})
    assert polled.headers["azure-asyncoperation"] == address
    assert cloud.ask("GET", f"{cloud.r}/contoso").json["properties"]["provisioningState"] == "Succeeded"


@pytest.fixture
def slow(make: Callable[..., Cloud]) -> Cloud:
    cloud = make(realistic_timing=True)
    cloud.group()
    return cloud


def state(cloud: Cloud) -> str:
    return str(cloud.ask("GET", f"{cloud.r}/contoso").json["properties"]["provisioningState"])


def test_in_azures_time(slow: Cloud) -> None:
    address = slow.registry().headers["azure-asyncoperation"]
    assert (slow.follow(address).json, state(slow)) == ({"status": "Creating"}, "Creating")
    slow.world.advance(60)
    assert (slow.follow(address).json, state(slow)) == ({"status": "Succeeded"}, "Succeeded")
    body = {"properties": {"anonymousPullEnabled": True}}
    address = slow.ask("PATCH", f"{slow.r}/contoso", body).headers["azure-asyncoperation"]
    assert (slow.follow(address).json, state(slow)) == ({"status": "Updating"}, "Updating")
    slow.world.advance(2 * 3600)
    assert state(slow) == "Succeeded"


def test_deleting_a_group_in_azures_time(slow: Cloud) -> None:
    answer = slow.ask("DELETE", slow.g)
    assert int(answer.headers["retry-after"]) > 0
    polled = slow.follow(answer.headers["location"])
    assert (polled.status, polled.headers["location"]) == (202, answer.headers["location"])
    slow.world.advance(60)
    assert slow.follow(answer.headers["location"]).status == 200


def test_an_operation_belongs_to_its_resource(cloud: Cloud) -> None:
    address = cloud.registry("contoso").headers["azure-asyncoperation"]
    cloud.registry("contos")
    assert cloud.follow(address.replace("/contoso/", "/contos/")).status == 404


def test_its_end_is_found_under_the_location_as_well(cloud: Cloud) -> None:
    operation = cloud.registry().headers["azure-asyncoperation"].rpartition("/")[2].partition("?")[0]
    for kind in ("operationResults", "operationStatuses"):
        path = f"{cloud.s}/providers/Microsoft.ContainerRegistry/locations/WESTUS/{kind}/{operation}"
        assert cloud.ask("GET", path).json == {"status": "Succeeded"}
