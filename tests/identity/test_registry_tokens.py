"""The registry's token server: exchange and token, in every shape that clients send."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from acrlab.domain import events
from acrlab.engine import directory, entra, jwt, tokens
from acrlab.store.keys import KeyRing
from tests.identity.lab import ACR, ARM, GRAPH, HOST, START, Answer, Lab

BASE = f"https://{HOST}"
EVERYTHING = ["delete", "deleted_read", "deleted_restore", "metadata_read", "metadata_write", "pull", "push"]
TEXT = "authentication required, visit https://aka.ms/acr/authorization for more information."


def exchange(lab: Lab, token: str, **changes: str) -> Answer:
    form = {"grant_type": "access_token", "service": HOST, "access_token": token} | changes
    return lab.ask("POST", f"{BASE}/oauth2/exchange?api-version=2021-07-01", form={k: v for k, v in form.items() if v})


def refresh_token(lab: Lab, name: str = "acrlab-sp") -> str:
    found: str = exchange(lab, lab.bearer(name, ACR)).json["refresh_token"]
    return found


def ask(lab: Lab, base: str = BASE, **form: Any) -> Answer:
    service = {"service": HOST} if base == BASE else {}
    basic = form.pop("basic", None)
    return lab.ask("POST", f"{base}/oauth2/token", form=service | form, basic=basic)


def granted(lab: Lab, answer: Answer) -> dict[str, list[str]]:
    assert answer.status == 200, answer
    claims = lab.claims(answer.json["access_token"], "acr")
    return {f"{each['type']}:{each['name']}": each["actions"] for each in claims["access"]}


def refused(answer: Answer) -> None:
    assert answer.status == 401, answer
    assert answer.json == {"errors": [{"code": "UNAUTHORIZED", "message": TEXT}]}
    assert answer.challenge is None


# Exchange


@pytest.mark.parametrize("audience", [ACR, f"{ACR}/", ARM, f"{ARM}/", "https://management.core.windows.net/"])
@pytest.mark.parametrize("tenant", ["", "own"])
def test_an_entra_token_becomes_a_refresh_token(lab: Lab, audience: str, tenant: str) -> None:
    answer = exchange(lab, lab.bearer(audience=audience), tenant=lab.tenant if tenant else "")
    assert answer.status == 200 and list(answer.json) == ["refresh_token"]
    assert answer.headers["x-ms-ratelimit-remaining-calls-per-second"] == "149"


def test_the_claims_of_a_refresh_token(lab: Lab) -> None:
    claims = lab.claims(refresh_token(lab), "acr")
    identity = lab.identity("acrlab-sp")
    assert re.fullmatch(r"[0-9a-f]{32}", claims["rid"]) and re.fullmatch(r"[0-9a-f-]{36}", claims["jti"])
    assert {name: claims[name] for name in claims if name not in ("rid", "jti")} == {
        "sub": identity.id, "nbf": START - 900, "exp": START + 3 * 3600, "iat": START,
        "iss": "Azure Container Registry", "aud": HOST, "version": "1.0", "grant_type": "refresh_token",
        "appid": identity.app_id, "tenant": lab.tenant,
        "permissions": {
            "Actions": [
                "read", "write", "delete", "metadata/read", "metadata/write", "deleted/read", "deleted/restore/action",
            ],
            "NotActions": None,
        },
        "roles": [],
    }  # fmt: skip
    head = jwt._object(refresh_token(lab).partition(".")[0])
    assert head["alg"] == "RS256" and re.fullmatch(r"([A-Z2-7]{4}:){11}[A-Z2-7]{4}", head["kid"])


def test_a_users_token_carries_the_users_name(lab: Lab) -> None:
    owner = directory.OWNER.name
    claims = lab.claims(refresh_token(lab, owner), "acr")
    assert (claims["sub"], claims["appid"]) == (owner, directory.AZURE_CLI)
    assert granted(lab, ask(lab, grant_type="refresh_token", refresh_token=refresh_token(lab, owner),
                            scope="repository:app:pull")) == {"repository:app": ["pull"]}  # fmt: skip


def test_a_readers_refresh_token_promises_less(lab: Lab) -> None:
    claims = lab.claims(refresh_token(lab, "acrlab-reader-sp"), "acr")
    actions = claims["permissions"]["Actions"]
    assert "read" in actions and not {"write", "delete", "metadata/write"} & set(actions)


def test_tokens_for_others_are_not_exchanged(lab: Lab, foreign_keys: KeyRing) -> None:
    good = lab.bearer(audience=ACR)
    claims = dict(jwt.peek(good))
    foreign = "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/"
    for token in (
        lab.bearer(audience=GRAPH), jwt.encode(lab.world.keys, "entra", claims | {"aud": "https://microsoft.com"}),
        jwt.encode(foreign_keys, "entra", claims), jwt.encode(lab.world.keys, "acr", claims), good[:-4], "", "x",
        jwt.encode(lab.world.keys, "entra", claims | {"iss": foreign}),
        jwt.encode(lab.world.keys, "entra", claims | {"exp": START}), refresh_token(lab),
    ):  # fmt: skip
        refused(exchange(lab, token))
        assert any(line.startswith("because") for line in lab.why)
    refused(exchange(lab, good, tenant="72f988bf-86f1-41af-91ab-2d7cd011db47"))


def test_a_policy_may_refuse_tokens_for_resource_manager(lab: Lab) -> None:
    lab.configure(policies={"azureADAuthenticationAsArmPolicy": {"status": "disabled"}})
    refused(exchange(lab, lab.bearer(audience=ARM)))
    assert any("azureADAuthenticationAsArmPolicy" in line for line in lab.why)
    assert exchange(lab, lab.bearer(audience=ACR)).status == 200


def test_somebody_without_any_right_gets_no_refresh_token(lab: Lab) -> None:
    identity = lab.nobody()
    refused(exchange(lab, entra.issue(lab.world, directory.principal(identity), ACR)))
    assert any("no role" in line for line in lab.why)


@pytest.mark.parametrize("grant", ["access_token_refresh_token", "refresh_token", "password", ""])
def test_other_grants_of_the_exchange(lab: Lab, grant: str) -> None:
    answer = exchange(lab, lab.bearer(), grant_type=grant, refresh_token="x")
    assert answer.status == 400
    (error,) = answer.json["errors"]
    assert "grant_type" in error["message"]
    assert ("deprecated" in error["message"]) == grant.endswith("refresh_token")


def test_the_service_has_to_be_this_registry(lab: Lab) -> None:
    lab.open("fabrikam")
    for service in ("fabrikam.azurecr.io", "elsewhere", "localhost:5000"):
        assert exchange(lab, lab.bearer(), service=service).status == 400
        assert ask(lab, service=service, grant_type="refresh_token", refresh_token=refresh_token(lab)).status == 400
    assert exchange(lab, lab.bearer(), service="").status == 200
    assert exchange(lab, lab.bearer(), service=HOST.upper()).status == 200


# Token


def test_the_claims_of_an_access_token(lab: Lab) -> None:
    scope = "repository:team/app:pull,push"
    answer = ask(lab, grant_type="refresh_token", refresh_token=refresh_token(lab), scope=scope)
    assert answer.status == 200 and list(answer.json) == ["access_token"]
    assert answer.headers["x-ms-ratelimit-remaining-calls-per-second"] == "333.316667"
    claims = lab.claims(answer.json["access_token"], "acr")
    identity = lab.identity("acrlab-sp")
    assert {name: claims[name] for name in claims if name not in ("rid", "jti")} == {
        "sub": identity.id, "nbf": START - 900, "exp": START + 4500, "iat": START, "iss": "Azure Container Registry",
        "aud": HOST, "version": "1.0", "grant_type": "access_token", "appid": identity.app_id, "tenant": lab.tenant,
        "access": [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}], "roles": [],
    }  # fmt: skip


SCOPES = ["repository:a:pull,push", "repository:b:delete", "registry:catalog:*"]
THREE = {"repository:a": ["pull", "push"], "repository:b": ["delete"], "registry:catalog": ["*"]}


def shapes(lab: Lab) -> list[dict[str, Any]]:
    """The ways to say who one is in a form."""
    lab.configure(adminUserEnabled=True)
    client, secret = lab.identity("acrlab-sp").app_id, lab.secret("acrlab-sp")
    refresh = refresh_token(lab)
    return [
        {"grant_type": "refresh_token", "refresh_token": refresh},
        {"grant_type": "password", "username": "contoso", "password": "first-password"},
        {"grant_type": "password", "username": client, "password": secret},
        {"grant_type": "password", "username": tokens.NULL_GUID, "password": refresh},
        {"grant_type": "access_token", "access_token": lab.access()},
        {"basic": ("contoso", "second-password")},
        {"basic": (client, secret)},
        {"basic": (tokens.NULL_GUID, refresh)},
        {"grant_type": "password", "basic": (client, secret)},
    ]


def test_every_shape_of_grant_in_every_spelling_of_scopes(lab: Lab) -> None:
    for shape in shapes(lab):
        assert granted(lab, ask(lab, scope=" ".join(SCOPES), **shape)) == THREE
        assert granted(lab, ask(lab, scope=SCOPES, **shape)) == THREE
        basic = shape.get("basic")
        fields = {name: value for name, value in shape.items() if name != "basic"}
        asked = {"service": HOST, "scope": SCOPES, "account": "x", "client_id": "docker"}
        query = urlencode(asked | fields, doseq=True)
        assert granted(lab, lab.ask("GET", f"{BASE}/oauth2/token?{query}", basic=basic)) == THREE


def test_offline_tokens(lab: Lab) -> None:
    for shape in shapes(lab):
        answer = ask(lab, offline_token="true", **shape)
        assert set(answer.json) == {"access_token", "refresh_token"}
        again = ask(lab, grant_type="refresh_token", refresh_token=answer.json["refresh_token"], scope=SCOPES)
        assert granted(lab, again) == THREE


def test_only_what_is_asked_and_allowed_is_granted(lab: Lab) -> None:
    token = refresh_token(lab, "acrlab-reader-sp")
    answer = ask(lab, grant_type="refresh_token", refresh_token=token, scope="repository:a:pull,push,delete")
    assert granted(lab, answer) == {"repository:a": ["pull"]}
    answer = ask(lab, grant_type="refresh_token", refresh_token=token, scope="repository:a:push")
    assert granted(lab, answer) == {}
    refusal = lab.ask("GET", f"{BASE}/v2/a/manifests/x", bearer=answer.json["access_token"])
    assert 'error="insufficient_scope"' in (refusal.challenge or "")
    assert granted(lab, ask(lab, grant_type="refresh_token", refresh_token=refresh_token(lab))) == {}


def test_a_star_stands_for_all_that_is_allowed(lab: Lab) -> None:
    answer = ask(lab, grant_type="refresh_token", refresh_token=refresh_token(lab), scope="repository:a:*")
    assert granted(lab, answer) == {"repository:a": EVERYTHING}


def test_scopes_outside_the_grammar_grant_nothing(lab: Lab) -> None:
    scope = ["nonsense", "repository:a", "aws:a:pull", "repository:a:PULL", "registry:other:*", "repository::", ""]
    assert granted(lab, ask(lab, grant_type="refresh_token", refresh_token=refresh_token(lab), scope=scope)) == {}
    many = ["repository:a:pull"] * 101
    assert ask(lab, grant_type="refresh_token", refresh_token=refresh_token(lab), scope=many).status == 400


def test_bad_credentials(lab: Lab) -> None:
    lab.configure(adminUserEnabled=True)
    good = refresh_token(lab)
    for shape in (
        {"grant_type": "refresh_token", "refresh_token": good[:-2]},
        {"grant_type": "refresh_token", "refresh_token": lab.bearer()},
        {"grant_type": "password", "username": "contoso", "password": "wrong"},
        {"grant_type": "password", "username": "contoso"},
        {"grant_type": "password", "username": "nobody", "password": "wrong"},
        {"basic": ("contoso", "wrong")}, {"basic": (tokens.NULL_GUID, "wrong")},
        {"basic": (lab.identity("acrlab-sp").app_id, "wrong")},
    ):  # fmt: skip
        refused(ask(lab, scope="repository:a:pull", **shape))
        assert any(line.startswith("because") for line in lab.why)
    answer = lab.ask("GET", f"{BASE}/oauth2/token", headers={"authorization": f"Bearer {lab.access()}"})
    refused(answer)


def test_requests_that_are_no_requests(lab: Lab) -> None:
    assert ask(lab, grant_type="magic").status == 400
    assert ask(lab, grant_type="refresh_token").status == 400
    assert lab.ask("POST", f"{BASE}/oauth2/token", body=b"\xff").status == 400
    assert lab.ask("POST", f"{BASE}/oauth2/token", body=b"x" * 300_000).status == 413
    assert lab.ask("GET", f"{BASE}/oauth2/exchange").status == 405


def test_refresh_tokens_end(lab: Lab) -> None:
    token = refresh_token(lab)
    lab.world.advance(3 * 3600 - 1)
    assert ask(lab, grant_type="refresh_token", refresh_token=token).status == 200
    lab.world.advance(1)
    refused(ask(lab, grant_type="refresh_token", refresh_token=token))


def test_refresh_tokens_end_with_their_owner(lab: Lab) -> None:
    lab.configure(adminUserEnabled=True)
    admin = ask(lab, offline_token="true", basic=("contoso", "first-password")).json
    token = refresh_token(lab)
    lab.world.commit(events.PrincipalRemoved(at=START, id=lab.identity("acrlab-sp").id))
    lab.configure(adminUserEnabled=False)
    refused(ask(lab, grant_type="refresh_token", refresh_token=token))
    refused(ask(lab, grant_type="refresh_token", refresh_token=admin["refresh_token"]))
    assert lab.ask("GET", f"{BASE}/v2/", bearer=admin["access_token"]).status == 401


def test_a_users_name_is_not_to_be_taken_by_an_application(lab: Lab) -> None:
    """The subject of a user's token is a name; only users are found by it."""
    owner, kind, key = lab.identity(directory.OWNER.name), directory.APPLICATION, lab.world.uuid()
    token = refresh_token(lab, owner.name)
    lab.world.commit(
        events.PrincipalRemoved(at=START, id=owner.id),
        events.PrincipalAdded(at=START, id=key, kind=kind, name=owner.name, app_id=key, tenant=lab.tenant),
    )
    refused(ask(lab, grant_type="refresh_token", refresh_token=token))


