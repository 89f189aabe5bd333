"""What no git would send: answered with a 4xx or a report, never with a 500, and nothing of it is kept."""

import gzip
import hashlib
import io
import os
import zlib
from pathlib import Path
from typing import Any

import pytest
import requests
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.objects import Blob, Commit, ShaFile, Tag, Tree
from dulwich.pack import write_pack_objects

from acrlab.domain import hosting
from acrlab.emulator import Emulator
from acrlab.store.git import scan
from tests.hosting.conftest import Git, Host, committed

NOTHING = b"0" * 40
MAIN = b"refs/heads/main"


def line(text: bytes) -> bytes:
    return b"%04x%s" % (len(text) + 4, text)


def command(new: bytes, ref: bytes = MAIN, old: bytes = NOTHING, can: bytes = b"report-status") -> bytes:
    return line(old + b" " + new + b" " + ref + b"\0" + can) + b"0000"


def packed(*objects: ShaFile) -> bytes:
    out = io.BytesIO()
    write_pack_objects(out, list(objects), object_format=DEFAULT_OBJECT_FORMAT)
    return out.getvalue()


def sealed(data: bytes) -> bytes:
    return data + hashlib.sha1(data).digest()


def varint(kind: int, size: int) -> bytes:
    byte, size = kind << 4 | size & 15, size >> 4
    found = b""
    while size:
        found += bytes([byte | 128])
        byte, size = size & 127, size >> 7
    return found + bytes([byte])


def commit(tree: bytes, *parents: bytes) -> Commit:
    made = Commit()
    made.tree, made.parents = tree, list(parents)  # type: ignore[assignment]
    made.author = made.committer = b"M <m@example.com>"
    made.author_time = made.commit_time = 1_790_000_000
    made.author_timezone = made.commit_timezone = 0
    made.message = b"m"
    return made


class Door:
    """A hosted repository over plain HTTP requests."""

    def __init__(self, emulator: Emulator, host: Host) -> None:
        self.host = host
        self.session = requests.Session()
        self.session.trust_env = False
        proxy = emulator.environment()["HTTPS_PROXY"]
        self.session.proxies = {"https": proxy}
        self.session.verify = str(emulator.bundle)

    def post(self, service: str, body: Any, **headers: str) -> requests.Response:
        return self.session.post(
            f"{self.host.url}/git-{service}", data=body, auth=("x", self.host.token), timeout=60,
            headers={"content-type": f"application/x-git-{service}-request", **headers},
        )  # fmt: skip

    def push(self, body: Any, **headers: str) -> requests.Response:
        return self.post("receive-pack", body, **headers)


@pytest.fixture
def door(emulator: Emulator, host: Host) -> Door:
    return Door(emulator, host)


@pytest.mark.parametrize(
    "body",
    [b"zzzz", b"0003", b"00", b"ffff", b"0032want " + b"x" * 40 + b"\n", b"0032have " + b"1" * 40,
     line(b"want " + b"1" * 40 + b" ofs-delta") + line(b"deepen -5") + b"0000",
     line(b"want " + b"1" * 40) + line(b"deepen 99999999999999999999") + b"0000", os.urandom(500)],
)  # fmt: skip
def test_fetches_that_are_none(door: Door, body: bytes) -> None:
    for version in ("version=0", "version=2"):
        answer = door.post("upload-pack", body, **{"git-protocol": version})
        assert 400 <= answer.status_code < 500, (version, answer.status_code, answer.text)


@pytest.mark.parametrize("body", [b"", b"0000"])
def test_a_fetch_of_nothing(door: Door, body: bytes) -> None:
    answer = door.post("upload-pack", body)
    assert answer.status_code == 200 and answer.content == b""
    assert door.push(body).status_code == 200


def test_services_methods_and_types(door: Door) -> None:
    url, get = door.host.url, door.session.get
    assert get(f"{url}/info/refs", timeout=20).status_code == 400
    assert get(f"{url}/info/refs?service=git-upload-archive", timeout=20).status_code == 400
    assert get(f"{url}/git-upload-pack", timeout=20).status_code == 405
    assert get(f"{url}/HEAD", timeout=20).status_code == 404
    outside = "https://github.com/contoso/..%2f..%2fetc/info/refs?service=git-upload-pack"
    assert get(outside, timeout=20).status_code in (401, 404)
    assert door.post("upload-pack", b"0000", **{"content-type": "text/plain"}).status_code == 400
    assert door.post("upload-pack", b"0000", **{"content-encoding": "br"}).status_code == 400


