"""Every route of a registry asks for exactly the scope it needs, and takes nothing less."""

import re
from typing import Any

import pytest

from acrlab.domain import events
from acrlab.engine import jwt, tokens
from acrlab.store.keys import KeyRing
from acrlab.wire import registry as entrance
from acrlab.wire.planes import PLANES
from tests.identity.lab import ACR, HOST, START, Answer, Lab

BASE = f"https://{HOST}"
REALM = f'Bearer realm="{BASE}/oauth2/token",service="{HOST}"'
DIGEST = "sha256:" + "0" * 64
TEXT = "authentication required, visit https://aka.ms/acr/authorization for more information."
ROUTES = [
    ("GET", "/v2/", ""),
    ("GET", "/v2", ""),
    ("GET", "/v2/_catalog", "registry:catalog:*"),
    ("GET", "/acr/v1/_catalog", "registry:catalog:*"),
    ("GET", "/v2/a/b/manifests/latest", "repository:a/b:pull"),
    ("HEAD", "/v2/a/b/manifests/latest", "repository:a/b:pull"),
    ("PUT", "/v2/a/b/manifests/latest", "repository:a/b:pull,push"),
    ("DELETE", f"/v2/a/b/manifests/{DIGEST}", "repository:a/b:delete"),
    ("GET", f"/v2/a/b/blobs/{DIGEST}", "repository:a/b:pull"),
    ("DELETE", f"/v2/a/b/blobs/{DIGEST}", "repository:a/b:delete"),
    ("POST", "/v2/a/b/blobs/uploads/", "repository:a/b:pull,push"),
    ("POST", f"/v2/a/b/blobs/uploads/?mount={DIGEST}", "repository:a/b:pull,push"),
    ("POST", f"/v2/a/b/blobs/uploads/?mount={DIGEST}&from=c", "repository:a/b:pull,push repository:c:pull"),
    ("POST", f"/v2/a/b/blobs/uploads/?mount={DIGEST}&from=a/b", "repository:a/b:pull,push"),
    ("POST", "/v2/a/b/blobs/uploads/?from=c", "repository:a/b:pull,push"),
    ("GET", "/v2/a/b/blobs/uploads/x", "repository:a/b:pull,push"),
    ("PATCH", "/v2/a/b/blobs/uploads/x", "repository:a/b:pull,push"),
    ("PUT", "/v2/a/b/blobs/uploads/x", "repository:a/b:pull,push"),
    ("GET", "/v2/a/b/tags/list", "repository:a/b:pull"),
    ("GET", f"/v2/a/b/referrers/{DIGEST}", "repository:a/b:pull"),
    ("GET", "/acr/v1/a/b", "repository:a/b:metadata_read"),
    ("PATCH", "/acr/v1/a/b", "repository:a/b:metadata_write"),
    ("DELETE", "/acr/v1/a/b", "repository:a/b:delete"),
    ("GET", "/acr/v1/a/b/_tags", "repository:a/b:metadata_read"),
    ("PATCH", "/acr/v1/a/b/_tags/t", "repository:a/b:metadata_write"),
    ("DELETE", "/acr/v1/a/b/_tags/t", "repository:a/b:delete"),
    ("GET", "/acr/v1/a/b/_manifests", "repository:a/b:metadata_read"),
    ("PATCH", f"/acr/v1/a/b/_manifests/{DIGEST}", "repository:a/b:metadata_write"),
]


def expect(answer: Answer, scope: str, error: str = "", base: str = REALM) -> None:
    """Check a 401 to the letter."""
    assert answer.status == 401, answer
    challenge = base + (f',scope="{scope}"' if scope else "") + (f',error="{error}"' if error else "")
    assert answer.challenge == challenge
    if not answer.body:
        return
    (found,) = answer.json["errors"]
    assert (found["code"], found["message"]) == ("UNAUTHORIZED", TEXT)
    if scope:
        wanted = []
        for each in scope.split():
            kind, name, actions = each.split(":")
            wanted += [{"Type": kind, "Name": name, "Action": action} for action in actions.split(",")]
        assert found["detail"] == wanted
    else:
        assert "detail" not in found


def changed(lab: Lab, token: str, keys: KeyRing | None = None, **changes: Any) -> str:
    claims = {k: v for k, v in (dict(jwt.peek(token)) | changes).items() if v is not None}
    return jwt.encode(keys or lab.world.keys, tokens.KEY, claims)


