"""The token endpoint: every grant, every refusal in Entra's own number and shape."""

import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest

from acrlab.domain import events
from acrlab.engine import directory, entra, federation, grants, jwt, signin
from tests.identity.lab import ACR, ARM, GRAPH, LOGIN, START, Answer, Lab

OWNER, READER = directory.OWNER.name, f"reader@{directory.DOMAIN}"
CLI = directory.AZURE_CLI
USER_SCOPE = f"{ARM}//.default offline_access openid profile"


def expect(answer: Answer, number: int, error: str, status: int = 400) -> str:
    """Check an error of Entra, the whole of its shape."""
    assert answer.status == status, answer
    body = answer.json
    assert set(body) == {
        "error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri",
    }  # fmt: skip
    assert body["error"] == error
    assert body["error_codes"] == [number]
    assert body["error_uri"] == f"https://login.microsoftonline.com/error?code={number}"
    text: str = body["error_description"]
    assert text.startswith(f"AADSTS{number}: ")
    end = f"Trace ID: {body['trace_id']} Correlation ID: {body['correlation_id']} Timestamp: {body['timestamp']}"
    assert text.endswith(end)
    assert re.fullmatch(r"[0-9a-f-]{36}", body["trace_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", body["timestamp"])
    assert answer.headers["cache-control"] == "no-store, no-cache"
    return text


def user_form(**changes: Any) -> dict[str, str]:
    form = {"grant_type": "password", "client_id": CLI, "username": OWNER, "scope": USER_SCOPE, "client_info": "1"}
    return form | changes


def signed_in(lab: Lab, **changes: Any) -> dict[str, Any]:
    answer = lab.token(user_form(password=lab.secret(OWNER)) | changes)
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.json
    return found


# Applications


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        ("https://management.core.windows.net//.default", "https://management.core.windows.net/"),
        ("https://management.azure.com/.default", "https://management.azure.com"),
        ("https://management.azure.com//.default", "https://management.azure.com/"),
        ("https://containerregistry.azure.net/.default", "https://containerregistry.azure.net"),
        (f"{ACR}/.default openid offline_access profile", ACR),  # msal for Go
        ("https://graph.microsoft.com//.default", "https://graph.microsoft.com/"),
        ("797f4846-ba00-4fd7-ba43-dac1f8f63013/.default", "https://management.core.windows.net/"),
    ],
)
def test_a_client_secret_gets_a_token_for_the_resource(lab: Lab, scope: str, audience: str) -> None:
    answer = lab.client_credentials(scope)
    body = answer.json
    assert answer.status == 200
    assert {name: body[name] for name in body if name != "access_token"} == {
        "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599,
    }  # fmt: skip
    identity = lab.identity("acrlab-sp")
    claims = lab.claims(body["access_token"])
    expected = {
        "aud": audience, "iss": f"https://sts.windows.net/{lab.tenant}/", "tid": lab.tenant, "oid": identity.id,
        "sub": identity.id, "appid": identity.app_id, "idtyp": "app", "ver": "1.0", "iat": START, "nbf": START,
        "exp": START + 3599,
    }  # fmt: skip
    assert expected.items() <= claims.items()
    assert "upn" not in claims and "xms_cc" not in claims


def test_capabilities_come_back_in_the_token(lab: Lab) -> None:
    claims = '{"access_token":{"xms_cc":{"values":["CP1"]}}}'
    assert lab.claims(lab.client_credentials(claims=claims).json["access_token"])["xms_cc"] == ["CP1"]
    assert "xms_cc" not in lab.claims(lab.client_credentials(claims='{"access_token":{}}').json["access_token"])
    for wrong in ("[", "[]", '{"access_token":5}', "[" * 9_000):
        assert lab.client_credentials(claims=wrong).status == 400


def test_credentials_may_come_as_basic(lab: Lab) -> None:
    basic = lab.identity("acrlab-sp").app_id, lab.secret("acrlab-sp")
    form = {"grant_type": "client_credentials", "scope": f"{ARM}/.default"}
    assert lab.token(form, basic=basic).status == 200
    expect(lab.token(form, basic=(basic[0], "wrong")), 7000215, "invalid_client", 401)
    expect(lab.token(form, headers={"authorization": "Basic !!!"}), 7000215, "invalid_client", 401)


