"""The transport without a socket, under azure-core's own pipelines."""

import asyncio
import hashlib
import io
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.core import AsyncPipelineClient, PipelineClient
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import Pipeline
from azure.core.pipeline.policies import ContentDecodePolicy, RetryPolicy
from azure.core.pipeline.transport import HttpRequest as OldRequest
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest

from acrlab.serve.inprocess import AsyncEmulatorTransport, EmulatorTransport
from tests.serve.toy import ToyApp

MIB = 1024 * 1024
BASE = "https://one.azurecr.io"


@pytest.fixture
def client(app: ToyApp) -> Any:
    return PipelineClient(BASE, transport=EmulatorTransport(app), policies=[])


def test_a_request_arrives_as_from_a_socket(client: Any, app: ToyApp) -> None:
    assert isinstance(EmulatorTransport(app), HttpTransport)
    request = HttpRequest("GET", f"{BASE}:444/echo/a%2Fb?x=%201", headers={"X-A": "1"})
    answer = client.send_request(request)
    seen = answer.json()
    assert (seen["host"], seen["authority"]) == ("one.azurecr.io", "one.azurecr.io:444")
    assert (seen["path"], seen["query"], seen["scheme"]) == ("/echo/a/b", "x=%201", "https")
    assert seen["headers"]["x-a"] == "1"
    assert (answer.status_code, answer.reason) == (200, "OK")
    assert answer.headers["Server"] == "toy" and answer.headers["date"]
    assert answer.content_type.startswith("application/json")


def bodies(body: bytes) -> dict[str, Any]:
    return {
        "bytes": body,
        "file": io.BytesIO(body),
        "generator": (body[at : at + 1000] for at in range(0, len(body), 1000)),
    }


@pytest.mark.parametrize("kind", bodies(b""))
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_bodies(client: Any, kind: str, method: str) -> None:
    body = os.urandom(100_000)
    answer = client.send_request(HttpRequest(method, f"{BASE}/upload/x", content=bodies(body)[kind]))
    assert answer.status_code == 201
    assert answer.json() == {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def test_text_json_and_forms(client: Any) -> None:
    for kwargs in ({"content": "hé"}, {"json": {"a": 1}}, {"data": {"a": "1"}}):
        answer = client.send_request(HttpRequest("POST", f"{BASE}/echo", **kwargs))
        assert answer.json()["body"] > 2


@pytest.mark.parametrize("length", [0, 100, 3 * MIB])
def test_files(client: Any, app: ToyApp, length: int) -> None:
    body = os.urandom(length)
    (app.folder / "blob").write_bytes(b"head" + body + b"tail")
    url = f"{BASE}/file/blob?offset=4&length={length}"
    assert client.send_request(HttpRequest("GET", url)).content == body
    with client.send_request(HttpRequest("GET", url), stream=True) as answer:
        assert b"".join(answer.iter_bytes()) == body
    with client.send_request(HttpRequest("GET", url), stream=True) as answer:
        assert b"".join(answer.iter_raw()) == body
        assert answer.headers["content-length"] == str(length)


def test_head(client: Any, app: ToyApp) -> None:
    (app.folder / "blob").write_bytes(b"x" * 100)
    answer = client.send_request(HttpRequest("HEAD", f"{BASE}/file/blob"))
    assert (answer.content, answer.headers["content-length"]) == (b"", "100")


def test_errors(client: Any) -> None:
    answer = client.send_request(HttpRequest("GET", f"{BASE}/none"))
    assert answer.status_code == 404
    with pytest.raises(HttpResponseError) as raised:
        answer.raise_for_status()
    assert raised.value.status_code == 404
    assert client.send_request(HttpRequest("PUT", f"{BASE}/refused", content=b"x")).status_code == 403


def test_a_bug_is_the_callers_to_see(client: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        client.send_request(HttpRequest("GET", f"{BASE}/boom"))


def test_a_body_that_breaks_off_aborts(client: Any, app: ToyApp) -> None:
    def broken() -> Any:
        yield b"abc"
        raise LookupError

    with pytest.raises(LookupError):
        client.send_request(HttpRequest("PUT", f"{BASE}/upload/x", content=broken()))
    assert app.aborted.get_nowait() == 3


@pytest.mark.parametrize("position", [1, 2])
def test_an_answer_waits_for_the_journal(client: Any, app: ToyApp, position: int) -> None:
    request = HttpRequest("GET", f"{BASE}/durable/{position}")
    assert client.send_request(request).content == b"kept"
    app.journal_error = OSError("no space")
    assert client.send_request(request).status_code == 503


def test_waiting_is_the_apps(app: ToyApp) -> None:
    transport = EmulatorTransport(app)
    transport.sleep(3600)
    policies = [RetryPolicy(retry_total=2)]
    client = PipelineClient(BASE, transport=transport, policies=policies)
    client.send_request(HttpRequest("GET", f"{BASE}/status/503"))
    asyncio.run(AsyncEmulatorTransport(app).sleep(7200))
    assert app.slept[0] == 3600 and app.slept[-1] == 7200 and len(app.slept) > 2


def test_a_transport_serves_many_clients(app: ToyApp) -> None:
    transport = EmulatorTransport(app)
    for _ in range(2):
        with PipelineClient(BASE, transport=transport, policies=[]) as client:
            assert client.send_request(HttpRequest("GET", f"{BASE}/echo")).status_code == 200


def test_the_older_kind_of_request(app: ToyApp) -> None:
    body = os.urandom(3 * MIB)
    with Pipeline(EmulatorTransport(app), [ContentDecodePolicy()]) as pipeline:
        put = OldRequest("PUT", f"{BASE}/upload/blob")
        put.set_streamed_data_body(io.BytesIO(body))
        answer = pipeline.run(put, stream=False)
        assert answer.http_response.status_code == 201
        assert answer.context["deserialized_data"]["size"] == len(body)
        answer = pipeline.run(OldRequest("GET", f"{BASE}/file/blob"), stream=True)
        assert b"".join(answer.http_response.stream_download(pipeline)) == body
        answer = pipeline.run(OldRequest("GET", f"{BASE}/echo"), stream=False)
        assert answer.http_response.content_type.startswith("application/json")
        assert "one.azurecr.io" in answer.http_response.text()


def test_asynchronously(app: ToyApp) -> None:
    body = os.urandom(3 * MIB)

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 100_000):
            yield body[at : at + 100_000]

    async def talk() -> None:
        transport = AsyncEmulatorTransport(app)
        async with AsyncPipelineClient(BASE, transport=transport, policies=[]) as client:
            for content in (body, io.BytesIO(body), pieces()):
                request = HttpRequest("PUT", f"{BASE}/upload/blob", content=content)
                answer = await client.send_request(request)
                assert answer.json()["sha256"] == hashlib.sha256(body).hexdigest()
            request = HttpRequest("GET", f"{BASE}/file/blob")
            async with await client.send_request(request, stream=True) as stream:
                assert b"".join([chunk async for chunk in stream.iter_bytes()]) == body
            many = (client.send_request(HttpRequest("GET", f"{BASE}/durable/2")) for _ in range(20))
            assert {answer.content for answer in await asyncio.gather(*many)} == {b"kept"}

    asyncio.run(talk())