def test_gzip_is_unpacked_and_bounded(door: Door, host: Host) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert door.post("upload-pack", bomb, **{"content-encoding": "gzip"}).status_code == 413
    assert door.post("upload-pack", b"no gzip", **{"content-encoding": "gzip"}).status_code == 400
    cut = gzip.compress(b"0000")[:-4]
    assert door.post("upload-pack", cut, **{"content-encoding": "gzip"}).status_code == 400
    assert door.post("upload-pack", gzip.compress(b"0000"), **{"content-encoding": "gzip"}).status_code == 200
    blob = Blob.from_string(b"hello\n")
    tree = Tree()
    tree.add(b"hello", 0o100644, blob.id)
    made = commit(tree.id)
    body = command(made.id) + packed(blob, tree, made)

    def chunks() -> Any:
        yield from (body[at : at + 7] for at in range(0, len(body), 7))

    answer = door.push(chunks())
    assert b"unpack ok" in answer.content and b"ok refs/heads/main" in answer.content, answer.content
    answer = door.push(gzip.compress(command(made.id, b"refs/heads/two") + packed()), **{"content-encoding": "gzip"})
    assert b"ok refs/heads/two" in answer.content, answer.content
    assert set(host.hosted.refs) == {"refs/heads/main", "refs/heads/two"}


def test_packs_that_are_none(door: Door, host: Host) -> None:
    tree = Tree()
    whole = packed(tree)
    broken = bytearray(whole)
    broken[14] ^= 1
    cases = [
        b"", b"PACK", b"PACK" + bytes(40), whole[:-1], bytes(broken), whole + b"more",
        sealed(b"PACK\0\0\0\2\xff\xff\xff\xff"),
        sealed(b"PACK\0\0\0\2\0\0\0\1" + varint(5, 3) + zlib.compress(b"abc")),
        sealed(b"PACK\0\0\0\2\0\0\0\1" + varint(3, 4) + zlib.compress(b"abc")),
        sealed(b"PACK\0\0\0\2\0\0\0\1" + varint(3, 2) + zlib.compress(b"abc")),
        sealed(b"PACK\0\0\0\2\0\0\0\1" + varint(6, 3) + b"\x01" + zlib.compress(b"abc")),
        sealed(b"PACK\0\0\0\2\0\0\0\1" + varint(7, 3) + b"\x01" * 20 + zlib.compress(b"\x01\x01\x00")),
        sealed(b"PACK\0\0\0\2\0\0\0\1" + varint(2, 3) + zlib.compress(b"abc")),
    ]  # fmt: skip
    for case in cases:
        answer = door.push(command(tree.id) + case)
        assert answer.status_code == 200, (case, answer.content)
        assert b"ng refs/heads/main unpacker error" in answer.content, (case, answer.content)
    assert not host.hosted.refs
    objects = host.emulator.folder / "git" / host.hosted.id / "objects"
    assert not [path for path in objects.rglob("*") if path.is_file()]
    assert not list((host.emulator.folder / "passing").iterdir())


def test_promises_of_size_are_bounds(door: Door) -> None:
    large = sealed(b"PACK\0\0\0\2\0\0\0\1" + varint(3, scan.LARGEST_OBJECT + 1) + zlib.compress(b"x"))
    answer = door.push(command(b"1" * 40, can=b"report-status side-band-64k") + large)
    assert b"pre-receive hook declined" in answer.content and b"100 MB" in answer.content
    delta = b"\x01" + b"\xff\xff\xff\xff\x0f" + b"\x01a"  # of one byte, to make four gigabytes
    bomb = sealed(b"PACK\0\0\0\2\0\0\0\1" + varint(7, len(delta)) + b"\x01" * 20 + zlib.compress(delta))
    assert b"pre-receive hook declined" in door.push(command(b"1" * 40) + bomb).content
    inflated = sealed(b"PACK\0\0\0\2\0\0\0\1" + varint(3, 10) + zlib.compress(bytes(50_000_000)))
    answer = door.push(command(b"1" * 40) + inflated)
    assert b"not as large as it says" in answer.content