# Challenges


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_without_a_credential_the_challenge_names_what_is_needed(lab: Lab, method: str, path: str, scope: str) -> None:
    expect(lab.ask(method, BASE + path), scope)
    assert "because     the request carries no credential" in lab.why


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_the_scope_of_the_challenge_is_enough(lab: Lab, method: str, path: str, scope: str) -> None:
    answer = lab.ask(method, BASE + path, bearer=lab.access(*scope.split()))
    assert answer.status != 401, answer


@pytest.mark.parametrize(("method", "path", "scope"), [row for row in ROUTES if row[2]])
def test_anything_less_is_not(lab: Lab, method: str, path: str, scope: str) -> None:
    words = ["pull", "push", "delete", "metadata_read", "metadata_write", "deleted_read"]
    full = {name: set(actions.split(",")) for _, name, actions in (each.split(":") for each in scope.split())}
    for name, needed in full.items():
        for missing in needed & set(words):
            lesser = [f"repository:{name}:{word}" for word in words if word != missing]
            others = [f"repository:{other}:{','.join(words)}" for other in full if other != name]
            token = lab.access(*lesser, *others, "repository:other:pull,push,delete", f"repository:{name}/x:pull,push")
            expect(lab.ask(method, BASE + path, bearer=token), scope, "insufficient_scope")
    expect(lab.ask(method, BASE + path, bearer=lab.access()), scope, "insufficient_scope")


def test_every_route_has_a_row_here_or_is_open() -> None:
    scopes = {route.scope for route in PLANES["registry"].router.routes}
    assert scopes - {"open"} <= set(entrance.NEEDS)


def test_a_port_in_the_address_comes_back_in_the_realm(lab: Lab) -> None:
    answer = lab.ask("GET", f"https://{HOST}:38443/v2/")
    assert answer.challenge == f'Bearer realm="https://{HOST}:38443/oauth2/token",service="{HOST}"'


def test_an_unknown_registry_sends_no_challenge(lab: Lab) -> None:
    answer = lab.ask("GET", "https://nobody.azurecr.io/v2/")
    assert (answer.status, answer.challenge) == (404, None)
    assert answer.json["errors"][0]["code"] == "NAME_UNKNOWN"


def test_every_answer_is_dressed(lab: Lab) -> None:
    seen = set()
    for token in ("", lab.access(), "wrong"):
        answer = lab.ask("GET", f"{BASE}/v2/", bearer=token)
        assert answer.headers["docker-distribution-api-version"] == "registry/2.0"
        assert answer.headers["server"] == "openresty"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["x-ms-correlation-request-id"])
        seen.add(answer.headers["x-ms-correlation-request-id"])
    assert len(seen) == 3


# Bearer tokens


def ping(lab: Lab, token: str) -> Answer:
    return lab.ask("GET", f"{BASE}/v2/", bearer=token)


def test_tokens_that_do_not_hold(lab: Lab, foreign_keys: KeyRing) -> None:
    good = lab.access("repository:app:pull")
    assert ping(lab, good).status == 200
    head, claims, signature = good.split(".")
    more = changed(lab, good, access=[{"type": "repository", "name": "app", "actions": ["pull", "push"]}])
    refresh = tokens.refresh_token(lab.world, lab.registry, lab.principal("acrlab-sp"))
    for token in (
        f"{head}.{more.split('.')[1]}.{signature}", good[:-4], f"{head}.{claims}", f"{head}.{claims}.", "a.b.c", "é",
        f"{jwt._segment({'alg': 'none'})}.{claims}.", good + "A" * 20_000,
        changed(lab, good, foreign_keys), changed(lab, good, aud="fabrikam.azurecr.io"),
        changed(lab, good, iss="Azure"),
        changed(lab, good, exp=START), changed(lab, good, nbf=START + 1),
        changed(lab, good, grant_type="refresh_token"),
        changed(lab, good, sub="00000000-0000-0000-0000-00000000beef"), changed(lab, good, sub=None),
        changed(lab, good, exp="never"), changed(lab, good, access="all"), changed(lab, good, access=[{"Type": "x"}]),
        changed(lab, good, iat=START - 1), refresh, lab.bearer(), lab.bearer(audience=ACR),
        jwt.encode(lab.world.keys, "entra", jwt.peek(good)),
    ):  # fmt: skip
        for _ in range(2):
            expect(ping(lab, token), "", "invalid_token")
    assert ping(lab, good).status == 200