def test_version_1_takes_a_resource_and_writes_numbers_as_text(lab: Lab) -> None:
    form = {
        "grant_type": "client_credentials", "client_id": lab.identity("acrlab-sp").app_id,
        "client_secret": lab.secret("acrlab-sp"), "resource": "https://management.core.windows.net/",
    }  # fmt: skip
    answer = lab.token(form, version="")
    assert answer.status == 200
    body = answer.json
    assert (body["expires_in"], body["expires_on"]) == ("3599", str(int(START) + 3599))
    assert body["resource"] == lab.claims(body["access_token"])["aud"] == "https://management.core.windows.net/"


def test_the_tenant_may_be_named_by_its_domain(lab: Lab) -> None:
    form = {
        "grant_type": "client_credentials", "client_id": lab.identity("acrlab-sp").app_id,
        "client_secret": lab.secret("acrlab-sp"), "scope": f"{ARM}/.default",
    }  # fmt: skip
    assert lab.token(form, tenant=directory.DOMAIN.upper()).status == 200
    expect(lab.token(form, tenant="common"), 50059, "invalid_request")
    text = expect(lab.token(form, tenant="00000000-0000-0000-0000-00000000beef"), 90002, "invalid_request")
    assert "Tenant '00000000-0000-0000-0000-00000000beef' not found." in text


@pytest.mark.parametrize(
    ("changes", "number", "error", "status"),
    [
        ({"client_secret": "wrong"}, 7000215, "invalid_client", 401),
        ({"client_secret": ""}, 7000216, "invalid_client", 401),
        ({"client_id": "00000000-0000-0000-0000-00000000beef"}, 700016, "unauthorized_client", 400),
        ({"client_id": ""}, 900144, "invalid_request", 400),
        ({"scope": ""}, 900144, "invalid_request", 400),
        ({"grant_type": ""}, 900144, "invalid_request", 400),
        ({"grant_type": "implicit"}, 70003, "unsupported_grant_type", 400),
        ({"scope": "https://microsoft.com/.default"}, 500011, "invalid_resource", 400),
        ({"scope": "https://database.windows.net/.default"}, 500011, "invalid_resource", 400),
        ({"scope": f"{ARM}.evil.example/.default"}, 500011, "invalid_resource", 400),
        ({"scope": f"{ARM}///.default"}, 500011, "invalid_resource", 400),
        ({"scope": f"{ARM}/user_impersonation"}, 1002012, "invalid_scope", 400),
        ({"scope": "openid profile offline_access"}, 1002012, "invalid_scope", 400),
        ({"scope": f"{ACR}/.default {ARM}/.default"}, 70011, "invalid_scope", 400),
        ({"resource": "https://microsoft.com"}, 500011, "invalid_resource", 400),
        ({"client_assertion": "a.b.c", "client_assertion_type": federation.JWT_BEARER}, 50027, "invalid_client", 401),
        ({"client_assertion": "a.b.c"}, 900144, "invalid_request", 400),
    ],
)
def test_refusals_of_applications(lab: Lab, changes: dict[str, str], number: int, error: str, status: int) -> None:
    expect(lab.client_credentials(**changes), number, error, status)
    assert lab.why[-1].startswith("evidence    ")


def test_a_trace_can_be_followed(lab: Lab) -> None:
    asked = {"client-request-id": "2f9b1e5a-0000-4000-8000-000000000001"}
    form = {"grant_type": "client_credentials"}
    assert lab.token(form, headers=asked).json["correlation_id"] == asked["client-request-id"]


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join(b"a%d=1" % number for number in range(500))])
def test_bodies_that_are_no_forms(lab: Lab, body: bytes) -> None:
    url = f"{LOGIN}/{lab.tenant}/oauth2/v2.0/token"
    expect(lab.ask("POST", url, body=body), 9002313, "invalid_grant")


def test_fields_come_once_and_bodies_are_bounded(lab: Lab) -> None:
    expect(lab.token([("grant_type", "password"), ("grant_type", "password")]), 9000411, "invalid_request")
    answer = lab.ask("POST", f"{LOGIN}/{lab.tenant}/oauth2/v2.0/token", body=b"x" * 70_000)
    assert (answer.status, answer.json["error"]) == (413, "invalid_request")
    answer = lab.ask("GET", f"{LOGIN}/{lab.tenant}/oauth2/v2.0/token")
    assert answer.status == 400 and answer.json["error_codes"] == [900561]
    assert lab.ask("GET", f"{LOGIN}/{lab.tenant}/nothing").status == 404


