"""Bytes with a name: blobs, archives and their digests, the same on every machine and every day."""

import hashlib
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_STORED = 0xFFFF  # bytes of the largest block that deflate keeps as it is

Files = Mapping[str, bytes | str]


@dataclass(frozen=True)
class Blob:
    """Bytes with a media type. `data` is None when they are kept elsewhere, at `urls`. Units: `size` in bytes."""

    media_type: str
    digest: str
    size: int
    data: bytes | None = field(default=None, repr=False)
    urls: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: bytes, media_type: str, **others: Any) -> "Blob":
        """A blob of these bytes."""
        return cls(media_type, digest(data), len(data), data, **others)

    def descriptor(self) -> dict[str, Any]:
        """The pointer that manifests hold."""
        found: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.urls:
            found["urls"] = list(self.urls)
        return found | ({"annotations": dict(self.annotations)} if self.annotations else {})

    def members(self) -> dict[str, int]:
        """The files of a layer and their sizes in bytes; folders end in a slash."""
        if self.data is None or "tar" not in self.media_type:
            return {}
        with tarfile.open(fileobj=io.BytesIO(self.data)) as archive:
            return {each.name + "/" * each.isdir(): each.size for each in archive}


def digest(data: bytes) -> str:
    """The name of bytes: their hash."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def encoded(value: Any) -> bytes:
    """JSON, always the same bytes for the same value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def archive(files: Files) -> bytes:
    """A tar of files, in order, without times and owners. A name that ends in a slash is a folder."""
    target = io.BytesIO()
    with tarfile.TarFile(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, given in files.items():
            data = raw(given)
            member = tarfile.TarInfo(name.strip("/"))
            member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            member.size, member.mode = len(data), 0o755
            tar.addfile(member, io.BytesIO(data))
        end = tar.offset
    return target.getvalue()[:end] + bytes(2 * tarfile.BLOCKSIZE)


def compressed(data: bytes) -> bytes:
    """A gzip stream that only wraps the bytes. What a real compressor makes of them differs between zlib's versions."""
    blocks = [data[start : start + _STORED] for start in range(0, len(data), _STORED)] or [b""]
    body = b"".join(
        struct.pack("<BHH", block is blocks[-1], len(block), len(block) ^ _STORED) + block for block in blocks
    )
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no time, no operating system
    return head + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def raw(data: bytes | str) -> bytes:
    """Text as its bytes."""
    return data.encode() if isinstance(data, str) else data