# Anonymous


ANONYMOUS = [{}, {"grant_type": "password"}, {"grant_type": "password", "username": "", "password": ""}]


@pytest.mark.parametrize("form", ANONYMOUS)
def test_anonymous_tokens_need_anonymous_pull(lab: Lab, form: dict[str, str]) -> None:
    refused(ask(lab, scope="repository:a:pull", **form))
    assert any("anonymousPullEnabled" in line for line in lab.why)
    lab.configure(anonymousPullEnabled=True)
    answer = ask(lab, scope="repository:a:pull,push,delete,metadata_write", offline_token="true", **form)
    assert list(answer.json) == ["access_token"]
    assert granted(lab, answer) == {"repository:a": ["pull"]}
    claims = lab.claims(answer.json["access_token"], "acr")
    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("acr_anon_pull", 300)


def test_what_anonymous_callers_may_do(lab: Lab) -> None:
    """Source: azure-containerregistry 1.2.0, tests of anonymous access: lists and reads work, the rest is 401."""
    lab.configure(anonymousPullEnabled=True)
    scope = ["repository:a:metadata_read", "registry:catalog:*", "repository:a:delete,metadata_write"]
    answer = ask(lab, scope=scope, grant_type="password")
    assert granted(lab, answer) == {"repository:a": ["metadata_read"], "registry:catalog": ["*"]}
    token = answer.json["access_token"]
    assert lab.ask("GET", f"{BASE}/acr/v1/_catalog", bearer=token).status == 200
    assert lab.ask("DELETE", f"{BASE}/acr/v1/a", bearer=token).status == 401
    lab.world.advance(300)
    assert lab.ask("GET", f"{BASE}/acr/v1/_catalog", bearer=token).status == 401


