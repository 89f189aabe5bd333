"""Network interfaces made by rtnetlink: what `ip link` and `ip address` do, for the networks of a run."""

import ipaddress
import os
import socket
import struct

from acrlab.agents.confine import syscalls

BRIDGE = "acb0"
_NEW_LINK, _NEW_ADDRESS, _NEW_ROUTE = 16, 20, 24
_REQUEST, _ACK, _EXCLUSIVE, _CREATE = 1, 4, 0x200, 0x400
_ERROR = 2
_UP = 1
_HARDWARE, _NAME, _MASTER, _INFO, _NAMESPACE = 1, 3, 10, 18, 28
_INFO_KIND, _INFO_DATA, _PEER = 1, 2, 1
_LOCAL_ADDRESS, _ADDRESS, _GATEWAY, _OUT = 2, 1, 5, 4
_MAIN_TABLE = 254
_NESTED = 0x8000


class _Link:
    """A netlink socket of the network namespace in which it was opened."""

    def __enter__(self) -> "_Link":
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, kind: int, body: bytes, *, create: bool = False) -> None:
        """Raises: OSError in the kernel's word."""
        flags = _REQUEST | _ACK | (_CREATE | _EXCLUSIVE if create else 0)
        self._socket.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
        answer = self._socket.recv(65536)
        number = struct.unpack_from("=i", answer, 16)[0] if struct.unpack_from("=H", answer, 4)[0] == _ERROR else 0
        if number:
            raise OSError(-number, f"netlink: {os.strerror(-number)}")

    def up(self, name: str) -> None:
        self.ask(_NEW_LINK, _link(socket.if_nametoindex(name), up=True))

    def address(self, name: str, address: str, length: int) -> None:
        raw = ipaddress.IPv4Address(address).packed
        body = struct.pack("=BBBBI", socket.AF_INET, length, 0, 0, socket.if_nametoindex(name))
        self.ask(_NEW_ADDRESS, body + _attribute(_LOCAL_ADDRESS, raw) + _attribute(_ADDRESS, raw), create=True)

    def default_route(self, gateway: str) -> None:
        body = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, 254, 3, 0, 1, 0)  # main table, boot, unicast
        self.ask(_NEW_ROUTE, body + _attribute(_GATEWAY, ipaddress.IPv4Address(gateway).packed), create=True)


def loopback() -> None:
    """Switch it on in a fresh namespace."""
    with _Link() as link:
        link.up("lo")


def network(gateway: str, length: int) -> None:
    """Make this process's network namespace one that containers can be plugged into."""
    loopback()
    with _Link() as link:
        info = _attribute(_INFO_KIND, b"bridge\0")
        # Its own for good: else it has that of one of its ports, and containers lose it when that one leaves.
        hardware = _attribute(_HARDWARE, b"\x02\x42" + ipaddress.IPv4Address(gateway).packed)
        body = _link(0) + _text(_NAME, BRIDGE) + hardware + _attribute(_INFO | _NESTED, info)
        link.ask(_NEW_LINK, body, create=True)
        link.address(BRIDGE, gateway, length)
        link.up(BRIDGE)


def everything(addresses: str) -> None:
    """Have this network namespace take what is sent to a whole range of addresses as its own, but for its networks'."""
    range_ = ipaddress.IPv4Network(addresses)
    with _Link() as link:
        body = struct.pack("=BBBBBBBBI", socket.AF_INET, range_.prefixlen, 0, 0, _MAIN_TABLE, 3, 254, 2, 0)
        to = _attribute(_ADDRESS, range_.network_address.packed)
        out = _attribute(_OUT, struct.pack("=I", socket.if_nametoindex("lo")))
        link.ask(_NEW_ROUTE, body + to + out, create=True)


def plug(shared: int, address: str, length: int, gateway: str) -> None:
    """A namespace of its own for this process, with a wire to the bridge of a shared one."""
    syscalls.unshare(syscalls.NEWNET)
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    syscalls.join(shared)
    wire = "v" + address.replace(".", "")[-14:]
    with _Link() as link:
        peer = _link(0) + _text(_NAME, "eth0") + _attribute(_NAMESPACE, struct.pack("=I", own))
        data = _attribute(_INFO_DATA | _NESTED, _attribute(_PEER | _NESTED, peer))
        info = _attribute(_INFO_KIND, b"veth\0") + data
        link.ask(_NEW_LINK, _link(0) + _text(_NAME, wire) + _attribute(_INFO | _NESTED, info), create=True)
        master = _attribute(_MASTER, struct.pack("=I", socket.if_nametoindex(BRIDGE)))
        link.ask(_NEW_LINK, _link(socket.if_nametoindex(wire), up=True) + master)
    syscalls.join(own)
    os.close(own)
    loopback()
    with _Link() as link:
        link.address("eth0", address, length)
        link.up("eth0")
        link.default_route(gateway)


def _link(index: int, *, up: bool = False) -> bytes:
    return struct.pack("=BBHiII", socket.AF_UNSPEC, 0, 0, index, _UP if up else 0, _UP if up else 0)


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _attribute(kind: int, value: bytes) -> bytes:
    padding = bytes(-len(value) % 4)
    return struct.pack("=HH", 4 + len(value), kind) + value + padding
