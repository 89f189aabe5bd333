"""Block blobs of storage accounts: put whole or in blocks, read, copied, deleted.

Source: Blob service REST reference (2024), operations on blobs.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from email.utils import formatdate
from urllib.parse import parse_qsl, unquote, urlsplit

from acrlab.domain.errors import Condition, NotEmulated
from acrlab.domain.storage_errors import StorageBlobTaken, StorageConditionNotMet, StorageSourceUnreadable
from acrlab.domain.task_errors import StorageDigestWrong, StorageHeaderInvalid
from acrlab.engine.accounts import access, account, blobs
from acrlab.engine.accounts.access import Place
from acrlab.engine.state import StoredBlob
from acrlab.wire import storage_access, storage_bytes
from acrlab.wire.call import Call
from acrlab.wire.http import Answer, Response
from acrlab.wire.routes import STREAM, Route
from acrlab.wire.storage_access import place
from acrlab.wire.storage_bytes import LONGEST, BlockList, Receipt
from acrlab.wire.storage_containers import metadata, shown

PIECE = 1024 * 1024  # bytes read at once


def _known(call: Call) -> StoredBlob | None:
    asked = place(call)
    return blobs.known(call.world, asked.account, asked.container, asked.blob)


def _require_state(call: Call, found: StoredBlob | None) -> None:
    """Raises: StorageConditionNotMet, StorageBlobTaken. Source: specifying-conditional-headers-for-blob-operations."""
    wanted, unwanted = (call.request.headers.get(name, "").strip() for name in ("if-match", "if-none-match"))
    tag = f'"{found.etag}"' if found is not None else ""
    if wanted and (found is None or wanted not in ("*", tag)):
        raise StorageConditionNotMet()
    if unwanted and found is not None and unwanted in ("*", tag):
        raise StorageBlobTaken() if unwanted == "*" else StorageConditionNotMet()


def _require_replaceable(call: Call) -> None:
    """A signature that only creates puts no blob in the place of another."""
    found = _known(call)
    _require_state(call, found)
    if found is not None:
        storage_access.require(call, "blob/write")


# Reading


def get(call: Call) -> Response:
    """A blob, or a range of it. Raises: StorageContainerNotFound, StorageBlobNotFound, StorageRangeInvalid."""
    asked = place(call)
    found = blobs.find(call.world, asked.account, asked.container, asked.blob)
    if call.request.headers.get("if-none-match", "").strip() == f'"{found.etag}"':
        return Response(304, [("etag", f'"{found.etag}"')])
    _require_state(call, found)
    headers = [
        ("content-type", found.content_type), ("last-modified", formatdate(found.modified, usegmt=True)),
        ("etag", f'"{found.etag}"'), ("accept-ranges", "bytes"), ("x-ms-blob-type", "BlockBlob"),
        ("x-ms-creation-time", formatdate(found.created, usegmt=True)), ("x-ms-lease-status", "unlocked"),
        ("x-ms-lease-state", "available"), ("x-ms-server-encrypted", "true"), ("x-ms-access-tier", "Hot"),
        ("x-ms-access-tier-inferred", "true"), *shown(found.metadata),
    ]  # fmt: skip
    ranged = "x-ms-range" in call.request.headers or "range" in call.request.headers
    if found.md5:
        headers.append(("x-ms-blob-content-md5" if ranged else "content-md5", found.md5))
    return storage_bytes.part(call, headers, call.world.blobs.path(found.digest), found.size)


# Writing


def put(call: Call) -> Answer:
    """A blob whole, or a copy of another. Raises: StorageHeaderInvalid, StorageContainerNotFound; what copies do."""
    _require_replaceable(call)
    blobs.check_name(call.params["blob"])
    metadata(call)
    if "x-ms-copy-source" in call.request.headers:
        return _copied(call)
    if call.request.headers.get("x-ms-blob-type", "").lower() != "blockblob":
        raise StorageHeaderInvalid(name="x-ms-blob-type").why("block blobs are the only kind here")
    return Whole(call)


class Whole:
    """Takes the bytes of a blob."""

    small = False

    def __init__(self, call: Call) -> None:
        self._call, self._arrival = call, blobs.Arrival(call.world)
        self._sealed = False

    def write(self, chunk: bytes | memoryview) -> None:
        if self._arrival.size + memoryview(chunk).nbytes > LONGEST:
            raise StorageHeaderInvalid(name="content-length")
        self._arrival.write(chunk)

    def seal(self) -> None:
        wanted = self._call.request.headers.get("content-md5", "")
        if wanted and wanted != self._arrival.md5:
            raise StorageDigestWrong()
        self._arrival.seal()
        self._sealed = True

    def finish(self) -> Response:
        try:
            _require_replaceable(self._call)
            headers = self._call.request.headers
            md5 = headers.get("x-ms-blob-content-md5", "") or self._arrival.md5
            kind = headers.get("x-ms-blob-content-type") or headers.get("content-type", "")
            return _kept(self._call, self._arrival.digest, self._arrival.size, md5, kind)
        finally:
            self._arrival.release()

    def abort(self) -> None:
        if self._sealed:
            self._arrival.release()
        else:
            self._arrival.cancel()


def _kept(call: Call, digest: str, size: int, md5: str, kind: str) -> Response:
    asked = place(call)
    made = blobs.stored(
        call.world, asked.account, asked.container, asked.blob, digest, size, md5=md5,
        content_type=kind[:1024], metadata=metadata(call), by=call.principal.id,
    )  # fmt: skip
    call.world.commit(made)
    answer = storage_bytes.created(call, made.etag)
    if md5:
        answer.headers.append(("content-md5", md5))
    return answer


def put_block(call: Call) -> Answer:
    """A block of a blob. Raises: StorageQueryInvalid, StorageContainerNotFound."""
    if "x-ms-copy-source" in call.request.headers:
        raise NotEmulated(what="Put Block From URL")
    _known(call)
    return Receipt(call, call.world.storage.writer(_block(call, call.request.parameters().get("blockid", ""))))


def _block(call: Call, text: str) -> str:
    asked = place(call)
    whole = "\0".join((asked.account.id.lower(), asked.container, asked.blob))
    return storage_bytes.block(hashlib.sha256(whole.encode()).hexdigest(), text)


def put_list(call: Call) -> Answer:
    """The list that puts the blocks of a blob together. Raises: StorageContainerNotFound."""
    _require_replaceable(call)
    blobs.check_name(call.params["blob"])
    metadata(call)
    return Joint(call)


class Joint(BlockList):
    """Takes the list of blocks, and puts a blob together from them."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._arrival = blobs.Arrival(call.world)
        self._parts: list[str] = []
        self._sealed = False

    def seal(self) -> None:
        storage = self._call.world.storage
        self._parts = self.parts(lambda each: _block(self._call, each), storage.size)
        for part in self._parts:
            for piece in _pieces(storage.path(part)):
                self._arrival.write(piece)
        self._arrival.seal()
        self._sealed = True

    def finish(self) -> Response:
        try:
            _require_replaceable(self._call)
            headers = self._call.request.headers
            md5, kind = headers.get("x-ms-blob-content-md5", ""), headers.get("x-ms-blob-content-type", "")
            answer = _kept(self._call, self._arrival.digest, self._arrival.size, md5, kind)
        finally:
            self._arrival.release()
        for part in set(self._parts):
            self._call.world.storage.delete(part)
        return answer

    def abort(self) -> None:
        super().abort()
        if self._sealed:
            self._arrival.release()
        else:
            self._arrival.cancel()


