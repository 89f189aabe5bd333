"""A world in memory with a registry, the official SDK in-process, and a small engine that does real work.

What uses `lab` or `premium` is run twice: with agents in this process, and, in the lane of peers, with a worker that
takes runs from a queue in PostgreSQL and does everything over the emulator's door for agents.
"""

import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import urllib3
from azure.mgmt.containerregistrytasks import ContainerRegistryTasksMgmtClient

from acrlab.agents.dispatcher import Dispatcher
from acrlab.agents.local import LocalAgents
from acrlab.serve.certificates import Authority
from acrlab.serve.inprocess import AppAdapter
from acrlab.serve.narrow import OneHost
from acrlab.serve.server import Doors
from acrlab.wire.agents import HOST
from tests.arm.cloud import Cloud
from tests.arm.test_sdk import client
from tests.lifecycle.content import Shelf
from tests.peers import postgres
from tests.tasks.stacker import Stacker

GROUP, NAME = "lab", "taskslab"
PATIENCE = 60.0  # seconds that something may take before it counts as broken
LINUX = {"os": "linux", "architecture": "amd64"}


class Lab:
    """One world with a registry, as its owner sees it."""

    def __init__(self, folder: Path, sku: str = "Standard", queue: str = "", silence: float = 10.0) -> None:
        self.engine = Stacker()
        self.cloud = Cloud(folder)
        self.cloud.group(GROUP)
        assert self.cloud.registry(NAME, sku, adminUserEnabled=True).status == 201
        self.world, self.app = self.cloud.world, self.cloud.app
        self.folder, self.queue, self.silence, self.remote = folder, queue, silence, None
        self.dispatcher = self.agents(lambda: self.engine)
        self.sdk = client(ContainerRegistryTasksMgmtClient, self.cloud)
        self.shelf = Shelf(self.cloud, NAME)
        self.http = requests.Session()
        self.http.mount("https://", AppAdapter(self.app))

    def agents(self, engine) -> Dispatcher:
        """Whoever does the work of this world from now on."""
        if not self.queue:
            return Dispatcher(self.world, LocalAgents(self.app, engine, self.folder / "runs", urllib3.PoolManager))
        self.remote = Remote(self.app, self.folder, self.queue, engine, self.silence)
        return self.remote.dispatcher

    def close(self) -> None:
        self.dispatcher.close()
        if self.remote is not None:
            self.remote.close()
        self.sdk.close()
        self.http.close()
        self.world.storage.close()

    # What az does

    def upload(self, **files: str) -> str:
        """Pack and upload a context; where it is. Names are written with two underscores for a dot."""
        place = self.sdk.registries.get_build_source_upload_url(GROUP, NAME)
        data = packed({name.replace("__", "."): text.encode() for name, text in files.items()})
        answer = self.http.put(place.upload_url, data=data, headers={"x-ms-blob-type": "BlockBlob"})
        assert answer.status_code == 201, answer.text
        return place.relative_path

    def schedule(self, kind: str, **more: object):
        return self.sdk.registries.schedule_run(GROUP, NAME, {"type": kind, "platform": LINUX, **more})

    def build(self, *images: str, **files: str):
        """Queue a quick build of these files."""
        place = self.upload(**(files or {"Dockerfile": "FROM scratch\n"}))
        return self.schedule(
            "DockerBuildRequest", dockerFilePath="Dockerfile", sourceLocation=place, imageNames=list(images),
            isPushEnabled=bool(images),
        )  # fmt: skip

    def settled(self, run_id: str):
        """The run, once nothing moves any more."""
        assert self.dispatcher.idle(PATIENCE)
        return self.sdk.runs.get(GROUP, NAME, run_id)

    def log(self, run_id: str) -> SimpleNamespace:
        """Text and headers of a run's log."""
        answer = self.http.get(self.sdk.runs.get_log_sas_url(GROUP, NAME, run_id).log_link)
        return SimpleNamespace(status=answer.status_code, text=answer.text, headers=answer.headers)

    def shown(self, run_id: str, line: str) -> SimpleNamespace:
        """The log of a run that goes on, once it has that line: a worker's lines are on their way for a moment."""
        for _ in range(5000):
            found = self.log(run_id)
            if line in found.text:
                return found
        raise AssertionError(f"{line!r} is not shown: {found.text}")

    def tags(self, repository: str) -> list[str]:
        return self.shelf.tags(repository)


class Remote:
    """An emulator's desk and door for agents, and one worker with its own thread."""

    def __init__(self, app, folder: Path, queue: str, engine, silence: float) -> None:
        from acrlab.agents.remote.fleet import Fleet

        authority = Authority()
        self.fleet = Fleet(
            app, folder / "agents", urllib3.PoolManager, queue, authority.certificate_pem.decode(), silence
        )  # fmt: skip
        self.dispatcher = Dispatcher(app.world, self.fleet)
        self.door = Doors(OneHost(app, HOST), authority, ports={"tls": 0}, names=("tls",), fast=False).start()
        self.fleet.open(f"127.0.0.1:{self.door.ports['tls']}")
        self.queue, self.engine, self.folder = queue, engine, folder
        self.worker, self._thread = self.begin("worker", "", f"{NAME}/mypool")

    def begin(self, name: str, *pools: str):
        """One more worker, at work when this returns."""
        from acrlab.agents.remote.worker import Worker

        worker = Worker(self.queue, self.fleet.enrol(name, pools), self.engine, self.folder / name, count=12)
        ready = threading.Event()
        thread = threading.Thread(target=worker.run, args=(ready.set,), name=f"acrlab-{name}")
        thread.start()
        assert ready.wait(PATIENCE)
        return worker, thread

    def begin_again(self, name: str = "another", *pools: str) -> None:
        """A worker in the place of the one that left."""
        self.worker, self._thread = self.begin(name, *pools)

    def leave(self) -> None:
        """The worker goes home."""
        self.worker.stop()
        self._thread.join()

    def close(self) -> None:
        self.fleet.refuse()
        self.leave()
        self.door.stop()
        self.fleet.close()


def packed(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return held.getvalue()


AGENTS = ["local", pytest.param("postgresql", marks=pytest.mark.peers)]


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """A PostgreSQL that is empty at first; every world that uses it has queues of its own."""
    with postgres.server() as url:
        yield url


def queue_of(request: pytest.FixtureRequest) -> str:
    """The queue of a test that is run with workers."""
    return request.getfixturevalue("database") if request.param == "postgresql" else ""


@pytest.fixture(params=AGENTS)
def lab(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    found = Lab(tmp_path, queue=queue_of(request))
    yield found
    found.close()


@pytest.fixture(params=AGENTS)
def premium(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    found = Lab(tmp_path, "Premium", queue=queue_of(request))
    yield found
    found.close()
