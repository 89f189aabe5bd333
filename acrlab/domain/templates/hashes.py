"""Names that follow from others: uniqueString and guid, as Azure makes them.

Source: DSC reference, uniqueString (2025-08): MurmurHash64 of the arguments joined by hyphens, as base 32; template
functions, guid (2025): a version 5 UUID of the same text. Checked against the values that people publish.
"""

import uuid
from collections.abc import Sequence

NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_MASK = 0xFFFF_FFFF
_LOW, _HIGH = 0x239B961B, 0xAB0E9789  # multipliers of the two halves
_STEPS = (0x561CCD1B, 0x0BCAA747)
_MIX = (0x85EBCA6B, 0xC2B2AE35)


def unique(words: Sequence[str]) -> str:
    """13 letters and digits that stay the same for the same words."""
    value = _murmur("-".join(words).encode())
    return "".join(_LETTERS[(value >> (59 - 5 * at)) & 31 if at < 12 else (value << 1) & 31] for at in range(13))


def guid(words: Sequence[str]) -> str:
    """A UUID that stays the same for the same words."""
    return str(uuid.uuid5(NAMESPACE, "-".join(words)))


def _turned(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & _MASK


def _stirred(half: bytes, first: int, by: int, second: int) -> int:
    return (_turned((int.from_bytes(half, "little") * first) & _MASK, by) * second) & _MASK


def _murmur(data: bytes) -> int:
    """The 64-bit variant of MurmurHash3 that works in two halves of 32 bits."""
    one = two = 0
    whole = len(data) - len(data) % 8
    for at in range(0, whole, 8):
        one ^= _stirred(data[at : at + 4], _LOW, 15, _HIGH)
        one = ((_turned(one, 19) + two) * 5 + _STEPS[0]) & _MASK
        two ^= _stirred(data[at + 4 : at + 8], _HIGH, 17, _LOW)
        two = ((_turned(two, 13) + one) * 5 + _STEPS[1]) & _MASK
    rest = data[whole:]
    if rest:
        one ^= _stirred(rest[:4], _LOW, 15, _HIGH)
    if len(rest) > 4:
        two ^= _stirred(rest[4:], _HIGH, 17, _LOW)
    one, two = one ^ len(data), two ^ len(data)
    one = (one + two) & _MASK
    two = (two + one) & _MASK
    one, two = _mixed(one), _mixed(two)
    one = (one + two) & _MASK
    two = (two + one) & _MASK
    return (two << 32) | one


def _mixed(value: int) -> int:
    value = ((value ^ (value >> 16)) * _MIX[0]) & _MASK
    value = ((value ^ (value >> 13)) * _MIX[1]) & _MASK
    return value ^ (value >> 16)