def _pieces(path: str) -> Iterator[bytes]:
    with closing(open(path, "rb")) as file:
        while piece := file.read(PIECE):
            yield piece


def describe(call: Call) -> Response:
    """Other metadata. Raises: StorageContainerNotFound, StorageBlobNotFound."""
    asked = place(call)
    found = blobs.find(call.world, asked.account, asked.container, asked.blob)
    _require_state(call, found)
    answer = _kept(call, found.digest, found.size, found.md5, found.content_type)
    answer.status = 200
    return answer


def delete(call: Call) -> Response:
    """Raises: StorageContainerNotFound, StorageBlobNotFound."""
    asked = place(call)
    _require_state(call, _known(call))
    call.world.commit(*blobs.removed(call.world, asked.account, asked.container, asked.blob, call.principal.id))
    return Response(202, [("x-ms-delete-type-permanent", "true")])


# Copies


def _copied(call: Call) -> Response:
    """A copy of a blob of this world: done at once. Source: Copy Blob, Put Blob From URL."""
    found = _source(call, call.request.headers["x-ms-copy-source"])
    answer = _kept(call, found.digest, found.size, found.md5, found.content_type)
    if "x-ms-blob-type" not in call.request.headers:
        answer.status = 202
        answer.headers += [("x-ms-copy-id", call.world.uuid()), ("x-ms-copy-status", "success")]
    return answer


def _source(call: Call, url: str) -> StoredBlob:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise StorageSourceUnreadable(reason="it is no address") from None
    home = account.find(call.world, parts.hostname or "")
    container, _, name = unquote(parts.path).lstrip("/").partition("/")
    if home is None or not name:
        raise StorageSourceUnreadable(reason="it is no blob of a storage account of this world")
    source, query = Place(home, container, name), dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        if "sig" in query:
            access.require_signature(call.world, source, query, "blob/read")
        elif call.principal.id:
            access.require_role(call.world, source, call.principal, "blob/read")
        elif home is not place(call).account:
            raise StorageSourceUnreadable(reason="its address carries no signature")
        return blobs.find(call.world, home, container, name)
    except Condition as refused:
        raise StorageSourceUnreadable(reason=refused.text).why(*refused.because) from None


_PATH = "/accounts/{container}/{blob*}?"
ROUTES = (
    Route(method="GET", path=_PATH, handler=get, scope="blob/read", spec="Get Blob"),
    Route(method="PUT", path=_PATH, handler=put, scope="blob/create", spec="Put Blob", body=STREAM),
    Route(method="DELETE", path=_PATH, handler=delete, scope="blob/delete", spec="Delete Blob"),
    Route(method="PUT", path=f"{_PATH}block", handler=put_block, scope="blob/create", spec="Put Block", body=STREAM),
    Route(
        method="PUT", path=f"{_PATH}blocklist", handler=put_list, scope="blob/create", spec="Put Block List",
        body=STREAM,
    ),
    Route(method="PUT", path=f"{_PATH}metadata", handler=describe, scope="blob/write", spec="Set Blob Metadata"),
)  # fmt: skip
