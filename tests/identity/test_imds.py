"""Managed identities: the metadata service and the endpoint of App Service."""

import pytest

from acrlab.engine import directory
from acrlab.wire import imds
from tests.identity.lab import ACR, ARM, START, Answer, Lab

IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"
DOOR = "http://localhost:5000/msi/token"


def ask(lab: Lab, query: str = f"resource={ARM}/", **headers: str) -> Answer:
    given = {"metadata": "true"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return lab.ask("GET", f"{IMDS}?api-version=2018-02-01&{query}", headers=given)


def expect(lab: Lab, answer: Answer, error: str, text: str, status: int = 400) -> None:
    assert (answer.status, answer.json["error"]) == (status, error), answer
    assert text in answer.json["error_description"]
    assert any(line.startswith("evidence") for line in lab.why)


def test_the_machine_has_an_identity_of_its_own(lab: Lab) -> None:
    body = ask(lab).json
    identity = lab.identity("acrlab-vm")
    claims = lab.claims(body["access_token"])
    assert (claims["oid"], claims["aud"], claims["idtyp"]) == (identity.id, f"{ARM}/", "app")
    assert claims["exp"] == START + 86399
    assert {name: value for name, value in body.items() if name != "access_token"} == {
        "client_id": identity.app_id, "expires_in": "86399", "expires_on": str(int(START) + 86399),
        "ext_expires_in": "86399", "not_before": str(int(START)), "resource": f"{ARM}/", "token_type": "Bearer",
    }  # fmt: skip
    root = f"{ARM}/subscriptions?api-version=2022-12-01"
    assert lab.ask("GET", root, bearer=body["access_token"]).status == 200


def test_assigned_identities_are_chosen_by_any_of_their_names(lab: Lab) -> None:
    identity = lab.identity("acrlab-identity")
    for name, value in (
        ("client_id", identity.app_id), ("object_id", identity.id), ("principal_id", identity.id.upper()),
        ("mi_res_id", imds.resource_id(lab.world, identity)), ("msi_res_id", imds.resource_id(lab.world, identity)),
    ):  # fmt: skip
        body = ask(lab, f"resource={ACR}&{name}={value}").json
        assert lab.claims(body["access_token"])["oid"] == identity.id


@pytest.mark.parametrize("name", ["client_id", "object_id", "mi_res_id"])
def test_unknown_identities(lab: Lab, name: str) -> None:
    for value in ("unknown", lab.identity("acrlab-sp").app_id, lab.identity("acrlab-sp").id):
        expect(lab, ask(lab, f"resource={ARM}&{name}={value}"), "invalid_request", "Identity not found")
    assert any("acrlab-identity" in line for line in lab.why)


def test_refusals(lab: Lab) -> None:
    expect(lab, ask(lab, metadata=""), "invalid_request", "Required metadata header not specified")
    expect(lab, ask(lab, x_forwarded_for="10.0.0.1"), "invalid_request", "X-Forwarded-For")
    expect(lab, ask(lab, ""), "invalid_request", "'resource' is missing")
    expect(lab, ask(lab, "resource=https://microsoft.com"), "invalid_resource", "AADSTS500011")
    expect(lab, ask(lab, f"resource={ARM}&client_id=a&object_id=b"), "invalid_request", "Only one of")
    answer = lab.ask("GET", f"{IMDS}?resource={ARM}", headers={"metadata": "true"})
    expect(lab, answer, "invalid_request", "api-version")
    assert lab.ask("GET", "http://169.254.169.254/latest/meta-data", headers={"metadata": "true"}).status == 404
    assert lab.ask("POST", IMDS, headers={"metadata": "true"}).status == 405


def test_the_machine_describes_itself(lab: Lab) -> None:
    url = "http://169.254.169.254/metadata/instance?api-version=2021-02-01"
    assert lab.ask("GET", url).status == 400
    compute = lab.ask("GET", url, headers={"metadata": "true"}).json["compute"]
    assert compute["subscriptionId"] == lab.world.state.subscription


@pytest.mark.parametrize("url", [DOOR, "http://169.254.169.254/msi/token"])
def test_app_service_wants_the_machines_secret(lab: Lab, url: str) -> None:
    url = f"{url}?api-version=2019-08-01&resource={ACR}"
    good = lab.ask("GET", url, headers={"x-identity-header": imds.identity_header(lab.world)})
    assert lab.claims(good.json["access_token"])["oid"] == lab.identity("acrlab-vm").id
    for wrong in ({}, {"x-identity-header": ""}, {"x-identity-header": "guess"}, {"metadata": "true"}):
        assert lab.ask("GET", url, headers=wrong).status == 401


def test_the_plain_door_is_no_metadata_service_for_pages(lab: Lab) -> None:
    """A browser page can reach localhost, but can neither send this header nor pass as the machine."""
    url = f"http://localhost:5000/metadata/identity/oauth2/token?api-version=2018-02-01&resource={ARM}"
    assert lab.ask("GET", url).status == 400
    assert lab.ask("GET", url, headers={"metadata": "true", "x-forwarded-for": "1.2.3.4"}).status == 400
    assert lab.ask("GET", url, headers={"metadata": "true"}).status == 200


def test_a_system_identity_has_no_resource_of_its_own(lab: Lab) -> None:
    identity = lab.identity("acrlab-vm")
    answer = ask(lab, f"resource={ARM}&mi_res_id={imds.resource_id(lab.world, identity)}")
    assert answer.status == 400
    assert identity.kind == directory.MANAGED
