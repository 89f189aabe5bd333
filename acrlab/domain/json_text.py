"""JSON as a client sends it, with numbers that can be written down again.

Source: Newtonsoft.Json, which Resource Manager reads with: a number of more than 64 bits is no number of JSON to it.
"""

import re
from typing import Any

import msgspec

_LONG = re.compile(rb"[0-9]{19}")
_LEAST, _MOST = -(2**63), 2**63 - 1


def decode(text: bytes) -> Any:
    """Read it. Raises: MsgspecError."""
    found = msgspec.json.decode(text)
    if _LONG.search(text):
        _require_whole_numbers(found)
    return found


def _require_whole_numbers(value: Any) -> None:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if type(each) is int and not _LEAST <= each <= _MOST:
            raise msgspec.ValidationError("a JSON integer is too large or small for an Int64")
        waiting.extend(each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