# Workloads


def assertion(lab: Lab, **changes: Any) -> str:
    claims = dict(jwt.peek(federation.assertion(lab.world))) | changes
    return jwt.encode(lab.world.keys, entra.KEY, claims)


def federated(lab: Lab, token: str, name: str = "acrlab-sp") -> Answer:
    return lab.client_credentials(
        name=name, client_secret="", client_assertion=token, client_assertion_type=federation.JWT_BEARER
    )


def test_a_workload_needs_no_secret(lab: Lab) -> None:
    answer = federated(lab, federation.assertion(lab.world))
    assert lab.claims(answer.json["access_token"])["oid"] == lab.identity("acrlab-sp").id


def test_refusals_of_workloads(lab: Lab, foreign_keys: Any) -> None:
    good = federation.assertion(lab.world)
    expect(federated(lab, good, "acrlab-reader-sp"), 700211, "invalid_client", 401)
    expect(federated(lab, assertion(lab, iss="https://elsewhere/")), 700211, "invalid_client", 401)
    expect(federated(lab, assertion(lab, aud=["api://Other"])), 700212, "invalid_client", 401)
    expect(federated(lab, assertion(lab, sub="system:serviceaccount:x:y")), 700213, "invalid_client", 401)
    expect(federated(lab, assertion(lab, exp=START)), 700024, "invalid_client", 401)
    expect(federated(lab, assertion(lab, nbf=START + 3600)), 700024, "invalid_client", 401)
    expect(federated(lab, assertion(lab, exp="soon")), 50027, "invalid_client", 401)
    expect(federated(lab, good[:-1]), 50027, "invalid_client", 401)  # no base64url has this length
    head, claims, _ = good.split(".")
    other = assertion(lab, sub="x").rpartition(".")[2]
    expect(federated(lab, f"{head}.{claims}.{other}"), 700027, "invalid_client", 401)
    foreign = jwt.encode(foreign_keys, entra.KEY, jwt.peek(good))
    expect(federated(lab, foreign), 700027, "invalid_client", 401)
    expect(federated(lab, lab.bearer()), 700211, "invalid_client", 401)  # an access token is no assertion


def test_an_assertion_and_an_id_token_are_no_access_tokens(lab: Lab) -> None:
    for token in (federation.assertion(lab.world), signed_in(lab)["id_token"]):
        answer = lab.ask("GET", f"{ARM}/subscriptions?api-version=2022-12-01", bearer=token)
        assert answer.status == 401


# Users


def test_a_password_signs_a_user_in(lab: Lab) -> None:
    body = signed_in(lab, scope="https://management.core.windows.net//.default offline_access openid profile")
    identity = lab.identity(OWNER)
    claims = lab.claims(body["access_token"])
    expected = {
        "aud": "https://management.core.windows.net/", "oid": identity.id, "tid": lab.tenant, "upn": OWNER,
        "unique_name": OWNER, "idtyp": "user", "appid": CLI, "scp": "user_impersonation",
    }  # fmt: skip
    assert expected.items() <= claims.items()
    assert body["foci"] == "1" and body["refresh_token"]
    assert "https://management.core.windows.net//.default" in body["scope"].split()
    about = lab.claims(body["id_token"])
    assert (about["preferred_username"], about["tid"], about["oid"], about["aud"]) == (
        OWNER, lab.tenant, identity.id, CLI,
    )  # fmt: skip
    info = msgspec.json.decode(jwt.unbase64url(body["client_info"]))
    assert info == {"uid": identity.id, "utid": lab.tenant}


@pytest.mark.parametrize(
    ("changes", "number", "error"),
    [
        ({"password": "wrong"}, 50126, "invalid_grant"),
        ({"password": ""}, 900144, "invalid_request"),
        ({"username": f"nobody@{directory.DOMAIN}"}, 50034, "invalid_grant"),
        ({"username": ""}, 900144, "invalid_request"),
        ({"client_id": "unknown"}, 700016, "unauthorized_client"),
    ],
)
def test_refusals_of_users(lab: Lab, changes: dict[str, str], number: int, error: str) -> None:
    expect(lab.token(user_form(password=lab.secret(OWNER)) | changes), number, error)


