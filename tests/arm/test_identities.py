"""User-assigned identities: resources, principals, and what a registry may act as."""

from typing import Any

import pytest

from acrlab.wire.http import Request, Response
from tests.arm.cloud import Answer, Cloud

KIND = "Microsoft.ManagedIdentity/userAssignedIdentities"
VERSION = "2024-11-30"
NOBODY = f"/subscriptions/0/resourceGroups/g/providers/{KIND}/nobody"


@pytest.fixture
def named(cloud: Cloud) -> str:
    """The id of an identity."""
    return str(made(cloud).json["id"])


def made(cloud: Cloud, name: str = "puller", **more: Any) -> Answer:
    body = {"location": "westus", **more}
    return cloud.ask("PUT", f"{cloud.g}/providers/{KIND}/{name}", body, version=VERSION)


def patched(cloud: Cloud, **identity: Any) -> Answer:
    return cloud.ask("PATCH", f"{cloud.r}/contoso", {"identity": identity})


def machine(cloud: Cloud, client: str) -> tuple[int, Any]:
    query = f"api-version=2018-02-01&resource=https://management.azure.com/&client_id={client}"
    head = Request("GET", "169.254.169.254", "/metadata/identity/oauth2/token", query, {"metadata": "true"})
    answer = cloud.app.begin(head)
    assert isinstance(answer, Response)
    return answer.status, Answer(answer).json


def test_an_identity_is_a_principal(cloud: Cloud) -> None:
    shown = made(cloud, tags={"for": "aks"})
    assert (shown.status, shown.json["type"], shown.json["tags"]) == (201, KIND, {"for": "aks"})
    properties = shown.json["properties"]
    person = cloud.world.state.principals[properties["principalId"]]
    assert (person.app_id, person.name, person.kind) == (properties["clientId"], "puller", "managedIdentity")
    assert made(cloud).json["properties"] == properties  # a second PUT keeps the ids
    listed = cloud.ask("GET", f"{cloud.s}/providers/{KIND}", version=VERSION)
    assert [each["name"] for each in listed.json["value"]] == ["puller"]
    assert machine(cloud, properties["clientId"])[0] == 200
    assert cloud.ask("DELETE", shown.json["id"], version=VERSION).status == 200
    assert properties["principalId"] not in cloud.world.state.principals
    assert machine(cloud, properties["clientId"])[0] == 400


def test_a_registry_acts_as_identities(cloud: Cloud, named: str) -> None:
    cloud.registry()
    both = patched(cloud, type="SystemAssigned, UserAssigned", userAssignedIdentities={named: {}})
    assert both.status == 200
    identity = both.json["identity"]
    assert identity["type"] == "systemAssigned, userAssigned"
    client = cloud.ask("GET", named, version=VERSION).json["properties"]["clientId"]
    assert identity["userAssignedIdentities"][named]["clientId"] == client
    alone = patched(cloud, type="UserAssigned").json["identity"]
    assert set(alone) == {"type", "userAssignedIdentities"}
    assert identity["principalId"] not in cloud.world.state.principals
    none = patched(cloud, type="None")
    assert "identity" not in none.json
    assert cloud.world.fork(cloud.world.journal.__class__()).state.resources == cloud.world.state.resources


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        ({"type": "UserAssigned"}, "InvalidIdentityType"),
        ({"type": "UserAssigned", "userAssignedIdentities": {"nobody": {}}}, "LinkedInvalidPropertyId"),
        (
            {"type": "UserAssigned", "userAssignedIdentities": {NOBODY: {}}},
            "FailedIdentityOperation",
        ),
    ],
)  # fmt: skip
def test_identities_that_a_registry_cannot_have(cloud: Cloud, identity: dict[str, Any], code: str) -> None:
    cloud.registry()
    before = cloud.world.version
    answer = patched(cloud, **identity)
    assert (answer.status, answer.code) == (400, code)
    assert cloud.world.version == before


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("x", {"location": "westus"}, "InvalidResourceName"),
        ("puller", {}, "LocationRequired"),
        ("puller", {"location": "moon"}, "LocationNotAvailableForResourceType"),
        ("puller", {"location": "westus", "tags": {"a": 1}}, "InvalidRequestContent"),
        ("puller", {"location": "westus", "properties": []}, "InvalidRequestContent"),
    ],
)
def test_identities_that_are_refused(cloud: Cloud, name: str, body: dict[str, Any], code: str) -> None:
    answer = cloud.ask("PUT", f"{cloud.g}/providers/{KIND}/{name}", body, version=VERSION)
    assert (answer.status, answer.code) == (400, code)


def test_a_reader_makes_no_identity(cloud: Cloud) -> None:
    answer = cloud.ask(
        "PUT", f"{cloud.g}/providers/{KIND}/puller", {"location": "westus"}, version=VERSION, who="reader"
    )
    assert (answer.status, answer.code) == (403, "AuthorizationFailed")
