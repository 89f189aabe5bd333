"""Microsoft Graph: what az asks before it assigns a role or creates a service principal."""

from typing import Any
from urllib.parse import quote

import pytest

from acrlab.engine import directory
from tests.identity.lab import ARM, GRAPH, Answer, Lab

ROOT = f"{GRAPH}/v1.0"
OWNER, READER = directory.OWNER.name, f"reader@{directory.DOMAIN}"


def ask(lab: Lab, method: str, path: str, name: str = OWNER, **more: Any) -> Answer:
    return lab.ask(method, f"{ROOT}/{path}", bearer=lab.bearer(name, GRAPH), **more)


def listed(lab: Lab, path: str, condition: str = "") -> list[str]:
    answer = ask(lab, "GET", path + (f"?$filter={quote(condition)}" if condition else ""))
    assert answer.status == 200, answer
    assert answer.json["@odata.context"].endswith(f"#{path}")
    return [each["displayName"] for each in answer.json["value"]]


def expect(answer: Answer, status: int, code: str) -> str:
    assert (answer.status, answer.json["error"]["code"]) == (status, code), answer
    return str(answer.json["error"]["message"])


def test_me(lab: Lab) -> None:
    answer = ask(lab, "GET", "me", READER)
    assert answer.json["userPrincipalName"] == READER
    assert answer.json["id"] == lab.identity(READER).id
    assert "delegated" in expect(ask(lab, "GET", "me", "acrlab-sp"), 400, "BadRequest")


def test_users(lab: Lab) -> None:
    assert listed(lab, "users") == ["Olivia Owner", "Rajesh Reader"]
    assert listed(lab, "users", f"userPrincipalName eq '{READER.upper()}'") == ["Rajesh Reader"]
    assert listed(lab, "users", "startswith(displayName,'oli')") == ["Olivia Owner"]
    assert listed(lab, "users", "displayName eq 'x''y'") == []
    for key in (READER, lab.identity(READER).id):
        assert ask(lab, "GET", f"users/{key}").json["displayName"] == "Rajesh Reader"
    expect(ask(lab, "GET", f"users/{lab.identity('acrlab-sp').id}"), 404, "Request_ResourceNotFound")


def test_service_principals(lab: Lab) -> None:
    identity = lab.identity("acrlab-sp")
    assert listed(lab, "servicePrincipals") == ["acrlab-identity", "acrlab-reader-sp", "acrlab-sp", "acrlab-vm"]
    for condition in (
        f"servicePrincipalNames/any(c:c eq '{identity.app_id}')",
        f"servicePrincipalNames/any(x: x eq '{identity.app_id}')",
        f"appId eq '{identity.app_id}'", "displayName eq 'acrlab-sp'",
    ):  # fmt: skip
        assert listed(lab, "servicePrincipals", condition) == ["acrlab-sp"]
    assert ask(lab, "GET", f"servicePrincipals/{identity.id}").json["appId"] == identity.app_id
    expect(ask(lab, "GET", f"servicePrincipals/{identity.app_id}"), 404, "Request_ResourceNotFound")
    types = {each["servicePrincipalType"] for each in ask(lab, "GET", "servicePrincipals").json["value"]}
    assert types == {"Application", "ManagedIdentity"}


FILTERS = ["x", "displayName ne 'a'", "a eq 'b' or c eq 'd'", "a/any(b:c eq 'd')", "'" * 500]


@pytest.mark.parametrize("condition", FILTERS)
def test_filters_that_are_not_understood_are_refused(lab: Lab, condition: str) -> None:
    answer = ask(lab, "GET", f"users?$filter={quote(condition)}")
    assert "Unsupported or invalid query filter" in expect(answer, 400, "BadRequest")


def test_the_rest_that_az_reads(lab: Lab) -> None:
    assert listed(lab, "groups") == []
    assert listed(lab, "organization") == [directory.ORGANIZATION]
    condition = quote("displayName eq 'Olivia Owner'")
    (chosen,) = ask(lab, "GET", f"users?$select=id&$filter={condition}").json["value"]
    assert chosen == {"id": lab.identity(OWNER).id}


def test_objects_by_their_ids(lab: Lab) -> None:
    ids = [lab.identity(OWNER).id, lab.identity("acrlab-vm").id, "00000000-0000-0000-0000-00000000beef"]
    found = ask(lab, "POST", "directoryObjects/getByIds", json={"ids": ids}).json["value"]
    assert [each["@odata.type"] for each in found] == ["#microsoft.graph.user", "#microsoft.graph.servicePrincipal"]
    only = ask(lab, "POST", "directoryObjects/getByIds", json={"ids": ids, "types": ["user", "group"]}).json["value"]
    assert [each["id"] for each in only] == ids[:1]
    for body in ({}, {"ids": "x"}, [], {"ids": ["x"] * 1001}):
        assert ask(lab, "POST", "directoryObjects/getByIds", json=body).status == 400


def test_tokens_are_needed(lab: Lab) -> None:
    for token in ("", lab.bearer(audience=ARM), "x"):
        answer = lab.ask("GET", f"{ROOT}/users", bearer=token)
        expect(answer, 401, "InvalidAuthenticationToken")
        assert answer.challenge
    expect(ask(lab, "GET", "nothing"), 404, "ResourceNotFound")


