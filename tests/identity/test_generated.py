"""Generated requests at every sign-in endpoint: an answer each time, never an accident (the app raises on bugs)."""

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acrlab.engine import directory, federation, signin, tokens
from acrlab.store.keys import KeyRing
from acrlab.wire.planes import PLANES
from tests.identity.lab import ACR, ARM, GRAPH, HOST, LOGIN, Lab

LAB = Lab(Path(tempfile.mkdtemp(prefix="acrlab-test-")), KeyRing(None))
LAB.configure(adminUserEnabled=True, anonymousPullEnabled=True)
SP = LAB.identity("acrlab-sp")
REFRESH = tokens.refresh_token(LAB.world, LAB.registry, LAB.principal("acrlab-sp"))
# What a form or a query may hold: values that mean something somewhere, and anything at all.
KNOWN = [
    "", "client_credentials", "password", "refresh_token", "authorization_code", signin.DEVICE_CODE, "access_token",
    f"{ARM}/.default", f"{ACR}//.default", "openid", "a/b", "/", "//.default", "repository:a:pull,push",
    "registry:catalog:*",
    HOST, "localhost:5000", SP.app_id, LAB.secret("acrlab-sp"), directory.OWNER.name, LAB.secret(directory.OWNER.name),
    directory.AZURE_CLI, federation.JWT_BEARER, federation.assertion(LAB.world), LAB.bearer(), LAB.bearer(audience=ACR),
    REFRESH, LAB.access("repository:a:pull"), tokens.NULL_GUID, "contoso", "first-password",
    "http://localhost:1/", "code",
    "true", "S256", "form_post", LAB.identity(directory.OWNER.name).id,
    '{"access_token":{"xms_cc":{"values":["CP1"]}}}',
    "displayName eq 'x'", "2018-02-01", LAB.tenant, "common",
]  # fmt: skip
NAMES = [
    "grant_type", "client_id", "client_secret", "scope", "resource", "username", "password", "refresh_token", "code",
    "device_code", "redirect_uri", "code_verifier", "client_assertion", "client_assertion_type", "claims", "service",
    "access_token", "tenant", "offline_token", "response_type", "response_mode", "login_as", "state", "$filter",
    "$select", "api-version", "object_id", "mi_res_id", "authorization_endpoint", "user", "code_challenge",
]  # fmt: skip
VALUES = st.sampled_from(KNOWN) | st.text(max_size=60)
FORMS = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=8), VALUES), max_size=10)
SEGMENTS = st.sampled_from([LAB.tenant, "common", directory.DOMAIN, SP.id, "x", "a@b", "'", "%00"])
BASES = {"entra": [LOGIN], "graph": [GRAPH], "imds": ["http://169.254.169.254"], "registry": [f"https://{HOST}"]}
DOORS = {**BASES, "local": ["http://localhost:5000"]}
OWN = ("/oauth2/", "/msi/", "/metadata/")  # of the other planes, only what is said here


def _paths(plane: str) -> list[tuple[str, str]]:
    rows = [(route.method, route.path) for route in PLANES[plane].router.routes]
    return rows if plane in ("entra", "graph", "imds") else [row for row in rows if row[1].startswith(OWN)]


TARGETS = [(base, *row) for plane, bases in DOORS.items() for base in bases for row in _paths(plane)]
HEADERS = st.dictionaries(
    st.sampled_from(["authorization", "metadata", "x-identity-header", "client-request-id", "x-forwarded-for"]),
    st.sampled_from(["true", "Basic YTpi", f"Bearer {LAB.bearer(audience=GRAPH)}", f"Bearer {LAB.access()}"])
    | st.text(max_size=30).map(lambda text: f"Basic {text}"),
    max_size=3,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TARGETS), SEGMENTS, FORMS, FORMS, HEADERS, st.none() | st.binary(max_size=80))
def test_every_request_has_an_answer(
    target: tuple[str, str, str], segment: str, query: Any, form: Any, headers: dict[str, str], body: bytes | None
) -> None:
    base, method, path = target
    for name in ("tenant", "user", "id"):
        path = path.replace(f"{{{name}}}", segment)
    url = f"{base}{path}?{urlencode(query)}"
    given = {"headers": headers, "form": form} if body is None else {"headers": headers, "body": body}
    answer = LAB.ask(method, url, **(given if method != "GET" else {"headers": headers}))
    assert 200 <= answer.status < 500, answer
    if answer.status >= 400:
        assert answer.headers["content-type"].startswith("application/json")
        assert any(key in answer.json for key in ("error", "errors"))


CLIENT = {"client_id": SP.app_id, "client_secret": LAB.secret("acrlab-sp")}
OWNER = directory.OWNER.name
CLI = {"client_id": directory.AZURE_CLI, "scope": f"{ARM}/.default"}
TOKEN = f"{LOGIN}/{LAB.tenant}/oauth2/v2.0/token"
GOOD: list[tuple[str, dict[str, str]]] = [
    (TOKEN, {"grant_type": "client_credentials", "scope": f"{ARM}/.default"} | CLIENT),
    (f"{LOGIN}/{LAB.tenant}/oauth2/token", {"grant_type": "client_credentials", "resource": ARM} | CLIENT),
    (TOKEN, {"grant_type": "password", "username": OWNER, "password": LAB.secret(OWNER)} | CLI),
    (TOKEN, {"grant_type": "client_credentials", "client_id": SP.app_id, "scope": f"{ACR}/.default",
             "client_assertion_type": federation.JWT_BEARER, "client_assertion": federation.assertion(LAB.world)}),
    (f"https://{HOST}/oauth2/exchange", {"grant_type": "access_token", "service": HOST, "access_token": LAB.bearer()}),
    (f"https://{HOST}/oauth2/token", {"grant_type": "refresh_token", "service": HOST, "refresh_token": REFRESH}),
    (f"https://{HOST}/oauth2/token", {"grant_type": "password", "username": "contoso", "password": "first-password"}),
    ("http://localhost:5000/oauth2/token", {"grant_type": "refresh_token", "refresh_token": REFRESH}),
]  # fmt: skip
SECRETS = ("password", "client_secret", "client_assertion", "access_token", "refresh_token")


@given(st.sampled_from(GOOD), st.data())
def test_a_request_with_another_secret_gets_no_token(target: tuple[str, dict[str, str]], data: st.DataObject) -> None:
    url, form = target
    assert LAB.ask("POST", url, form=form).status == 200
    field = next(name for name in SECRETS if name in form)
    cut = data.draw(st.integers(0, len(form[field]) - 1))
    other = form[field][:cut] + data.draw(st.text(max_size=3).filter(lambda text: form[field][cut:] != text))
    answer = LAB.ask("POST", url, form=form | {field: other})
    assert answer.status in (400, 401), answer
