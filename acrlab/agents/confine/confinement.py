"""The sandbox of one run: starts processes on a rung, on networks of their own, and ends them all."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import threading
from pathlib import Path
from typing import Any

from acrlab.agents.confine import interpreters, networks
from acrlab.agents.confine.networks import Network
from acrlab.agents.confine.orders import CONTAINER, NETWORK, RECLAIM
from acrlab.agents.confine.process import Confined, answer
from acrlab.agents.confine.rungs import MANY, Rung
from acrlab.agents.confine.starter import Starter
from acrlab.agents.confine.trust import Trust
from acrlab.agents.confine.way_out import ADDRESSES, PORTS, WayOut
from acrlab.agents.protocol import Capabilities, EngineFailed, Outside, Sink
from acrlab.agents.sandbox import Command

_DEFAULT = ("", "default", "bridge")  # names for the network of those that ask for none
MEMORY, PROCESSES = 8 << 30, 4096  # bytes and processes for each container


class Confinement:
    """A sandbox by the protocol. Its files lie in `folder`. Units: `memory` is bytes."""

    def __init__(
        self, rung: Rung, capabilities: Capabilities, folder: Path, memory: int = MEMORY, processes: int = PROCESSES,
        outside: Outside | None = None,
    ) -> None:  # fmt: skip
        self._outside = outside
        self.capabilities, self._rung, self._folder = capabilities, rung, folder
        self._lends = rung.ids == "many" and os.geteuid() != 0  # files to owners that this process cannot give them to
        self._memory, self._processes = memory, processes
        self._networks: dict[str, Network] = {}
        self._made = 1
        self._bridge: Network | None = None  # of those that ask for none; made for the first of them
        self._bridging, self._said = threading.Lock(), threading.Event()
        self._trusts: dict[str, Trust] = {}
        self._shared: set[str] = set()  # folders that containers could write to
        self._roots: dict[str, Path] = {}  # in use
        self._running: dict[str, Confined] = {}
        self._lock = threading.Lock()
        self._starter = Starter(rung.ids)
        self._foreign: Starter | None = None  # of programs for other machines, where those are not for the first one

    def start(self, command: Command, sink: Sink) -> Confined:
        """Start a process. Raises: EngineFailed."""
        self._refuse(command)
        network = self._network(command.network, sink)
        key = secrets.token_hex(6)
        self._occupy(key, command.root)
        try:
            order = self._order(command, key, network)
            if network:
                order |= {"address": self._join(network, key, command, sink), "gateway": network.gateway}
            starter = self._starting(foreign=command.architecture not in ("", interpreters.NATIVE))
            return self._started(starter, order, key, network, sink, command.owners)
        except BaseException:
            self._ended(key, network)
            raise

    def network(self, name: str, *, create: bool) -> None:
        """Create or remove a network. Raises: EngineFailed in docker's words."""
        with self._lock:
            known = self._networks.get(name)
            if create and known:
                raise EngineFailed(f"Error response from daemon: network with name {name} already exists")
            if not create and not known:
                raise EngineFailed(f"Error response from daemon: network {name} not found")
            if known:
                del self._networks[name]
                known.close()
                return
            number = self._made
            self._made += 1
        network = self._opened(number)
        with self._lock:
            self._networks[name] = network

    def _opened(self, number: int) -> Network:
        namespace, *ways = self._namespace(number) if not self._rung.jailed else [-1]
        way_out = WayOut(self._outside, ways) if self._outside and ways else None
        network = Network(number, namespace, way_out, strangers=number == 0)
        if way_out:
            way_out.begin(network.tell)
        return network

    def close(self) -> None:
        """End every process and network."""
        with self._lock:
            running, made = list(self._running.values()), list(self._networks.values())
            self._networks.clear()
            made += [self._bridge] if self._bridge else []
            self._bridge = None
        for process in running:
            process.kill()
        for process in running:
            process.settle()
        for network in made:
            network.close()
        if self._lends and self._shared:
            self._reclaim()
        for starter in filter(None, (self._starter, self._foreign)):
            starter.close()
        shutil.rmtree(self._folder / "containers", ignore_errors=True)

    def _reclaim(self) -> None:
        control, theirs = socket.socketpair()
        with control, control.makefile("rb") as answers, contextlib.suppress(EngineFailed, OSError):
            with theirs:
                self._starter.send(RECLAIM, [theirs.fileno()])
            control.sendall(json.dumps({"folders": sorted(self._shared)}).encode() + b"\n")
            answer(answers)

    def _refuse(self, command: Command) -> None:
        """What this rung cannot do is not half done. Raises: EngineFailed."""
        if refused := list(self._rung.refused(command)):
            raise EngineFailed(f"an agent that confines by {self._rung.title} has no {' and no '.join(refused)}", 125)

    def _occupy(self, key: str, root: Path) -> None:
        """Two would take each other's mounts away. Raises: EngineFailed."""
        with self._lock:
            if root in self._roots.values():
                raise EngineFailed("another process has this root", 125)
            self._roots[key] = root

    def _network(self, name: str, sink: Sink) -> Network | None:
        """Where a command is to be; nothing for "none", and where it shares the machine's network."""
        if name == "none":
            return None
        if name == "host" or name in _DEFAULT:
            return self._unnamed(name, sink)
        with self._lock:
            found = self._networks.get(name)
        if not found:
            raise EngineFailed(f"Error response from daemon: network {name} not found", 125)
        if found.namespace < 0:
            self._warn(sink)
        return found

    def _unnamed(self, name: str, sink: Sink) -> Network | None:
        if not self._outside or (name == "host" and not self._outside.sealed):
            return None
        if self._rung.jailed or not self.capabilities.networks:
            self._warn(sink)
            return None
        if name == "host":
            sink(b"acrlab: acrlab is sealed, so network host is the default one: the machine's own is not reached\n")
        with self._bridging:
            self._bridge = self._bridge or self._opened(0)
            return self._bridge

    def _warn(self, sink: Sink) -> None:
        """Say once what having the machine's network means."""
        if not self._outside or self._said.is_set():
            return
        self._said.set()
        means = "--sealed does not hold in them, and " if self._outside.sealed else ""
        sink(
            f"acrlab: containers confined by {self._rung.title} share this machine's network: {means}"
            "emulated hosts do not answer in them by name\n".encode()
        )

    def _order(self, command: Command, key: str, network: Network | None) -> dict[str, Any]:
        """Everything a supervisor has to know, but its address."""
        shares = self._rung.jailed or (not network and command.network != "none")
        server = network.gateway if network and network.way_out else ""
        hostname = command.hostname or key
        files = {
            "hosts": networks.alone(_extra(command), shares=shares),
            "hostname": f"{hostname}\n",
            "resolv.conf": networks.resolvers(shares=shares, server=server),
        }
        home = self._folder / "containers" / key
        home.mkdir(parents=True)
        for name, text in files.items():
            (home / name).write_text(text)
            (home / name).chmod(0o644)
        if server and self._outside:
            self._trusts[key] = Trust(command.root, self._outside.certificates, home)
        own = [{"source": str(home / name), "target": f"/etc/{name}", "read_only": False} for name in files]
        mounts = [
            {"source": str(each.source), "target": each.target, "read_only": each.read_only}
            for each in sorted(command.mounts, key=lambda each: each.target.count("/"))
        ]
        self._shared |= {str(each.source) for each in command.mounts if not each.read_only and each.source.is_dir()}
        return {
            "id": f"{os.getpid()}-{key}",
            "root": str(command.root.resolve()),
            "argv": command.argv,
            "environment": dict(command.environment),
            "workdir": command.workdir or "/",
            "user": command.user,
            "mounts": own + mounts,
            "hostname": hostname,
            "network": command.network,
            "privileged": command.privileged,
            "jailed": self._rung.jailed,
            "memory": self._memory,
            "processes": self._processes,
            "cpus": command.cpus,
            "owners": command.owners if self._lends else None,
        }

    def _join(self, network: Network, key: str, command: Command, sink: Sink) -> str:
        names = dict.fromkeys(filter(None, (command.name, command.hostname or key)))
        hosts = self._folder / "containers" / key / "hosts"
        return network.join(key, tuple(names), _extra(command), hosts, lambda line: sink(f"{line}\n".encode()))

    def _started(
        self, starter: Starter, order: dict[str, Any], key: str, network: Network | None, sink: Sink,
        owners: dict[str, tuple[int, int]] | None,
    ) -> Confined:  # fmt: skip
        control, theirs = socket.socketpair()
        answers = control.makefile("rb")
        reading, writing = os.pipe()
        namespaces = [network.namespace] if network and network.namespace >= 0 else []
        try:
            with theirs:
                starter.send(CONTAINER, [theirs.fileno(), writing, *namespaces])
            control.sendall(json.dumps(order).encode() + b"\n")
            controllers = frozenset(answer(answers)["started"])
        except BaseException as error:
            answers.close()
            control.close()
            os.close(reading)
            if isinstance(error, OSError):
                raise EngineFailed(f"the container's supervisor ended: {error.strerror}", 125) from error
            raise
        finally:
            os.close(writing)
        process = Confined(control, answers, reading, sink, controllers, owners)
        with self._lock:
            self._running[key] = process
        process.follow(lambda: self._ended(key, network))
        return process

    def _ended(self, key: str, network: Network | None) -> frozenset[str]:
        """Tidy up; the files of its root that were put aside for it, and are back."""
        trust = self._trusts.pop(key, None)
        restored = trust.end() if trust else frozenset()
        with self._lock:
            self._running.pop(key, None)
            self._roots.pop(key, None)
        if network:
            network.leave(key)
        shutil.rmtree(self._folder / "containers" / key, ignore_errors=True)
        return restored

    def _namespace(self, number: int) -> list[int]:
        """A namespace, and the sockets in it by which containers are let out."""
        control, theirs = socket.socketpair()
        with control:
            with theirs:
                self._starting(foreign=True).send(NETWORK, [theirs.fileno()])
            outside = {"addresses": ADDRESSES, "ports": PORTS} if self._outside else None
            order = {"gateway": Network(number, -1).gateway, "length": networks.LENGTH, "outside": outside}
            control.sendall(json.dumps(order).encode() + b"\n")
            said, files, _, _ = socket.recv_fds(control, 4096, 2 + len(PORTS), socket.MSG_CMSG_CLOEXEC)
        if not files:
            raise EngineFailed(f"Error response from daemon: {said.decode(errors='replace').strip()}")
        return list(files)

    def _starting(self, *, foreign: bool) -> Starter:
        """Who starts a process. Programs for other machines need a user namespace, with their interpreters in it.

        Networks are made there too: root can join those of a user namespace, and not the other way round.
        """
        if not foreign or self._rung.ids != "own" or self._rung.jailed or not interpreters.present():
            return self._starter
        with self._lock:
            self._foreign = self._foreign or Starter(MANY.ids)
            return self._foreign


def _extra(command: Command) -> str:
    return "".join(f"{address}\t{name}\n" for name, address in command.hosts.items())
