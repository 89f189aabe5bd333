"""The storage accounts behind ACR Tasks: as much of Blob Storage as contexts and logs need.

Source: Blob service REST reference (2024); azure-storage-blob 12 as `az` 2.91 carries it, and what it was seen to ask.
"""

import re
from email.utils import formatdate

from acrlab.domain.task_errors import (
    StorageBlobNotFound,
    StorageHeaderInvalid,
    StorageQueryInvalid,
)
from acrlab.engine.state import Resource
from acrlab.engine.tasks import contexts, links, runs
from acrlab.wire import storage_bytes
from acrlab.wire.call import Call
from acrlab.wire.http import Answer, Response
from acrlab.wire.routes import STREAM, Route
from acrlab.wire.storage_bytes import BlockList, Receipt

COMPLETE = {
    "Succeeded": "successful", "Failed": "failed", "Canceled": "canceled", "Timeout": "timedout",
    "Error": "internalerror",
}  # fmt: skip
_LOG = re.compile(r"logs/([^/]{1,80})/rawtext\.log")


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
    return storage_bytes.part(call, headers, storage.path(name), size)


def _context(call: Call) -> str:
    return contexts.blob(call.world, links.owner(call.world, call.params["container"]), call.params["blob"])


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
    return storage_bytes.block(name.partition("/")[2], text)


class Joint(BlockList):
    """Takes the list of blocks, and puts a blob together from them."""

    def __init__(self, call: Call, name: str) -> None:
        super().__init__()
        self._call, self._name = call, name

    def seal(self) -> None:
        storage = self._call.world.storage
        storage.join(self._name, self.parts(lambda each: _block(self._name, each), storage.size))

    def finish(self) -> Response:
        return storage_bytes.created(self._call)


_PATH = "/managed/{container}/{blob*}"
ROUTES = (
    Route(method="GET", path=_PATH, handler=get, scope="r", spec="Get Blob"),
    Route(method="PUT", path=_PATH, handler=put, scope="w", spec="Put Blob", body=STREAM),
)
