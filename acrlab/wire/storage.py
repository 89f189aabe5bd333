"""Blob Storage, `<account>.blob.core.windows.net`: as much as contexts and logs of ACR Tasks need.

Source: Blob service REST reference (2024); azure-storage-blob 12 as `az` 2.91 carries it, and what it was seen to ask.
"""

import base64
import binascii
import hashlib
import re
from email.utils import formatdate
from xml.sax.saxutils import escape

from acrlab.domain.errors import Condition, NotEmulated
from acrlab.domain.task_errors import (
    StorageBlobNotFound,
    StorageBlockListInvalid,
    StorageCondition,
    StorageDigestWrong,
    StorageHeaderInvalid,
    StorageQueryInvalid,
    StorageRangeInvalid,
)  # fmt: skip
from acrlab.engine.state import Resource
from acrlab.engine.storage import Writer
from acrlab.engine.tasks import contexts, links, runs
from acrlab.wire.call import Call
from acrlab.wire.dialects import extra
from acrlab.wire.http import Answer, FileSlice, Response
from acrlab.wire.routes import STREAM, Route

LONGEST = 5000 * 1024 * 1024  # bytes of one PUT. Source: Put Blob, service versions from 2019-12-12
BLOCKS = 50_000
BLOCK_LIST = 8 * 1024 * 1024  # bytes; more than 50,000 names of 64 bytes take
COMPLETE = {
    "Succeeded": "successful", "Failed": "failed", "Canceled": "canceled", "Timeout": "timedout",
    "Error": "internalerror",
}  # fmt: skip
_LATEST = re.compile(r"<(Latest|Uncommitted)>([^<]{1,128})</\1>")
_LIST = re.compile(r"\s*(?:<\?xml[^>]{0,100}\?>)?\s*<BlockList>(?:\s*<(\w+)>[^<]*</\1>)*\s*</BlockList>\s*", re.S)
_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOG = re.compile(r"logs/([^/]{1,80})/rawtext\.log")
_SPAN = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")
_ERRORS = {405: "UnsupportedHttpVerb", 413: "RequestBodyTooLarge", 404: "ResourceNotFound", 501: "NotEmulated"}


# The plane


def enter(call: Call) -> str:
    """The path, in an account that serves a registry of this world. Raises: NotEmulated."""
    world, host = call.world, call.request.host
    if host not in {links.host(world, each) for each in world.state.registries.values()}:
        refusal = NotEmulated(what=f"the storage account {host}")
        raise refusal.why("only the accounts in which registries of this world keep contexts and logs are there")
    return call.request.path


def authorize(call: Call, route: Route) -> None:
    """Hold a request to the signature in its URL. Raises: StorageUnauthorized, StoragePermission."""
    links.require(call.world, call.request.host, call.request.path, call.request.parameters(), route.scope)


def dress(call: Call, response: Response) -> None:
    """The headers of every answer."""
    asked = call.request.headers.get("x-ms-version", links.VERSION)
    own = call.world.uuid()
    response.headers += [
        ("server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"), ("x-ms-request-id", own),
        ("x-ms-version", asked if _VERSION.fullmatch(asked) else links.VERSION),
    ]  # fmt: skip
    client = call.request.headers.get("x-ms-client-request-id", "")
    if client.isascii() and client.isprintable() and 0 < len(client) <= 1024:
        response.headers.append(("x-ms-client-request-id", client))


def dialect(condition: Condition) -> Response:
    """`<Error><Code>…</Code><Message>…</Message></Error>`. Source: Blob service REST reference, error response."""
    code = condition.oci if isinstance(condition, StorageCondition) else _ERRORS.get(condition.status, "InvalidInput")
    body = f"<?xml version='1.0' encoding='utf-8'?><Error><Code>{code}</Code><Message>{escape(condition.text)}"
    headers = [("content-type", "application/xml"), ("x-ms-error-code", code), *extra(condition)]
    return Response(condition.status, headers, f"{body}</Message></Error>".encode())


# Reading


def _log(call: Call) -> Resource | None:
    found = _LOG.fullmatch(call.params["blob"])
    if found is None:
        return None
    registry = links.owner(call.world, call.params["container"])
    return call.world.state.resources.get(f"{registry.resource}/runs/{found[1]}".lower())


def get(call: Call) -> Response:
    """A blob, or a range of it; of a log, with how its run has ended.

    Raises: StorageBlobNotFound, StorageRangeInvalid.
    """
    run, storage = _log(call), call.world.storage
    name = runs.log(run) if run is not None else _context(call)
    size = storage.size(name) if name else None
    if size is None:
        raise StorageBlobNotFound()
    changed = run.body["updated"] if run is not None else call.world.now()
    headers = [
        ("content-type", "text/plain; charset=utf-8" if run is not None else "application/octet-stream"),
        ("last-modified", formatdate(changed, usegmt=True)), ("etag", f'"0x8{size:015X}"'),
        ("accept-ranges", "bytes"), ("x-ms-blob-type", "AppendBlob" if run is not None else "BlockBlob"),
        ("x-ms-lease-status", "unlocked"), ("x-ms-lease-state", "available"), ("x-ms-server-encrypted", "true"),
    ]  # fmt: skip
    ended = COMPLETE.get(run.body["status"]) if run is not None else None
    if ended is not None:
        headers.append(("x-ms-meta-Complete", ended))
    return _slice(call, headers, storage.path(name), size)


