"""Amounts of storage as people write them."""

import re

_UNITS = {"B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40, "GB": 2**30, "TB": 2**40, "MB": 2**20}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?i?B)\s*", re.IGNORECASE)


def stored(given: str | int) -> int:
    """Bytes in `300 GiB`, or in a number of them; the service counts GB as GiB. Raises: ValueError."""
    if not isinstance(given, str):
        return given
    found = _AMOUNT.fullmatch(given)
    if found is None or found[2].upper() not in _UNITS:
        raise ValueError(f"{given!r} is no amount of storage: write 300 GiB or 2 TiB")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def shown(size: int) -> str:
    """The same for people, in the largest unit that leaves a whole number."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        whole, rest = divmod(size, _UNITS[unit.upper()])
        if whole and not rest:
            return f"{whole} {unit}"
    return f"{size} bytes"
