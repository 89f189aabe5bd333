"""The storage account behind ACR Tasks: whole blobs, blocks and their lists, ranges, signatures."""

import base64
import hashlib
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from acrlab.engine.tasks import contexts
from tests.tasks.conftest import GROUP, NAME

BLOB = {"x-ms-blob-type": "BlockBlob"}


@pytest.fixture
def place(lab):
    return lab.sdk.registries.get_build_source_upload_url(GROUP, NAME)


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("x-ms-error-code", "")


def test_a_blob_in_blocks(lab, place):
    ids = [base64.b64encode(b"%08d" % number).decode() for number in range(3)]
    for number, id in enumerate(ids):
        answer = lab.http.put(f"{place.upload_url}&comp=block", params={"blockid": id}, data=b"%d" % number * 5)
        assert answer.status_code == 201 and answer.headers["x-ms-version"]
    listed = "".join(f"<Latest>{id}</Latest>" for id in (ids[2], ids[0], ids[1]))
    body = f"<?xml version='1.0' encoding='utf-8'?>\n<BlockList>{listed}</BlockList>"
    assert lab.http.put(f"{place.upload_url}&comp=blocklist", data=body).status_code == 201
    read = lab.http.get(place.upload_url)
    assert read.content == b"222220000011111" and read.headers["x-ms-blob-type"] == "BlockBlob"
    part = lab.http.get(place.upload_url, headers={"x-ms-range": "bytes=3-6"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"2200", "bytes 3-6/15")
    assert code(lab.http.get(place.upload_url, headers={"x-ms-range": "bytes=20-"})) == (416, "InvalidRange")
    assert list(lab.world.storage.names("blocks")) == []


def test_a_blob_with_its_hash(lab, place):
    right = base64.b64encode(hashlib.md5(b"data").digest()).decode()
    for sent, told in ((right, 201), (base64.b64encode(b"x" * 16).decode(), 400)):
        answer = lab.http.put(place.upload_url, data=b"data", headers={**BLOB, "content-md5": sent})
        assert answer.status_code == told
    assert lab.http.head(place.upload_url).headers["content-length"] == "4"
    assert list(lab.world.storage.names("arriving")) == []


@pytest.mark.parametrize(
    ("query", "body", "told"),
    [
        ("comp=blocklist", "<BlockList><Latest>bm9wZQ==</Latest></BlockList>", (400, "InvalidBlockList")),
        ("comp=blocklist", "<BlockList><Committed>bm9wZQ==</Committed></BlockList>", (400, "InvalidBlockList")),
        ("comp=blocklist", "<BlockList>", (400, "InvalidBlockList")),
        ("comp=blocklist", "<a>" * 100_000, (400, "InvalidBlockList")),
        ("comp=blocklist", " " * 4_000_000 + "x", (400, "InvalidBlockList")),
        ("comp=blocklist", "x" + " " * 4_000_000, (400, "InvalidBlockList")),
        ("comp=block&blockid=%25", "x", (400, "InvalidQueryParameterValue")),
        ("comp=block", "x", (400, "InvalidQueryParameterValue")),
        ("comp=lease", "x", (400, "InvalidQueryParameterValue")),
        ("", "x", (400, "InvalidHeaderValue")),
    ],
)
def test_bad_input(lab, place, query, body, told):
    assert code(lab.http.put(f"{place.upload_url}&{query}", data=body)) == told
    assert lab.http.get(place.upload_url).status_code == 404


def test_signatures(lab, place):
    url = place.upload_url
    assert code(lab.http.put(url.partition("?")[0], data=b"", headers=BLOB)) == (403, "AuthenticationFailed")
    assert code(lab.http.put(url.replace("sig=", "sig=A"), data=b"", headers=BLOB)) == (403, "AuthenticationFailed")
    assert code(lab.http.put(url.replace("source/", "source/../logs/"), data=b"", headers=BLOB))[0] in (403, 404)
    assert code(lab.http.delete(url)) == (405, "UnsupportedHttpVerb")
    assert code(lab.http.get("https://azcliprod.blob.core.windows.net/cli/setup.py")) == (501, "NotEmulated")
    run = lab.settled(lab.build("a:1").run_id)
    link = lab.sdk.runs.get_log_sas_url(GROUP, NAME, run.run_id).log_link
    assert code(lab.http.put(link, data=b"", headers=BLOB)) == (403, "AuthorizationPermissionMismatch")
    assert lab.http.get(link).status_code == 200
    lab.world.advance(71 * 60)
    assert code(lab.http.get(link)) == (403, "AuthenticationFailed")


def test_no_log_yet_and_other_registries(lab, place):
    assert urlsplit(place.upload_url).hostname.endswith(".blob.core.windows.net")
    other = lab.cloud.registry("otherlab", "Standard")
    assert other.status == 201
    theirs = lab.cloud.ask(
        "POST", f"{lab.cloud.r}/otherlab/listBuildSourceUploadUrl", version="2019-06-01-preview"
    ).json
    assert lab.http.put(theirs["uploadUrl"], data=b"data", headers=BLOB).status_code == 201
    run = lab.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", sourceLocation=theirs["relativePath"])
    assert lab.settled(run.run_id).status == "Failed"


def test_old_contexts_are_swept(lab, place, monkeypatch):
    lab.http.put(place.upload_url, data=b"data", headers=BLOB)
    contexts.sweep(lab.world)
    monkeypatch.setattr(lab.world.clock, "now", lambda: 4e9)
    contexts.sweep(lab.world)
    assert list(lab.world.storage.names("contexts")) == []


def test_a_signature_is_not_remembered(lab, place):
    assert lab.http.put(place.upload_url, data=b"x", headers=BLOB).status_code == 201
    kept = lab.app.exchanges[-1].url
    assert kept.startswith(place.upload_url.partition("?")[0]) and "sig=***" in kept
    assert parse_qs(urlsplit(place.upload_url).query)["sig"][0] not in unquote(kept)
