"""The fast lane: a process that has everything loaded forks one child a notebook, each with an emulator of its own.

Where a process cannot be forked safely (Windows has no fork, and macOS frameworks do not survive one) every notebook
gets a fresh process, which loads everything itself.
"""

import contextlib
import gc
import importlib
import os
import pkgutil
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from acrlab.course.executed import Outcome, execute

LIMIT = 120.0  # seconds for one notebook
PRELOADED = (
    "IPython.core.interactiveshell", "IPython.core.completer", "IPython.utils.capture", "azure.containerregistry",
    "azure.identity", "azure.mgmt.authorization", "azure.mgmt.containerregistry", "azure.mgmt.containerregistry.models",
    "azure.mgmt.resource.resources", "azure.mgmt.resource.resources.models", "requests", "tarfile", "uvloop",
    "uvicorn.lifespan.off", "xml.sax.handler", "cryptography.hazmat.backends.openssl.backend",
)  # fmt: skip
OURS = ("acrlab.client", "acrlab.course", "acrlab.domain", "acrlab.engine", "acrlab.wire", "acrlab.agents", "acrlab.ui")
_FOREIGN = ("ACRLAB_", "AZURE_", "IDENTITY_", "MSI_", "PYTEST")
_KEPT = ("ACRLAB_AZ", "ACRLAB_LABS")


def run(paths: Iterable[Path], *, jobs: int = 0, compare: bool = True) -> list[Outcome]:
    """Run notebooks in a process of their own that knows nothing of this one; the outcomes in the order of the paths.

    Raises: subprocess.CalledProcessError when that process dies.
    """
    wanted = [each.resolve() for each in paths]
    command = [sys.executable, "-m", "acrlab.course.lane", str(jobs), str(int(compare)), *map(str, wanted)]
    root = str(Path(__file__).resolve().parents[2])
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True)
    found = {each.path: each for each in map(_decoded, done.stdout.splitlines())}
    return [found[str(each)] for each in wanted]


def serve(paths: Iterable[Path], *, jobs: int = 0, compare: bool = True) -> Iterator[Outcome]:
    """Run notebooks from here, as they end. For a process without threads that has nothing else to do."""
    waiting = [each.resolve() for each in paths][::-1]  # the later in a course, the longer: those first
    jobs = jobs or (os.cpu_count() or 1) + 1  # a notebook that has something built waits a good part of its time
    if hasattr(os, "fork") and sys.platform != "darwin":
        preload()
        yield from _forked(waiting, jobs, compare)
        return
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda path: _apart(path, compare), waiting)


def preload() -> None:
    """Do once what each notebook would do for itself: load modules, make keys, see what runs containers here.

    What is not installed is not missed.
    """
    for name in (*PRELOADED, *_modules()):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from acrlab.agents.confine.probe import probe
    from acrlab.store import keys
    from acrlab.wire.planes import PLANES

    dict(PLANES)
    probe()
    keys.prepare()
    gc.collect()
    gc.freeze()  # or each child would copy the heap when it collects its own garbage


def _modules() -> Iterator[str]:
    """Each module of ours: an emulator loads many at a first request only."""
    yield "acrlab.emulator"
    for package in map(importlib.import_module, OURS):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda _: None):
            yield found.name


def _decoded(line: bytes) -> Outcome:
    return msgspec.json.decode(line, type=Outcome)


# One process a notebook, forked


def _forked(waiting: list[Path], jobs: int, compare: bool) -> Iterator[Outcome]:
    running: dict[int, _Child] = {}
    with selectors.DefaultSelector() as selector:
        while waiting or running:
            while waiting and len(running) < jobs:
                child = _Child(waiting.pop(0), compare)
                running[child.pipe] = child
                selector.register(child.pipe, selectors.EVENT_READ)
            oldest = min(each.deadline for each in running.values())
            for key, _ in selector.select(max(0.0, oldest - time.monotonic())):
                running[key.fd].read()
            for child in [each for each in running.values() if each.ended or time.monotonic() >= each.deadline]:
                selector.unregister(child.pipe)
                del running[child.pipe]
                yield child.outcome()


class _Child:
    """A notebook on its way."""

    def __init__(self, path: Path, compare: bool) -> None:
        self.path, self.ended, self._answer = path, False, b""
        self.pipe, out = os.pipe()
        self._noise = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the outcome
        self.begun = time.monotonic()
        self.deadline = self.begun + LIMIT
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            _be_a_notebook(path, compare, out, self._noise.fileno())
        os.close(out)

    def read(self) -> None:
        found = os.read(self.pipe, 65536)
        self._answer += found
        self.ended = not found

    def outcome(self) -> Outcome:
        if not self.ended:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.pipe)
        with self._noise as noise:
            noise.seek(0)
            said = noise.read()[-2000:].decode(errors="replace")
        if not self.ended:
            return Outcome(str(self.path), LIMIT, 0, f"took longer than {LIMIT:.0f} s and was stopped")
        if status or not self._answer:
            return Outcome(str(self.path), time.monotonic() - self.begun, 0, f"its process ended with {status}: {said}")
        return _decoded(self._answer)


def _be_a_notebook(path: Path, compare: bool, out: int, noise: int) -> None:
    """What a child does, from its first moment to its last. Nothing is closed: the system does it faster."""
    status = 1
    try:
        for descriptor in (1, 2):
            os.dup2(noise, descriptor)
        with tempfile.TemporaryDirectory(prefix="acrlab-lane-") as home:
            answer = msgspec.json.encode(_alone(path, compare, home))
        with os.fdopen(out, "wb") as pipe:
            pipe.write(answer)
        status = 0
    finally:
        os._exit(status)


def _alone(path: Path, compare: bool, home: str) -> Outcome:
    for name in [each for each in os.environ if each.startswith(_FOREIGN) and each not in _KEPT]:
        del os.environ[name]
    os.environ["ACRLAB_HOME"] = home
    tempfile.tempdir = os.environ["TMPDIR"] = home  # worlds too: what a notebook leaves open ends with its process
    os.environ["REQUESTS_CA_BUNDLE"] = _nearly_nobody(home)
    os.chdir(path.parent)
    return execute(path, compare=compare)


def _nearly_nobody(home: str) -> str:
    """A bundle of one: a notebook talks to its emulator, and reading a hundred certificates takes 30 ms each time."""
    import certifi

    first, end, _ = Path(certifi.where()).read_text("utf-8").partition("-----END CERTIFICATE-----")
    path = Path(home, "trusted.pem")
    path.write_text(f"{first}{end}\n", encoding="utf-8")
    return str(path)


# Without fork


def _apart(path: Path, compare: bool) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="acrlab-lane-") as home:
        command = [sys.executable, "-m", "acrlab.course.lane", "alone", str(int(compare)), str(path), home]
        try:
            done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return Outcome(str(path), LIMIT, 0, f"took longer than {LIMIT:.0f} s and was stopped")
    if done.returncode:
        return Outcome(
            str(path),
            0.0,
            0,
            f"its process ended with {done.returncode}: {done.stderr[-2000:].decode(errors='replace')}",
        )
    return _decoded(done.stdout.splitlines()[-1])


def _main(arguments: list[str]) -> None:
    how, compare, *rest = arguments
    outcomes: Iterable[Any]
    if how == "alone":
        outcomes = [_alone(Path(rest[0]), bool(int(compare)), rest[1])]
    else:
        outcomes = serve(map(Path, rest), jobs=int(how), compare=bool(int(compare)))
    for outcome in outcomes:
        sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main(sys.argv[1:])
