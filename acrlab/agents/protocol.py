"""What every engine offers: build an image, run a container, move images between an agent and registries."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

Sink = Callable[[bytes], None]  # takes output as it is produced, stdout and stderr as they come; from any thread


class EngineFailed(Exception):
    """An engine could not do what it was told; the text is what the log of the run says."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.text, self.code = text, code


class RemoteFailed(Exception):
    """Something outside of an agent could not be had. `status` is HTTP's; 0 where there was no answer."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine can do on this machine, and for what it cannot, why."""

    engine: str  # embedded | docker | none
    rung: str = ""  # how it isolates, as the log of each run names it
    run: bool = False  # RUN instructions and containers
    users: bool = False  # other users than one: chown, useradd, su
    networks: bool = False  # a network of its own for each run
    limits: bool = False  # memory and processes
    platforms: tuple[str, ...] = ()  # that it can run; any platform can be built without RUN
    reasons: tuple[str, ...] = ()


class Registries(Protocol):
    """The registries as an agent reaches them: with the credentials of its run, by their real names.

    References are complete: myregistry.azurecr.io/app:1, docker.io/library/busybox@sha256:…
    """

    def manifest(self, reference: str, platform: str = "") -> tuple[str, bytes]:
        """Media type and bytes; with a platform, of a stand-in for it. Raises: EngineFailed in the registry's words."""
        ...

    def fetch(self, reference: str, digest: str, target: Path) -> None:
        """Put a blob of that repository into a file. Raises: EngineFailed."""
        ...

    def upload(self, reference: str, digest: str, source: Path) -> bool:
        """Push a blob; False when the repository has it already. Raises: EngineFailed."""
        ...

    def login(self, registry: str, user: str, password: str) -> None:
        """Sign in where a step says so. Raises: EngineFailed in the words of docker."""
        raise EngineFailed(f"acrlab: signing in to {registry} inside a step is not emulated: give the task credentials")

    def publish(self, reference: str, media_type: str, raw: bytes) -> None:
        """Push a manifest. Raises: EngineFailed."""
        ...


class Download(msgspec.Struct, frozen=True):
    """A file that was fetched: its digest, when its server says it was last changed, and what it calls it."""

    digest: str
    modified: float = 0.0
    name: str = ""


class Remote(Protocol):
    """What an ADD reaches outside of its context: the way everything of a run goes out."""

    def download(self, url: str, target: Path) -> Download:
        """Put what is behind a URL into a file. Raises: RemoteFailed."""
        ...

    def clone(self, url: str, token: str, target: Path, *, keep: bool) -> None:
        """Put `URL#ref:folder` into a folder, with its .git where that is kept. Raises: RemoteFailed."""
        ...


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """A build as `docker build` takes it."""

    context: Path
    dockerfile: str  # as given with -f: relative to the context
    tags: tuple[str, ...] = ()
    args: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    secrets: Mapping[str, bytes] = {}  # for RUN --mount=type=secret
    target: str = ""
    platform: str = ""  # os/architecture[/variant]; empty: that of the agent
    cache: bool = False  # ACR's agents keep none between runs
    pull: bool = False
    network: str = ""
    remote: Remote | None = None  # for ADD from elsewhere; None: nothing outside is reached
    buildkit: bool = False  # write the log as BuildKit does, not as the legacy builder


class Built(msgspec.Struct, frozen=True):
    """What a build made. `image` is the digest of its configuration."""

    image: str
    tags: tuple[str, ...]
    bases: Mapping[str, str] = {}  # reference as written in FROM -> digest of its manifest


class Mount(msgspec.Struct, frozen=True):
    """A folder of the agent inside a container."""

    source: Path
    target: str
    read_only: bool = False


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A container as `docker run` takes it. `command` None: what the image says."""

    image: str
    name: str
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = {}
    workdir: str = ""
    user: str = ""
    mounts: tuple[Mount, ...] = ()
    network: str = ""  # name of a network of this run; "host", "none"; empty: that of all that name none
    ports: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    cpus: str = ""
    isolation: str = ""
    privileged: bool = False
    platform: str = ""  # os/architecture[/variant]; empty: that of the agent, or of the image that is there
    detach: bool = False
    remove: bool = True  # its file system, when it ends


class Running(Protocol):
    """A container that was started."""

    @property
    def id(self) -> str:
        """64 hexadecimal digits."""
        ...

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, or None when it still runs. Units: seconds."""
        ...

    def kill(self) -> None:
        """End it and all it started."""
        ...


class Agent(Protocol):
    """The machine of one run: its local images, containers and networks. Used by several threads at once."""

    capabilities: Capabilities

    def build(self, build: Build, sink: Sink, cancelled: threading.Event) -> Built:
        """Build an image and tag it. Raises: EngineFailed."""
        ...

    def start(self, container: Container, sink: Sink) -> Running:
        """Start a container; pulls its image when the agent does not have it. Raises: EngineFailed."""
        ...

    def pull(self, reference: str, sink: Sink, platform: str = "") -> str:
        """Fetch an image, for the agent's platform where none is named; its manifest's digest. Raises: EngineFailed."""
        ...

    def push(self, reference: str, sink: Sink) -> tuple[str, int]:
        """Push a local image, with docker's progress lines; its manifest's digest and size. Raises: EngineFailed."""
        ...

    def tag(self, source: str, target: str) -> None:
        """Name an image a second time. Raises: EngineFailed."""
        ...

    def digest(self, reference: str) -> str:
        """The manifest's digest of a local image that was pulled or pushed, else empty."""
        ...

    def images(self) -> list[tuple[str, str, int]]:
        """Reference, image id and bytes of every local image."""
        ...

    def remove(self, name: str) -> None:
        """End and forget a container; one that is not there is none."""
        ...

    def network(self, name: str, driver: str, *, create: bool) -> None:
        """Create or remove a network. Raises: EngineFailed."""
        ...

    def close(self) -> None:
        """End everything and delete what the run left on disk."""
        ...


class Outside(msgspec.Struct, frozen=True):
    """How containers reach other hosts: the emulator's proxy, and the certificates that its hosts' are proved by."""

    host: str
    port: int
    certificates: Path
    sealed: bool = False  # nothing but the emulator's hosts may be reached
    authorization: str = ""  # what the proxy is told of where the run stands


class Engine(Protocol):
    """A way to do the work."""

    def probe(self) -> Capabilities:
        """What it can do here. Cheap, and never fails."""
        ...

    def agent(self, folder: Path, registries: Registries, outside: Outside | None = None) -> Agent:
        """A fresh machine for one run, with its files below `folder`. A daemon's containers go out its own way."""
        ...
