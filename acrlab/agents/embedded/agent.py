"""The machine of one run: images in a folder, builds and containers over a sandbox, or over none."""

import threading
from collections.abc import Callable
from pathlib import Path

from acrlab.agents.bases.labels import warning
from acrlab.agents.dockerfile.builder import DEFAULT, Machine, build
from acrlab.agents.embedded.containers import Containers
from acrlab.agents.images import Images, Platform
from acrlab.agents.protocol import Build, Built, Capabilities, Container, Registries, Running, Sink
from acrlab.agents.sandbox import Sandbox
from acrlab.agents.tree import discard


class FolderAgent:
    """Keeps all it has below one folder. Without a sandbox it builds what needs no process, and refuses the rest."""

    def __init__(
        self,
        folder: Path,
        registries: Registries,
        sandbox: Sandbox | None,
        capabilities: Capabilities,
        now: Callable[[], float],
    ) -> None:
        self.capabilities, self._folder, self._sandbox = capabilities, folder, sandbox
        folder.mkdir(parents=True, exist_ok=True)
        self._images = Images(folder / "images", registries)
        self._platform = Platform.read(capabilities.platforms[0]) if capabilities.platforms else DEFAULT
        refusal = f"acrlab: a process cannot be started here: {'; '.join(capabilities.reasons) or 'no engine runs one'}"
        self._machine = Machine(
            images=self._images, folder=folder / "builds", sandbox=sandbox, refusal=refusal, now=now,
            platform=self._platform,
        )  # fmt: skip
        self._containers = Containers(self._images, folder / "containers", sandbox, refusal, self._platform)

    def build(self, what: Build, sink: Sink, cancelled: threading.Event) -> Built:
        """Build an image and tag it. Raises: EngineFailed."""
        return build(what, self._machine, sink, cancelled)

    def start(self, container: Container, sink: Sink) -> Running:
        """Start a container. Raises: EngineFailed."""
        return self._containers.start(container, sink)

    def pull(self, reference: str, sink: Sink, platform: str = "") -> str:
        """Fetch an image; its manifest's digest. Raises: EngineFailed."""
        image = self._images.pull(reference, Platform.read(platform) if platform else self._platform, sink)
        if said := warning(reference, self._images.config(image)):
            sink(f"{said}\n".encode())
        return self._images.digest(reference)

    def push(self, reference: str, sink: Sink) -> tuple[str, int]:
        """Push a local image; its manifest's digest and size. Raises: EngineFailed."""
        return self._images.push(reference, sink)

    def tag(self, source: str, target: str) -> None:
        """Name an image a second time. Raises: EngineFailed."""
        self._images.tag(source, target)

    def digest(self, reference: str) -> str:
        """The manifest's digest of a local image that was pulled or pushed, else empty."""
        return self._images.digest(reference)

    def images(self) -> list[tuple[str, str, int]]:
        """Reference, image id and bytes of every local image."""
        return self._images.listed()

    def remove(self, name: str) -> None:
        """End and forget a container; one that is not there is none."""
        self._containers.remove(name)

    def network(self, name: str, driver: str, *, create: bool) -> None:
        """Create or remove a network. Raises: EngineFailed."""
        if self._sandbox:
            self._sandbox.network(name, create=create)

    def close(self) -> None:
        """End everything and delete what the run left on disk."""
        self._containers.close()
        if self._sandbox:
            self._sandbox.close()
        for name in ("builds", "containers", "images", "sandbox"):
            discard(self._folder / name)