@pytest.mark.parametrize("tenant", ["common", "organizations", directory.DOMAIN])
def test_users_may_sign_in_without_naming_the_tenant(lab: Lab, tenant: str) -> None:
    answer = lab.token(user_form(password=lab.secret(READER), username=READER), tenant=tenant)
    assert lab.claims(answer.json["access_token"])["tid"] == lab.tenant


def refresh(lab: Lab, token: str, **changes: str) -> Answer:
    form = {"grant_type": "refresh_token", "client_id": CLI, "refresh_token": token, "scope": f"{ACR}/.default"}
    return lab.token(form | changes)


def test_a_refresh_token_gets_tokens_for_other_resources(lab: Lab) -> None:
    body = refresh(lab, signed_in(lab)["refresh_token"]).json
    assert lab.claims(body["access_token"])["aud"] == ACR
    assert lab.claims(refresh(lab, body["refresh_token"]).json["access_token"])["upn"] == OWNER


def test_refresh_tokens_end(lab: Lab) -> None:
    token = signed_in(lab)["refresh_token"]
    lab.world.advance(signin.REFRESH_LIFE - 1)
    assert refresh(lab, token).status == 200
    lab.world.advance(1)
    text = expect(refresh(lab, token), 700082, "invalid_grant")
    assert "issued on 1/15/2027 8:00:00 AM" in text


def test_a_changed_password_revokes_refresh_tokens(lab: Lab) -> None:
    token, identity = signed_in(lab)["refresh_token"], lab.identity(OWNER)
    lab.world.commit(
        events.PrincipalAdded(
            at=lab.world.now(), id=identity.id, kind=identity.kind, name=identity.name, tenant=identity.tenant,
            secrets={"default": "changed"}, properties=identity.properties,
        )
    )  # fmt: skip
    expect(refresh(lab, token), 50173, "invalid_grant")
    lab.world.commit(events.PrincipalRemoved(at=lab.world.now(), id=identity.id))
    expect(refresh(lab, token), 50034, "invalid_grant")


def test_refresh_tokens_are_tied_to_client_and_directory(lab: Lab) -> None:
    token = signed_in(lab)["refresh_token"]
    powershell = "1950a258-227b-4e31-a9cf-717495945fc2"
    assert refresh(lab, token, client_id=powershell).status == 200  # one family
    expect(refresh(lab, token, client_id=lab.identity("acrlab-sp").app_id), 9002313, "invalid_grant")
    for wrong in ("x", "1..", token[:-2], token.replace("1.", "0.", 1), token + "A", "1.é.x", "." * 5):
        expect(refresh(lab, wrong), 9002313, "invalid_grant")
    expect(refresh(lab, grants.sealed(lab.world, "code", oid="x")), 9002313, "invalid_grant")


# Device codes


def begin(lab: Lab) -> dict[str, Any]:
    answer = lab.ask(
        "POST", f"{LOGIN}/organizations/oauth2/v2.0/devicecode", form={"client_id": CLI, "scope": USER_SCOPE}
    )
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    return found


def poll(lab: Lab, code: str, client: str = CLI) -> Answer:
    form = {"grant_type": signin.DEVICE_CODE, "client_id": client, "device_code": code}
    return lab.token(form, tenant="organizations")


def test_a_device_code_is_approved_by_itself_and_says_so(lab: Lab) -> None:
    flow = begin(lab)
    assert flow["user_code"] in flow["message"] and "simulated" in flow["message"] and OWNER in flow["message"]
    assert (flow["expires_in"], flow["interval"]) == (900, 5)
    answer = poll(lab, flow["device_code"])
    assert lab.claims(answer.json["access_token"])["upn"] == OWNER
    expect(poll(lab, flow["device_code"]), 54005, "invalid_grant")


def test_a_world_may_hold_device_codes_until_somebody_decides(lab: Lab) -> None:
    counter = signin.desk(lab.world)
    counter.hold = True
    first, second = begin(lab), begin(lab)
    expect(poll(lab, first["device_code"]), 70016, "authorization_pending")
    counter.decisions[first["user_code"]] = lab.identity(READER).id
    counter.decisions[second["user_code"]] = None
    assert lab.claims(poll(lab, first["device_code"]).json["access_token"])["upn"] == READER
    expect(poll(lab, second["device_code"]), 70018, "authorization_declined")


