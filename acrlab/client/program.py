"""The smallest programs that run: a Linux executable that prints a text and ends."""

import struct

_BASE = 0x400000  # where it is loaded
_HEADS = 64 + 56  # bytes of the two ELF headers


def printing(text: bytes, architecture: str) -> bytes:
    """A static executable for Linux. Raises: ValueError for a processor it knows no instructions of.

    Source: ELF-64 object file format 1.5; Linux system calls write and exit.
    """
    if architecture not in _MACHINES:
        raise ValueError(f"no instructions for {architecture!r}: use {' or '.join(_MACHINES)}")
    machine, assemble = _MACHINES[architecture]
    code = assemble(len(text))
    size = _HEADS + len(code) + len(text)
    head = struct.pack(
        "<4s12sHHIQQQIHHHHHH",
        b"\x7fELF", bytes((2, 1, 1)), 2, machine, 1, _BASE + _HEADS, 64, 0, 0, 64, 56, 1, 0, 0, 0,
    )  # fmt: skip
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return head + segment + code + text


def _amd64(length: int) -> bytes:
    return b"".join((
        b"\xb8\x01\x00\x00\x00",  # mov eax, 1: write
        b"\xbf\x01\x00\x00\x00",  # mov edi, 1: to standard output
        b"\x48\x8d\x35\x10\x00\x00\x00",  # lea rsi, [rip+16]: the text, which follows the code
        b"\xba" + struct.pack("<I", length),  # mov edx, length
        b"\x0f\x05",  # syscall
        b"\xb8\x3c\x00\x00\x00",  # mov eax, 60: exit
        b"\x31\xff",  # xor edi, edi
        b"\x0f\x05",  # syscall
    ))  # fmt: skip


def _arm64(length: int) -> bytes:
    return struct.pack(
        "<8I",
        0xD2800020,  # mov x0, 1: to standard output
        0x100000E1,  # adr x1, 28: the text, which follows the code
        0xD2800002 | length << 5,  # mov x2, length
        0xD2800808,  # mov x8, 64: write
        0xD4000001,  # svc 0
        0xD2800000,  # mov x0, 0
        0xD2800BA8,  # mov x8, 93: exit
        0xD4000001,  # svc 0
    )


_MACHINES = {"amd64": (62, _amd64), "arm64": (183, _arm64)}
