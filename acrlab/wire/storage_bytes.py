"""What comes and goes at Blob Storage: ranges of a blob, blobs and blocks as they arrive, lists of blocks.

Source: Blob service REST reference (2024), Get Blob, Put Blob, Put Block, Put Block List.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from email.utils import formatdate

from acrlab.domain.task_errors import (
    StorageBlobTooLarge,
    StorageBlockListInvalid,
    StorageDigestWrong,
    StorageHeaderInvalid,
    StorageQueryInvalid,
    StorageRangeInvalid,
)  # fmt: skip
from acrlab.engine.storage import Writer
from acrlab.wire.call import Call
from acrlab.wire.http import FileSlice, Response

LONGEST = 5000 * 1024 * 1024  # bytes of one PUT. Source: Put Blob, service versions from 2019-12-12
BLOCKS = 50_000
BLOCK_LIST = 8 * 1024 * 1024  # bytes; more than 50,000 names of 64 bytes take
_LATEST = re.compile(r"<(Latest|Uncommitted)>([^<]{1,128})</\1>")
_LIST = re.compile(r"(?:<\?xml[^>]{0,100}\?>\s*)?<BlockList>(?:\s*<(\w{1,20})>[^<]*</\1>)*\s*</BlockList>")
_SPAN = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")


def part(call: Call, headers: list[tuple[str, str]], path: str, size: int) -> Response:
    """A file whole, or the range that is asked for.

    Raises: StorageHeaderInvalid, StorageRangeInvalid.
    """
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


def block(stem: str, text: str) -> str:
    """Where a block of a blob is kept until the list comes. Raises: StorageQueryInvalid."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not 0 < len(raw) <= 64:
        raise StorageQueryInvalid(name="blockid", value=text[:100])
    return f"blocks/{stem}/{raw.hex()}"


def created(call: Call, etag: str = "") -> Response:
    """The answer to what was put."""
    moment = formatdate(call.world.now(), usegmt=True)
    tag = etag or f"0x8{call.world.random(7).hex().upper()}"
    return Response(
        201, [("etag", f'"{tag}"'), ("last-modified", moment), ("x-ms-request-server-encrypted", "true")]
    )  # fmt: skip


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
        return created(self._call)

    def abort(self) -> None:
        self._writer.abort()


class BlockList:
    """Takes a list of blocks; what is done with them is its heirs' part."""

    small = False

    def __init__(self) -> None:
        self._text = bytearray()

    def write(self, chunk: bytes | memoryview) -> None:
        if len(self._text) + memoryview(chunk).nbytes > BLOCK_LIST:
            raise StorageBlockListInvalid()
        self._text += chunk

    def named(self) -> list[str]:
        """The names of the blocks, in their order. Raises: StorageBlockListInvalid."""
        text = self._text.decode("utf-8-sig", errors="replace").strip()
        named = [match[2].strip() for match in _LATEST.finditer(text)]
        listed = text.count("</") - 1  # what is named as committed is never there: a blob is put together once
        if not _LIST.fullmatch(text) or len(named) != listed or listed > BLOCKS:
            raise StorageBlockListInvalid()
        return named

    def parts(self, place: Callable[[str], str], size: Callable[[str], int | None]) -> list[str]:
        """Where the blocks are kept, in their order; what names one again may add no more than one PUT could bring.

        Raises: StorageBlockListInvalid, StorageBlobTooLarge.
        """
        parts = [place(each) for each in self.named()]
        sizes = {part: size(part) for part in parts}
        if None in sizes.values():
            raise StorageBlockListInvalid()
        again = sum(sizes[part] or 0 for part in parts) - sum(each or 0 for each in sizes.values())
        if again > LONGEST:
            raise StorageBlobTooLarge()
        return parts

    def abort(self) -> None:
        self._text.clear()
