"""A world without doors: frozen clock, seeded ids, memory journal."""

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from acrlab.domain import events
from acrlab.domain.content import OCI_MANIFEST
from acrlab.engine import manifests, uploads
from acrlab.engine.clock import FrozenClock
from acrlab.engine.state import Registry, State
from acrlab.engine.world import GENESIS, World
from acrlab.store.directory import DirectoryBlobs
from acrlab.store.keys import KeyRing
from acrlab.store.memory import MemoryJournal

START = 1_800_000_000.0


def make_world(folder: Path) -> World:
    return World(
        journal=MemoryJournal(),
        blobs=DirectoryBlobs(folder, sync=False),
        clock=FrozenClock(START),
        entropy=random.Random(7).randbytes,
        keys=KeyRing(None),
    )


def open_registry(world: World, name: str = "contoso") -> Registry:
    world.commit(
        events.RegistryOpened(
            at=world.now(), registry=name, login_server=f"{name}.azurecr.io", resource=f"/{name}", passwords=("a", "b")
        )
    )
    return world.state.registries[name]


def push_blob(world: World, registry: Registry, repository: str, data: bytes) -> str:
    upload = uploads.start(world, registry, repository)
    upload.write(data)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    upload.seal(digest)
    uploads.finish(world, registry, repository, digest, "somebody")
    return digest


def image(config: str, *layers: str, subject: str = "") -> bytes:
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
        "layers": [
            {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": each, "size": 1} for each in layers
        ],
    }
    if subject:
        body["subject"] = {"mediaType": OCI_MANIFEST, "digest": subject, "size": 1}
    return json.dumps(body).encode()


def push_image(world: World, registry: Registry, repository: str, tag: str, content: bytes) -> str:
    config = push_blob(world, registry, repository, b"{}")
    layer = push_blob(world, registry, repository, content)
    return manifests.put(world, registry, repository, tag, image(config, layer), OCI_MANIFEST, "somebody").digest


def plain(state: State) -> object:
    """A state as comparable data; the heap of jobs by what it holds, not by how it lies."""
    found = msgspec.to_builtins(state)
    found["jobs"] = sorted(found["jobs"], key=lambda job: job["sequence"])
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    made.journal.mark(GENESIS)
    yield made
    made.journal.close()
    made.blobs.close()


@pytest.fixture
def registry(world: World) -> Registry:
    return open_registry(world)
