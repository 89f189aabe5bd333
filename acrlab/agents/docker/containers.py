"""Containers of a run in a daemon."""

import contextlib
import re
import threading
from typing import Any

from acrlab.agents.docker.daemon import Daemon, Stream
from acrlab.agents.docker.store import Store
from acrlab.agents.images import Platform
from acrlab.agents.protocol import Container, EngineFailed, Sink
from acrlab.agents.references import Reference

LABEL = "acrlab.run"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_PORT = re.compile(r"(?:(?P<host>\d{1,5}):)?(?P<inside>\d{1,5})(?P<kind>/(?:tcp|udp))?")
_CODES = (("executable file not found", 127), ("no such file or directory", 127), ("permission denied", 126))
_OTHER, _BILLION = 125, 10**9


class Started:
    """A container that was started."""

    def __init__(self, daemon: Daemon, id: str, remove: bool) -> None:
        self._daemon, self._id, self._remove = daemon, id, remove
        self._done, self._code = threading.Event(), _OTHER
        self._error: Exception | None = None

    @property
    def id(self) -> str:
        return self._id

    @property
    def ended(self) -> bool:
        return self._done.is_set()

    def follow(self, stream: Stream, sink: Sink) -> None:
        """Hand on its output from now on."""
        threading.Thread(target=self._follow, args=(stream, sink), daemon=True, name="acrlab-container").start()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, once all output has been handed on. Raises: what the sink raised."""
        if not self._done.wait(timeout):
            return None
        if self._error:
            raise self._error
        return self._code

    def kill(self) -> None:
        """End it and all it started."""
        with contextlib.suppress(EngineFailed):  # it has ended already
            self._daemon.ask("POST", f"/containers/{self._id}/kill")

    def _follow(self, stream: Stream, sink: Sink) -> None:
        try:
            with stream:
                for chunk in stream.frames():
                    sink(chunk)
        except Exception as error:  # whoever waits is told
            self._error = error
            self.kill()
        with contextlib.suppress(EngineFailed):
            self._code = int(self._daemon.ask("POST", f"/containers/{self._id}/wait")["StatusCode"])
        if self._remove:
            with contextlib.suppress(EngineFailed):
                self._daemon.ask("DELETE", f"/containers/{self._id}", {"force": 1, "v": 1})
        self._done.set()


class Containers:
    """Those of one run, by name, and its networks."""

    def __init__(self, daemon: Daemon, store: Store, run: str) -> None:
        self._daemon, self._store, self._run = daemon, store, run
        self._started: dict[str, Started] = {}
        self._networks: dict[str, str] = {}  # name -> id
        self._lock = threading.Lock()

    def start(self, container: Container, sink: Sink) -> Started:
        """Raises: EngineFailed with the text and code of `docker run`."""
        self._free(container.name)
        platform = Platform.read(container.platform) if container.platform else None
        if not self._store.holds(container.image, platform):
            sink(f"Unable to find image '{Reference.read(container.image).shown}' locally\n".encode())
            self._store.pull(container.image, sink, platform)
        try:
            return self._begun(container, sink)
        except EngineFailed as failure:
            code = next((code for text, code in _CODES if text in failure.text), _OTHER)
            raise EngineFailed(f"docker: {failure.text}", code) from failure

    def remove(self, name: str) -> None:
        """End and forget one; none is none."""
        with self._lock:
            started = self._started.pop(name, None)
        if started:
            with contextlib.suppress(EngineFailed):
                self._daemon.ask("DELETE", f"/containers/{started.id}", {"force": 1, "v": 1})

    def network(self, name: str, driver: str, *, create: bool) -> None:
        """Create or remove a network. Raises: EngineFailed."""
        with self._lock:
            known = self._networks.get(name)
        if create and known:
            raise EngineFailed(f"Error response from daemon: network with name {name} already exists")
        if not create and not known:
            raise EngineFailed(f"Error response from daemon: network {name} not found")
        if known:
            self._daemon.ask("DELETE", f"/networks/{known}")
            with self._lock:
                del self._networks[name]
            return
        wanted = {"Name": f"{self._run}-{name}", "Driver": driver or "bridge", "Labels": {LABEL: self._run}}
        made = self._daemon.ask("POST", "/networks/create", body=wanted)
        with self._lock:
            self._networks[name] = str(made["Id"])

    def place(self, name: str) -> str:
        """The daemon's name of a network. Raises: EngineFailed."""
        if name in ("", "host", "none"):
            return name or "default"
        with self._lock:
            if name not in self._networks:
                raise EngineFailed(f"Error response from daemon: network {name} not found")
            return self._networks[name]

    def close(self) -> None:
        """End everything."""
        for name in list(self._started):
            self.remove(name)
        for id in list(self._networks.values()):
            with contextlib.suppress(EngineFailed):
                self._daemon.ask("DELETE", f"/networks/{id}")

    def _begun(self, container: Container, sink: Sink) -> Started:
        query = {"name": f"{self._run}-{container.name}", "platform": container.platform}
        made = self._daemon.ask("POST", "/containers/create", query, self._wanted(container))
        id = str(made["Id"])
        try:
            query = {"stream": 1, "stdout": 1, "stderr": 1}
            stream = self._daemon.open("POST", f"/containers/{id}/attach", query)
            self._daemon.ask("POST", f"/containers/{id}/start")
        except EngineFailed:
            with contextlib.suppress(EngineFailed):
                self._daemon.ask("DELETE", f"/containers/{id}", {"force": 1, "v": 1})
            raise
        started = Started(self._daemon, id, container.remove)
        with self._lock:
            self._started[container.name] = started
        started.follow(stream, sink)
        return started

    def _free(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            allowed = "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
            raise EngineFailed(
                f"docker: Error response from daemon: Invalid container name ({name}), {allowed}", _OTHER
            )
        with self._lock:
            there = self._started.get(name)
        if there and not there.ended:
            text = f'Conflict. The container name "/{name}" is already in use by container "{there.id}".'
            raise EngineFailed(f"docker: Error response from daemon: {text}", _OTHER)

    def _wanted(self, container: Container) -> dict[str, Any]:
        """The body of a container's creation. Ports are published to this machine alone."""
        network, exposed, bound = self.place(container.network), {}, {}
        for text in (*container.ports, *container.expose):
            port, host = _published(text)
            exposed[port] = {}
            if text in container.ports:
                bound[port] = [{"HostIp": "127.0.0.1", "HostPort": host}]
        wanted = {
            "Image": self._store.tag(container.image),
            "Env": [f"{name}={value}" for name, value in container.environment.items()],
            "User": container.user,
            "WorkingDir": container.workdir,
            "Labels": {LABEL: self._run},
            "ExposedPorts": exposed,
            "AttachStdout": True,
            "AttachStderr": True,
            "HostConfig": {
                "NetworkMode": network,
                "Privileged": container.privileged,
                "PortBindings": bound,
                "Isolation": container.isolation,
                "NanoCpus": int(float(container.cpus or 0) * _BILLION),
                "Mounts": [
                    {"Type": "bind", "Source": str(each.source), "Target": each.target, "ReadOnly": each.read_only}
                    for each in container.mounts
                ],
            },
        }
        if container.command is not None:
            wanted["Cmd"] = list(container.command)
        if container.entrypoint is not None:
            wanted["Entrypoint"] = list(container.entrypoint)
        if container.network not in ("", "host", "none"):
            wanted["NetworkingConfig"] = {"EndpointsConfig": {network: {"Aliases": [container.name]}}}
        return wanted


def _published(text: str) -> tuple[str, str]:
    """Port inside with its protocol, and outside. Raises: EngineFailed."""
    found = _PORT.fullmatch(text)
    if not found:
        raise EngineFailed(f"Error response from daemon: invalid port specification: {text}", _OTHER)
    return found["inside"] + (found["kind"] or "/tcp"), found["host"] or ""