def test_refusals_of_device_codes(lab: Lab) -> None:
    flow = begin(lab)
    expect(poll(lab, "x"), 9002313, "invalid_grant")
    expect(poll(lab, flow["device_code"], lab.identity("acrlab-sp").app_id), 9002313, "invalid_grant")
    lab.world.advance(900)
    expect(poll(lab, flow["device_code"]), 70019, "expired_token")
    url = f"{LOGIN}/{lab.tenant}/oauth2/v2.0/devicecode"
    expect(lab.ask("POST", url, form={"client_id": "unknown"}), 700016, "unauthorized_client")
    expect(lab.ask("POST", url, form={}), 900144, "invalid_request")


# The browser


VERIFIER = "v" * 43
REDIRECT = "http://localhost:8400/"


def browse(lab: Lab, **changes: str) -> Answer:
    challenge = jwt.base64url(hashlib.sha256(VERIFIER.encode()).digest())
    query = {
        "client_id": CLI, "response_type": "code", "redirect_uri": REDIRECT, "scope": USER_SCOPE, "state": "s&t<x>",
        "code_challenge": challenge, "code_challenge_method": "S256", "nonce": "n0",
    } | changes  # fmt: skip
    kept = {name: value for name, value in query.items() if value}
    return lab.ask("GET", f"{LOGIN}/organizations/oauth2/v2.0/authorize?{urlencode(kept)}")


def code_of(answer: Answer) -> str:
    assert answer.status == 302, answer
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["s&t<x>"]
    return query["code"][0]


def redeem(lab: Lab, code: str, **changes: str) -> Answer:
    form = {
        "grant_type": "authorization_code", "client_id": CLI, "code": code, "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    } | changes  # fmt: skip
    return lab.token({name: value for name, value in form.items() if value}, tenant="organizations")


def test_the_page_offers_the_users_and_leads_back(lab: Lab) -> None:
    page = browse(lab)
    text = page.body.decode()
    assert page.status == 200 and OWNER in text and READER in text and "acrlab-sp" not in text
    assert "<x>" not in text and "simulated" in text.lower()
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    answer = redeem(lab, code_of(browse(lab, login_as=lab.identity(READER).id)))
    assert lab.claims(answer.json["access_token"])["upn"] == READER
    assert lab.claims(answer.json["id_token"])["nonce"] == "n0"


def test_the_other_ways_back(lab: Lab) -> None:
    chosen = lab.identity(OWNER).id
    assert "#code=" in browse(lab, login_as=chosen, response_mode="fragment").headers["location"]
    posted = browse(lab, login_as=chosen, response_mode="form_post").body.decode()
    assert f'action="{REDIRECT}"' in posted and "s&amp;t&lt;x&gt;" in posted
    assert "/?a=1&code=" in browse(lab, login_as=chosen, redirect_uri=REDIRECT + "?a=1").headers["location"]


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/", "http://evil.example/", "http://localhost.evil.example/", "http://localhost@evil.example",
        "http://evil.example#@localhost/", "http://evil@localhost/", "//localhost/", "javascript:alert(1)",
        "http://localhost:port/", "http://localhost\\@evil.example/", "http://localhost/\r\nx: y", "http://[::1",
        "urn:ietf:wg:oauth:2.0:oob", "http://127.0.0.1.evil.example", "http://localhost/#x", "http://löcalhost/",
    ],
)  # fmt: skip
def test_codes_never_leave_this_machine(lab: Lab, uri: str) -> None:
    expect(browse(lab, redirect_uri=uri, login_as=lab.identity(OWNER).id), 50011, "invalid_request")


@pytest.mark.parametrize(
    "uri", ["http://localhost", "http://127.0.0.1:1234/a?b=c", "http://[::1]:8/", "http://LOCALHOST:1/"]
)
def test_this_machine_has_three_names(lab: Lab, uri: str) -> None:
    assert browse(lab, redirect_uri=uri, login_as=lab.identity(OWNER).id).status == 302


def test_refusals_of_the_page(lab: Lab) -> None:
    expect(browse(lab, client_id="unknown"), 700016, "unauthorized_client")
    expect(browse(lab, redirect_uri=""), 900144, "invalid_request")
    expect(browse(lab, response_type="token"), 70005, "unsupported_response_type")
    expect(browse(lab, scope="https://database.windows.net/.default"), 500011, "invalid_resource")
    assert browse(lab, login_as=lab.identity("acrlab-sp").id).status == 200  # not a user: the page again


