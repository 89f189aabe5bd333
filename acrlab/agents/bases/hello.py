"""The program of a hello-world image, assembled by hand: it writes its message and ends."""

import struct

from acrlab.agents.protocol import EngineFailed

_LOAD = 0x400000
_ELF_HEADER, _PROGRAM_HEADER = 64, 56
_NARROW_LOAD, _NARROW_HEADER, _NARROW_PROGRAM, _EABI = 0x10000, 52, 32, 0x5000000


def program(architecture: str, message: bytes) -> bytes:
    """A static Linux executable for amd64, arm64 or arm.

    Raises: EngineFailed for any other, or a message over 64 KiB.
    """
    make = {"amd64": _amd64, "arm64": _arm64, "arm": _arm}.get(architecture)
    if not make or len(message) > 0xFFFF:
        raise EngineFailed(f"no hello-world for {architecture}")
    return make(message)


def _elf(machine: int, code: bytes, message: bytes) -> bytes:
    size = _ELF_HEADER + _PROGRAM_HEADER + len(code) + len(message)
    entry = _LOAD + _ELF_HEADER + _PROGRAM_HEADER
    identity = b"\x7fELF\x02\x01\x01" + bytes(9)
    sizes = (_ELF_HEADER, _PROGRAM_HEADER, 1, 0, 0, 0)
    header = identity + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, entry, _ELF_HEADER, 0, 0, *sizes)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _LOAD, _LOAD, size, size, 0x1000)  # PT_LOAD, readable and executable
    return header + segment + code + message


def _amd64(message: bytes) -> bytes:
    length = struct.pack("<I", len(message))
    end = b"\xba" + length + bytes.fromhex("0f05b83c00000031ff0f05")  # edx = length; syscall; exit(0)
    start = bytes.fromhex("b801000000bf01000000")  # write(1, …
    return _elf(62, start + bytes.fromhex("488d35") + struct.pack("<i", len(end)) + end, message)


def _arm64(message: bytes) -> bytes:
    words = [
        _move(0, 1),
        0x10000001 | (28 >> 2) << 5,  # adr x1: the message is seven words on
        _move(2, len(message)),
        _move(8, 64),  # write
        0xD4000001,  # svc 0
        _move(0, 0),
        _move(8, 93),  # exit
        0xD4000001,
    ]
    return _elf(183, struct.pack(f"<{len(words)}I", *words), message)


def _move(register: int, value: int) -> int:
    return 0xD2800000 | value << 5 | register


def _arm(message: bytes) -> bytes:
    length = len(message)
    words = [
        0xE3A00001,  # mov r0, 1
        0xE28F1000 | (28 - 8),  # adr r1: the message is seven words on, and pc is two ahead
        0xE3002000 | length >> 12 << 16 | length & 0xFFF,  # movw r2
        0xE3A07004,  # write
        0xEF000000,  # svc 0
        0xE3A00000,
        0xE3A07001,  # exit
        0xEF000000,
    ]
    return _narrow_elf(40, struct.pack(f"<{len(words)}I", *words), message)


def _narrow_elf(machine: int, code: bytes, message: bytes) -> bytes:
    size = _NARROW_HEADER + _NARROW_PROGRAM + len(code) + len(message)
    entry = _NARROW_LOAD + _NARROW_HEADER + _NARROW_PROGRAM
    identity = b"\x7fELF\x01\x01\x01" + bytes(9)
    sizes = (_NARROW_HEADER, _NARROW_PROGRAM, 1, 0, 0, 0)
    header = identity + struct.pack("<HHIIIIIHHHHHH", 2, machine, 1, entry, _NARROW_HEADER, 0, _EABI, *sizes)
    segment = struct.pack("<IIIIIIII", 1, 0, _NARROW_LOAD, _NARROW_LOAD, size, size, 5, 0x1000)
    return header + segment + code + message
