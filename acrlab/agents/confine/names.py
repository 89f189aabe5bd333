"""A name server that gives every name an address of its own, and remembers whose it is.

Source: RFC 1035 (messages), RFC 2544 (addresses that nobody has), RFC 6761 (localhost).
"""

import ipaddress
import re
import struct
import threading
from collections import OrderedDict

_ADDRESSES = ipaddress.IPv4Network("198.18.0.0/15")
_FIRST = int(_ADDRESSES.network_address)
_MOST = 4096  # names that are known at a time
_NAME = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_LOCAL = ("localhost", "local", "internal", "localdomain")
_A, _IN, _ANSWER, _NO_SUCH, _TTL = 1, 1, 0x8180, 3, 60


def hands_out(address: str) -> bool:
    """Whether it is one of those that stand for a name."""
    return ipaddress.IPv4Address(address) in _ADDRESSES


class Names:
    """Those that the containers of one network have asked for. Used by several threads at once."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, str] = OrderedDict()
        self._names: dict[str, str] = {}
        self._last = 0
        self._lock = threading.Lock()

    def name(self, address: str) -> str:
        """Whose address it is; nothing when nobody was given it."""
        with self._lock:
            return self._names.get(address, "")

    def answer(self, query: bytes) -> bytes:
        """What a name server says. Nothing to what is no question."""
        try:
            id, flags, count = struct.unpack_from(">HHH", query)
            name, end = _asked(query)
            kind, of = struct.unpack_from(">HH", query, end)
        except (struct.error, IndexError, UnicodeDecodeError):
            return b""
        if flags & 0xF800 or count != 1:
            return b""
        known = bool(_NAME.fullmatch(name)) and name.rpartition(".")[2] not in _LOCAL
        records = b""
        if known and (kind, of) == (_A, _IN):
            address = ipaddress.IPv4Address(self._address(name)).packed
            records = struct.pack(">HHHIH", 0xC00C, _A, _IN, _TTL, len(address)) + address
        head = struct.pack(">HHHHHH", id, _ANSWER | (0 if known else _NO_SUCH), 1, bool(records), 0, 0)
        return head + query[12 : end + 4] + records

    def _address(self, name: str) -> str:
        with self._lock:
            if name in self._addresses:
                self._addresses.move_to_end(name)
                return self._addresses[name]
            if len(self._addresses) >= _MOST:
                _, forgotten = self._addresses.popitem(last=False)
                del self._names[forgotten]
            self._last = self._last % (4 * _MOST) + 1
            address = str(ipaddress.IPv4Address(_FIRST + self._last))
            self._addresses[name], self._names[address] = address, name
            return address


def _asked(query: bytes) -> tuple[str, int]:
    """The name in question, and where it ends. Raises: IndexError."""
    labels, at = [], 12
    while length := query[at]:
        if length > 63:
            raise IndexError
        labels.append(query[at + 1 : at + 1 + length].decode("ascii").lower())
        at += 1 + length
    return ".".join(labels), at + 1