def test_nothing_may_be_missing(door: Door, host: Host) -> None:
    blob = Blob.from_string(b"hello\n")
    tree = Tree()
    tree.add(b"hello", 0o100644, blob.id)
    made = commit(tree.id)
    child = commit(tree.id, b"2" * 40)
    tag = Tag()
    tag.name, tag.object, tag.message = b"t", (Commit, b"3" * 40), b"m"  # type: ignore[assignment]
    tag.tagger, tag.tag_time, tag.tag_timezone = b"M <m@example.com>", 1_790_000_000, 0
    for objects in ([made], [tree, made], [blob, tree, child], [tag]):
        answer = door.push(command(objects[-1].id) + packed(*objects))
        assert b"missing object" in answer.content, answer.content
    answer = door.push(command(b"9" * 40) + packed(blob, tree, made))
    assert b"ng refs/heads/main missing necessary objects" in answer.content
    answer = door.push(command(blob.id) + packed(blob, tree, made))
    assert b"non-commit object" in answer.content
    assert not host.hosted.refs


def test_trees_that_lead_out_or_down(door: Door) -> None:
    blob = Blob.from_string(b"x")
    for name in (b".git", b"..", b".GIT", b"."):
        tree = Tree()
        tree.add(name, 0o100644, blob.id)
        answer = door.push(command(commit(tree.id).id) + packed(blob, tree, commit(tree.id)))
        assert b"a tree has the name" in answer.content, answer.content
    trees = [Tree()]
    trees[0].add(b"x", 0o100644, blob.id)
    for _ in range(1200):
        above = Tree()
        above.add(b"d", 0o040000, trees[-1].id)
        trees.append(above)
    answer = door.push(command(commit(trees[-1].id).id) + packed(blob, *trees, commit(trees[-1].id)))
    assert b"trees are more than" in answer.content, answer.content


def test_refs_that_are_none(door: Door, host: Host, git: Git, work: Path) -> None:
    tip = host.hosted.refs["refs/heads/main"].encode()
    wrong = (
        b"main", b"refs/heads/", b"refs/heads/a..b", b"refs/heads/a b", b"refs/heads/x.lock", b"refs/heads/\x01",
        b"refs/pull/1/head", b"refs/heads/main/below", b"HEAD", b"refs/" + b"x" * 300 + b"/y",
    )  # fmt: skip
    for ref in wrong:
        answer = door.push(command(tip, ref) + packed())
        assert b"\n" in answer.content and b"ng " + ref in answer.content, (ref, answer.content)
    assert door.push(command(b"nosha")).status_code == 400
    assert door.push(command(NOTHING)).status_code == 400
    assert set(host.hosted.refs) == {"refs/heads/main"}


def test_two_that_push_at_once_do_not_both_win(door: Door, host: Host, git: Git, work: Path) -> None:
    old = host.hosted.refs["refs/heads/main"].encode()
    blob = Blob.from_string(b"late\n")
    tree = Tree()
    tree.add(b"late", 0o100644, blob.id)
    late = commit(tree.id, old)
    committed(git, work, "early.txt", "1\n")
    git.run("push", "-q", "origin", "main", cwd=work)
    answer = door.push(command(late.id, MAIN, old) + packed(blob, tree, late))
    assert b"ng refs/heads/main cannot lock ref" in answer.content


@pytest.mark.parametrize(
    "text",
    ["", "x", "a/b/c", "https://gitlab.com/a/b", "github.com/-a/b", "github.com/a/b/tree/main", "https://[::1/x/y",
     "https://dev.azure.com/a/b", "https://dev.azure.com/a/../_git/b", "contoso/..", "contoso/a b",
     "contoso/x.git.git"],
)  # fmt: skip
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(hosting.HostedAddressInvalid):
        hosting.address(text)


@pytest.mark.parametrize(
    ("text", "key", "url"),
    [
        ("Contoso/App", "github.com/contoso/app", "https://github.com/Contoso/App.git"),
        ("https://github.com/contoso/app.git#main:src", "github.com/contoso/app", "https://github.com/contoso/app.git"),
        ("https://user@dev.azure.com/o/p%20q/_git/r", "dev.azure.com/o/p q/r", "https://dev.azure.com/o/p%20q/_git/r"),
        ("https://o.visualstudio.com/_git/r", "dev.azure.com/o/r/r", "https://dev.azure.com/o/r/_git/r"),
        ("https://o.visualstudio.com/p/_git/r", "dev.azure.com/o/p/r", "https://dev.azure.com/o/p/_git/r"),
    ],
)
def test_addresses(text: str, key: str, url: str) -> None:
    assert (hosting.address(text).key, hosting.address(text).url) == (key, url)
