"""The way from a network of containers to other hosts: what they connect to goes through the emulator's proxy.

So a host that is emulated answers, others are reached as far as the emulator lets, and a sealed one says no.
"""

import contextlib
import ipaddress
import selectors
import socket
import threading
from collections.abc import Callable

from acrlab.agents.confine.names import Names, hands_out
from acrlab.agents.protocol import Outside

ADDRESSES = "0.0.0.0/0"  # all lead here, so that what is not let out hears so at once
PORTS = (22, 80, 443, 8080, 8443, 9418, 11371)  # ssh, web servers, git, keys of packages
_MOST, _CHUNK, _HEAD = 128, 1 << 16, 1 << 14  # connections at a time, bytes
_PATIENCE, _IDLE = 60.0, 600.0  # seconds


class WayOut:
    """`files` are a name server's socket, and one for each port, all of another network namespace."""

    def __init__(self, outside: Outside, files: list[int]) -> None:
        self.outside, self._names = outside, Names()
        self._asked, *self._doors = [socket.socket(fileno=each) for each in files]
        self._stop, self._stopped = socket.socketpair()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._tell: Callable[[str, str], None] = lambda address, line: None
        self._thread = threading.Thread(target=self._serve, daemon=True, name="acrlab-way-out")

    def begin(self, tell: Callable[[str, str], None]) -> None:
        """Let containers out; `tell` says to one, by its address, why it was not."""
        self._tell = tell
        self._thread.start()

    def close(self) -> None:
        """Nobody gets out any more."""
        self._stop.close()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            for each in (self._stopped, self._asked, *self._doors):
                selector.register(each, selectors.EVENT_READ)
            while self._stopped not in (ready := [key.fileobj for key, _ in selector.select()]):
                for each in ready:
                    with contextlib.suppress(OSError):
                        self._answer() if each is self._asked else self._accept(each)  # type: ignore[arg-type]
        for each in (self._stopped, self._asked, *self._doors):
            each.close()

    def _answer(self) -> None:
        query, whom = self._asked.recvfrom(1024)
        if said := self._names.answer(query):
            self._asked.sendto(said, whom)

    def _accept(self, door: socket.socket) -> None:
        near, (whom, _) = door.accept()
        with self._lock:
            if len(self._open) >= _MOST:
                near.close()
                return
            self._open.add(near)
        threading.Thread(target=self._passed, args=(near, whom), daemon=True, name="acrlab-passes").start()

    def _passed(self, near: socket.socket, whom: str) -> None:
        try:
            with near, contextlib.suppress(OSError):
                address, port = near.getsockname()
                name = self._names.name(address) or (address if self._elsewhere(address, whom) else "")
                if name:
                    self._connected(near, name, port, whom)
        finally:
            with self._lock:
                self._open.discard(near)

    def _elsewhere(self, address: str, whom: str) -> bool:
        """Whether an address stands for no name, and is not on the network of who asks for it.

        Nobody is told who this machine is: the metadata service answers those who say which run they belong to.
        """
        found, there = ipaddress.IPv4Address(address), ipaddress.IPv4Network(f"{whom}/16", strict=False)
        metadata = found.is_link_local and not self.outside.authorization
        return not hands_out(address) and found not in there and not metadata

    def _connected(self, near: socket.socket, name: str, port: int, whom: str) -> None:
        with socket.create_connection((self.outside.host, self.outside.port), _PATIENCE) as far:
            word = f"Proxy-Authorization: {self.outside.authorization}\r\n" if self.outside.authorization else ""
            far.sendall(f"CONNECT {name}:{port} HTTP/1.1\r\nHost: {name}:{port}\r\n{word}\r\n".encode())
            head, early = _head(far)
            if head.split(b" ", 2)[1:2] != [b"200"]:
                self._tell(whom, f"acrlab: {(early + _rest(far)).decode(errors='replace').strip() or name}")
                return
            near.sendall(early)
            for each in (near, far):
                each.settimeout(_IDLE)
            back = threading.Thread(target=_copied, args=(far, near), daemon=True, name="acrlab-passes-back")
            back.start()
            _copied(near, far)
            back.join()


def _head(far: socket.socket) -> tuple[bytes, bytes]:
    """Of an answer; and what came with it."""
    said = b""
    while b"\r\n\r\n" not in said:
        data = far.recv(_CHUNK)
        if not data or len(said) > _HEAD:
            raise OSError("no answer")
        said += data
    head, _, early = said.partition(b"\r\n\r\n")
    return head, early


def _rest(far: socket.socket) -> bytes:
    said = b""
    while len(said) < _HEAD and (data := far.recv(_CHUNK)):
        said += data
    return said


def _copied(source: socket.socket, target: socket.socket) -> None:
    """Until one end has had enough; the other is told."""
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
