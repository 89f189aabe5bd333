"""What everything that a run starts has in common: its agent, its folders, its log."""

import re
import threading
from collections.abc import Mapping
from typing import Any

import msgspec

from acrlab.agents.protocol import Agent, Built, EngineFailed, Registries, Running, Sink
from acrlab.agents.runner.limit import POLL, Limit
from acrlab.agents.runner.lines import Lines
from acrlab.agents.runner.places import WORKSPACE, Places
from acrlab.agents.runner.services import Services
from acrlab.domain.tasks.dependencies import HUB, image, normalised
from acrlab.domain.tasks.run import Order

KILLED = 5.0  # seconds for a container to be gone
REFERENCE = re.compile(r"(?:[A-Za-z0-9.-]+(?::\d{1,5})?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
                       r"(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?",
                       re.ASCII)  # fmt: skip


class Interrupted(Exception):
    """A container that was ended: the limit says why."""


class Scene(msgspec.Struct, frozen=True):
    """Where a program runs: what takes its output, how long it may, its directory, its variables, what it reads.

    `errors` takes what is no output, where that goes elsewhere: how docker pulls, why it fails.
    """

    sink: Sink
    limit: Limit
    directory: str = WORKSPACE
    variables: Mapping[str, str] = {}
    stdin: bytes = b""
    errors: Sink | None = None

    def complain(self, text: str) -> None:
        """A line that is no output."""
        (self.errors or self.sink)(f"{text}\n".encode())

    def say(self, text: str) -> None:
        """A line of its output."""
        self.sink(f"{text}\n".encode())


class Machine:
    """The agent of a run with all that belongs to it. Used by several threads at once."""

    def __init__(
        self, order: Order, agent: Agent, registries: Registries, services: Services, places: Places, lines: Lines
    ) -> None:
        self.order, self.agent, self.registries = order, agent, registries
        self.services, self.places, self.lines = services, places, lines
        self.commit = ""  # of the context
        self.bases: dict[str, str] = {}  # reference as written -> digest, of everything that was built from
        self.names: set[str] = set()
        self.lists: dict[str, dict[str, dict[str, Any]]] = {}  # of `docker manifest`: name -> image -> its entry
        self._lock = threading.Lock()

    def named(self, name: str) -> bool:
        """Take a container's name; False when it is in use."""
        with self._lock:
            free = name not in self.names
            self.names.add(name)
            return free

    def unnamed(self, name: str) -> None:
        """Give a container's name back."""
        with self._lock:
            self.names.discard(name)

    def built(self, built: Built) -> None:
        """Remember what an image was made from."""
        with self._lock:
            self.bases.update(built.bases)

    def local(self, reference: str) -> bool:
        """Whether the agent has an image."""
        wanted = complete(reference)
        return any(reference == id or complete(name) == wanted for name, id, _ in self.agent.images())

    def digest(self, reference: str) -> str:
        """Of the manifest of an image that this run built from, pulled or pushed; else nothing."""
        with self._lock:
            known = self.bases.get(reference)
        return known or self.agent.digest(normalised(reference))


def complete(reference: str) -> str:
    """With host and tag, so that two ways to write a name are one."""
    found = image(normalised(reference))
    host = "docker.io" if found.registry == HUB else found.registry
    return f"{host}/{found.repository}:{found.tag}@{found.digest}"


def repository(reference: str) -> str:
    """Host and repository."""
    return complete(reference).rpartition("@")[0].rpartition(":")[0]


def waited(running: Running, limit: Limit) -> int:
    """The exit code. Raises: Interrupted, and the container is ended."""
    while (code := running.wait(POLL)) is None:
        if limit.over:
            running.kill()
            running.wait(KILLED)
            raise Interrupted
    return code


def valid(reference: str) -> str:
    """A reference that docker takes. Raises: EngineFailed."""
    if not REFERENCE.fullmatch(reference) or len(reference) > 512:
        upper = any(char.isupper() for char in reference.partition("@")[0].rpartition("/")[2].partition(":")[0])
        more = f": repository name ({repository(reference).partition('/')[2]}) must be lowercase" if upper else ""
        raise EngineFailed(f"invalid reference format{more}", 125)
    return reference
