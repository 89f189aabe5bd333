"""A world in memory with a registry, the official SDK in-process, and a small engine that does real work."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import urllib3
from azure.mgmt.containerregistrytasks import ContainerRegistryTasksMgmtClient

from acrlab.agents.dispatcher import Dispatcher
from acrlab.serve.inprocess import AppAdapter
from tests.arm.cloud import Cloud
from tests.arm.test_sdk import client
from tests.lifecycle.content import Shelf
from tests.tasks.stacker import Stacker

GROUP, NAME = "lab", "taskslab"
PATIENCE = 60.0  # seconds that something may take before it counts as broken
LINUX = {"os": "linux", "architecture": "amd64"}


class Lab:
    """One world with a registry, as its owner sees it."""

    def __init__(self, folder: Path, sku: str = "Standard") -> None:
        self.engine = Stacker()
        self.cloud = Cloud(folder)
        self.cloud.group(GROUP)
        assert self.cloud.registry(NAME, sku, adminUserEnabled=True).status == 201
        self.world, self.app = self.cloud.world, self.cloud.app
        self.dispatcher = Dispatcher(self.app, lambda: self.engine, folder / "runs", urllib3.PoolManager)
        self.sdk = client(ContainerRegistryTasksMgmtClient, self.cloud)
        self.shelf = Shelf(self.cloud, NAME)
        self.http = requests.Session()
        self.http.mount("https://", AppAdapter(self.app))

    def close(self) -> None:
        self.dispatcher.close()
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

    def tags(self, repository: str) -> list[str]:
        return self.shelf.tags(repository)


def packed(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return held.getvalue()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    found = Lab(tmp_path)
    yield found
    found.close()


@pytest.fixture
def premium(tmp_path: Path) -> Iterator[Lab]:
    found = Lab(tmp_path, "Premium")
    yield found
    found.close()
