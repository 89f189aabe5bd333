"""The blob that a transfer writes: an OCI image layout in a tar, that any tool can list.

Source: inferred. What Microsoft puts into the blob is not published; the layout is that of OCI image-spec v1.1.
"""

from collections.abc import Callable, Iterator

from acrlab.domain.transfer_errors import ParcelInvalid

BLOCK = 512  # bytes of a header, and what contents are filled up to
MARK, INDEX = "oci-layout", "index.json"
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
REF = "org.opencontainers.image.ref.name"
MOST_MEMBERS = 100_000
END = bytes(2 * BLOCK)
_OCTAL = 8**11  # bytes; larger sizes are written in base 256
Read = Callable[[int, int], bytes]  # offset, length


def name_of(digest: str) -> str:
    """The member that holds a blob."""
    return f"blobs/{digest.replace(':', '/')}"


def header(name: str, size: int) -> bytes:
    """The header of a member. Source: POSIX.1-2017, ustar; sizes beyond 8 GiB in base 256, as GNU tar writes them."""
    written = b"%011o\0" % size if size < _OCTAL else b"\x80" + size.to_bytes(11)
    fields = (
        name.encode().ljust(100, b"\0"), b"0000644\0", b"0000000\0" * 2, written, b"%011o\0" % 0, b" " * 8, b"0",
        bytes(100), b"ustar\x0000",
    )  # fmt: skip
    block = bytearray(b"".join(fields).ljust(BLOCK, b"\0"))
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def filling(size: int) -> bytes:
    """What stands between the end of a content and the next header."""
    return bytes(-size % BLOCK)


def members(read: Read, size: int) -> Iterator[tuple[str, int, int]]:
    """Name, offset and size of every file. Nothing is read but headers.

    Raises: ParcelInvalid.
    """
    offset = 0
    for _ in range(MOST_MEMBERS):
        block = read(offset, BLOCK)
        if len(block) == BLOCK and not any(block):
            return
        if len(block) < BLOCK or _number(block[148:156]) != _sum(block):
            raise ParcelInvalid(reason="it is no tar, or it ends too early")
        length, start = _number(block[124:136]), offset + BLOCK
        if start + length > size:
            raise ParcelInvalid(reason="it ends too early")
        if block[156:157] in (b"0", b"\0"):
            yield block[:100].rstrip(b"\0").decode(errors="replace"), start, length
        offset = start + length + len(filling(length))
    raise ParcelInvalid(reason=f"it has more than {MOST_MEMBERS} members")


def _sum(block: bytes) -> int:
    return sum(block) - sum(block[148:156]) + 8 * 32


def _number(field: bytes) -> int:
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:])
    text = field.strip(b"\0 ")
    if not text.isdigit() or text.strip(b"01234567"):
        raise ParcelInvalid(reason="a header of its tar has no number where one belongs")
    return int(text, 8)