# The plain door


DOOR = "http://localhost:5000"


def test_at_the_plain_door_the_scope_names_the_registry(lab: Lab) -> None:
    client = lab.identity("acrlab-sp").app_id, lab.secret("acrlab-sp")
    lab.open("fabrikam")
    query = urlencode({
        "service": "localhost:5000", "account": client[0],
        "scope": "repository:contoso/team/app:pull,push repository:contoso/x:pull repository:fabrikam/y:pull",
    })  # fmt: skip
    answer = lab.ask("GET", f"{DOOR}/oauth2/token?{query}", basic=client)
    assert granted(lab, answer) == {"repository:team/app": ["pull", "push"], "repository:x": ["pull"]}
    token = answer.json["access_token"]
    assert lab.claims(token, "acr")["aud"] == HOST
    assert lab.ask("POST", f"{DOOR}/v2/contoso/team/app/blobs/uploads/", bearer=token).status == 202
    assert lab.ask("GET", f"{DOOR}/v2/", bearer=token).status == 200
    assert lab.ask("GET", f"{DOOR}/v2/fabrikam/y/manifests/x", bearer=token).status == 401


def test_at_the_plain_door_the_credential_may_name_the_registry(lab: Lab) -> None:
    lab.configure(adminUserEnabled=True)
    for basic in (("contoso", "first-password"), (tokens.NULL_GUID, refresh_token(lab))):
        answer = lab.ask("GET", f"{DOOR}/oauth2/token?service=localhost:5000", basic=basic)
        assert lab.claims(answer.json["access_token"], "acr")["aud"] == HOST
        assert lab.ask("GET", f"{DOOR}/v2/", bearer=answer.json["access_token"]).status == 200
    refused(lab.ask("GET", f"{DOOR}/oauth2/token?service=localhost:5000", basic=("contoso", "wrong")))


