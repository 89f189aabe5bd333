"""The distribution API as values: what no client of the peers' lane looks at."""

import base64
import json
from collections.abc import Iterator

import pytest

from acrlab.domain import events
from acrlab.domain.content import OCI_MANIFEST
from acrlab.emulator import Emulator
from acrlab.wire.http import Request, Response
from tests.engine.conftest import image, push_blob, push_image

HOST = "contoso.azurecr.io"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    made = Emulator(clock="frozen", seed=1)
    made.app.strict_bugs = True
    world = made.world
    resource = f"/subscriptions/{world.state.subscription}/resourceGroups/lab/providers/x/registries/contoso"
    world.commit(
        events.ResourcePut(
            at=0, id=resource, body={"sku": {"name": "Basic"}, "properties": {"adminUserEnabled": True}}
        ),
        events.RegistryOpened(
            at=0, registry="contoso", login_server=HOST, resource=resource.lower(), passwords=("one", "two")
        ),
    )
    yield made
    made.stop()


def ask(emulator: Emulator, method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Response:
    basic = base64.b64encode(b"contoso:one").decode()
    given = {"authorization": f"Basic {basic}", "content-length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    answer = emulator.app.begin(Request(method, HOST, path, query, given, authority=HOST))
    if isinstance(answer, Response):
        return answer
    answer.write(body)
    answer.seal()
    return answer.finish()


def test_a_push_warns_of_layers_that_stay_outside_and_of_nothing_else(emulator: Emulator) -> None:
    registry = emulator.world.state.registries["contoso"]
    config = push_blob(emulator.world, registry, "app", b"{}")
    plain = image(config)
    foreign = json.loads(image(config, "sha256:" + "1" * 64))
    foreign["layers"][0]["mediaType"] = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    named = json.loads(plain) | {"annotations": {"note": "application/vnd.oci.image.layer.nondistributable"}}
    said = [
        dict(ask(emulator, "PUT", "/v2/app/manifests/v1", body=raw, content_type=OCI_MANIFEST).headers).get("warning")
        for raw in (plain, json.dumps(foreign).encode(), json.dumps(named).encode())
    ]
    assert said[0] is None
    assert said[1] is not None and said[1].startswith('299 - "1 layer(s)')
    assert said[2] is None


def test_a_known_digest_is_not_sent_again(emulator: Emulator) -> None:
    registry = emulator.world.state.registries["contoso"]
    digest = push_image(emulator.world, registry, "app", "v1", b"layer")
    blob = next(iter(registry.repositories["app"].blobs))
    for path, etag in (("/v2/app/manifests/v1", digest), (f"/v2/app/blobs/{blob}", blob)):
        first = ask(emulator, "GET", path)
        assert (first.status, dict(first.headers)["etag"]) == (200, f'"{etag}"')
        again = ask(emulator, "GET", path, if_none_match=f'"{etag}"')
        assert (again.status, again.length) == (304, 0)
        assert ask(emulator, "GET", path, if_none_match='"sha256:other"').status == 200


def test_pages_of_tags_lead_to_each_other(emulator: Emulator) -> None:
    registry = emulator.world.state.registries["contoso"]
    for name in ("b", "a", "c"):
        push_image(emulator.world, registry, "team/app", name, b"layer")
    seen, query = [], "n=2"
    while query:
        answer = ask(emulator, "GET", "/v2/team/app/tags/list", query)
        assert isinstance(answer.body, bytes)
        seen.append(json.loads(answer.body)["tags"])
        link = dict(answer.headers).get("link", "")
        query = link.partition("?")[2].partition(">")[0]
    assert seen == [["a", "b"], ["c"]]
    for wrong in ("n=-1", "n=x", "n=99999999999"):
        assert ask(emulator, "GET", "/v2/team/app/tags/list", wrong).status == 400


def test_a_chunk_out_of_order_says_where_the_upload_stands(emulator: Emulator) -> None:
    started = ask(emulator, "POST", "/v2/app/blobs/uploads/")
    where = dict(started.headers)["location"]
    assert ask(emulator, "PATCH", where, body=b"0123", content_range="0-3").status == 202
    refused = ask(emulator, "PATCH", where, body=b"89", content_range="8-9")
    assert (refused.status, dict(refused.headers)["range"]) == (416, "0-3")
    assert dict(refused.headers)["location"] == where
    status = ask(emulator, "GET", where)
    assert (status.status, dict(status.headers)["range"]) == (204, "0-3")