def test_an_entra_token_is_pointed_to_the_exchange(lab: Lab) -> None:
    ping(lab, lab.bearer(audience=ACR))
    assert any("exchange it at /oauth2/exchange" in line for line in lab.why)


def test_tokens_end_on_the_clock_of_the_world(lab: Lab) -> None:
    token = lab.access("repository:app:pull")
    assert ping(lab, token).status == 200
    lab.world.advance(75 * 60 - 1)
    assert ping(lab, token).status == 200
    lab.world.advance(1)
    expect(ping(lab, token), "", "invalid_token")
    assert any("expired 0 seconds ago" in line for line in lab.why)


def test_a_remembered_token_ends_when_its_owner_or_registry_does(lab: Lab) -> None:
    token = lab.access("repository:app:pull")
    assert ping(lab, token).status == 200
    lab.world.snapshot("before")
    lab.world.commit(events.PrincipalRemoved(at=lab.world.now(), id=lab.identity("acrlab-sp").id))
    expect(ping(lab, token), "", "invalid_token")
    lab.world.restore("before")
    assert ping(lab, token).status == 200
    lab.world.commit(events.RegistryClosed(at=lab.world.now(), registry="contoso"))
    assert ping(lab, token).status == 404
    lab.world.advance(5)
    lab.open()
    expect(ping(lab, token), "", "invalid_token")
    assert any("earlier registry" in line for line in lab.why)


def test_a_token_of_one_registry_is_nothing_to_another(lab: Lab) -> None:
    lab.open("fabrikam")
    token = lab.access("repository:app:pull")
    assert ping(lab, token).status == 200
    answer = lab.ask("GET", "https://fabrikam.azurecr.io/v2/", bearer=token)
    assert answer.status == 401 and 'error="invalid_token"' in (answer.challenge or "")


def test_what_is_remembered_is_bounded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "REMEMBERED", 3)
    found = [lab.access("repository:app:pull") for _ in range(6)]
    assert [ping(lab, token).status for token in found + found] == [200] * 12
    assert len(entrance._memory(lab.world).bearers) == 3


def test_a_refusal_says_who_needed_what_and_held_what(lab: Lab) -> None:
    token = lab.access("repository:app:pull", name="acrlab-reader-sp")
    lab.ask("PUT", f"{BASE}/v2/app/manifests/latest", bearer=token)
    text = "\n".join(lab.why)
    assert "asked by    servicePrincipal acrlab-reader-sp" in text
    assert "presented a credential for repository:app:pull" in text
    assert "it may do" in text
    assert "the request needs repository:app:pull,push" in text
    assert "evidence    recorded" in text


# Basic


def test_the_admin_user_has_to_be_enabled(lab: Lab) -> None:
    url = f"{BASE}/v2/_catalog"
    expect(lab.ask("GET", url, basic=("contoso", "first-password")), "registry:catalog:*")
    assert any("az acr update -n contoso --admin-enabled true" in line for line in lab.why)
    lab.configure(adminUserEnabled=True)
    for user in ("contoso", "Contoso"):
        for password in ("first-password", "second-password"):
            assert lab.ask("GET", url, basic=(user, password)).status == 200
    for user, password in (("contoso", ""), ("contoso", "first"), ("fabrikam", "first-password"), ("", "")):
        expect(lab.ask("GET", url, basic=(user, password)), "registry:catalog:*")


def test_a_regenerated_password_replaces_the_old_one(lab: Lab) -> None:
    lab.configure(adminUserEnabled=True)
    lab.world.commit(events.CredentialRegenerated(at=START, registry="contoso", index=0, password="new"))
    assert lab.ask("GET", f"{BASE}/v2/", basic=("contoso", "first-password")).status == 401
    assert lab.ask("GET", f"{BASE}/v2/", basic=("contoso", "new")).status == 200
    assert lab.ask("GET", f"{BASE}/v2/", basic=("contoso", "second-password")).status == 200


def test_the_admin_user_may_do_everything(lab: Lab) -> None:
    lab.configure(adminUserEnabled=True)
    for method, path, _ in ROUTES:
        assert lab.ask(method, BASE + path, basic=("contoso", "first-password")).status != 401


