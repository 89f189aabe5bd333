"""10,000 generated requests over every route: no 5xx but the honest 501, no bug, and nothing lost.

`strict_bugs` lets an unexpected exception out, so that a swallowed bug cannot pass for an answer.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acrlab.emulator import Emulator
from acrlab.engine import directory, entra, tokens
from acrlab.wire import hosts
from acrlab.wire.app import App
from acrlab.wire.http import FileSlice, Request, Response
from acrlab.wire.planes import PLANES
from acrlab.wire.routes import Route
from tests.engine.conftest import plain, push_image

REQUESTS = int(os.environ.get("ACRLAB_GENERATED", "10000"))
REGISTRY = "contoso"
HOSTS = {
    "agents": "agents.acrlab.internal",
    "arm": "management.azure.com",
    "entra": "login.microsoftonline.com",
    "graph": "graph.microsoft.com",
    "imds": "169.254.169.254",
    "registry": f"{REGISTRY}.azurecr.io",
    "local": "localhost",
    "vault": "safe.vault.azure.net",
    "blob": "westeuropemanaged{:03d}.blob.core.windows.net".format(
        int(hashlib.sha256(b"westeurope").hexdigest(), 16) % 1000
    ),
    "github": "github.com",
    "github_api": "api.github.com",
    "devops": "dev.azure.com",
    hosts.FOREIGN: "vault.azure.net",
}
ROUTES = [
    (plane, route) for plane, found in PLANES.items() for route in found.router.routes if route.scope != "control"
]
NASTY = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "%2e%2e%2f",
    "a" * 300,
    "\x00",
    "ü",
    "a b",
    "'",
    '"',
    "sha256:",
    "sha256:" + "0" * 64,
    "sha512:" + "f" * 128,
    "md5:" + "0" * 32,
    "_catalog",
    "blobs/uploads",
    "v1",
    "team/app",
    REGISTRY,
    "<script>",
    "-1",
    "1e400",
    "null",
    "{}",
    "٣",
    "\r\nx-evil: 1",
    "%",
    "&&==",
    "00000000-0000-0000-0000-000000000000",
]
BODIES = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"{",
    b"[" * 5000,
    b'{"a":' * 2000,
    b"\xff\xfe",
    b'{"schemaVersion":2}',
    b"grant_type=password",
    b"grant_type=client_credentials&client_id=x&client_secret=y&scope=z",
    b'{"location":1,"sku":[],"properties":"x"}',
    b'{"location":"westeurope","sku":{"name":"Basic"},"properties":{"adminUserEnabled":"yes"}}',
    b'{"name":{}}',
    b'{"deleteEnabled":"no"}',
    b"a=%zz&b=%ff",
    b'{"properties":{"policies":[]}}',
    b"1e999",
    b'"' + b"x" * 70000 + b'"',
]
text = st.one_of(st.sampled_from(NASTY), st.text(max_size=20))


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    made = Emulator(clock="frozen", seed=3)
    made.app.strict_bugs = True
    owner = entra.issue(
        made.world, directory.principal(directory.seeded(made.world, "acrlab-sp")), "https://management.azure.com"
    )
    create(made.app, made.world.state.subscription, owner)
    yield made
    made.stop()


def create(app: App, subscription: str, owner: str) -> None:
    group = f"/subscriptions/{subscription}/resourceGroups/lab"
    place = b'{"location":"westeurope"}'
    premium = b'{"location":"westeurope","sku":{"name":"Premium"},"properties":{"adminUserEnabled":true}}'
    registry = f"{group}/providers/Microsoft.ContainerRegistry/registries/{REGISTRY}"
    everything = {"secrets": ["all"], "keys": ["all"]}
    policy = {"objectId": directory.identity_id(directory.TENANT, "acrlab-sp"), "permissions": everything}
    safe = json.dumps({"location": "westeurope", "properties": {"accessPolicies": [policy]}}).encode()
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/safe"
    for path, body in ((group, place), (registry, premium), (vault, safe)):
        answer = send(app, "arm", "PUT", path, "api-version=2025-11-01", {"authorization": f"Bearer {owner}"}, body)
        assert answer.status in (200, 201), answer.body


def send(app: App, plane: str, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Response:
    host = HOSTS[plane]
    scheme = "http" if plane in ("local", "imds") else "https"
    headers = {"content-length": str(len(body)), **headers}
    answer = app.begin(Request(method, host, path, query, headers, scheme, host))
    if isinstance(answer, Response):
        return answer
    for first in range(0, len(body), 1000):
        answer.write(body[first : first + 1000])
    answer.seal()
    return answer.finish()


def path_of(route: Route, values: list[str], known: dict[str, str]) -> str:
    """The route's path with its parameters filled in; some of them with what exists."""
    fill = iter(values)

    def parameter(found: re.Match[str]) -> str:
        value = next(fill, "x")
        return known.get(found[1], value) if value == "v1" else value

    return re.sub(r"\{(\w+)\*?\}", parameter, route.path)


