"""Generated requests to a storage account, by somebody who may do everything there: refused, or done, never a crash."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import AccountSasPermissions, BlobBlock, ResourceTypes, generate_account_sas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acrlab.wire.http import Request, Response, concluded
from tests.accounts.account import Account
from tests.arm.cloud import NOW

PATHS = ["/", "/transfer", "/transfer/one", "/transfer/a//b", "/-", "/transfer/\udcff", "/transfer/" + "x" * 1100]
QUERIES = [
    "", "comp=list", "restype=container", "restype=container&comp=list", "restype=container&comp=acl", "comp=block",
    "comp=block&blockid=YQ==", "comp=blocklist", "comp=metadata", "comp=lease", "comp=list&maxresults=-1",
    "restype=container&comp=list&delimiter=/&prefix=&marker=%00", "restype=container&comp=list&maxresults=1&marker=z",
    "restype=x?block", "comp=properties&restype=service", "snapshot=now",
]  # fmt: skip
HEADERS = {
    "x-ms-blob-type": ["BlockBlob", "PageBlob", ""], "range": ["bytes=0-", "bytes=9-1", "x"],
    "if-match": ["*", '"x"', "x"], "if-none-match": ["*", '"x"'], "content-md5": ["YQ==", "x"],
    "x-ms-meta-a": ["b", "\u00e9", "\x07"], "x-ms-meta-1-": ["x"], "x-ms-version": ["2021-08-06", "\x00"],
    "x-ms-copy-source": ["https://contosodata.blob.core.windows.net/transfer/one", "nothing", "https://[", "//"],
    "authorization": ["SharedKey contosodata:x", "SharedKey", "Bearer x", "Basic eDp5"],
    "x-ms-blob-content-type": ["text/plain", "x" * 3000],
}  # fmt: skip
BODIES = [b"", b"content", b"<BlockList><Latest>YQ==</Latest></BlockList>", b"<BlockList>" * 50, b"\xff" * 40]
FITTING = [
    ("GET", "/", "comp=list"), ("GET", "/transfer", "restype=container&comp=list"), ("HEAD", "/transfer/one", ""),
    ("GET", "/transfer/one", ""), ("PUT", "/transfer/one", ""), ("PUT", "/transfer/two", "comp=block&blockid=YQ=="),
    ("PUT", "/transfer/two", "comp=blocklist"), ("PUT", "/transfer/one", "comp=metadata"),
    ("DELETE", "/transfer/two", ""), ("PUT", "/another", "restype=container"),
    ("DELETE", "/another", "restype=container"),
]  # fmt: skip
ANY = st.tuples(
    st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "POST"]), st.sampled_from(PATHS), st.sampled_from(QUERIES)
)  # fmt: skip
BODY = st.sampled_from(BODIES)


def test_whatever_is_asked_is_answered(account: Account) -> None:
    account.client().create_container("transfer").upload_blob("one", b"content")
    sas = generate_account_sas(
        account.name, account.keys[0], ResourceTypes.from_string("sco"), AccountSasPermissions.from_string("rwdlac"),
        datetime.fromtimestamp(NOW, UTC) + timedelta(days=1),
    )  # fmt: skip
    headers = st.fixed_dictionaries({}, optional={name: st.sampled_from(found) for name, found in HEADERS.items()})
    seen: set[int] = set()

    @settings(max_examples=400, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(asked=st.one_of(st.sampled_from(FITTING), ANY), more=headers, body=BODY, signed=st.integers(0, 4))
    def ask(asked: tuple[str, str, str], more: dict[str, str], body: bytes, signed: int) -> None:
        method, path, query = asked
        whole = "&".join(filter(None, (query, sas if signed else "")))
        host = f"{account.name}.blob.core.windows.net"
        answer = account.cloud.app.begin(Request(method, host, path, whole, more, authority=host))
        if not isinstance(answer, Response):
            answer.write(body)
        done = concluded(answer)
        seen.add(done.status)
        assert done.status < 500 or done.status == 501, (asked, more, done)

    ask()
    assert {200, 400, 403, 404} <= seen
    assert account.cloud.world.arriving == {}


def test_a_list_that_names_one_block_again_and_again_does_not_fill_the_disk(account: Account) -> None:
    blob = account.client().create_container("transfer").get_blob_client("big")
    blob.stage_block("YQ==", bytes(1 << 20))
    blob.stage_block("Yg==", b"end")
    with pytest.raises(HttpResponseError, match="named more than once") as refused:
        blob.commit_block_list([BlobBlock("YQ==")] * 6000)
    assert refused.value.status_code == 413
    blob.commit_block_list([BlobBlock("YQ=="), BlobBlock("YQ=="), BlobBlock("Yg==")])  # the blocks are still there
    assert blob.get_blob_properties().size == 2 * (1 << 20) + 3
