"""An agent for tests of the runner: images are names with a behaviour, containers are processes of this machine.

It does what the task files of the tests need, for true: exit codes, output as it is written, kills, names, networks.
"""

import hashlib
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from acrlab.agents.protocol import Build, Built, Capabilities, Container, EngineFailed, Registries
from acrlab.agents.runner.run import execute
from acrlab.agents.runner.services import SecretFailed, Services, SourceFailed
from acrlab.domain.tasks.run import Ending, Order

HELLO = b"\nHello from acrlab!\nThis message shows that your installation appears to be working correctly.\n"
NO_HOST = (
    'Get "https://nosuch.example.invalid/v2/": dial tcp: lookup nosuch.example.invalid on 10.255.255.53:53: '
    "no such host"
)


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class Process:
    """A container."""

    def __init__(self, process: subprocess.Popen[bytes], reader: threading.Thread, name: str) -> None:
        self._process, self._reader = process, reader
        self.id = hashlib.sha256(name.encode()).hexdigest()

    def wait(self, timeout: float | None = None) -> int | None:
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join()
        return code if code >= 0 else 128 - code

    def kill(self) -> None:
        self._process.kill()


class Bench:
    """An agent with the images that tests name."""

    capabilities = Capabilities(engine="bench", rung="processes", run=True, users=True, networks=True, limits=True)

    def __init__(self, folder: Path) -> None:
        self.folder, self.lock = folder, threading.Lock()
        self.local: dict[str, str] = {}  # reference -> what it does
        self.digests: dict[str, str] = {}
        self.running: dict[str, Process] = {}
        self.started: list[Container] = []
        self.networks: list[tuple[str, str, bool]] = []
        self.builds: list[Build] = []
        self.pushed: list[str] = []
        self.push_failures = 0
        self.most = self.now_running = 0

    def build(self, build: Build, sink: Callable[[bytes], None], cancelled: threading.Event) -> Built:
        self.builds.append(build)
        text = (build.context / build.dockerfile).read_text()
        lines = [line for line in text.splitlines() if line.strip()]
        sink(b"Sending build context to Docker daemon  2.074kB\n")
        for number, line in enumerate(lines, 1):
            sink(f"Step {number}/{len(lines)} : {line}\n".encode())
            if line.startswith("FROM"):
                sink(b" ---> e4495b9bb15b\n")
            if "false" in line:
                sink(b" ---> Running in 26db8d36256c\nbefore\n")
                command = line.removeprefix("RUN ")
                raise EngineFailed(f"The command '/bin/sh -c {command}' returned a non-zero code: 1")
            if "wait" in line:
                cancelled.wait(20)
                raise EngineFailed("cancelled")
        sink(b"Successfully built e4495b9bb15b\n")
        for tag in build.tags:
            self.local[tag] = "hello"
            sink(f"Successfully tagged {tag}\n".encode())
        base = lines[0].split()[1]
        return Built(digest(text), build.tags, {base: digest(base)} if base != "scratch" else {})

    def start(self, container: Container, sink: Callable[[bytes], None]) -> Process:
        self.started.append(container)
        if self.local.get(container.image, "bash") == "hello":
            sink(HELLO)
            argv: Sequence[str] = ["true"]
        else:
            argv = [*(container.entrypoint or ()), *(container.command or ())]
            argv = ["bash", *argv] if argv[:1] and argv[0].startswith("-") else argv  # as the image's entry point does
        mounts = {mount.target: str(mount.source) for mount in container.mounts}
        where = container.workdir or "/"
        for target, source in mounts.items():
            argv = [word.replace(f"{target}/", f"{source}/") for word in argv]
            where = where.replace(target, source, 1)
        process = subprocess.Popen(
            list(argv), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=where if Path(where).is_dir() else "/",
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", **container.environment},
        )  # fmt: skip
        with self.lock:
            self.now_running += 1
            self.most = max(self.most, self.now_running)

        def read() -> None:
            for data in iter(lambda: process.stdout.read1(65536), b""):
                sink(data)
            process.stdout.close()
            process.wait()
            with self.lock:
                self.now_running -= 1

        reader = threading.Thread(target=read)
        reader.start()
        found = self.running[container.name] = Process(process, reader, container.name)
        return found

    def pull(self, reference: str, sink: Callable[[bytes], None], platform: str = "") -> str:
        if reference.startswith("nosuch"):
            raise EngineFailed(NO_HOST)
        if "missing" in reference:
            raise EngineFailed(f"manifest for {reference} not found: manifest unknown: manifest unknown")
        self.local[reference] = "hello" if "hello" in reference else "bash"
        self.digests[reference] = digest(reference)
        return self.digests[reference]

    def push(self, reference: str, sink: Callable[[bytes], None]) -> tuple[str, int]:
        repository = reference.rpartition(":")[0]
        if reference not in self.local:
            raise EngineFailed(f"An image does not exist locally with the tag: {repository}")
        sink(f"The push refers to repository [{repository}]\n2d3f8d9d2165: Preparing\n".encode())
        if self.push_failures:
            self.push_failures -= 1
            raise EngineFailed("received unexpected HTTP status: 503 Service Unavailable")
        state = "Layer already exists" if any(each.startswith(f"{repository}:") for each in self.pushed) else "Pushed"
        found = digest(repository)
        tag = reference.rpartition(":")[2]
        sink(f"2d3f8d9d2165: {state}\n{tag}: digest: {found} size: 523\n".encode())
        self.pushed.append(reference)
        self.digests[reference] = found
        return found, 523

    def tag(self, source: str, target: str) -> None:
        if source not in self.local:
            raise EngineFailed(f"Error response from daemon: No such image: {source}")
        self.local[target] = self.local[source]

    def digest(self, reference: str) -> str:
        return self.digests.get(reference, "")

    def images(self) -> list[tuple[str, str, int]]:
        return [(name, digest(what), 1048) for name, what in sorted(self.local.items())]

    def remove(self, name: str) -> None:
        process = self.running.pop(name, None)
        if process:
            process.kill()
            process.wait(5)

    def network(self, name: str, driver: str, *, create: bool) -> None:
        self.networks.append((name, driver, create))
        if name == "broken" and create:
            raise EngineFailed("Error response from daemon: no")

    def close(self) -> None:
        for name in list(self.running):
            self.remove(name)


