"""Containers: an image's files, and the process that its configuration and the caller ask for."""

import re
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from acrlab.agents.accounts import account
from acrlab.agents.bases.labels import warning
from acrlab.agents.dockerfile.draft import PATH
from acrlab.agents.embedded.roots import Roots
from acrlab.agents.images import Image, Images, Platform
from acrlab.agents.paths import joined
from acrlab.agents.protocol import Container, EngineFailed, Sink
from acrlab.agents.references import Reference
from acrlab.agents.sandbox import Command, Process, Sandbox, foreign
from acrlab.agents.tree import Tree

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_MOST_PROCESSORS = 1 << 16
_UNASKED = (  # Source: moby, daemon/create.go, as the docker CLI prints it
    "WARNING: The requested image's platform ({}) does not match the detected host platform ({}) "
    "and no specific platform was requested\n"
)
_NO_START = 125  # what `docker run` ends with when it cannot start a container


class Containers:
    """Those of one agent, by name."""

    def __init__(self, images: Images, folder: Path, sandbox: Sandbox | None, refusal: str, platform: Platform) -> None:
        self._images, self._sandbox = images, sandbox
        self._refusal, self._platform = refusal, platform
        self._roots = Roots(images, folder, gathered=bool(sandbox and sandbox.capabilities.users))
        self._running: dict[str, Started] = {}
        self._lock = threading.Lock()

    def start(self, container: Container, sink: Sink) -> "Started":
        """Raises: EngineFailed with the code of `docker run`."""
        if not _NAME.fullmatch(container.name):
            allowed = "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
            raise _refused(f"Invalid container name ({container.name}), {allowed}")
        if self._sandbox is None:
            raise EngineFailed(self._refusal, _NO_START)
        self._free(container.name)
        image = self._image(container, sink)
        config = self._images.config(image)
        self._able(config, container, sink)
        id, tree = secrets.token_hex(32), self._roots.take(image)
        process = None
        try:
            command = _command(container, config.get("config") or {}, tree, id, Platform.of(config).architecture)
            process = self._sandbox.start(command, sink)
        except EngineFailed as failure:
            raise _refused(failure.text, failure.code) from failure
        finally:
            if process is None:
                self._roots.give(image, tree)
        started = Started(
            id, process, lambda: self._roots.give(image, tree, process.restored), keep=not container.remove
        )
        with self._lock:
            self._running[container.name] = started
        return started

    def remove(self, name: str) -> None:
        """End a container and forget its files."""
        with self._lock:
            started = self._running.pop(name, None)
        if started:
            started.kill()
            started.wait()
            started.forget()

    def close(self) -> None:
        for name in list(self._running):
            self.remove(name)

    def _free(self, name: str) -> None:
        with self._lock:
            there = self._running.get(name)
            if there and there.removed:
                there = self._running.pop(name, None) and None
        if there:
            text = f'Conflict. The container name "/{name}" is already in use by container "{there.id}". '
            raise _refused(f"{text}You have to remove (or rename) that container to be able to reuse that name.")

    def _image(self, container: Container, sink: Sink) -> Image:
        name, asked = container.image, container.platform
        image = self._images.find(name)
        if image and (not asked or Platform.read(asked).holds(self._images.config(image))):
            return image
        shown = Reference.read(name).shown
        sink(f"Unable to find image '{shown}' locally\n".encode())
        try:
            image = self._images.pull(name, Platform.read(asked) if asked else self._platform, sink)
        except EngineFailed as failure:
            raise _refused(failure.text) from failure
        if said := warning(name, self._images.config(image)):
            sink(f"{said}\n".encode())
        return image

    def _able(self, config: dict[str, Any], container: Container, sink: Sink) -> None:
        name, wanted = container.image, Platform.of(config)
        able = self._sandbox.capabilities.platforms if self._sandbox else ()
        if able and not any(each.split("/")[:2] == [wanted.os, wanted.architecture] for each in able):
            raise EngineFailed(f"acrlab: {name} is for {wanted}: {foreign(able)}", _NO_START)
        if wanted != self._platform and not container.platform:
            sink(_UNASKED.format(wanted, self._platform).encode())


class Started:
    """A container that was started. Its files go when it ends, if it is not to be kept."""

    def __init__(self, id: str, process: Process, done: Callable[[], None], *, keep: bool) -> None:
        self._id, self._process, self._done, self._keep = id, process, done, keep
        self._lock = threading.Lock()
        self.removed = False

    @property
    def id(self) -> str:
        return self._id

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, or None when it still runs."""
        code = self._process.wait(timeout)
        if code is not None and not self._keep:
            self.forget()
        return code

    def kill(self) -> None:
        """End it and all it started."""
        self._process.kill()

    def forget(self) -> None:
        """Its files, once it has ended."""
        with self._lock:
            if not self.removed:
                self._done()
            self.removed = True


def _command(
    container: Container, config: Mapping[str, Any], tree: Tree, id: str, architecture: str
) -> Command:
    argv = _argv(container, config)
    if not argv:
        raise _refused("no command specified")
    user = account(tree.root, container.user or str(config.get("User") or ""))
    environment = dict(str(each).partition("=")[::2] for each in config.get("Env") or [])
    environment = {"PATH": PATH, "HOSTNAME": id[:12], "HOME": user.home if user.uid else "/root", **environment}
    workdir = joined("/", container.workdir or str(config.get("WorkingDir") or "/")).rstrip("/") or "/"
    if not any(workdir == mount.target or workdir.startswith(f"{mount.target}/") for mount in container.mounts):
        tree.make(workdir)
    return Command(
        root=tree.root, argv=argv, environment={**environment, **container.environment}, workdir=workdir,
        user=(user.uid, user.gid, user.groups), mounts=container.mounts, name=container.name, hostname=id[:12],
        network=container.network, privileged=container.privileged, cpus=_processors(container.cpus),
        owners=tree.owners, architecture=architecture,
    )  # fmt: skip


def _processors(text: str) -> float:
    try:
        found = float(text or 0)
    except ValueError:
        found = -1
    if not 0 <= found < _MOST_PROCESSORS:
        raise _refused(f"failed to parse {text} as a rational number")
    return found


def _argv(container: Container, config: Mapping[str, Any]) -> tuple[str, ...]:
    """A new entry point also takes the image's command away."""
    if container.entrypoint is not None:
        return (*container.entrypoint, *(container.command or ()))
    command = container.command if container.command is not None else tuple(config.get("Cmd") or ())
    return (*(config.get("Entrypoint") or ()), *command)


def _refused(text: str, code: int = _NO_START) -> EngineFailed:
    more = "Run 'docker run --help' for more information"
    return EngineFailed(f"docker: Error response from daemon: {text}\n\n{more}", code)