# az ad sp create-for-rbac


def created(lab: Lab, name: str = OWNER) -> tuple[dict[str, Any], dict[str, Any], str]:
    application = ask(lab, "POST", "applications", name, json={"displayName": "ci", "keyCredentials": []})
    assert application.status == 201, application
    credential = {"passwordCredential": {"displayName": "rbac", "endDateTime": "2027-02-01T00:00:00Z"}}
    password = ask(lab, "POST", f"applications/{application.json['id']}/addPassword", name, json=credential)
    assert password.status == 200 and password.json["endDateTime"] == "2027-02-01T00:00:00Z"
    service = ask(lab, "POST", "servicePrincipals", name, json={"appId": application.json["appId"]})
    assert service.status == 201, service
    return application.json, service.json, password.json["secretText"]


def sign_in(lab: Lab, client: str, secret: str) -> Answer:
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    return lab.token(form | {"scope": f"{ARM}/.default"})


@pytest.mark.parametrize("name", [OWNER, READER, "acrlab-sp"])
def test_a_service_principal_is_created_signs_in_and_goes(lab: Lab, name: str) -> None:
    application, service, secret = created(lab, name)
    answer = sign_in(lab, application["appId"], secret)
    assert lab.claims(answer.json["access_token"])["oid"] == service["id"] != application["id"]
    assert ask(lab, "GET", f"applications/{application['id']}").json["passwordCredentials"][0]["secretText"] is None
    again = ask(lab, "POST", "servicePrincipals", name, json={"appId": application["appId"]})
    assert "already in use" in expect(again, 400, "BadRequest")
    assert ask(lab, "DELETE", f"applications/{application['id']}", name).status == 204
    assert sign_in(lab, application["appId"], secret).json["error_codes"] == [700016]
    root = f"{ARM}/subscriptions?api-version=2022-12-01"
    assert lab.ask("GET", root, bearer=answer.json["access_token"]).status == 401


def test_an_application_alone_does_not_sign_in(lab: Lab) -> None:
    application = ask(lab, "POST", "applications", json={"displayName": "ci"}).json
    secret = ask(lab, "POST", f"applications/{application['id']}/addPassword", json={}).json["secretText"]
    assert sign_in(lab, application["appId"], secret).json["error_codes"] == [700016]


def test_secrets_come_and_go_and_expire(lab: Lab) -> None:
    application, _, first = created(lab)
    path = f"applications/{application['id']}"
    second = ask(lab, "POST", f"{path}/addPassword", json={}).json
    for secret in (first, second["secretText"]):
        assert sign_in(lab, application["appId"], secret).status == 200
    lab.world.advance(20 * 86400)
    assert sign_in(lab, application["appId"], first).json["error_codes"] == [7000222]
    assert ask(lab, "POST", f"{path}/removePassword", json={"keyId": second["keyId"]}).status == 204
    assert sign_in(lab, application["appId"], second["secretText"]).json["error_codes"] == [7000215]
    assert ask(lab, "POST", f"{path}/removePassword", json={"keyId": second["keyId"]}).status == 400


def test_the_seeded_application_has_a_registration_too(lab: Lab) -> None:
    (found,) = ask(lab, "GET", f"applications?$filter={quote('displayName eq ' + repr('acrlab-sp'))}").json["value"]
    assert found["appId"] == lab.identity("acrlab-sp").app_id
    secret = ask(lab, "POST", f"applications/{found['id']}/addPassword", json={}).json["secretText"]
    assert sign_in(lab, found["appId"], secret).status == 200
    assert sign_in(lab, found["appId"], lab.secret("acrlab-sp")).status == 200


def test_who_may_change_what(lab: Lab) -> None:
    application, service, secret = created(lab, OWNER)
    path = f"applications/{application['id']}"
    for method, where, body in (
        ("POST", f"{path}/addPassword", {}), ("POST", f"{path}/removePassword", {"keyId": "x"}), ("DELETE", path, None),
        ("DELETE", f"servicePrincipals/{service['id']}", None),
    ):  # fmt: skip
        for name in (READER, "acrlab-reader-sp", "acrlab-vm"):
            before = lab.world.journal.position
            expect(ask(lab, method, where, name, json=body), 403, "Authorization_RequestDenied")
            assert lab.world.journal.position == before
    denied = ask(lab, "POST", "applications", "acrlab-reader-sp", json={"displayName": "x"})
    expect(denied, 403, "Authorization_RequestDenied")
    assert sign_in(lab, application["appId"], secret).status == 200
    assert ask(lab, "DELETE", f"servicePrincipals/{service['id']}").status == 204
    assert ask(lab, "GET", path).status == 200


@pytest.mark.parametrize("body", [{}, {"displayName": ""}, {"displayName": "x" * 257}, {"displayName": 5}, []])
def test_applications_need_a_name(lab: Lab, body: Any) -> None:
    assert ask(lab, "POST", "applications", json=body).status == 400


def test_users_are_not_deleted_as_applications(lab: Lab) -> None:
    for path in ("applications", "servicePrincipals"):
        answer = ask(lab, "DELETE", f"{path}/{lab.identity(READER).id}")
        expect(answer, 404, "Request_ResourceNotFound")
    assert ask(lab, "DELETE", f"applications/{lab.identity('acrlab-vm').id}").status == 404