def _slice(call: Call, headers: list[tuple[str, str]], path: str, size: int) -> Response:
    asked = call.request.headers.get("x-ms-range") or call.request.headers.get("range", "")
    if not asked or call.request.method == "HEAD":
        return Response(200, headers, FileSlice(path, 0, size))
    span = _SPAN.fullmatch(asked.strip())
    if span is None:
        raise StorageHeaderInvalid(name="x-ms-range")
    first, last = int(span[1]), min(int(span[2] or size - 1), size - 1)
    if first > last:
        raise StorageRangeInvalid(headers=[("content-range", f"bytes */{size}")])
    headers.append(("content-range", f"bytes {first}-{last}/{size}"))
    return Response(206, headers, FileSlice(path, first, last - first + 1))


def _context(call: Call) -> str:
    return contexts.blob(call.world, links.owner(call.world, call.params["container"]), call.params["blob"])


# Writing


def put(call: Call) -> Answer:
    """A blob whole, a block of one, or the list that puts its blocks together.

    Raises: StorageQueryInvalid, StorageHeaderInvalid, StorageBlobNotFound.
    """
    query = call.request.parameters()
    name = _context(call)
    if not name:
        raise StorageBlobNotFound()
    kind = query.get("comp", "")
    if kind == "blocklist":
        return Joint(call, name)
    if kind == "block":
        return Receipt(call, call.world.storage.writer(_block(name, query.get("blockid", ""))))
    if kind:
        raise StorageQueryInvalid(name="comp", value=kind[:40])
    if call.request.headers.get("x-ms-blob-type", "").lower() != "blockblob":
        raise StorageHeaderInvalid(name="x-ms-blob-type")
    return Receipt(call, call.world.storage.writer(name))


def _block(name: str, text: str) -> str:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not 0 < len(raw) <= 64:
        raise StorageQueryInvalid(name="blockid", value=text[:100])
    return f"blocks/{name.partition('/')[2]}/{raw.hex()}"


def _created(call: Call) -> Response:
    moment = formatdate(call.world.now(), usegmt=True)
    tag = f'"0x8{call.world.random(7).hex().upper()}"'
    return Response(201, [("etag", tag), ("last-modified", moment), ("x-ms-request-server-encrypted", "true")])


class Receipt:
    """Takes the bytes of a blob or of a block."""

    small = False

    def __init__(self, call: Call, writer: Writer) -> None:
        self._call, self._writer, self._size = call, writer, 0
        self._wanted = call.request.headers.get("content-md5", "")
        self._hash = hashlib.md5(usedforsecurity=False)

    def write(self, chunk: bytes | memoryview) -> None:
        self._size += memoryview(chunk).nbytes
        if self._size > LONGEST:
            raise StorageHeaderInvalid(name="content-length")
        if self._wanted:
            self._hash.update(chunk)
        self._writer.write(chunk)

    def seal(self) -> None:
        if self._wanted and base64.b64encode(self._hash.digest()).decode() != self._wanted:
            raise StorageDigestWrong()

    def finish(self) -> Response:
        self._writer.commit()
        return _created(self._call)

    def abort(self) -> None:
        self._writer.abort()


class Joint:
    """Takes the list of blocks, and puts a blob together from them."""

    small = False

    def __init__(self, call: Call, name: str) -> None:
        self._call, self._name, self._text = call, name, bytearray()

    def write(self, chunk: bytes | memoryview) -> None:
        if len(self._text) + memoryview(chunk).nbytes > BLOCK_LIST:
            raise StorageBlockListInvalid()
        self._text += chunk

    def seal(self) -> None:
        text = self._text.decode("utf-8-sig", errors="replace")
        named = [match[2].strip() for match in _LATEST.finditer(text)]
        listed = text.count("</") - 1  # what is named as committed is never there: a blob is put together once
        if not _LIST.fullmatch(text) or len(named) != listed or listed > BLOCKS:
            raise StorageBlockListInvalid()
        storage = self._call.world.storage
        parts = [_block(self._name, each) for each in named]
        if any(storage.size(part) is None for part in parts):
            raise StorageBlockListInvalid()
        storage.join(self._name, parts)

    def finish(self) -> Response:
        return _created(self._call)

    def abort(self) -> None:
        self._text.clear()


_PATH = "/{container}/{blob*}"
ROUTES = (
    Route(method="GET", path=_PATH, handler=get, scope="r", spec="Get Blob"),
    Route(method="PUT", path=_PATH, handler=put, scope="w", spec="Put Blob", body=STREAM),
)
