"""The engine docker: finds a daemon, and gives each run its corner of it."""

import contextlib
import os
import secrets
import shutil
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from acrlab.agents.docker.building import Building
from acrlab.agents.docker.containers import Containers, Started
from acrlab.agents.docker.daemon import Daemon
from acrlab.agents.docker.store import Store
from acrlab.agents.images import Images, Platform
from acrlab.agents.protocol import Agent, Build, Built, Capabilities, Container, EngineFailed, Outside, Registries, Sink

_UNIX = "unix://"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_LACKS = {"Podman": ("the command of a cancelled build runs on to its end",)}


def sockets(environment: Mapping[str, str]) -> list[str]:
    """Where a daemon may listen, the likeliest first. Raises: EngineFailed for a place that cannot be reached."""
    if named := environment.get("DOCKER_HOST", ""):
        if not named.startswith(_UNIX):
            raise EngineFailed(f"a daemon is reached by its Unix socket only: DOCKER_HOST is {named}")
        return [named.removeprefix(_UNIX)]
    own = environment.get("XDG_RUNTIME_DIR", "")
    rootless = [f"{own}/docker.sock", f"{own}/podman/podman.sock"] if own else []
    return ["/var/run/docker.sock", *rootless, "/run/podman/podman.sock", f"{Path.home()}/.docker/run/docker.sock"]


class DockerEngine:
    """A daemon at a socket: the one that is given, else the first that answers."""

    def __init__(self, path: str = "") -> None:
        self._path = path

    def probe(self) -> Capabilities:
        """Whether a daemon answers, and what it is. Never fails."""
        try:
            return self._found()[1]
        except EngineFailed as failure:
            return Capabilities(engine="docker", reasons=(failure.text,))

    def agent(self, folder: Path, registries: Registries, outside: Outside | None = None) -> Agent:
        """A corner of the daemon for one run. Raises: EngineFailed when none answers."""
        daemon, capabilities = self._found()
        return DockerAgent(daemon, capabilities, folder, registries)

    def _found(self) -> tuple[Daemon, Capabilities]:
        if sys.platform == "win32":
            raise EngineFailed("the engine docker needs a Unix socket; the named pipe of Windows is not spoken here")
        failures = []
        for path in [self._path] if self._path else sockets(os.environ):
            daemon = Daemon(path)
            try:
                return daemon, _capabilities(daemon)
            except EngineFailed as failure:
                failures.append(failure.text)
        raise EngineFailed("; ".join(failures))


def _capabilities(daemon: Daemon) -> Capabilities:
    said = daemon.version()
    info = daemon.ask("GET", "/info", timeout=5)
    parts = said.get("Components") or [{}]
    name = str(parts[0].get("Name") or "").removesuffix("Engine").strip() or "Docker"
    architecture = str(said.get("Arch", ""))
    rootless = "rootless" in str(info.get("SecurityOptions"))
    return Capabilities(
        engine="docker",
        rung=f"{name} {said.get('Version', '')}{' (rootless)' if rootless else ''}",
        run=True,
        users=True,
        networks="bridge" in ((info.get("Plugins") or {}).get("Network") or ()),
        limits=bool(info.get("MemoryLimit")),
        platforms=(f"{said.get('Os', 'linux')}/{_ARCHITECTURES.get(architecture, architecture)}",),
        reasons=_LACKS.get(name, ()),
    )


class DockerAgent:
    """The machine of one run, in a daemon that others use too: it leaves nothing of its own behind."""

    def __init__(self, daemon: Daemon, capabilities: Capabilities, folder: Path, registries: Registries) -> None:
        self.capabilities, self._daemon, self._folder = capabilities, daemon, folder / "images"
        self._folder.mkdir(parents=True, exist_ok=True)
        platform = Platform.read(capabilities.platforms[0])
        self._store = Store(daemon, Images(self._folder, registries), self._folder, platform)
        self._containers = Containers(daemon, self._store, f"acrlab-{secrets.token_hex(6)}")

    def build(self, build: Build, sink: Sink, cancelled: threading.Event) -> Built:
        """Build an image and tag it. Raises: EngineFailed."""
        network = self._containers.place(build.network)
        return Building(build, self._daemon, self._store, network, sink).build(cancelled)

    def start(self, container: Container, sink: Sink) -> Started:
        """Start a container; pulls its image when the agent does not have it. Raises: EngineFailed."""
        return self._containers.start(container, sink)

    def pull(self, reference: str, sink: Sink, platform: str = "") -> str:
        """Fetch an image; its manifest's digest. Raises: EngineFailed."""
        return self._store.pull(reference, sink, Platform.read(platform) if platform else None)

    def push(self, reference: str, sink: Sink) -> tuple[str, int]:
        """Push a local image; its manifest's digest and size. Raises: EngineFailed."""
        return self._store.push(reference, sink)

    def tag(self, source: str, target: str) -> None:
        """Name an image a second time. Raises: EngineFailed."""
        self._store.name(source, target)

    def digest(self, reference: str) -> str:
        """The manifest's digest of a local image that was pulled or pushed, else empty."""
        return self._store.digest(reference)

    def images(self) -> list[tuple[str, str, int]]:
        """Reference, image id and bytes of every local image."""
        return self._store.listed()

    def remove(self, name: str) -> None:
        """End and forget a container; one that is not there is none."""
        self._containers.remove(name)

    def network(self, name: str, driver: str, *, create: bool) -> None:
        """Create or remove a network. Raises: EngineFailed."""
        self._containers.network(name, driver, create=create)

    def close(self) -> None:
        """End everything; the daemon is as it was before."""
        with contextlib.suppress(EngineFailed):
            self._containers.close()
            self._store.close()
        shutil.rmtree(self._folder, ignore_errors=True)