def test_a_service_principal_may_do_what_its_roles_say(lab: Lab) -> None:
    owner = lab.identity("acrlab-sp").app_id, lab.secret("acrlab-sp")
    reader = lab.identity("acrlab-reader-sp").app_id, lab.secret("acrlab-reader-sp")
    push, pull = ("POST", f"{BASE}/v2/app/blobs/uploads/"), ("GET", f"{BASE}/v2/app/manifests/x")
    assert lab.ask(*push, basic=owner).status == 202
    assert lab.ask(*pull, basic=reader).status == 404
    expect(lab.ask(*push, basic=reader), "repository:app:pull,push", "insufficient_scope")
    expect(lab.ask(*pull, basic=(owner[0], reader[1])), "repository:app:pull")
    nobody = lab.nobody()
    expect(lab.ask(*pull, basic=(nobody.app_id, "nobodys-secret")), "repository:app:pull", "insufficient_scope")


def test_a_token_may_come_as_the_null_guids_password(lab: Lab) -> None:
    principal = lab.principal("acrlab-reader-sp")
    refresh = tokens.refresh_token(lab.world, lab.registry, principal)
    access = lab.access(name="acrlab-reader-sp")
    for token in (refresh, access):
        assert lab.ask("GET", f"{BASE}/v2/app/manifests/x", basic=(tokens.NULL_GUID, token)).status == 404
        expect(
            lab.ask("POST", f"{BASE}/v2/app/blobs/uploads/", basic=(tokens.NULL_GUID, token)),
            "repository:app:pull,push", "insufficient_scope",
        )  # fmt: skip
    for wrong in ("", "x", lab.bearer(), changed(lab, refresh, aud="fabrikam.azurecr.io"), refresh[:-3]):
        expect(lab.ask("GET", f"{BASE}/v2/", basic=(tokens.NULL_GUID, wrong)), "")


HEADERS = ["Basic", "Basic !!!!", "Basic YWJj", "Basic /////w==", "Digest x", "", "Bearer", "Negotiate " + "x" * 9000]


@pytest.mark.parametrize("header", HEADERS)
def test_headers_that_are_no_credentials(lab: Lab, header: str) -> None:
    answer = lab.ask("GET", f"{BASE}/v2/", headers={"authorization": header})
    assert answer.status == 401 and (answer.challenge or "").startswith(REALM)


# Anonymous


def test_anonymous_pull_still_begins_with_a_challenge(lab: Lab) -> None:
    lab.configure(anonymousPullEnabled=True)
    expect(lab.ask("GET", f"{BASE}/v2/"), "")
    expect(lab.ask("GET", f"{BASE}/v2/app/manifests/x"), "repository:app:pull")


# The plain door


DOOR = "http://localhost:5000"
DOOR_REALM = f'Bearer realm="{DOOR}/oauth2/token",service="localhost:5000"'


def test_at_the_plain_door_names_carry_the_registry(lab: Lab) -> None:
    answer = lab.ask("GET", f"{DOOR}/v2/contoso/team/app/manifests/x")
    assert answer.challenge == f'{DOOR_REALM},scope="repository:contoso/team/app:pull"'
    answer = lab.ask("GET", f"{DOOR}/v2/contoso/team/app/manifests/x", bearer=lab.access("repository:team/app:pull"))
    assert answer.status == 404, answer
    assert lab.ask("GET", f"{DOOR}/v2/").challenge == DOOR_REALM
    assert lab.ask("GET", f"{DOOR}/v2/", bearer=lab.access()).status == 200


def test_credentials_at_the_root_of_the_plain_door(lab: Lab) -> None:
    lab.configure(adminUserEnabled=True)
    principal = lab.identity("acrlab-sp").app_id, lab.secret("acrlab-sp")
    refresh = tokens.refresh_token(lab.world, lab.registry, lab.principal("acrlab-sp"))
    for basic in (principal, ("contoso", "first-password"), (tokens.NULL_GUID, refresh)):
        assert lab.ask("GET", f"{DOOR}/v2/", basic=basic).status == 200
    for basic in ((principal[0], "x"), ("contoso", "x"), ("nobody", "x"), (tokens.NULL_GUID, "x"), ("", "")):
        answer = lab.ask("GET", f"{DOOR}/v2/", basic=basic)
        assert (answer.status, answer.challenge) == (401, DOOR_REALM)
    good = lab.access()
    for token in ("x", lab.bearer(), changed(lab, good, aud="elsewhere"), changed(lab, good, exp=START)):
        assert lab.ask("GET", f"{DOOR}/v2/", bearer=token).challenge == f'{DOOR_REALM},error="invalid_token"'