class Desk(Services):
    """Services of tests: secrets and files by name."""

    def __init__(self) -> None:
        self.secrets = {"https://v.vault.azure.net/secrets/s": "geheim"}
        self.urls: dict[str, str] = {}
        self.purged: list[list[str]] = []

    def secret(self, keyvault_url: str, client_id: str) -> str:
        if keyvault_url not in self.secrets:
            raise SecretFailed(f"failed to get secret {keyvault_url}: SecretNotFound")
        return self.secrets[keyvault_url]

    def upload(self, path: str) -> Path:
        raise SourceFailed(f"{path} was never uploaded")

    def fetch(self, source: object, target: Path) -> str:
        target.mkdir(parents=True, exist_ok=True)
        (target / "Dockerfile").write_text("FROM scratch\n")
        return "c0ffee"

    def acr(self, argv: Sequence[str], log: Callable[[str], None]) -> int:
        self.purged.append(list(argv))
        log("Number of deleted tags: 0")
        return 0 if argv[:1] == ["purge"] else 1

    def read(self, url: str) -> str:
        if url not in self.urls:
            raise SourceFailed("404 page not found")
        return self.urls[url]


class Account(Registries):
    """Registries of tests: nothing is reached."""


class Run:
    """One execution, with everything it left."""

    def __init__(self, tmp_path: Path, files: dict[str, str] | None = None, now: float = 0.0) -> None:
        self.folder, self.agent, self.desk = tmp_path, Bench(tmp_path), Desk()
        self.log: list[str] = []
        self.cancelled = threading.Event()
        self.now = now
        for name, text in (files or {}).items():
            path = tmp_path / "workspace" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def task(self, text: str, **order: object) -> Ending:
        return self.order(Order(run="cf1", registry="myreg.azurecr.io", task_text=text, **order))

    def order(self, order: Order, log: Callable[[str], None] | None = None) -> Ending:
        try:
            return execute(
                order, self.agent, Account(), self.desk, self.folder, log or self.log.append, self.cancelled,
                lambda: self.now,
            )  # fmt: skip
        finally:
            self.agent.close()

    def lines(self) -> list[str]:
        """Without times."""
        import re

        return [re.sub(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", "", line) for line in self.log]