def test_refusals_of_codes(lab: Lab) -> None:
    chosen = lab.identity(OWNER).id
    code = code_of(browse(lab, login_as=chosen))
    expect(redeem(lab, code, code_verifier="w" * 43), 50148, "invalid_grant")
    expect(redeem(lab, code, code_verifier=""), 50148, "invalid_grant")
    expect(redeem(lab, code, redirect_uri="http://localhost:8401/"), 9002313, "invalid_grant")
    expect(redeem(lab, code, client_id="1950a258-227b-4e31-a9cf-717495945fc2"), 9002313, "invalid_grant")
    expect(redeem(lab, code[:-3]), 9002313, "invalid_grant")
    assert redeem(lab, code).status == 200
    expect(redeem(lab, code), 54005, "invalid_grant")
    late = code_of(browse(lab, login_as=chosen))
    lab.world.advance(600)
    expect(redeem(lab, late), 70008, "invalid_grant")
    plain = code_of(browse(lab, login_as=chosen, code_challenge=VERIFIER, code_challenge_method=""))
    assert redeem(lab, plain).status == 200


# Discovery


def test_discovery_names_the_endpoints(lab: Lab) -> None:
    for name, own, issuer in (
        (lab.tenant, lab.tenant, lab.tenant), (directory.DOMAIN, lab.tenant, lab.tenant),
        ("organizations", "organizations", "{tenantid}"),
    ):  # fmt: skip
        body = lab.ask("GET", f"{LOGIN}/{name}/v2.0/.well-known/openid-configuration").json
        assert body["issuer"] == f"{LOGIN}/{issuer}/v2.0"
        assert body["token_endpoint"] == f"{LOGIN}/{own}/oauth2/v2.0/token"
        assert body["authorization_endpoint"] == f"{LOGIN}/{own}/oauth2/v2.0/authorize"
        assert body["device_authorization_endpoint"] == f"{LOGIN}/{own}/oauth2/v2.0/devicecode"
        older = lab.ask("GET", f"{LOGIN}/{name}/.well-known/openid-configuration").json
        assert older["issuer"] == f"https://sts.windows.net/{issuer}/"
        assert older["token_endpoint"] == f"{LOGIN}/{own}/oauth2/token"
    expect(lab.ask("GET", f"{LOGIN}/nowhere.example/v2.0/.well-known/openid-configuration"), 90002, "invalid_request")


def test_anybody_can_verify_access_tokens_with_the_published_key(lab: Lab) -> None:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256

    (key,) = lab.ask("GET", f"{LOGIN}/common/discovery/v2.0/keys").json["keys"]
    e, n = (int.from_bytes(jwt.unbase64url(key[name])) for name in "en")
    signed, _, signature = lab.bearer().rpartition(".")
    RSAPublicNumbers(e, n).public_key().verify(jwt.unbase64url(signature), signed.encode(), PKCS1v15(), SHA256())
    head = msgspec.json.decode(jwt.unbase64url(signed.partition(".")[0]))
    assert head == {"alg": "RS256", "typ": "JWT", "kid": key["kid"], "x5t": key["kid"]}


def test_instances(lab: Lab) -> None:
    url = f"{LOGIN}/common/discovery/instance?api-version=1.1&authorization_endpoint="
    body = lab.ask("GET", f"{url}{LOGIN}/{lab.tenant}/oauth2/authorize").json
    assert "login.microsoftonline.com" in body["metadata"][0]["aliases"]
    assert body["tenant_discovery_endpoint"] == f"{LOGIN}/{lab.tenant}/v2.0/.well-known/openid-configuration"
    for wrong in ("https://evil.example/common", "http://login.microsoftonline.com/common", "", "https://[/"):
        expect(lab.ask("GET", url + wrong), 50049, "invalid_instance")


def test_realms(lab: Lab) -> None:
    for path in (f"userrealm/{OWNER}?api-version=1.0", f"UserRealm/{OWNER}", f"UserRealm?user={OWNER}"):
        assert lab.ask("GET", f"{LOGIN}/common/{path}").json["account_type"] == "Managed"
    assert lab.ask("GET", f"{LOGIN}/common/userrealm/a@example.com").json["account_type"] == "Unknown"


def test_graph_scopes_have_short_names(lab: Lab) -> None:
    body = signed_in(lab, scope="User.Read openid offline_access")
    assert lab.claims(body["access_token"])["aud"] == GRAPH
    assert lab.claims(signed_in(lab, scope="openid profile")["access_token"])["aud"] == GRAPH
