"""Generated requests to the git hosts and to blob storage, by somebody who is known there and to what exists there."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acrlab.domain import events, hosting
from acrlab.emulator import Emulator
from acrlab.engine import directory, entra
from acrlab.engine.hosting import contents, repositories, tokens
from acrlab.engine.tasks import links
from acrlab.wire.http import FileSlice
from acrlab.wire.planes import PLANES
from tests.engine.conftest import plain
from tests.hostile.test_generated import BODIES, HOSTS, REGISTRY, REQUESTS, create, path_of, send, text

PLANES_HERE = ("github", "github_api", "devops")
ROUTES = [(plane, route) for plane in PLANES_HERE for route in PLANES[plane].router.routes]
SHA = "0" * 40
MORE = [
    b"0000", b"0001", b"ffff", b"zzzz", b"0004", b"00", b"0032want " + b"a" * 40 + b"\n00000009done\n",
    b"0011command=fetch0001000fno-progress0000", b"0014command=ls-refs\n0000", b"0013command=nothing0000",
    b"0068" + b"0" * 40 + b" " + b"a" * 40 + b" refs/heads/x\x00 report-status0000PACK\x00\x00\x00\x02",
    b"0068" + b"a" * 40 + b" " + b"0" * 40 + b" refs/heads/main\x00report-status0000",
    b"00000000PACK" + b"\xff" * 60, b"\x1f\x8b\x08" + b"\x00" * 20, b"\x1f\x8b" + b"\xff" * 200,
    b'{"title":"t","head":"feature","base":"main"}', b'{"title":1,"head":[],"base":null}', b'{"state":"closed"}',
    b'{"message":"m","content":"!!!","branch":"main"}', b'{"message":"m","content":"YQ==","branch":"main"}',
    b'{"state":"success","context":"' + b"c" * 3000 + b'"}', b'{"config":{"url":"http://127.0.0.1:1/"},"events":["push"]}',
    b'{"config":{"url":"file:///etc/passwd"},"events":"push"}', b'{"sourceRefName":"refs/heads/x","targetRefName":1}',
    b'{"publisherId":"tfs","eventType":"git.push","consumerId":"webHooks","consumerInputs":{"url":"x"}}',
    b'{"merge_method":"octopus"}', b'{"sha":"' + b"a" * 41 + b'"}',
]  # fmt: skip
FITTING = {
    "/repos/{owner}/{name}/hooks": b'{"config":{"url":"http://127.0.0.1:1/"},"events":["push"]}',
    "/repos/{owner}/{name}/hooks/{number}": b'{"active":false}',
    "/repos/{owner}/{name}/contents/{path*}": b'{"message":"m","content":"YQ==","branch":"main"}',
    "/repos/{owner}/{name}/statuses/{sha}": b'{"state":"success"}',
    "/repos/{owner}/{name}/pulls": b'{"title":"t","head":"feature","base":"main"}',
    "/repos/{owner}/{name}/pulls/{number}": b'{"state":"closed"}',
    "/repos/{owner}/{name}/pulls/{number}/merge": b'{"merge_method":"squash"}',
    "/{owner}/{project}/_apis/git/repositories/{name}/pullrequests":
        b'{"title":"t","sourceRefName":"refs/heads/feature","targetRefName":"refs/heads/main"}',
}  # fmt: skip
VALUES = ["v1", "main", "feature", "README.md", "1", "99999999999999999999", "HEAD", "refs/heads/main", SHA, SHA[:7]]
KNOWN = {"owner": "contoso", "name": "shop", "project": "shop", "number": "1", "branch": "main", "path": "README.md"}
PLACE = "source/202611250000/00000000-0000-4000-8000-000000000001.tar.gz"
SERVICES = ["service=git-upload-pack", "service=git-receive-pack", "service=x", "", "ref=main", "state=all&page=-1"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    made = Emulator(clock="frozen", seed=5)
    made.app.strict_bugs = True
    owner = directory.principal(directory.seeded(made.world, "acrlab-sp"))
    create(made.app, made.world.state.subscription, entra.issue(made.world, owner, "https://management.azure.com"))
    yield made
    made.stop()


def test_git_hosts(emulator: Emulator) -> None:
    world, app = emulator.world, emulator.app
    credentials = {}
    for place in (hosting.github("contoso", "shop"), hosting.devops("contoso", "shop", "shop")):
        hosted = repositories.create(world, place, "tester")
        with world.lock:
            first, _ = contents.edited(world, hosted, contents.Edit("main", "README.md", b"x", "one"), "contoso")
            feature = f"{hosting.REFS}feature"
            world.commit(events.RefMoved(at=world.now(), repository=place.key, ref=feature, new=first))
            contents.edited(world, hosted, contents.Edit("feature", "b.txt", b"x", "two"), "contoso")
        credentials[place.host] = tokens.issue(world, place.host, "contoso", "tester")
    seen: set[tuple[str, int]] = set()
    for plane, route in ROUTES:  # each of them once as it is meant
        host = hosting.DEVOPS if plane == "devops" else hosting.GITHUB
        signed = {"authorization": f"Bearer {credentials[host]}", "content-type": "application/json"}
        for wanted in (path_of(route, ["v1"] * 6, KNOWN), path_of(route, ["gone"] * 6, {})):
            answer = send(app, plane, route.method, wanted, "", signed, FITTING.get(route.path, b""))
            assert answer.status < 500, (wanted, answer.body)
            seen.add((plane, answer.status))

    @settings(max_examples=REQUESTS // 6, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        row=st.sampled_from(ROUTES),
        other=st.sampled_from(["", "", "", "", "", "", "GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"]),
        values=st.lists(st.one_of(*[st.just("v1")] * 4, st.sampled_from(VALUES), text), min_size=6, max_size=6),
        query=st.one_of(st.sampled_from(SERVICES), st.text(max_size=20)),
        token=st.sampled_from(["own", "own", "own", "other", ""]),
        kind=st.sampled_from(["Bearer", "token", "Basic"]),
        headers=st.dictionaries(
            st.sampled_from(["content-type", "content-encoding", "git-protocol", "accept", "if-none-match"]),
            st.one_of(st.sampled_from(["gzip", "version=2", "version=1", "application/json"]), text), max_size=3,
        ),
        body=st.one_of(
            st.none(), st.none(), st.sampled_from(MORE), st.sampled_from(BODIES), st.binary(max_size=200)
        ),
    )  # fmt: skip
    def one(
        row: Any, other: str, values: Any, query: str, token: str, kind: str, headers: Any, body: bytes | None
    ) -> None:
        plane, route = row
        body = FITTING.get(route.path, b"") if body is None else body
        host = hosting.DEVOPS if (plane == "devops") == (token == "own") else hosting.GITHUB
        if token:
            headers = {**headers, "authorization": f"{kind} {credentials[host]}"}
        answer = send(app, plane, other or route.method, path_of(route, values, KNOWN), query, headers, body)
        assert 100 < answer.status < 500 or answer.status == 501, (answer.status, answer.body)
        if answer.status >= 400 and answer.body and plane == "github_api":
            assert "message" in msgspec.json.decode(bytes(answer.body)), answer.body
        for name, value in answer.headers:
            assert "\n" not in value and "\r" not in value, (name, value)
        seen.add((plane, answer.status))

    one()
    for plane in PLANES_HERE:
        assert {status for found, status in seen if found == plane} >= {200, 404}, (plane, sorted(seen))
    assert ("github_api", 201) in seen, sorted(seen)
    assert plain(world._replayed()) == plain(world.state)


def test_blob_storage(emulator: Emulator) -> None:
    world, app = emulator.world, emulator.app
    registry = world.state.registries[REGISTRY]
    signed = [urlsplit(links.signed(world, registry, PLACE, rights)) for rights in ("rw", "r", "rcw")]
    seen: set[int] = set()

    @settings(max_examples=REQUESTS // 10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        method=st.sampled_from(["GET", "PUT", "HEAD", "PUT", "PUT", "DELETE", "POST"]),
        link=st.sampled_from(signed),
        more=st.one_of(
            st.just(""),
            st.sampled_from(["", "comp=block&blockid=YQ==", "comp=blocklist", "comp=block", "comp=appendblock",
                             "comp=metadata", "comp=list&restype=container", "comp=block&blockid=%00", "sig=x"]),
            text,
        ),
        headers=st.dictionaries(
            st.sampled_from(["x-ms-blob-type", "x-ms-version", "range", "x-ms-range", "if-none-match", "content-md5",
                             "x-ms-lease-id", "x-ms-date", "content-type"]),
            st.one_of(st.sampled_from(["BlockBlob", "AppendBlob", "2021-12-02", "bytes=0-", "bytes=9-1", "*"]), text),
            max_size=4,
        ),
        body=st.one_of(
            st.sampled_from([b"", b"<BlockList><Latest>YQ==</Latest></BlockList>", b"<BlockList>", b"<a" * 5000,
                             b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"]),
            st.binary(max_size=300),
        ),
        spoiled=st.sampled_from([True, False, False]),
        kind=st.sampled_from([{}, {"x-ms-blob-type": "BlockBlob"}]),
    )  # fmt: skip
    def one(method: str, link: Any, more: str, headers: Any, body: bytes, spoiled: bool, kind: Any) -> None:
        query = f"{link.query}&{more}" if more else link.query
        query = query.replace("sig=", "sig=A", 1) if spoiled and body else query
        headers = {"content-length": str(len(body)), **headers, **kind}
        answer = send(app, "blob", method, link.path, query, headers, body)
        assert 100 < answer.status < 500 or answer.status == 501, (answer.status, answer.body)
        if answer.status >= 400 and answer.body and method != "HEAD" and not isinstance(answer.body, FileSlice):
            assert b"<Code>" in bytes(answer.body), answer.body
        seen.add(answer.status)

    one()
    assert seen >= {201, 403, 404} and HOSTS["blob"], seen
    assert plain(world._replayed()) == plain(world.state)
