"""A pack as it came, read through once before anything is made of it: its sizes are promises until then.

Source: gitformat-pack(5).
"""

import hashlib
import zlib
from pathlib import Path
from typing import BinaryIO

from acrlab.domain.hosting_errors import HostedRefused, HostedTooLarge

MIB = 1024 * 1024
LARGEST_OBJECT = 100 * MIB  # bytes. Source: GitHub docs, about large files (2025)
LARGEST_PACK = 2 * 1024 * MIB  # bytes. Source: GitHub docs, repository limits (2025)
LARGEST_WHOLE = 8 * 1024 * MIB  # bytes of all objects together; inferred, no published figure
MOST_OBJECTS = 2_000_000  # inferred, no published figure
CHUNK = 64 * 1024
COMMIT, TREE, BLOB, TAG, OFS_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
_HEAD, _SUM, _NAME = 12, 20, 20  # bytes
BEGINNING = 20  # bytes of a delta, more than its two numbers can have


class _Reader:
    """Bytes with a window that can be looked into."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left
        self._window, self._at = memoryview(b""), 0
        self.sum = hashlib.sha1(usedforsecurity=False)

    def more(self) -> memoryview:
        """What is at hand, or the next bytes."""
        if self._at == len(self._window):
            data = self._file.read(min(CHUNK, self._left))
            self._left -= len(data)
            self.sum.update(data)
            self._window, self._at = memoryview(data), 0
        return self._window[self._at :]

    def used(self, count: int) -> None:
        self._at += count

    def byte(self) -> int:
        found = self.more()
        if not found:
            raise HostedRefused(reason="unpack error: early EOF")
        self._at += 1
        return found[0]

    def skip(self, count: int) -> bytes:
        return bytes(self.byte() for _ in range(count))


def check(pack: Path, start: int) -> int:
    """Read a pack through; the number of its objects.

    Raises: HostedRefused for what is no pack, HostedTooLarge.
    """
    length = pack.stat().st_size - start
    if length < _HEAD + _SUM:
        raise HostedRefused(reason="unpack error: pack has bad object count or is cut short")
    if length > LARGEST_PACK:
        raise too_large(f"pack exceeds maximum allowed size ({LARGEST_PACK // MIB} MiB)")
    with open(pack, "rb") as file:
        file.seek(start)
        reader = _Reader(file, length - _SUM)
        head = reader.skip(_HEAD)
        count = int.from_bytes(head[8:12], "big")
        if head[:4] != b"PACK" or head[4:8] not in (b"\0\0\0\2", b"\0\0\0\3") or count > MOST_OBJECTS:
            raise HostedRefused(reason="unpack error: not a pack of version 2 or 3")
        whole = 0
        for size in (_object(reader) for _ in range(count)):
            whole += size
            if whole > LARGEST_WHOLE:
                raise too_large("the objects of this pack are too large together")
        if reader.more() or file.read(_SUM) != reader.sum.digest():
            raise HostedRefused(reason="unpack error: pack is corrupted (SHA1 mismatch)")
    return count


def _object(reader: _Reader) -> int:
    """Bytes that an object has in the end."""
    value = reader.byte()
    kind, size, shift = value >> 4 & 7, value & 15, 4
    while value & 128:
        value = reader.byte()
        size |= (value & 127) << shift
        shift += 7
        _fits(size)
    if kind == OFS_DELTA:
        while reader.byte() & 128:
            pass
    elif kind == REF_DELTA:
        reader.skip(_NAME)
    elif kind not in (COMMIT, TREE, BLOB, TAG):
        raise HostedRefused(reason=f"unpack error: unknown object type {kind}")
    _fits(size)
    first = _inflated(reader, size)
    return _result(first) if kind in (OFS_DELTA, REF_DELTA) else size


def _inflated(reader: _Reader, size: int) -> bytes:
    """Inflate an object without keeping it; the first of its bytes. Raises: HostedRefused."""
    inflate = zlib.decompressobj()
    first, seen = b"", 0
    while not inflate.eof and seen <= size:
        given = reader.more()
        try:
            found = inflate.decompress(given, CHUNK)
        except zlib.error as error:
            raise HostedRefused(reason=f"unpack error: inflate returned {error}") from None
        if not given and not found:
            raise HostedRefused(reason="unpack error: early EOF")
        reader.used(len(given) - len(inflate.unconsumed_tail) - len(inflate.unused_data))
        first += found[: BEGINNING - len(first)]
        seen += len(found)
    if seen != size:
        raise HostedRefused(reason="unpack error: an object is not as large as it says")
    return first


def _result(first: bytes) -> int:
    """Bytes that a delta makes: the second of the two numbers that it begins with."""
    numbers, at = [0, 0], 0
    for place in range(2):
        shift = 0
        while True:
            if at >= len(first):
                raise HostedRefused(reason="unpack error: failed to apply delta")
            value = first[at]
            at += 1
            numbers[place] |= (value & 127) << shift
            shift += 7
            if not value & 128:
                break
        _fits(numbers[place])
    return numbers[1]


def _fits(size: int) -> None:
    if size > LARGEST_OBJECT:
        raise too_large(
            f"error: GH001: Large files detected. A file exceeds GitHub's file size limit of {LARGEST_OBJECT // MIB} MB"
        )


def too_large(reason: str) -> HostedTooLarge:
    """The refusal with its reason."""
    return HostedTooLarge(reason=reason)
