"""Stands between a container and who asked for it: limits it, waits for it, ends it, tidies up after it."""

import contextlib
import json
import os
import select
import signal
import socket
from typing import Any

from acrlab.agents.confine import netlink, syscalls
from acrlab.agents.confine.cgroups import Group, Limits
from acrlab.agents.confine.entry import Entry
from acrlab.agents.confine.jail import Loan, kill_children
from acrlab.agents.confine.ownership import give, take_back
from acrlab.agents.confine.stubs import Stubs


class Supervisor:
    """Of one container. The control socket brings its order and takes its end; when it closes, the container dies."""

    def __init__(self, control: socket.socket, output: int, network: int) -> None:
        self._control, self._output, self._network = control, output, network
        self._order: dict[str, Any] = json.loads(_line(control))
        self._stubs: list[Any] = []
        self._failure: dict[str, Any] = {}

    def run(self) -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        limits = Limits(self._order["memory"], self._order["processes"], self._order["cpus"])
        group = Group(self._order["id"], limits)
        if self._order["owners"]:
            give(self._order["root"], self._order["owners"])
        jail = Loan(self._order) if self._order["jailed"] else None
        try:
            code = self._contained(group, jail.process if jail else 0)
        finally:
            if jail:
                jail.end()
            group.remove()
            self._tidy()
        owners = take_back("/") if self._order["owners"] is not None else None
        self._tell(self._failure or {"ended": code, "owners": owners})

    def _contained(self, group: Group, spared: int) -> int:
        if self._order["jailed"]:
            syscalls.adopt_orphans()
        else:
            syscalls.unshare(syscalls.NEWPID)
        reading, report = os.pipe()
        container = os.fork()
        if not container:
            Entry(self._order, self._output, self._network, group).run(report)
        os.close(report)
        os.close(self._output)
        self._told(reading)
        if not self._failure:
            self._tell({"started": sorted(group.controllers)})
        code = self._waited(container)
        if self._order["jailed"]:
            kill_children(spared)
        return code

    def _told(self, reading: int) -> None:
        """What the entry reports until it is the program; nothing failed when it has become it."""
        with open(reading, "rb") as file:
            for line in file:
                said = json.loads(line)
                self._stubs += said.get("stubs", [])
                if "failed" in said:
                    self._failure = said

    def _waited(self, container: int) -> int:
        ended = os.pidfd_open(container)
        poll = select.poll()
        for each in (ended, self._control.fileno()):
            poll.register(each, select.POLLIN | select.POLLHUP)
        if ended not in dict(poll.poll()):  # the other side has closed: nobody wants it any more
            os.kill(container, signal.SIGKILL)
        _, status = os.waitpid(container, 0)
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code

    def _tidy(self) -> None:
        """Remove what was mounted on, from inside the root: a link in it leads nowhere else. The last thing to do."""
        if self._stubs or self._order["owners"] is not None:
            os.chroot(self._order["root"])
            os.chdir("/")
            Stubs([tuple(each) for each in self._stubs]).remove()

    def _tell(self, what: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(what).encode() + b"\n")


def make_network(control: socket.socket) -> None:
    """A network namespace that containers share; it lives as long as somebody holds the file that is sent."""
    order = json.loads(_line(control))
    try:
        syscalls.unshare(syscalls.NEWNET)
        netlink.network(order["gateway"], order["length"])
    except OSError as error:
        control.sendall(json.dumps({"failed": error.strerror}).encode() + b"\n")
        return
    ways: list[int] = []
    with contextlib.suppress(OSError):  # containers then have no name server, and are told so
        ways = _ways_out(order["gateway"], order["outside"]) if order["outside"] else []
    namespace = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    socket.send_fds(control, [json.dumps({"made": True}).encode() + b"\n"], [namespace, *ways])


def _ways_out(gateway: str, outside: dict[str, Any]) -> list[int]:
    """A name server's socket and one for each port that leads out; whoever holds them answers."""
    netlink.everything(outside["addresses"])
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    names.bind((gateway, 53))
    doors = [socket.create_server(("0.0.0.0", port), backlog=64) for port in outside["ports"]]
    return [each.detach() for each in (names, *doors)]


def reclaim(control: socket.socket) -> None:
    """Make all below some folders root's again: others' files could not be deleted from outside the user namespace."""
    for folder in json.loads(_line(control))["folders"]:
        take_back(folder)
    control.sendall(b'{"reclaimed": true}\n')


def _line(control: socket.socket) -> bytes:
    """Up to the first end of a line; nothing follows it."""
    chunks = bytearray()
    while not chunks.endswith(b"\n"):
        chunk = control.recv(1 << 16)
        if not chunk:
            raise OSError(32, "no order came")
        chunks += chunk
    return bytes(chunks)