def test_generated_requests(emulator: Emulator) -> None:
    app, world = emulator.app, emulator.world
    registry = world.state.registries[REGISTRY]
    digest = push_image(world, registry, "team/app", "v1", b"layer")
    principal = directory.principal(directory.seeded(world, "acrlab-sp"))
    bearers = [
        entra.issue(world, principal, audience)
        for audience in (
            "https://management.azure.com",
            "https://containerregistry.azure.net",
            "https://graph.microsoft.com",
            "https://vault.azure.net",
        )
    ]
    every = [{"type": "repository", "name": "team/app", "actions": ["*"]}]
    scopes = tokens_for(every)
    bearers.append(tokens.access_token(world, registry, principal, scopes))
    known = {
        "repository": "team/app",
        "tag": "v1",
        "reference": "v1",
        "digest": digest,
        "subscription": world.state.subscription,
        "group": "lab",
        "registry": REGISTRY,
        "name": REGISTRY,
        "tenant": world.state.tenant,
    }
    seen: set[tuple[str, int]] = set()

    @settings(max_examples=REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        row=st.sampled_from(ROUTES),
        other=st.sampled_from(["", "", "", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"]),
        values=st.lists(st.one_of(st.just("v1"), text), min_size=6, max_size=6),
        query=st.dictionaries(
            st.sampled_from(
                [
                    "api-version",
                    "n",
                    "last",
                    "orderby",
                    "digest",
                    "mount",
                    "from",
                    "tag",
                    "scope",
                    "service",
                    "$filter",
                    "$top",
                    "artifactType",
                    "digest-algorithm",
                    "resource",
                    "client_id",
                ]
            ),
            st.one_of(st.sampled_from(["2025-11-01", "1", "team/app", digest, "repository:team/app:pull"]), text),
            max_size=4,
        ),
        bearer=st.one_of(st.sampled_from(bearers), st.just(""), text),
        kind=st.sampled_from(["Bearer", "Bearer", "Bearer", "Basic", "Digest", ""]),
        headers=st.dictionaries(
            st.sampled_from(
                ["content-type", "content-range", "range", "accept", "if-none-match", "metadata", "x-ms-version"]
            ),
            text,
            max_size=3,
        ),
        body=st.one_of(st.sampled_from(BODIES), st.binary(max_size=200)),
    )
    def one(row: Any, other: str, values: Any, query: Any, bearer: str, kind: str, headers: Any, body: bytes) -> None:
        plane, route = row
        if bearer or kind == "Basic":
            headers = {**headers, "authorization": f"{kind} {bearer}".strip()}
        joined = "&".join(f"{name}={value}" for name, value in query.items())
        answer = send(app, plane, other or route.method, path_of(route, values, known), joined, headers, body)
        assert 100 < answer.status < 500 or answer.status == 501, (answer.status, answer.body)
        if (
            answer.status >= 400
            and answer.body
            and not isinstance(answer.body, FileSlice)
            and plane not in ("entra", "imds", "blob", "github", "github_api", "devops")
        ):
            assert isinstance(msgspec.json.decode(answer.body), dict)
        for name, value in answer.headers:
            assert "\n" not in value and "\r" not in value, (name, value)
        seen.add((plane, answer.status))

    one()
    assert {plane for plane, _ in seen} >= {"arm", "entra", "graph", "imds", "registry", "local", "blob"}
    assert {status for _, status in seen} >= {200, 400, 401, 404, 405}
    assert plain(world._replayed()) == plain(world.state)


def tokens_for(entries: list[dict[str, Any]]) -> list[Any]:
    from acrlab.domain.access import Scope

    return [Scope(each["type"], each["name"], frozenset(each["actions"])) for each in entries]