def test_at_the_plain_door_nothing_may_name_a_registry(lab: Lab) -> None:
    client = lab.identity("acrlab-sp").app_id, lab.secret("acrlab-sp")
    answer = lab.ask("GET", f"{DOOR}/oauth2/token?service=localhost:5000", basic=client)
    token = answer.json["access_token"]
    assert lab.claims(token, "acr")["access"] == []
    assert lab.ask("GET", f"{DOOR}/v2/", bearer=token).status == 200
    assert lab.ask("GET", f"{DOOR}/v2/contoso/app/manifests/x", bearer=token).status == 401
    assert lab.ask("GET", f"{BASE}/v2/", bearer=token).status == 401
    refused(lab.ask("GET", f"{DOOR}/oauth2/token?service=localhost:5000"))
    refused(lab.ask("GET", f"{DOOR}/oauth2/token?service=localhost:5000", basic=(client[0], "wrong")))


def test_anonymous_at_the_plain_door(lab: Lab) -> None:
    lab.configure(anonymousPullEnabled=True)
    answer = lab.ask("GET", f"{DOOR}/oauth2/token?service=localhost:5000&scope=repository:contoso/app:pull")
    assert granted(lab, answer) == {"repository:app": ["pull"]}
    assert lab.ask("GET", f"{DOOR}/v2/contoso/app/manifests/x", bearer=answer.json["access_token"]).status == 404


def test_the_plain_doors_service(lab: Lab) -> None:
    answer = lab.ask("GET", f"{DOOR}/oauth2/token?service={HOST}", basic=(tokens.NULL_GUID, refresh_token(lab)))
    assert lab.claims(answer.json["access_token"], "acr")["aud"] == HOST
    assert lab.ask("GET", f"{DOOR}/oauth2/token?service=elsewhere").status == 400
    form = {"grant_type": "access_token", "access_token": lab.bearer()}
    assert lab.ask("POST", f"{DOOR}/oauth2/exchange", form=form).status == 400
    assert lab.ask("POST", f"{DOOR}/oauth2/exchange", form=form | {"service": HOST}).status == 200
