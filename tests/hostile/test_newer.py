"""Generated requests by somebody who is known: storage accounts, deployments, policies, metrics, workers of runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import urllib3
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acrlab.agents.registries import RunRegistries
from acrlab.agents.remote import fleet, version
from acrlab.agents.remote.seat import Seat
from acrlab.agents.services import RunServices
from acrlab.domain.tasks.run import Order
from acrlab.engine import directory, entra
from acrlab.wire import arm_deployments, arm_metrics, arm_policies
from acrlab.wire.http import FileSlice, Response
from acrlab.wire.planes import PLANES
from tests.accounts.account import Account, Token
from tests.arm.cloud import Cloud
from tests.engine.conftest import plain, push_image
from tests.hostile.test_generated import BODIES, HOSTS, REQUESTS, path_of, send, text

REGISTRY, STORE, PLACE = "contoso", "contosodata", "transfer"
HOSTS = {**HOSTS, "storage": f"{STORE}.blob.core.windows.net"}
carried = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)  # as a header is read
METHODS = st.sampled_from([*[""] * 12, "GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"])
BLOCKS = [
    b"<BlockList><Latest>YQ==</Latest></BlockList>", b"<BlockList>", b"<BlockList></BlockList>", b"<a" * 5000,
    b" " * 50_000, b"<BlockList><Latest>" + b"A" * 200 + b"</Latest></BlockList>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><BlockList><Latest>&b;</Latest></BlockList>",
    b"<BlockList>" + b"<Latest>YQ==</Latest>" * 400 + b"</BlockList>",
]  # fmt: skip


def inner(**more: Any) -> dict[str, Any]:
    return {"contentVersion": "1.0.0.0", "resources": [], **more}


def asked(template: Any, **more: Any) -> bytes:
    return json.dumps({"properties": {"mode": "Incremental", "template": template, **more}}).encode()


REGISTRY_ROW = {
    "type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2025-11-01",
    "name": "[concat('made', copyIndex())]", "location": "westus", "sku": {"name": "Basic"},
    "copy": {"name": "all", "count": 2},
}  # fmt: skip
NESTED = {
    "type": "Microsoft.Resources/deployments", "apiVersion": "2024-11-01", "name": "inner",
    "properties": {"mode": "Incremental", "template": inner(outputs={"x": {"type": "int", "value": 1}})},
}  # fmt: skip
RULE = {"if": {"field": "type", "like": "*registries"}, "then": {"effect": "audit"}}
DOCUMENTS = [
    asked(inner()), asked(inner(resources=[REGISTRY_ROW])), asked(inner(resources=[NESTED])),
    asked(inner(resources=[{**NESTED, "properties": {"mode": "x", "template": 1}}])),
    asked(inner(resources={"a": {"type": "x", "name": []}})), asked(inner(resources=[{**REGISTRY_ROW, "copy": 1}])),
    asked(inner(resources=[{**REGISTRY_ROW, "copy": {"name": "x", "count": 10**6}}])),
    asked(inner(resources=[{**REGISTRY_ROW, "name": "[json('\"\\ud800\"')]"}])),
    asked(inner(resources=[{**REGISTRY_ROW, "scope": "[[]"}, {**REGISTRY_ROW, "type": "a/b/c", "name": "a/b"}])),
    asked(inner(outputs={"x": {"type": "object", "value": "[deployment()]"}, "y": {"value": "[reference('x')]"}})),
    asked(inner(outputs={"x": {"type": "int", "value": "[json('99999999999999999999')]"}})),
    asked(inner(outputs={"x": {"type": "int", "value": 10**25}})), asked(inner(outputs={"x": [1]})),
    asked(inner(parameters={"p": {"type": "string", "allowedValues": {}, "minLength": "x"}}), parameters={"p": {}}),
    asked(inner(parameters={"p": {"$ref": "#/definitions/p"}}, definitions={"p": {"$ref": "#/definitions/p"}})),
    asked(inner(variables={"a": "[variables('a')]", "copy": [{"name": "b", "count": -1}]})),
    asked(inner(functions=[{"namespace": "n", "members": {"f": {"output": {"value": "[n.f()]"}}}}])),
    asked(inner(), mode="Complete"), asked(inner(), mode=[]), asked([]), asked("x"),
    asked(None, templateLink={"uri": "https://raw.githubusercontent.com/a/b/c/d"}),
    asked(None, templateLink={"uri": "file:///etc/passwd"}), asked(None, templateLink={"uri": "http://[::1"}),
    asked(None, templateLink={"relativePath": "x", "uri": 1}), asked(None, templateLink={"id": "x"}),
    asked(inner(), parametersLink={"uri": "https://github.com/a/b/raw/c/d"}), asked(inner(), parameters=[1]),
    asked(inner(), parameters={"p": {"reference": {"keyVault": {"id": "x"}, "secretName": "y"}}}),
    asked(inner(), whatIfSettings={"resultFormat": 1}), asked(inner(), whatIfSettings=[]),
    json.dumps({"properties": {"policyRule": RULE, "mode": "All"}}).encode(),
    json.dumps({"properties": {"policyRule": {**RULE, "then": []}, "parameters": 1}}).encode(),
    json.dumps({"properties": {"policyRule": {**RULE, "if": {"not": {"not": {"count": {}}}}}}}).encode(),
    json.dumps({"properties": {"policyRule": {**RULE, "if": {"value": "[json('1e999')]", "less": 1}}}}).encode(),
    json.dumps({"properties": {"policyRule": {**RULE, "if": {"field": "tags['", "match": "[[?#" * 99}}}}).encode(),
    json.dumps({"properties": {"policyRule": {**RULE, "if": {"field": "[field('x')]", "in": [{}]}}}}).encode(),
    b'{"properties":{"policyDefinitionId":"/providers/Microsoft.Authorization/policyDefinitions/x"}}',
    b'{"properties":{"policyDefinitionId":1,"parameters":[]}}',
    b'{"properties":{"policyDefinitionId":"x","notScopes":1}}',
]  # fmt: skip
FITTING = {"policyDefinitions/{name}": DOCUMENTS[-9], "policyAssignments/{name}": DOCUMENTS[-3]}
QUERIES = [
    "metricnames=SuccessfulPullCount&interval=PT1H", "metricnames=x", "timespan=x/y", "timespan=/", "interval=P0D",
    "timespan=0001-01-01T00:00:00Z/9999-12-31T23:59:59Z&interval=PT1M", "aggregation=,,&metricnames=StorageUsed",
    "interval=PT99999999999S", "top=x", "$filter=Geolocation eq '*'", "metricnamespace=x", "$top=1&$skiptoken=x", "",
    "timespan=2026-09-21T00:00:00Z/2026-09-20T00:00:00Z", "timespan=2026-09-21T00:00:00-99:00/x", "$expand=x",
]  # fmt: skip


FITS = [
    ("PUT", f"/{PLACE}", "restype=container"), ("GET", f"/{PLACE}", "restype=container&comp=list"),
    ("PUT", f"/{PLACE}/two", ""), ("GET", f"/{PLACE}/one", ""), ("DELETE", f"/{PLACE}/two", ""),
    ("PUT", f"/{PLACE}/three", "comp=block&blockid=YQ=="), ("PUT", f"/{PLACE}/three", "comp=blocklist"),
]  # fmt: skip


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path / "world")
    made.group("lab")
    made.registry(REGISTRY)
    yield made
    made.world.storage.close()


def sane(answer: Response) -> Response:
    assert 100 < answer.status < 500 or answer.status == 501, (answer.status, answer.body)
    for name, value in answer.headers:
        assert "\n" not in value and "\r" not in value, (name, value)
        (name + value).encode("latin-1")
    return answer


def quick(share: int) -> Any:
    return settings(
        max_examples=max(REQUESTS, 8000) // share, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )


def test_resource_manager(cloud: Cloud) -> None:
    modules = (arm_deployments, arm_policies, arm_metrics)
    routes = [route for module in modules for route in module.ROUTES]
    within = [route for route in routes if "{group}" in route.path]
    deploying = [route for route in within if route.path.endswith(("{deployment}", "/whatIf"))]
    bearer = {"authorization": f"Bearer {cloud.token()}"}
    known = {
        "subscription": cloud.subscription, "group": "lab", "deployment": "main", "name": "audit", "which": "latest",
        "scope": f"{cloud.r.lstrip('/')}/{REGISTRY}", "step": "x", "operation": "x",
    }  # fmt: skip
    seen: set[tuple[str, int]] = set()

    @quick(4)
    @given(
        row=st.one_of(st.sampled_from(routes), st.sampled_from(deploying)), other=METHODS,
        values=st.one_of(st.just(["v1"] * 4), st.lists(st.one_of(st.just("v1"), text), min_size=4, max_size=4)),
        query=st.one_of(st.sampled_from(QUERIES), text),
        body=st.one_of(st.sampled_from(DOCUMENTS), st.sampled_from(BODIES), st.binary(max_size=100)),
        fits=st.booleans(),
    )  # fmt: skip
    def one(row: Any, other: str, values: Any, query: str, body: bytes, fits: bool) -> None:
        if fits:
            body = next((found for end, found in FITTING.items() if row.path.endswith(end)), DOCUMENTS[1])
        path = path_of(row, values, known)
        method = other or row.method
        answer = sane(send(cloud.app, "arm", method, path, f"api-version=2024-11-01&{query}", bearer, body))
        if answer.status >= 400 and answer.body and method != "HEAD":
            assert "error" in msgspec.json.decode(bytes(answer.body)), answer.body
        seen.add((method, answer.status))

    one()
    assert seen >= {("PUT", 201), ("PUT", 400), ("POST", 200), ("POST", 202), ("GET", 200), ("GET", 404)}, sorted(seen)
    assert plain(cloud.world._replayed()) == plain(cloud.world.state)


def test_storage_accounts(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(cloud, STORE)
    client = account.client()
    client.create_container(PLACE).get_blob_client("one").upload_blob(b"x" * 10)
    account.close()
    monkeypatch.setitem(send.__globals__["HOSTS"], "storage", HOSTS["storage"])
    everything = AccountSasPermissions.from_string("rwdlac")
    kinds = ResourceTypes(service=True, container=True, object=True)
    signed = generate_account_sas(STORE, account.keys[0], kinds, everything, "2099-01-01T00:00:00Z")
    token = {"authorization": f"Bearer {Token(cloud, 'acrlab-sp').get_token().token}"}
    principal = directory.principal(directory.seeded(cloud.world, "acrlab-sp"))
    wrong = {"authorization": f"Bearer {entra.issue(cloud.world, principal, 'https://vault.azure.net')}"}
    seen: set[int] = set()

    @quick(4)
    @given(
        method=st.sampled_from(["GET", "PUT", "PUT", "PUT", "PUT", "HEAD", "DELETE", "POST", "OPTIONS"]),
        path=st.one_of(
            st.sampled_from(["/", f"/{PLACE}", f"/{PLACE}/one", f"/{PLACE}/two", f"/{PLACE}/a/../b", "/$root/x",
                             f"/{PLACE}/%2e%2e/x", f"/{PLACE}/{'b' * 1025}", f"/{PLACE}/" + "a/" * 300, "/UPPER/x"]),
            text.map(lambda name: f"/{PLACE}/{name}"), text.map(lambda name: f"/{name}"),
        ),
        query=st.one_of(
            st.sampled_from(["", "restype=container", "restype=container&comp=list", "comp=list",
                             "comp=block&blockid=YQ==", "comp=blocklist", "comp=metadata",
                             "restype=container&comp=list&maxresults=0",
                             "comp=list&maxresults=1&marker=%00&prefix=%ff", "restype=container&comp=acl", "comp=page",
                             "restype=container&comp=list&delimiter=%2F&include=metadata,x&prefix=%3Ca", "snapshot=x",
                             "restype=container&comp=metadata", "comp=block&blockid=%00", "restype=service&comp=x"]),
            text,
        ),
        who=st.sampled_from([*["sas"] * 6, "token", "token", "spoiled", "key", "wrong", ""]),
        headers=st.dictionaries(
            st.sampled_from(["x-ms-blob-type", "x-ms-version", "range", "x-ms-range", "if-none-match", "if-match",
                             "content-md5", "x-ms-date", "content-type", "x-ms-copy-source", "x-ms-meta-a",
                             "x-ms-meta-ü", "x-ms-blob-content-type", "x-ms-blob-content-md5",
                             "x-ms-client-request-id"]),
            st.one_of(st.sampled_from(["BlockBlob", "AppendBlob", "2021-12-02", "bytes=0-", "bytes=9-1", "*",
                                       "bytes=-1", f"https://{STORE}.blob.core.windows.net/{PLACE}/one",
                                       "http://[::1/x"]), carried),
            max_size=4,
        ),
        body=st.one_of(st.just(b""), st.sampled_from(BLOCKS), st.binary(max_size=200)),
        kind=st.sampled_from([{}, {"x-ms-blob-type": "BlockBlob"}]), fits=st.one_of(st.none(), st.sampled_from(FITS)),
    )  # fmt: skip
    def one(method: str, path: str, query: str, who: str, headers: Any, body: bytes, kind: Any, fits: Any) -> None:
        method, path, query = fits or (method, path, query)
        if who in ("sas", "spoiled"):
            query = f"{signed if who == 'sas' else signed.replace('sig=', 'sig=A')}&{query}"
        own = {"token": token, "wrong": wrong, "key": {"authorization": f"SharedKey {STORE}:{query}"}}.get(who, {})
        answer = sane(send(cloud.app, "storage", method, path, query, {**headers, **kind, **own}, body))
        if answer.status >= 400 and answer.body and method != "HEAD" and not isinstance(answer.body, FileSlice):
            assert b"<Code>" in bytes(answer.body), answer.body
        seen.add(answer.status)

    one()
    assert len(seen & {200, 201, 202, 400, 401, 403, 404, 409, 412}) > 6, seen
    assert plain(cloud.world._replayed()) == plain(cloud.world.state)


class Unasked:
    """In the place of PostgreSQL: no run is put on the queue here."""

    where = trouble = ""

    def __init__(self, *_: Any) -> None:
        pass


def test_workers(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "PostgresQueue", Unasked)
    world, app = cloud.world, cloud.app
    desk = fleet.Fleet(app, tmp_path / "agents", urllib3.PoolManager, "", "PEM")
    digest = push_image(world, world.state.registries[REGISTRY], "team/app", "v1", b"layer")
    enrolment = desk.enrol("one", [])
    task = {"type": "EncodedTaskRunRequest", "encodedTaskContent": "dmVyc2lvbjogdjEuMS4wCnN0ZXBzOiBbXQ==",
            "platform": {"os": "Linux"}}  # fmt: skip
    made = cloud.ask("POST", f"{cloud.r}/{REGISTRY}/scheduleRun", task, version="2019-06-01-preview")
    assert made.status in (200, 202), made
    run = next(id for id in world.state.resources if "/runs/" in id)
    seen: set[tuple[str, int]] = set()
    reference = f"{REGISTRY}.azurecr.io/team/app:v1"
    hello = msgspec.json.encode({"version": version()})
    routes = list(PLANES["agents"].router.routes)
    coming = [route for route in routes if route.path in ("/hello", "/claim")]
    fitting = {
        "/hello": hello, "/beat": b'{"runs":["x"]}', "/claim": b'{"run":"x"}', "/run/end": b'{"status":"Failed"}',
        "/run/login": b'{"registry":"contoso.azurecr.io","user":"x","password":"y"}',
    }  # fmt: skip
    bodies = [
        hello, b'{"version":"0","engine":"' + b"x" * 50_000 + b'"}', b'{"runs":["x"]}', b'{"runs":["\\ud800"]}',
        msgspec.json.encode({"run": run}), b'{"run":"x"}', b'{"url":"https://safe.vault.azure.net/secrets/x"}',
        b'{"url":"https://[::1"}', b'{"argv":["tag","list","-r","contoso"]}', b'{"argv":[]}', b'{"argv":["purge"]}',
        b'{"registry":"contoso.azurecr.io","user":"\\u0000","password":"y"}', b'{"url":"git@x:y"}', b'"file:///x"',
        b'{"url":"oci://contoso.azurecr.io/team/app:v1"}', b'{"url":"/etc/passwd"}', b'{"status":"x"}', b'"http://[::1"',
        b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}',
    ]  # fmt: skip

    def seat() -> str:
        order = Order(run=run, registry=f"{REGISTRY}.azurecr.io")
        made = Seat(run, "one", tmp_path / "agents" / "seat")
        registries = RunRegistries(app, run, {})
        made.open(order, registries, RunServices(world, run, registries, urllib3.PoolManager, print), print)
        desk._seats[fleet.credentials.token_hash("token")] = made
        return "token"

    @quick(4)
    @given(
        row=st.one_of(st.sampled_from(routes), st.sampled_from(coming)), other=METHODS,
        who=st.sampled_from(["own", "own", "own", "own", "own", "other", ""]), junk=text,
        query=st.dictionaries(
            st.sampled_from(["reference", "digest", "path", "number"]),
            st.one_of(st.sampled_from([reference, digest, "0", "source/x", "../../keys", f"{digest}?x"]), text),
        ),
        kind=st.sampled_from(["application/vnd.oci.image.manifest.v1+json", "", "x\u00fc"]),
        body=st.one_of(st.sampled_from(bodies), st.sampled_from(BODIES), st.binary(max_size=100)),
        fits=st.booleans(),
    )  # fmt: skip
    def one(row: Any, other: str, who: str, junk: str, query: Any, kind: str, body: bytes, fits: bool) -> None:
        body = fitting.get(row.path, b"") if fits else body
        own, away = (seat(), enrolment.credential)[:: 1 if row.scope == "run" else -1]
        shown = {"own": own, "other": away}.get(who, junk)
        headers = {"authorization": f"Bearer {shown}", "content-type": kind}
        joined = "&".join(f"{name}={value}" for name, value in query.items())
        answer = sane(send(app, "agents", other or row.method, row.path, joined, headers, body))
        if answer.status >= 400 and answer.body and other != "HEAD":
            assert "errors" in msgspec.json.decode(bytes(answer.body)), answer.body
        seen.add((row.scope, answer.status))

    one()
    app.desk = None
    assert seen >= {("agent", 200), ("agent", 401), ("agent", 409), ("agent", 410)}, sorted(seen)
    assert len({status for scope, status in seen if scope == "run"} & {200, 204, 400, 410, 422}) > 3, sorted(seen)
    assert plain(world._replayed()) == plain(world.state)
